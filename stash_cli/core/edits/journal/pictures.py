"""Pictures in the journal: files beside it, each under the hash of its content, which stands in the rows.

The API shows the address of a picture and takes its bytes, so what an edit replaces has to be downloaded.
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
"""Type and input field -> the path of the field with the address."""
HASH = "sha256"
"""Key of what stands for a picture: `{"sha256": "..."}`."""
_DATA = re.compile(r"data:[^;,]+/[^;,]+;base64,(.*)", re.DOTALL)
_DRAWN = (b"<svg", b"<?xml")
_KINDS = {b"\x89PNG": "png", b"GIF8": "gif", b"RIFF": "webp", b"<svg": "svg+xml", b"<?xm": "svg+xml"}


class Pictures:
    """The pictures beside a journal."""

    def __init__(self, journal: Journal) -> None:
        self.folder: Path = journal.path.parent / "pictures"

    def keep(self, content: bytes) -> dict[str, str]:
        """Store a picture, unless it is there: what stands for it. Raises StashJournalError."""
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
        """A value with its data URIs, however deep, replaced by what stands for them."""
        if isinstance(value, dict):
            return {name: self.packed(each) for name, each in value.items()}
        found = _DATA.fullmatch(value) if isinstance(value, str) and value.startswith("data:") else None
        if found is None:
            return value
        try:
            return self.keep(base64.b64decode(found[1]))
        except ValueError:  # the server is going to say so
            return value

    def unpacked(self, value: Any) -> Any:
        """A value with its pictures as data URIs again. Raises StashJournalError for a missing one."""
        if not isinstance(value, dict):
            return value
        if value.keys() != {HASH}:
            return {name: self.unpacked(each) for name, each in value.items()}
        try:
            content = (self.folder / value[HASH]).read_bytes()
        except OSError as error:
            raise StashJournalError(f"The picture {value[HASH]} is not in {self.folder}.") from error
        kind = _KINDS.get(content[:4], "jpeg")
        return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"

    def edit(self, edit: Edit) -> Edit:
        """An edit whose new value is a picture, with its bytes."""
        return replace(edit, after=self.unpacked(edit.after)) if is_picture(edit.type, edit.field) else edit

    async def read(self, session: Session, wanted: Iterable[tuple[str, str, str]]) -> dict[Any, Any]:
        """Type, id and field -> the present picture; None where there is none, UNSET where it cannot be read.

        One request for each type, and one for each picture.
        """
        groups: dict[str, dict[str, list[str]]] = {}
        for type_name, one, field in wanted:
            groups.setdefault(type_name, {}).setdefault(one, []).append(field)
        found = {}
        for type_name, ids in groups.items():
            fields = {field for many in ids.values() for field in many}
            paths = ["id", *(PICTURES[type_name, field] for field in fields)]
            async for row in session.rows_by_id(type_name, ids, paths):
                for field in ids[str(row["id"])]:
                    address = _at(row, PICTURES[type_name, field])
                    found[type_name, str(row["id"]), field] = await self._download(session, address)
        return found

    async def _download(self, session: Session, address: str | None) -> Any:
        content = await download_picture(session, address)
        return self.keep(content) if isinstance(content, bytes) else content

    def drop_unused(self, journal: Journal) -> None:
        """Delete the pictures that no change names any more."""
        for path in self.folder.iterdir() if self.folder.exists() else ():
            rows = journal.rows(
                "SELECT 1 FROM change"
                " WHERE instr(before, ?1) OR instr(wanted, ?1) OR instr(answered, ?1) LIMIT 1",
                path.name,
            )
            if not rows:
                path.unlink(missing_ok=True)


def is_default(address: str | None) -> bool:
    """Whether an address is that of no picture, or of one that stands for none."""
    return not address or "default=true" in address


async def download_picture(session: Session, address: str | None) -> Any:
    """The bytes of a picture of the server; None for none, UNSET where it cannot be read."""
    if address is None or is_default(address):
        return None
    try:
        content = b"".join([piece async for piece in session.transport.download(address)])
    except StashServerError as error:
        # A scene without files has an address, and no cover there.
        logger.info("%s", error.message)
        return None
    except StashError as error:
        logger.info("%s", error.message)
        return UNSET
    # What servers show of scenes without a cover is no picture of theirs.
    is_drawn = content.startswith(_DRAWN) and "/scene/" in address
    return content if content and not is_drawn else None


def is_picture(type_name: str, field: str) -> bool:
    """Whether a field takes a picture."""
    return (type_name, field) in PICTURES


def _at(row: Mapping[str, Any], path: str) -> Any:
    value: Any = row
    for name in path.split("."):
        value = (value or {}).get(name)
    return value
