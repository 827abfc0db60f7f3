"""Subqueries: parts of a query that are asked first, each on its own, and replaced by the ids that they find.

The server has no filter for "not a duplicate" or "no cover or rated high", and rows do not hold what it would
take. Each such part alone has a filter.
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


_FOUND = {**ENTITIES, **FILES, "File": FILES["BaseFile"]}


async def answerable(session: Session, type_name: str, query: Q) -> Q:
    """`query` so that it can be compiled; raises StashLookupError where that cannot be."""
    if has_levels(query):
        query = await without_levels(session, type_name, query)
        try:
            lookups.compile(type_name, query)
        except StashLookupError as error:
            # Without the levels there is still a part that no filter says together with the others.
            logger.debug("asking for ids: %s", error)
        else:
            return query
    return await with_subquery_ids(session, type_name, query)


async def with_subquery_ids(session: Session, type_name: str, query: Q) -> Q:
    """`query` with the ids of matches in place of the lookups that only a filter of their own can say."""
    known = {}
    for leaf in _unread(type_name, query):
        if (text := repr(leaf)) not in known:
            known[text] = await _ids(session, type_name, leaf)
    return _replaced(query, known)


def _unread(type_name: str, q: Q) -> list[Q]:
    """The positive form of each leaf that rows cannot test, all but one that must hold anyway."""
    found: list[Q] = []
    kept = False
    parts = q.parts if q.op == "all" and not q.negated and not q.lookups else (q,)
    for part in parts:
        if part.lookups and not part.negated and not kept and not _is_read(type_name, part):
            kept = True
        else:
            found += [leaf for leaf in _leaves(part) if not _is_read(type_name, leaf)]
    return found


def _leaves(q: Q) -> list[Q]:
    """The leaves, without their negation."""
    own = [Q(**q.lookups)] if q.lookups else []
    return [*own, *(leaf for part in q.parts for leaf in _leaves(part))]


def _is_read(type_name: str, leaf: Q) -> bool:
    """Whether rows hold what it takes to test a leaf."""
    try:
        lookups.matches(type_name, Q(**leaf.lookups))
    except StashLookupError:
        return False
    return True


async def _ids(session: Session, type_name: str, where: Q) -> list[int]:
    """The ids of the objects that match."""
    compiled = lookups.compile(type_name, where, server=await session.learn())
    query = FindQuery(_FOUND[type_name], compiled.filter or None, compiled.q or None)
    rest = compiled.post_filter
    rows = iter_rows(session, query, ["id", *(rest.fields if rest else ())])
    return [int(row["id"]) async for row in rows if rest is None or rest(row)]


def _replaced(q: Q, known: dict[str, list[int]]) -> Q:
    # By its text: equal parts of a query are asked for once.
    ids = known.get(repr(Q(**q.lookups))) if q.lookups else None
    own = q.lookups if ids is None else {"id__in": ids}
    made = Q(*[_replaced(part, known) for part in q.parts], **own)
    made.op, made.negated = q.op, q.negated
    return made
