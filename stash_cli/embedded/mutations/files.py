"""Files: moving, deleting, fingerprints, reassignment to another scene."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from stash_cli.embedded import tables as t
from stash_cli.embedded.graphql import inputs
from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.library import file_access, settings, timestamps
from stash_cli.embedded.persistence import deletion, files
from stash_cli.embedded.persistence.files import FILES
from stash_cli.embedded.scan.rules import DEFAULT_EXTENSIONS as KINDS
from stash_cli.embedded.scan.rules import extensions

if TYPE_CHECKING:
    from stash_cli.embedded.library.context import Input, RequestContext, Resolver

_FIXED_HASHES = frozenset({"md5", "oshash"})


def _require(connection: Connection, file: int) -> Path:
    path = deletion.path_of(connection, file)
    if path is None:
        raise Refused(f"getting file by id {file}: sql: no rows in result set")
    return path


def move(context: RequestContext, *, input: Input) -> bool:  # noqa: A002 - the API's own name
    """Move files to a library folder, created if missing; a single file may be renamed.

    All of them are moved, or none.
    """
    ids = inputs.to_ids(input["ids"], "ids")
    name = input.get("destination_basename")
    if name and len(ids) != 1:
        raise Refused("must specify one file when providing destination path")
    if name and Path(name).name != name:
        raise Refused(f"{name} is a path, not the name of a file")
    folder = _destination(context, input)
    roots = files.media_folders(context)
    moved: list[tuple[str, str]] = []
    try:
        for file in ids:
            moved += _move_one(context, file, folder, name or None)
    except BaseException:
        for source, target in reversed(moved):
            file_access.move_file(target, source, roots)
        raise
    return True


def _destination(context: RequestContext, move_input: Input) -> Path:
    if move_input.get("destination_folder_id") is not None:
        number = inputs.to_id(move_input["destination_folder_id"], "destination folder id")
        row = context.connection.execute(select(t.folders).where(t.folders.c.id == number)).mappings().first()
        if row is None:
            raise Refused(f"folder with id {number} not found")
        if row["zip_file_id"] is not None:
            raise Refused(f"cannot move to {row['path']}, is in a zip file")
        return _require_inside(context, Path(row["path"]))
    if not move_input.get("destination_folder"):
        raise Refused("must specify destination folder or path")
    return _require_inside(context, Path(move_input["destination_folder"]))


def _require_inside(context: RequestContext, folder: Path) -> Path:
    if not _is_inside(context, folder):
        raise Refused(f"folder path {folder} must be within a stash library path")
    return Path(os.path.normpath(folder))


def _is_inside(context: RequestContext, path: Path) -> bool:
    """Whether a path lies in a library folder, both by name and with links resolved."""
    try:
        file_access.resolve_below(str(path), files.media_folders(context))
    except file_access.OutsideError:
        return False
    return files.library_root(context.connection, path) is not None


def _move_one(context: RequestContext, file: int, folder: Path, name: str | None) -> list[tuple[str, str]]:
    """Move one file; return its old and new path, or nothing if no file was moved on disk."""
    source = _movable_path(context, file)
    target = folder / (name or source.name)
    _check_ending(context.connection, source.name, target.name)
    if target == source:
        return []
    if _may_exist(target):
        raise Refused(f"file {target} already exists")
    # In a library without its media, such as the demo, a move changes only the database.
    is_database_only = not source.exists() and not _has_media(
        context.connection, files.library_root(context.connection, source)
    )
    parent = files.folder_for(context.connection, folder)
    values = {"basename": target.name, "parent_folder_id": parent, "updated_at": timestamps.now()}
    context.connection.execute(update(t.files).where(t.files.c.id == file).values(values))
    _move_members(context.connection, file, source, target, parent)
    if is_database_only:
        return []
    try:
        # The row is updated first: a failed move rolls the update back, while a failed commit could not undo
        # a move.
        file_access.move_file(str(source), str(target), files.media_folders(context))
    except OSError as failure:
        raise Refused(f"moving file {source} to {target}: {failure.strerror}") from failure
    return [(str(source), str(target))]


def _movable_path(context: RequestContext, file: int) -> Path:
    """The path of a file. Raises Refused for one in a zip file, or outside the library folders."""
    path = deletion.path_of(context.connection, file)
    if path is None:
        raise Refused(f"finding file {file}: getting file by id {file}: sql: no rows in result set")
    zip_file = select(t.files.c.zip_file_id).where(t.files.c.id == file)
    if context.connection.scalar(zip_file) is not None:
        raise Refused(f"cannot move file {path}, is in a zip file")
    if not _is_inside(context, path):
        raise Refused(f"cannot move file {path}, is not within a stash library path")
    return path


def _has_media(connection: Connection, root: Path | None) -> bool:
    """Whether any media of a library folder are on this machine: files in it, or one of its subfolders.

    Many machines have a folder `/media`, to which the demo's paths lead, without the demo's files.
    """
    if root is None or not root.exists():
        return False
    top = select(t.folders.c.id).where(t.folders.c.path == str(root)).scalar_subquery()
    in_root = select(t.files.c.id).where(t.files.c.parent_folder_id == top)
    if connection.scalar(in_root) is not None:
        return True
    subfolders = connection.scalars(select(t.folders.c.path).where(t.folders.c.parent_folder_id == top))
    return any(Path(path).exists() for path in subfolders)


def _check_ending(connection: Connection, old: str, new: str) -> None:
    """Refuse a name whose extension would make a scan treat the file as another kind, or as no media."""
    for kind in KINDS:
        endings = extensions(settings.read_part(connection, "general"), kind)
        if file_access.extension(old) in endings and file_access.extension(new) not in endings:
            raise Refused(f"file extension for {new} is inconsistent with old filename {old}")


def _may_exist(path: Path) -> bool:
    """Whether a path exists, or this cannot be determined, as for a name that is too long."""
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return True


def _move_members(connection: Connection, file: int, source: Path, target: Path, parent: int) -> None:
    """Move the folders in a zip along with it."""
    folders = select(t.folders.c.id, t.folders.c.path).where(t.folders.c.zip_file_id == file)
    for folder, path in connection.execute(folders).all():
        relative = Path(path).relative_to(source)
        values: dict[str, Any] = {"path": str(target / relative)}
        if Path(path) == source:
            values |= {"basename": target.name, "parent_folder_id": parent}
        connection.execute(update(t.folders).where(t.folders.c.id == folder).values(values))


def removing(*, from_disk: bool) -> Resolver:
    """Resolver of deleteFiles and destroyFiles, which refuse the primary file of an entity."""

    def resolve(context: RequestContext, *, ids: list[str]) -> bool:
        numbers = inputs.to_ids(ids, "ids")
        for file in numbers:
            path = _require(context.connection, file)
            if _is_primary(context.connection, file):
                raise Refused(f"cannot delete primary file {path}")
        if from_disk:
            deletion.remove_from_disk(context.connection, numbers, deletion.unlink_after_commit(context))
        else:
            deletion.remove_entries(context.connection, numbers)
        return True

    return resolve


def _is_primary(connection: Connection, file: int) -> bool:
    tables = [entry.table for entry in FILES.values()]
    return any(
        connection.scalar(select(table.c.file_id).where(table.c.file_id == file, table.c.primary)) is not None
        for table in tables
    )


def set_fingerprints(context: RequestContext, *, input: Input) -> bool:  # noqa: A002 - the API's own name
    """Set fingerprints, or remove them with a null value; hashes that a scan computes cannot be set."""
    file = inputs.to_id(input["id"])
    _require(context.connection, file)
    for fingerprint in input["fingerprints"]:
        kind = fingerprint["type"]
        if kind in _FIXED_HASHES:
            raise Refused(f"cannot modify {kind} fingerprint")
        columns = t.files_fingerprints.c
        old = (columns.file_id == file) & (columns.type == kind)
        context.connection.execute(delete(t.files_fingerprints).where(old))
        if fingerprint.get("value") is not None:
            row = {"file_id": file, "type": kind, "fingerprint": _to_stored(kind, fingerprint["value"])}
            context.connection.execute(insert(t.files_fingerprints), row)
    return True


def _to_stored(kind: str, value: str) -> Any:
    """The stored form of a fingerprint: a phash is a signed 64-bit integer, all others are text."""
    if kind != "phash":
        return value
    try:
        number = int(value, 16)
    except ValueError:
        number = -1
    if not 0 <= number < 1 << 64:
        problem = "value out of range" if number > 0 else "invalid syntax"
        raise Refused(f'converting phash {value}: strconv.ParseUint: parsing "{value}": {problem}')
    return number - (1 << 64) if number >> 63 else number


def assign_to_scene(context: RequestContext, *, input: Input) -> bool:  # noqa: A002 - the API's own name
    """Move a file that is not a primary file to another scene."""
    scene, file = inputs.to_id(input["scene_id"], "scene id"), inputs.to_id(input["file_id"], "file id")
    if context.connection.scalar(select(t.scenes.c.id).where(t.scenes.c.id == scene)) is None:
        raise Refused(f"assigning file to scene: scene with id {scene} not found")
    files.move_to_scene(context.connection, file, scene, "assigning file to scene")
    return True


RESOLVERS: dict[str, Resolver] = {
    "moveFiles": move,
    "deleteFiles": removing(from_disk=True),
    "destroyFiles": removing(from_disk=False),
    "fileSetFingerprints": set_fingerprints,
    "sceneAssignFile": assign_to_scene,
}
