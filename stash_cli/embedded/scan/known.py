"""What the library knows of found files: asked for many at once, so that unchanged files cost a stat only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, exists, select

from stash_cli.embedded.library.timestamps import parse
from stash_cli.embedded.scan.captions import Caption
from stash_cli.embedded.tables import (
    files,
    folders,
    galleries_files,
    image_files,
    images_files,
    scenes_files,
    video_captions,
    video_files,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from stash_cli.embedded.scan.walk import FoundFile

_MEMBERS = files.alias("members")
_PICTURES = exists().where(_MEMBERS.c.zip_file_id == files.c.id, _MEMBERS.c.id == image_files.c.file_id)
_ORPHANS = _PICTURES.where(~exists().where(images_files.c.file_id == _MEMBERS.c.id))
_HAS_GALLERY = exists().where(galleries_files.c.file_id == files.c.id)
_KNOWN = (
    select(
        files.c.id,
        folders.c.path,
        files.c.basename,
        files.c.size,
        files.c.mod_time,
        files.c.recognised,
        video_files.c.interactive,
        exists().where(scenes_files.c.file_id == files.c.id).label("video"),
        exists().where(images_files.c.file_id == files.c.id).label("image"),
        ((_HAS_GALLERY & ~_ORPHANS) | ~_PICTURES).label("zip"),
    )
    .join_from(files, folders, files.c.parent_folder_id == folders.c.id)
    .outerjoin(video_files)
    .where(
        folders.c.path.in_(bindparam("folders", expanding=True)),
        files.c.basename.in_(bindparam("names", expanding=True)),
    )
)
_CAPTIONS = select(video_captions).where(video_captions.c.file_id.in_(bindparam("ids", expanding=True)))


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file as the library has it; `owned` tells per kind whether its scene, image or gallery is there."""

    id: int
    size: int
    mod_time: int
    recognised: bool
    interactive: bool
    captions: frozenset[Caption]
    owned: Mapping[str, bool]

    def is_current(self, found: FoundFile) -> bool:
        """Return whether nothing has to be read again: read as it is, and its object exists."""
        unchanged = (self.size, self.mod_time) == (found.size, found.mod_time)
        return self.recognised and unchanged and self.owned[found.kind]

    def has_companions(self, found: FoundFile) -> bool:
        """Return whether the captions and funscript beside the file are those that the library has."""
        return self.interactive == found.interactive and self.captions == frozenset(found.captions)


def look_up(connection: Connection, found: Sequence[FoundFile]) -> dict[str, KnownFile]:
    """Return what is known of the found files, by path."""
    asked = {
        "folders": sorted({one.folder for one in found}),
        "names": sorted({one.basename for one in found}),
    }
    paths = {(one.folder, one.basename): one.path for one in found}
    rows = [row for row in connection.execute(_KNOWN, asked) if (row.path, row.basename) in paths]
    captions = _captions(connection, [row.id for row in rows])
    return {paths[row.path, row.basename]: _known(row, captions.get(row.id, ())) for row in rows}


def _known(row: Any, captions: Iterable[Caption]) -> KnownFile:
    owned = {"video": bool(row.video), "image": bool(row.image), "zip": bool(row.zip)}
    mod_time = int(parse(row.mod_time).timestamp())
    flags = bool(row.recognised), bool(row.interactive)
    return KnownFile(row.id, row.size, mod_time, *flags, frozenset(captions), owned)


def _captions(connection: Connection, ids: list[int]) -> dict[int, list[Caption]]:
    captions: dict[int, list[Caption]] = {}
    for row in connection.execute(_CAPTIONS, {"ids": ids}):
        captions.setdefault(row.file_id, []).append(
            Caption(row.language_code, row.filename, row.caption_type)
        )
    return captions
