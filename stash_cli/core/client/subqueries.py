"""Subqueries: parts of a query that are sent first, each on its own, and replaced by the matching ids.

The server has no filter for "not a duplicate" or "no cover or rated high", and rows lack the fields to test
this on the client. But each part has a filter of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stash_cli.core.client.levels import has_levels, without_levels
from stash_cli.core.client.paging import FindQuery, iter_rows
from stash_cli.core.errors import StashLookupError
from stash_cli.core.log import logger
from stash_cli.core.query import lookups
from stash_cli.core.query.q import Q
from stash_cli.core.types.entities import ENTITIES, FILES

if TYPE_CHECKING:
    from stash_cli.core.client.session import Session


_SEARCHABLE = {**ENTITIES, **FILES, "File": FILES["BaseFile"]}


async def compilable(session: Session, type_name: str, query: Q) -> Q:
    """`query` in a form that can be compiled; raises StashLookupError if there is none."""
    if has_levels(query):
        query = await without_levels(session, type_name, query)
        try:
            lookups.compile(type_name, query)
        except StashLookupError as error:
            # Even without depths, the parts cannot be combined in one filter.
            logger.debug("asking for ids: %s", error)
        else:
            return query
    return await with_subquery_ids(session, type_name, query)


async def with_subquery_ids(session: Session, type_name: str, query: Q) -> Q:
    """`query` with each lookup that needs a filter of its own replaced by the ids of its matches."""
    known = {}
    for leaf in _server_only_leaves(type_name, query):
        if (text := repr(leaf)) not in known:
            known[text] = await _ids(session, type_name, leaf)
    return _replaced(query, known)


def _server_only_leaves(type_name: str, q: Q) -> list[Q]:
    """The leaves, without their negation, that cannot be tested on rows.

    One of them may stay: a required, not negated leaf becomes the filter of the query itself.
    """
    leaves: list[Q] = []
    has_filter = False
    parts = q.parts if q.op == "all" and not q.negated and not q.lookups else (q,)
    for part in parts:
        if part.lookups and not part.negated and not has_filter and not _is_testable(type_name, part):
            has_filter = True
        else:
            leaves += [leaf for leaf in _leaves(part) if not _is_testable(type_name, leaf)]
    return leaves


def _leaves(q: Q) -> list[Q]:
    """The leaves, without their negation."""
    own = [Q(**q.lookups)] if q.lookups else []
    return [*own, *(leaf for part in q.parts for leaf in _leaves(part))]


def _is_testable(type_name: str, leaf: Q) -> bool:
    """Whether a leaf can be tested on rows."""
    try:
        lookups.matches(type_name, Q(**leaf.lookups))
    except StashLookupError:
        return False
    return True


async def _ids(session: Session, type_name: str, where: Q) -> list[int]:
    """The ids of the objects that match."""
    compiled = lookups.compile(type_name, where, server=await session.load_capabilities())
    query = FindQuery(_SEARCHABLE[type_name], compiled.filter or None, compiled.q or None)
    post_filter = compiled.post_filter
    rows = iter_rows(session, query, ["id", *(post_filter.fields if post_filter else ())])
    return [int(row["id"]) async for row in rows if post_filter is None or post_filter(row)]


def _replaced(q: Q, known: dict[str, list[int]]) -> Q:
    # Keyed by `repr`, so that equal parts of a query are sent once.
    ids = known.get(repr(Q(**q.lookups))) if q.lookups else None
    own = q.lookups if ids is None else {"id__in": ids}
    copy = Q(*[_replaced(part, known) for part in q.parts], **own)
    copy.op, copy.negated = q.op, q.negated
    return copy
