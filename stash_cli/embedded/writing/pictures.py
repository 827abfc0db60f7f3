"""Pictures in inputs: a data URI or a URL that the library fetches; kept by checksum in `blobs`."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from sqlalchemy import delete, or_, select
from sqlalchemy.dialects.sqlite import insert

from stash_cli.core.types.api import describe_api
from stash_cli.embedded.errors import Refused
from stash_cli.embedded.tables import blobs, metadata

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

_DATA_URI = re.compile(r"data:[^;,/]+/[^;,]+;base64,(.*)", re.DOTALL)
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")
_TIMEOUT = 60.0  # seconds, as the server waits
_LIMIT = 32 * 1024 * 1024


FIELDS = frozenset(("cover_image", "image", "front_image", "back_image"))
"""Input fields that hold a picture."""
DEFAULT_FRONT = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 90"><rect width="60" height="90" fill="#456"/>'
    b'<path d="M12 20h36v50H12z" fill="none" stroke="#def" stroke-width="3"/></svg>'
)
"""The front of a group that only has a back."""


def fetched(mutation: str, args: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a mutation with every picture that is named by URL fetched.

    Done before the library is locked for writing, because the other side may take its time.
    """
    refs = describe_api().mutations[mutation].args
    return {name: _fetched(refs[name].name, value) for name, value in args.items()}


def _fetched(type_name: str, value: Any) -> Any:
    facts = describe_api().types[type_name]
    if facts.kind != "INPUT_OBJECT" or value is None:
        return value
    if isinstance(value, list):
        return [_fetched(type_name, item) for item in value]
    return {
        name: _embedded(name, item) if name in FIELDS else _fetched(facts.fields[name].type.name, item)
        for name, item in value.items()
    }


def _embedded(field: str, value: Any) -> Any:
    """A URL's content as a data URI; data URIs stay as they are."""
    if not isinstance(value, str) or not value or _DATA_URI.fullmatch(value):
        return value
    content = base64.b64encode(_fetch(value, field.replace("_", " "))).decode()
    return f"data:image/fetched;base64,{content}"


def read_picture(text: str, what: str) -> bytes:
    """The content that an input names; its kind is not checked, as the server does not check it."""
    found = _DATA_URI.fullmatch(text)
    return _decode(found[1], what) if found else _fetch(text, what)


def _decode(text: str, what: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        wrong = _NOT_BASE64.search(text)
        place = wrong.start() if wrong else len(text)
        raise Refused(f"processing {what}: illegal base64 data at input byte {place}") from None


def _fetch(url: str, what: str) -> bytes:
    scheme = urlsplit(url).scheme
    if scheme not in {"http", "https"}:
        raise Refused(f'processing {what}: Get "{url}": unsupported protocol scheme "{scheme}"')
    try:
        with urlopen(Request(url), timeout=_TIMEOUT) as answer:  # noqa: S310 - the scheme was checked
            content: bytes = answer.read(_LIMIT + 1)
    except HTTPError as failure:
        failure.close()
        raise Refused(f"processing {what}: http error {failure.code}") from None
    except (URLError, OSError, ValueError) as failure:
        reason = getattr(failure, "reason", failure)
        raise Refused(f'processing {what}: Get "{url}": {reason}') from None
    if len(content) > _LIMIT:
        raise Refused(f'processing {what}: Get "{url}": larger than {_LIMIT} bytes')
    return content


def store(connection: Connection, content: bytes) -> str:
    """Keep `content` and return its checksum."""
    checksum = hashlib.md5(content, usedforsecurity=False).hexdigest()
    connection.execute(insert(blobs).values(checksum=checksum, blob=content).on_conflict_do_nothing())
    return checksum


def forget_unused(connection: Connection) -> int:
    """Remove pictures that nothing refers to any more; how many there were."""
    used = [
        select(column).where(column == blobs.c.checksum).exists()
        for table in metadata.tables.values()
        for column in table.columns
        if column.name.endswith("_blob")
    ]
    return connection.execute(delete(blobs).where(~or_(*used))).rowcount
