"""Saved filters as terms of a query: `saved:"Best of"` stands for the criteria of that filter.

The criteria are sent as the web interface sends them. Where no filter says them, under `or` and `not`, the
ids of the objects that they find take their place (`subqueries`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stash_cli.core.client.saved_filters import LoadedFilter, load_saved
from stash_cli.core.query.q import SAVED, Q

if TYPE_CHECKING:
    from collections.abc import Callable

    from stash_cli.core.client.session import Session


async def with_saved(
    session: Session,
    type_name: str,
    query: Q,
    *,
    tell: Callable[[str], None],
    changing: bool = False,
) -> Q:
    """`query` with the criteria of saved filters in place of their names.

    What differs from the web interface is told. A query for a change (`changing`) refuses a filter of which a
    criterion has no translation: raises StashInputError; else raises as `find_saved`.
    """
    names = dict.fromkeys(str(leaf[SAVED]) for leaf in query.leaves() if SAVED in leaf)
    found: dict[str, LoadedFilter] = {}
    for name in names:
        found[name] = await load_saved(session, name, type_name)
        _warn_of(found[name], tell, changing=changing)
    if not found:
        return query
    return _replaced(query, found)


def _warn_of(found: LoadedFilter, tell: Callable[[str], None], *, changing: bool) -> None:
    if changing:
        found.require_translated()
    for text in [*found.warnings(), *found.notes()]:
        tell(text)
    if found.query.sort or found.query.per_page:
        tell(f"saved filter {found.row['name']!r}: its order and number of rows are ignored")


def condition_of(found: LoadedFilter) -> Q:
    """The criteria of the filter."""
    where = found.query.where or Q()
    return where & parse_search(found.query.q) if found.query.q else where


def _replaced(q: Q, found: dict[str, LoadedFilter]) -> Q:
    if SAVED in q.lookups:
        made = condition_of(found[str(q.lookups[SAVED])])
        return ~made if q.negated else made
    made = Q(*[_replaced(part, found) for part in q.parts], **q.lookups)
    made.op, made.negated = q.op, q.negated
    return made


_TOKEN = re.compile(r'-?"[^"]*"(?= |$)|[^ ]+')


def parse_search(text: str) -> Q:
    """A text search as the server reads it, as a `Q`: words, "phrases", `-word`, and `a or b`."""
    tokens, parts, at = _TOKEN.findall(text.strip()), list[Q](), 0
    while at < len(tokens):
        some = [tokens[at]]
        # Only `or` goes on; a second `|` is a word of its own there.
        while len(tokens) > at + 2 and tokens[at + 1].lower() in (("or", "|") if len(some) == 1 else ("or",)):
            some.append(tokens[at + 2])
            at += 2
        word = some[0]
        if len(some) == 1 and word.startswith("-") and len(word) > 1:
            parts.append(Q(q__excludes=[_bare(word[1:])]))
        else:
            parts.append(Q(q__in=[_bare(each) for each in some]))
        at += 1
    return Q(*parts)


def _bare(token: str) -> str:
    quoted = len(token) > 1 and token[0] == token[-1] == '"'
    return token[1:-1] if quoted else token
