"""Pictures in the journal: files beside it, named by the hash of their content; rows contain the hash.

The API returns the URL of a picture and takes its bytes, so a picture has to be downloaded before an edit
replaces it.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashError, StashJournalError, StashServerError
from stash_cli.core.log import logger
from stash_cli.core.private_files import make_private_folder, open_private
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from stash_cli.core.client.session import Session
    from stash_cli.core.edits.journal.journal import Journal
    from stash_cli.core.orm.edit import Edit

PICTURES = {
    ("Scene", "cover_image"): "paths.screenshot",
    ("Performer", "image"): "image_path",
    ("Studio", "image"): "image_path",
    ("Tag", "image"): "image_path",
    ("Group", "front_image"): "front_image_path",
    ("Group", "back_image"): "back_image_path",
}
"""Type and input field -> path of the field with the URL."""
HASH = "sha256"
"""Key of the reference that replaces a picture in a row: `{"sha256": "..."}`."""
_DATA = re.compile(r"data:[^;,]+/[^;,]+;base64,(.*)", re.DOTALL)
_SVG = (b"<svg", b"<?xml")
_SUBTYPES = {b"\x89PNG": "png", b"GIF8": "gif", b"RIFF": "webp", b"<svg": "svg+xml", b"<?xm": "svg+xml"}


class Pictures:
    """The pictures beside a journal."""

    def __init__(self, journal: Journal) -> None:
        self.folder: Path = journal.path.parent / "pictures"

    def store(self, content: bytes) -> dict[str, str]:
        """Store a picture unless it is stored already; return its reference. Raises StashJournalError."""
        name = hashlib.sha256(content).hexdigest()
        path = self.folder / name
        try:
            if not path.exists():
                make_private_folder(self.folder)
                with open_private(path) as file:
                    file.write(content)
        except OSError as error:
            raise StashJournalError(f"The picture {path} cannot be written: {error.strerror}.") from error
        return {HASH: name}

    def packed(self, value: Any) -> Any:
        """Return a value with data URIs, at any depth, replaced by references to stored pictures."""
        if isinstance(value, dict):
            return {name: self.packed(each) for name, each in value.items()}
        match = _DATA.fullmatch(value) if isinstance(value, str) and value.startswith("data:") else None
        if match is None:
            return value
        try:
            return self.store(base64.b64decode(match[1]))
        except ValueError:  # invalid base64, which the server will report
            return value

    def unpacked(self, value: Any) -> Any:
        """Return a value with references replaced by data URIs. Raises StashJournalError for missing ones."""
        if not isinstance(value, dict):
            return value
        if value.keys() != {HASH}:
            return {name: self.unpacked(each) for name, each in value.items()}
        try:
            content = (self.folder / value[HASH]).read_bytes()
        except OSError as error:
            raise StashJournalError(f"The picture {value[HASH]} is not in {self.folder}.") from error
        kind = _SUBTYPES.get(content[:4], "jpeg")
        return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"

    def edit(self, edit: Edit) -> Edit:
        """Return an edit with its new picture, if any, as a data URI."""
        return replace(edit, after=self.unpacked(edit.after)) if is_picture(edit.type, edit.field) else edit

    async def read(self, session: Session, wanted: Iterable[tuple[str, str, str]]) -> dict[Any, Any]:
        """Type, id and field -> the present picture; None if there is none, UNSET if it cannot be read.

        One request for each type, and one for each picture.
        """
        groups: dict[str, dict[str, list[str]]] = {}
        for type_name, one, field in wanted:
            groups.setdefault(type_name, {}).setdefault(one, []).append(field)
        pictures = {}
        for type_name, ids in groups.items():
            fields = {field for many in ids.values() for field in many}
            paths = ["id", *(PICTURES[type_name, field] for field in fields)]
            async for row in session.rows_by_id(type_name, ids, paths):
                for field in ids[str(row["id"])]:
                    address = _at(row, PICTURES[type_name, field])
                    pictures[type_name, str(row["id"]), field] = await self._download(session, address)
        return pictures

    async def _download(self, session: Session, address: str | None) -> Any:
        content = await download_picture(session, address)
        return self.store(content) if isinstance(content, bytes) else content

    def drop_unused(self, journal: Journal) -> None:
        """Delete the pictures to which no change refers any more."""
        for path in self.folder.iterdir() if self.folder.exists() else ():
            rows = journal.rows(
                "SELECT 1 FROM change"
                " WHERE instr(before, ?1) OR instr(wanted, ?1) OR instr(answered, ?1) LIMIT 1",
                path.name,
            )
            if not rows:
                path.unlink(missing_ok=True)


def is_default(address: str | None) -> bool:
    """Whether a URL is missing, or leads to the server's default picture."""
    return not address or "default=true" in address


async def download_picture(session: Session, address: str | None) -> Any:
    """Bytes of a picture of the server; None if there is none, UNSET if it cannot be read."""
    if address is None or is_default(address):
        return None
    try:
        content = b"".join([piece async for piece in session.transport.download(address)])
    except StashServerError as error:
        # A scene without files has a URL, but there is no cover at it.
        logger.info("%s", error.message)
        return None
    except StashError as error:
        logger.info("%s", error.message)
        return UNSET
    # For a scene without a cover servers return an SVG placeholder, which is not part of the library.
    is_placeholder = content.startswith(_SVG) and "/scene/" in address
    return content if content and not is_placeholder else None


def is_picture(type_name: str, field: str) -> bool:
    """Whether a field takes a picture."""
    return (type_name, field) in PICTURES


def _at(row: Mapping[str, Any], path: str) -> Any:
    value: Any = row
    for name in path.split("."):
        value = (value or {}).get(name)
    return value
