"""Files and folders as JSON entries, and their rows on import."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, insert, select

from stash_cli.embedded import tables as t
from stash_cli.embedded.filters.special import parse_phash
from stash_cli.embedded.import_export.archive import without_empty
from stash_cli.embedded.library import timestamps
from stash_cli.embedded.library.file_access import name as base_name
from stash_cli.embedded.library.file_access import parent

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stash_cli.embedded.library.context import Row

_KIND_OF_TYPE = {"VideoFile": "video", "ImageFile": "image"}
_FACTS = {
    "video": (t.video_files, "format width height duration video_codec audio_codec frame_rate"),
    "image": (t.image_files, "format width height"),
}
_EMPTY = {"format": "", "video_codec": "", "audio_codec": ""}


def file_entry(file: Row) -> dict[str, Any]:
    """The JSON entry of a file."""
    kind = _KIND_OF_TYPE.get(file.type, "file")
    _, facts = _FACTS.get(kind, (None, ""))
    rate = {"bitrate": file.get("bit_rate")} if kind == "video" else {}
    prints = [_fingerprint(each["type"], each["value"]) for each in file.get("fingerprints")]
    members = {name: file.get(name) for name in facts.split()} | rate | {"fingerprints": prints}
    return _entry(file, kind) | without_empty(members) | {"size": file.get("size")}


def _fingerprint(kind: str, value: str) -> dict[str, Any]:
    """A fingerprint entry; a perceptual hash is written as a number."""
    return {"type": kind, "fingerprint": parse_phash(value) if kind == "phash" else value}


def folder_entry(folder: Row) -> dict[str, Any]:
    return _entry(folder, "folder")


def _entry(row: Row, kind: str) -> dict[str, Any]:
    zip_file = row.get("zip_file")
    stamps = {name: row.get(name) for name in ("mod_time", "created_at", "updated_at")}
    return without_empty(
        {"type": kind, "zip_file": zip_file and zip_file.get("path"), "path": row.get("path"), **stamps}
    )


def entry_name(entry: Mapping[str, Any]) -> str:
    """The name of an entry: depth, base name and md5 of its path, so that higher folders sort first."""
    path = entry["path"]
    digest = hashlib.md5(path.encode(), usedforsecurity=False).hexdigest()
    return f"{path.count(os.sep):02x}.{base_name(path)}.{digest}.json"


def parents_before(entries: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Entries with zip files and folders before their contents."""
    return sorted(
        entries, key=lambda entry: (bool(entry.get("zip_file")), entry["path"].count(os.sep), entry["path"])
    )


def file_at(connection: Connection, path: str) -> int | None:
    """The id of the file at `path`, or None."""
    joined = select(t.files.c.id).join(t.folders, t.folders.c.id == t.files.c.parent_folder_id)
    statement = joined.where(t.folders.c.path == parent(path), t.files.c.basename == base_name(path))
    return connection.scalar(statement)


def folder_at(connection: Connection, path: str) -> int | None:
    return connection.scalar(select(t.folders.c.id).where(t.folders.c.path == path))


def write_entry(connection: Connection, entry: Mapping[str, Any]) -> None:
    """Insert the row of a file or folder; an existing row is left unchanged."""
    path, zip_path = entry["path"], entry.get("zip_file")
    zip_id = None if zip_path is None else file_at(connection, zip_path)
    if entry["type"] == "folder":
        _folder(connection, path, zip_id, entry)
    elif file_at(connection, path) is None:
        _file(connection, entry, _folder(connection, parent(path), zip_id, entry), zip_id)


def _folder(connection: Connection, path: str, zip_id: int | None, entry: Mapping[str, Any]) -> int:
    existing = folder_at(connection, path)
    if existing is not None:
        return existing
    row = {
        "path": path,
        "basename": base_name(path),
        "parent_folder_id": folder_at(connection, parent(path)),
        "zip_file_id": zip_id,
        **_timestamps(entry),
    }
    return _insert(connection, t.folders, row)


def _file(connection: Connection, entry: Mapping[str, Any], folder: int, zip_id: int | None) -> None:
    row = {
        "basename": base_name(entry["path"]),
        "parent_folder_id": folder,
        "zip_file_id": zip_id,
        "size": int(entry.get("size") or 0),
        **_timestamps(entry),
    }
    number = _insert(connection, t.files, row)
    if entry["type"] in _FACTS:
        table, names = _FACTS[entry["type"]]
        facts = {name: entry.get(name, _EMPTY.get(name, 0)) for name in names.split()}
        rate = {"bit_rate": entry.get("bitrate", 0)} if table is t.video_files else {}
        connection.execute(insert(table).values(file_id=number, **facts, **rate))
    for fingerprint in entry.get("fingerprints") or ():
        values = {"file_id": number, "type": fingerprint["type"], "fingerprint": fingerprint["fingerprint"]}
        connection.execute(insert(t.files_fingerprints).values(values))


def _timestamps(entry: Mapping[str, Any]) -> dict[str, str]:
    now = timestamps.now()
    return {name: entry.get(name) or now for name in ("mod_time", "created_at", "updated_at")}


def _insert(connection: Connection, table: Any, row: Mapping[str, Any]) -> int:
    key: Any = connection.execute(insert(table).values(row)).inserted_primary_key
    return int(key[0])
