"""Rows by id: one request, whether or not all of them exist."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from stash_cli.core.client.batch import call_each
from stash_cli.core.client.paging import FindQuery, iter_rows
from stash_cli.core.errors import StashGraphQLError
from stash_cli.core.types.api import describe_api

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stash_cli.core.client import Session
    from stash_cli.core.types.entities import Entity

_UNKNOWN = re.compile(r"with id (\d+) not found")


async def rows_by_id(
    session: Session, entity: Entity, ids: Sequence[str], paths: Sequence[str]
) -> list[dict[str, Any]]:
    """The rows that exist, in the order of `ids`; one request unless some do not exist.

    The server fails a whole `ids` query for one unknown id, so a single object is asked for by its own
    query, and a failed list is asked for again one by one in a single document.
    """
    single = f"find{entity.type}"
    if len(ids) == 1 and single in describe_api().queries:
        row = await session.call(single, {"id": ids[0]}, _with_id(paths))
        return [row] if row else []
    left = list(ids)
    while left:
        query = FindQuery(entity, ids=tuple(left))
        try:
            return [row async for row in iter_rows(session, query, paths)]
        except StashGraphQLError as error:
            unknown = _UNKNOWN.search(error.message)
            if unknown is None or unknown[1] not in left:
                raise
            if single in describe_api().queries:
                rows = await call_each(session, single, [{"id": one} for one in left], _with_id(paths))
                return [row for row in rows if row]
            left.remove(unknown[1])
    return []


def _with_id(paths: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(["id", *paths]))
