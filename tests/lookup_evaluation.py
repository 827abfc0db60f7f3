"""A random library with its oracle, and evaluation of compiled filters."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import random_rows
from lookup_oracle import LookupOracle

from stash_cli.core.client import Session
from stash_cli.core.client.paging import FindQuery, count_tested
from stash_cli.core.context import StashContext
from stash_cli.core.query.fields import fields, filter_type, owner_of
from stash_cli.core.query.lookups import Compiled
from stash_cli.core.query.server_quirks import FILE_FIELDS, JOINS, check_modifier
from stash_cli.core.types.entities import ENTITIES, camel, snake
from stash_cli.core.unset import UNSET

LISTS = {"Gallery": "galleries", "SceneMarker": "scene_markers"}
"""Plural field names other than the type's name with an s."""


@asynccontextmanager
async def random_library(seed: int) -> AsyncIterator[tuple[Session, LookupOracle]]:
    """A session with the library of `seed`, and its oracle."""
    rows = random_rows.rows_of(seed)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "library.sqlite"
        random_rows.write(path, rows).close()
        async with StashContext(conn=f"embedded:{path}") as client:
            yield client.session, LookupOracle(rows)


def server_quirks(compiled: Compiled) -> list[str]:
    """Parts of a filter that a real server evaluates wrongly."""
    return list(_quirks(compiled.type, compiled.filter))


def _quirks(type_name: str, given: dict[str, Any]) -> Iterator[str]:
    """Sibling or negated operators, too deep nesting, ignored modifiers, joins claimed twice."""
    levels = list(_levels(given))
    if len(levels) > 20 or any("NOT" in level or {"AND", "OR"} <= level.keys() for level in levels):
        yield f"{type_name}: {given}"
    yield from _shared(owner_of(filter_type(type_name)), {name for level in levels for name in level})
    for level in levels:
        for name, criterion in level.items():
            field = fields(type_name).get(name)
            if field and field.target and not field.lookups:
                yield from _quirks(field.target, criterion)
            elif field and isinstance(criterion, dict):
                check_modifier(field, criterion)


def _shared(owner: str, names: set[str]) -> list[str]:
    """Joins needed by two fields; file fields share one intentionally."""
    joins = [
        JOINS[owner, name] for name in names if (owner, name) in JOINS and (owner, name) not in FILE_FIELDS
    ]
    return [f"{owner}: {join}" for join in joins if joins.count(join) > 1]


def _levels(given: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield given
    for name in ("AND", "OR", "NOT"):
        if name in given:
            yield from _levels(given[name])


async def matching_ids(session: Session, compiled: Compiled) -> list[str]:
    """Ids of the rows that the server returns and the residual predicate accepts."""
    assert server_quirks(compiled) == []
    items = LISTS.get(compiled.type, f"{snake(compiled.type)}s")
    rest = compiled.post_filter
    args = {"filter": {"per_page": -1}, f"{snake(compiled.type)}_filter": compiled.filter or UNSET}
    found = await session.call(f"find{camel(items)}", args, _paths(items, rest.fields if rest else ()))
    return sorted((row["id"] for row in found[items] if rest is None or rest(row)), key=int)


async def planned_count(session: Session, compiled: Compiled) -> int | None:
    """The number by the count plan; None without one."""
    entity, rest = ENTITIES.get(compiled.type), compiled.post_filter
    if entity is None or rest is None or compiled.count_plan is None:
        return None
    query = FindQuery(entity, compiled.filter or None)
    return await count_tested(session, query, rest, rest.fields, compiled.count_plan)


def _paths(items: str, fields: Iterable[str]) -> list[str]:
    return [f"{items}.{path}" for path in ("id", *fields)]
