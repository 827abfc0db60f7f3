"""Pictures of inputs (data URI or URL), and their storage by checksum in `blobs`."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, or_, select
from sqlalchemy.dialects.sqlite import insert

from stash_cli.core.types.api import describe_api
from stash_cli.embedded import tables as t
from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.imaging.pictures import Picture

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stash_cli.embedded.library.limits import Limits

_DATA_URI = re.compile(r"data:[^;,/]+/[^;,]+;base64,(.*)", re.DOTALL)
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")

FIELDS = frozenset(("cover_image", "image", "front_image", "back_image"))
"""Input fields that hold a picture."""
DEFAULT_FRONT = Picture(
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 90"><rect width="60" height="90" fill="#456"/>'
    b'<path d="M12 20h36v50H12z" fill="none" stroke="#def" stroke-width="3"/></svg>'
)
"""The front image of a group that only has a back image."""


def load_pictures(mutation: str, args: Mapping[str, Any], limits: Limits) -> dict[str, Any]:
    """The arguments of a mutation with pictures loaded from their data URIs and URLs.

    This runs before the write transaction begins, because downloading and decoding may take long.
    """
    refs = describe_api().mutations[mutation].args
    return {name: _load_pictures(refs[name].name, value, limits) for name, value in args.items()}


def _load_pictures(type_name: str, value: Any, limits: Limits) -> Any:
    facts = describe_api().types[type_name]
    if facts.kind != "INPUT_OBJECT" or value is None:
        return value
    if isinstance(value, list):
        return [_load_pictures(type_name, item, limits) for item in value]
    return {
        name: _read(name, item, limits)
        if name in FIELDS
        else _load_pictures(facts.fields[name].type.name, item, limits)
        for name, item in value.items()
    }


def _read(field: str, value: Any, limits: Limits) -> Any:
    """The picture of a field; empty values, and values other than text, are returned unchanged."""
    what = field.replace("_", " ")
    if not isinstance(value, str) or not value:
        return value
    return read_picture(value, what) if _DATA_URI.fullmatch(value) else _download(value, what, limits)


def _download(url: str, what: str, limits: Limits) -> Picture:
    # Imported here, because only downloads need an HTTP client.
    from stash_cli.core import public_fetch

    try:
        content = public_fetch.download(
            url,
            most_bytes=limits.fetch_bytes,
            seconds=limits.fetch_seconds,
            private_addresses=limits.private_addresses,
        )
    except public_fetch.FetchError as reason:
        is_private = isinstance(reason, public_fetch.ForbiddenAddressError)
        hint = "; it has to be allowed: stash embedded serve --allow private-addresses" if is_private else ""
        raise Refused(f"processing {what}: {reason}{hint}") from None
    return Picture.of(content, what)


def read_picture(value: str | Picture, what: str) -> Picture | None:
    """The picture of a data URI; None for an empty one. Raises Refused."""
    if isinstance(value, Picture):
        return value
    match = _DATA_URI.fullmatch(value)
    if match is None:
        raise Refused(f"processing {what}: not a data URI")
    content = _decode(match[1], what)
    return Picture.of(content, what) if content else None


def _decode(text: str, what: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        invalid = _NOT_BASE64.search(text)
        position = invalid.start() if invalid else len(text)
        raise Refused(f"processing {what}: illegal base64 data at input byte {position}") from None


def store(connection: Connection, picture: Picture) -> str:
    """Store a picture and return its checksum."""
    # The server identifies blobs by md5, too.
    checksum = hashlib.md5(picture.content, usedforsecurity=False).hexdigest()
    row = insert(t.blobs).values(checksum=checksum, blob=picture.content)
    connection.execute(row.on_conflict_do_nothing())
    return checksum


def delete_unreferenced(connection: Connection) -> int:
    """Delete pictures that no row refers to and return their number."""
    used = [
        select(column).where(column == t.blobs.c.checksum).exists()
        for table in t.metadata.tables.values()
        for column in table.columns
        if column.name.endswith("_blob")
    ]
    return connection.execute(delete(t.blobs).where(~or_(*used))).rowcount
