"""Saved filters as terms of a query: `saved:"Best of"` stands for the criteria of that filter.

The criteria are sent as the web interface sends them. Under `or` and `not`, where one filter cannot express
them, they are replaced by the ids of their matches (`subqueries`).
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

    `tell` is called with each difference from the web interface. With `changing` the query selects objects to
    edit: raises StashInputError for a filter with an untranslatable criterion. Also raises as `find_saved`.
    """
    names = dict.fromkeys(str(leaf[SAVED]) for leaf in query.leaves() if SAVED in leaf)
    filters: dict[str, LoadedFilter] = {}
    for name in names:
        filters[name] = await load_saved(session, name, type_name)
        _warn_of(filters[name], tell, changing=changing)
    if not filters:
        return query
    return _replaced(query, filters)


def _warn_of(loaded: LoadedFilter, tell: Callable[[str], None], *, changing: bool) -> None:
    if changing:
        loaded.require_translated()
    for text in [*loaded.warnings(), *loaded.notes()]:
        tell(text)
    if loaded.query.sort or loaded.query.per_page:
        tell(f"saved filter {loaded.row['name']!r}: its order and number of rows are ignored")


def condition_of(found: LoadedFilter) -> Q:
    """The criteria of the filter, including its text search."""
    where = found.query.where or Q()
    return where & parse_search(found.query.q) if found.query.q else where


def _replaced(q: Q, filters: dict[str, LoadedFilter]) -> Q:
    if SAVED in q.lookups:
        condition = condition_of(filters[str(q.lookups[SAVED])])
        return ~condition if q.negated else condition
    copy = Q(*[_replaced(part, filters) for part in q.parts], **q.lookups)
    copy.op, copy.negated = q.op, q.negated
    return copy


_TOKEN = re.compile(r'-?"[^"]*"(?= |$)|[^ ]+')


def parse_search(text: str) -> Q:
    """Parse a text search like the server, to a `Q`: words, "phrases", `-word`, and `a or b`."""
    tokens, parts, at = _TOKEN.findall(text.strip()), list[Q](), 0
    while at < len(tokens):
        words = [tokens[at]]
        # The server continues a list of alternatives with `or` only; a second `|` is an ordinary word.
        while len(tokens) > at + 2 and tokens[at + 1].lower() in (
            ("or", "|") if len(words) == 1 else ("or",)
        ):
            words.append(tokens[at + 2])
            at += 2
        word = words[0]
        if len(words) == 1 and word.startswith("-") and len(word) > 1:
            parts.append(Q(q__excludes=[_bare(word[1:])]))
        else:
            parts.append(Q(q__in=[_bare(each) for each in words]))
        at += 1
    return Q(*parts)


def _bare(token: str) -> str:
    quoted = len(token) > 1 and token[0] == token[-1] == '"'
    return token[1:-1] if quoted else token
