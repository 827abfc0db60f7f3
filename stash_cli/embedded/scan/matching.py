"""Matching found files with those of the library: by path, or by content for moved files.

The row of a moved file is updated, so that its scene, image or gallery stays linked. If its whole folder
was moved, the row of the folder is updated, too, with its gallery and all other references.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, bindparam, delete, exists, func, or_, select, update

from stash_cli.embedded import tables as t
from stash_cli.embedded.library import timestamps
from stash_cli.embedded.library.file_access import is_within, name
from stash_cli.embedded.scan import rows
from stash_cli.embedded.scan.rows import stored_time
from stash_cli.embedded.scan.walk import Caption, FoundFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stash_cli.embedded.scan.content import Inspected
    from stash_cli.embedded.scan.rules import Rules

_MEMBERS = t.files.alias("members")
_PICTURES = exists().where(_MEMBERS.c.zip_file_id == t.files.c.id, _MEMBERS.c.id == t.image_files.c.file_id)
_ORPHANS = _PICTURES.where(~exists().where(t.images_files.c.file_id == _MEMBERS.c.id))
_HAS_GALLERY = exists().where(t.galleries_files.c.file_id == t.files.c.id)
_FILES_AT = (
    select(
        t.files.c.id,
        t.folders.c.path,
        t.files.c.basename,
        t.files.c.size,
        t.files.c.mod_time,
        t.files.c.recognised,
        t.video_files.c.interactive,
        exists().where(t.scenes_files.c.file_id == t.files.c.id).label("video"),
        exists().where(t.images_files.c.file_id == t.files.c.id).label("image"),
        ((_HAS_GALLERY & ~_ORPHANS) | ~_PICTURES).label("zip"),
    )
    .join_from(t.files, t.folders, t.files.c.parent_folder_id == t.folders.c.id)
    .outerjoin(t.video_files)
    .where(
        t.folders.c.path.in_(bindparam("folders", expanding=True)),
        t.files.c.basename.in_(bindparam("names", expanding=True)),
    )
)
_CAPTIONS = select(t.video_captions).where(t.video_captions.c.file_id.in_(bindparam("ids", expanding=True)))


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file in the library; `owned` says for each kind whether its scene, image or gallery exists."""

    id: int
    size: int
    mod_time: int
    recognised: bool
    interactive: bool
    captions: frozenset[Caption]
    owned: Mapping[str, bool]

    def is_current(self, found: FoundFile) -> bool:
        """Whether the file needs no reading: unchanged, recognised, and its object exists."""
        unchanged = (self.size, self.mod_time) == (found.size, found.mod_time)
        return self.recognised and unchanged and self.owned[found.kind]

    def has_sidecars(self, found: FoundFile) -> bool:
        """Whether the captions and funscript on disk are those in the library."""
        return self.interactive == found.interactive and self.captions == frozenset(found.captions)


def find_known(connection: Connection, found: Sequence[FoundFile]) -> dict[str, KnownFile]:
    """The known files among `found`, by path."""
    parameters = {
        "folders": sorted({file.folder for file in found}),
        "names": sorted({file.basename for file in found}),
    }
    paths = {(file.folder, file.basename): file.path for file in found}
    rows = [row for row in connection.execute(_FILES_AT, parameters) if (row.path, row.basename) in paths]
    captions = _captions(connection, [row.id for row in rows])
    return {paths[row.path, row.basename]: _known_file(row, captions.get(row.id, ())) for row in rows}


def _known_file(row: Any, captions: Iterable[Caption]) -> KnownFile:
    owned = {"video": bool(row.video), "image": bool(row.image), "zip": bool(row.zip)}
    mod_time = int(timestamps.parse(row.mod_time).timestamp())
    flags = bool(row.recognised), bool(row.interactive)
    return KnownFile(row.id, row.size, mod_time, *flags, frozenset(captions), owned)


def _captions(connection: Connection, ids: list[int]) -> dict[int, list[Caption]]:
    captions: dict[int, list[Caption]] = {}
    for row in connection.execute(_CAPTIONS, {"ids": ids}):
        captions.setdefault(row.file_id, []).append(
            Caption(row.language_code, row.filename, row.caption_type)
        )
    return captions


_SAME_CONTENT = (
    select(t.files.c.id, t.files.c.basename, t.files.c.parent_folder_id, t.folders.c.path)
    .join_from(t.files, t.folders, t.files.c.parent_folder_id == t.folders.c.id)
    .where(
        t.files.c.zip_file_id.is_(None),
        t.files.c.size == bindparam("size"),
        t.files.c.id.in_(rows.WITH_HASHES),
    )
    .order_by(t.files.c.id)
)
_MEMBERS_OF_ZIP = (
    select(t.files.c.id, t.files.c.basename, t.folders.c.path, t.files_fingerprints.c.fingerprint)
    .join_from(t.files, t.folders, t.files.c.parent_folder_id == t.folders.c.id)
    .join(t.files_fingerprints, t.files_fingerprints.c.file_id == t.files.c.id)
    .where(t.files.c.zip_file_id == bindparam("zip"), t.files_fingerprints.c.type == "md5")
    .order_by(t.files.c.id)
)
_TREE = (
    select(t.folders.c.id, t.folders.c.path)
    .where(
        or_(
            t.folders.c.path == bindparam("path"),
            func.substr(t.folders.c.path, 1, func.length(bindparam("prefix"))) == bindparam("prefix"),
        )
    )
    .order_by(t.folders.c.path)
)
_AT_PATH = select(
    t.folders.c.id,
    t.folders.c.parent_folder_id,
    or_(
        exists().where(t.files.c.parent_folder_id == t.folders.c.id),
        exists().where(t.galleries.c.folder_id == t.folders.c.id),
    ).label("used"),
).where(t.folders.c.path == bindparam("path"))


def find_moved(
    connection: Connection, found: FoundFile, fingerprints: Mapping[str, str], rules: Rules
) -> Any:
    """The row (id, basename, parent_folder_id, folder path) of the file that was moved here, or None."""
    parameters = {"size": found.size, **rows.hashes(fingerprints)}
    candidates = connection.execute(_SAME_CONTENT, parameters).all()
    return next(
        (row for row in candidates if _has_left_library(f"{row.path}{os.sep}{row.basename}", rules)), None
    )


def _has_left_library(path: str, rules: Rules) -> bool:
    """Whether a path is no longer in the library: outside its folders, excluded, or missing on disk.

    A file of a missing library folder does not count: its drive may be unplugged.
    """
    root = rules.root_of(path)
    if root is None or rules.kind(root, path) is None:
        return True
    return not os.path.lexists(path) and os.path.lexists(root.path)


def _folder_has_left_library(path: str, rules: Rules) -> bool:
    """Whether a folder is no longer in the library, and contains no library folder."""
    contains_root = any(is_within(root.path, path) for root in rules.roots)
    return not contains_root and (rules.root_of(path) is None or not os.path.lexists(path))


def find_gone_members(connection: Connection, zip_id: int, inspected: Inspected) -> dict[str, list[int]]:
    """The ids of member rows of a zip that no longer has these names, by md5."""
    names = {f"{inspected.found.path}{os.sep}{member.name}" for member in inspected.members}
    missing: dict[str, list[int]] = {}
    for row in connection.execute(_MEMBERS_OF_ZIP, {"zip": zip_id}):
        if f"{row.path}{os.sep}{row.basename}" not in names:
            missing.setdefault(row.fingerprint, []).append(row.id)
    return missing


def apply_move(
    connection: Connection, moved: Any, found: FoundFile, folder_id: int, made: set[str], rules: Rules
) -> None:
    """Update the path of a moved file, together with its folder or the members of its zip.

    A folder counts as moved if it has left the library, and the file has its old name in a folder of `made`,
    which are the folders that are new in this scan.
    """
    folder_moved = (
        moved.basename == found.basename
        and moved.path != found.folder
        and _folder_has_left_library(moved.path, rules)
        and _is_free(connection, found.folder, made)
    )
    if folder_moved:
        _move_tree(connection, moved.path, found.folder, made)
        folder_id = moved.parent_folder_id
    values = {"parent_folder_id": folder_id, "basename": found.basename}
    rows.update_file(connection, moved.id, **values, mod_time=stored_time(found.mod_time), recognised=True)
    # Paths of members begin with the path of their zip, as if this were a folder.
    if found.kind == "zip" and not folder_moved:
        _move_tree(connection, f"{moved.path}{os.sep}{moved.basename}", found.path, made, parent=folder_id)


def _is_free(connection: Connection, path: str, made: set[str]) -> bool:
    row = connection.execute(_AT_PATH, {"path": path}).first()
    return row is not None and path in made and not row.used


def _move_tree(connection: Connection, old: str, new: str, made: set[str], parent: int | None = None) -> None:
    """Rename a folder and its descendants, replacing rows that the walk inserted for the new paths."""
    for row in connection.execute(_TREE, {"path": old, "prefix": old + os.sep}).all():
        path = new + row.path[len(old) :]
        _rename(connection, row.id, path, made, parent if row.path == old else None)


def _rename(connection: Connection, folder_id: int, path: str, made: set[str], parent: int | None) -> None:
    values: dict[str, Any] = {"path": path, "basename": name(path), "updated_at": timestamps.now()}
    existing = connection.execute(_AT_PATH, {"path": path}).first()
    if existing is not None and not _is_free(connection, path, made):
        # Its files were matched one by one; a clean removes what remains under the old path.
        connection.execute(update(t.folders).where(t.folders.c.id == folder_id).values(parent_folder_id=None))
        return
    if existing is not None:
        is_child = t.folders.c.parent_folder_id == existing.id
        connection.execute(update(t.folders).where(is_child).values(parent_folder_id=folder_id))
        connection.execute(delete(t.folders).where(t.folders.c.id == existing.id))
        values["parent_folder_id"] = existing.parent_folder_id
    if parent is not None:
        values["parent_folder_id"] = parent
    connection.execute(update(t.folders).where(t.folders.c.id == folder_id).values(**values))
