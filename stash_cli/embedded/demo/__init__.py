"""The demo library: a few hundred related entities about landscapes and travel, the same on every machine."""

from __future__ import annotations

from shutil import rmtree
from typing import TYPE_CHECKING

from stash_cli.embedded.demo import entities
from stash_cli.embedded.demo.builder import Builder
from stash_cli.embedded.library import settings
from stash_cli.embedded.library.library import DEMO, Library, demo_path
from stash_cli.embedded.library.own_folders import demo_media

if TYPE_CHECKING:
    from pathlib import Path


_SEED = 20240601


def build(library: Library) -> None:
    """Write the demo library into an empty one, in one transaction."""
    builder = Builder(_SEED)
    for add in (
        entities.add_tags,
        entities.add_studios,
        entities.add_performers,
        entities.add_groups,
        entities.add_scenes,
        entities.add_duplicates,
        entities.add_galleries,
        entities.add_markers,
        entities.add_history,
        entities.add_similar,
    ):
        add(builder)
    with library.database.write() as connection:
        builder.write(connection)
        stash = {"path": "/media", "excludeVideo": False, "excludeImage": False}
        settings.write_part(connection, "general", {"stashes": [stash]})


_CHANGED_SUFFIX = "-changed"
_SIDE_FILES = ("", "-wal", "-shm", _CHANGED_SUFFIX)


def is_first_change() -> bool:
    """Whether the demo library is unchanged since it was built; marks it as changed."""
    path = demo_path()
    try:
        path.with_name(path.name + _CHANGED_SUFFIX).touch(mode=0o600, exist_ok=False)
    except FileExistsError:
        return False
    return True


def reset_demo() -> Path:
    """Delete the demo library with all changes to it, build it again and return its path."""
    from stash_cli.embedded.library.library import open_library  # imports this module to build the demo

    path = demo_path()
    for suffix in _SIDE_FILES:
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    rmtree(demo_media(), ignore_errors=True)
    open_library(DEMO).close()
    return path


__all__ = ["build", "demo_path", "is_first_change", "reset_demo"]
