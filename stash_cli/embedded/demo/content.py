"""What is in the demo library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stash_cli.embedded.demo.builder import Builder
from stash_cli.embedded.demo.filing import add_groups, add_performers, add_studios, add_tags
from stash_cli.embedded.demo.pictures import add_galleries
from stash_cli.embedded.demo.scenes import add_history, add_markers, add_scenes
from stash_cli.embedded.library.settings import write_part

if TYPE_CHECKING:
    from stash_cli.embedded.library.library import Library

_SEED = 20240601


def build(library: Library) -> None:
    """Write the demo library into an empty one, in one transaction."""
    builder = Builder(_SEED)
    for add in (
        add_tags,
        add_studios,
        add_performers,
        add_groups,
        add_scenes,
        add_galleries,
        add_markers,
        add_history,
    ):
        add(builder)
    with library.database.write() as connection:
        builder.write(connection)
        stash = {"path": "/media", "excludeVideo": False, "excludeImage": False}
        write_part(connection, "general", {"stashes": [stash]})
