"""Reading objects by id, in the order of the ids, without failing for those that are gone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from stash_cli.core.client.batch import call_each
from stash_cli.core.errors import StashGraphQLError
from stash_cli.core.graphql.selection import default_paths
from stash_cli.core.types.api import describe_api

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from stash_cli.core.client.paging import Receive
    from stash_cli.core.client.session import Session
    from stash_cli.core.types.entities import Entity

    Row = dict[str, Any]

CHUNK = 500
"""Ids per request."""
_MISSING = re.compile(r"with id (\d+) not found")


async def pages_by_id(
    session: Session,
    entity: Entity,
    ids: Sequence[str],
    paths: Sequence[str] | None,
    receive: Receive | None = None,
) -> AsyncGenerator[list[Any], None]:
    """The objects with these ids, a page per CHUNK; ids that do not exist are left out."""
    quiet = paths is None
    wanted = list(dict.fromkeys(["id", *(default_paths(entity.type) if paths is None else paths)]))
    for start in range(0, len(ids), CHUNK):
        chunk = list(ids[start : start + CHUNK])
        with session.order.request() as sent:
            found = {row["id"]: row for row in await _rows(session, entity, chunk, wanted, quiet=quiet)}
            rows = [found[one] for one in chunk if one in found]
            items = receive(rows, sent) if receive else rows
        yield items


async def _rows(
    session: Session, entity: Entity, ids: list[str], paths: list[str], *, quiet: bool
) -> list[Row]:
    """Rows in any order, one request unless some are gone.

    A server before 0.25 has no `ids` argument and gets one find per id in a single document.
    """
    if len(ids) == 1 and _has_own_query(entity):
        row = await session.call(f"find{entity.type}", {"id": ids[0]}, paths, quiet=quiet)
        return [row] if row else []
    server = await session.learn()
    known = server.operation_name("query", entity.find)
    if "ids" not in server.arguments("query", known):
        return await _one_by_one(session, entity, ids, paths, quiet=quiet)
    try:
        return await _listed(session, entity, {"ids": ids}, paths, quiet=quiet)
    except StashGraphQLError as error:
        gone = _MISSING.search(error.message)
        if gone is None:
            raise
    # The server fails the whole list for one id that is gone, and names it.
    left = [one for one in ids if one != gone.group(1)]
    if _has_own_query(entity):
        return await _one_by_one(session, entity, left, paths, quiet=quiet)
    return await _rows(session, entity, left, paths, quiet=quiet) if left else []


async def _listed(
    session: Session, entity: Entity, args: dict[str, Any], paths: list[str], *, quiet: bool
) -> list[Row]:
    wanted = [f"{entity.items}.{path}" for path in paths]
    answer = await session.call(entity.find, args, wanted, quiet=quiet)
    return list(answer.get(entity.items) or [])


async def _one_by_one(
    session: Session, entity: Entity, ids: list[str], paths: list[str], *, quiet: bool
) -> list[Row]:
    """One document with a find per id; markers, which have no such query, are picked from all."""
    if not _has_own_query(entity):
        rows = await _listed(session, entity, {"filter": {"per_page": -1}}, paths, quiet=quiet)
        return [row for row in rows if row["id"] in set(ids)]
    rows = await call_each(session, f"find{entity.type}", [{"id": one} for one in ids], paths, quiet=quiet)
    return [row for row in rows if row is not None]


def _has_own_query(entity: Entity) -> bool:
    """Whether the API finds one by its id, answering null for an unknown one; markers are only listed."""
    return f"find{entity.type}" in describe_api().queries
