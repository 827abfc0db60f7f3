"""A random library with its truth, and the answer that a compiled question gets of it."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import lookup_world as world
from lookup_truth import Truth

from stash_cli.core.client import Session
from stash_cli.core.context import StashContext
from stash_cli.core.query.lookups import Compiled
from stash_cli.core.types.entities import camel, snake
from stash_cli.core.unset import UNSET

LISTS = {"Gallery": "galleries", "SceneMarker": "scene_markers"}
"""What the API calls several of them, where that is not the type with an s."""


@asynccontextmanager
async def random_library(seed: int) -> AsyncIterator[tuple[Session, Truth]]:
    """A session with the library of `seed`, and what is true of it."""
    rows = world.draw(seed)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "library.sqlite"
        world.write(path, rows).close()
        async with StashContext(conn=f"embedded:{path}") as client:
            yield client.session, Truth(rows)


async def answer(session: Session, compiled: Compiled) -> list[str]:
    """Ids of the rows that the server finds and that pass what it was not asked."""
    items = LISTS.get(compiled.type, f"{snake(compiled.type)}s")
    rest = compiled.remainder
    args = {"filter": {"per_page": -1}, f"{snake(compiled.type)}_filter": compiled.filter or UNSET}
    found = await session.call(f"find{camel(items)}", args, _paths(items, rest.fields if rest else ()))
    return sorted((row["id"] for row in found[items] if rest is None or rest(row)), key=int)


def _paths(items: str, fields: Iterable[str]) -> list[str]:
    return [f"{items}.{path}" for path in ("id", *fields)]
