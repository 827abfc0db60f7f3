"""Folder entries and the library roots they lie in."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from stash_cli.embedded.library import timestamps
from stash_cli.embedded.library.file_access import is_system_folder
from stash_cli.embedded.library.settings import read_part
from stash_cli.embedded.tables import folders

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from stash_cli.embedded.library.context import RequestContext


def media_folders(context: RequestContext) -> list[str]:
    """The folders that the library is made of, without those of the system unless they are allowed."""
    anything = context.library.limits.any_folder
    roots = map(str, library_roots(context.connection))
    return [root for root in roots if anything or not is_system_folder(root)]


def library_roots(connection: Connection) -> list[Path]:
    """The folders that the library is made of."""
    return [Path(stash["path"]) for stash in read_part(connection, "general").get("stashes") or ()]


def root_of(roots: Iterable[Path], path: Path) -> Path | None:
    """The one of `roots` that `path` lies in once its dots are followed, or None."""
    path = Path(os.path.normpath(path))
    return next((root for root in roots if path == root or root in path.parents), None)


def library_root(connection: Connection, path: Path) -> Path | None:
    """The library folder that `path` lies in, or None."""
    return root_of(library_roots(connection), path)


def folder_for(connection: Connection, path: Path) -> int:
    """The entry of a folder; it and those above it up to the library root are made where missing."""
    found = connection.scalar(select(folders.c.id).where(folders.c.path == str(path)))
    if found is not None:
        return int(found)
    root = library_root(connection, path)
    inside = root is not None and root != path
    parent = folder_for(connection, path.parent) if inside else None
    stamp = timestamps.now()
    row = {
        "path": str(path),
        "basename": path.name,
        "parent_folder_id": parent,
        "mod_time": stamp,
        "created_at": stamp,
        "updated_at": stamp,
    }
    key = connection.execute(insert(folders).values(row)).inserted_primary_key
    assert key is not None  # noqa: S101 - an insert has one
    return int(key[0])
