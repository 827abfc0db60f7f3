"""The one object of a command: the only word on stdin, or the only match of a query."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.commands.verbs.targets import labelled, words_of
from stash_cli.core.errors import StashAmbiguousError, StashNotFoundError, StashUsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.client.session import Session
    from stash_cli.core.query.language.query import Query
    from stash_cli.core.types.entities import Entity
    from stash_cli.output.streams import Streams

_MOST_CANDIDATES = 5
"""The most matches that are named where one is wanted."""


def require_one_way(entity: Entity, word: str | None, query: Query | None) -> None:
    """Raise StashUsageError unless either a word or a query chooses the object."""
    if (word is None) == (query is None):
        problem = f"no {entity.noun} is chosen" if query is None else f"the {entity.noun} is chosen twice"
        raise StashUsageError(problem, hint="Give an id or a name, or else --where QUERY or --saved NAME.")


def read_word(streams: Streams, entity: Entity, word: str) -> str:
    """A word of the command line; for `-` the only one on stdin."""
    if word != "-":
        return word
    words = words_of(streams.read())
    if len(words) != 1:
        raise StashUsageError(f"standard input names {len(words) or 'no'} {entity.plural}, not one")
    return words[0]


async def one_match(
    session: Session, runtime: Runtime, entity: Entity, query: Query, paths: Sequence[str] | None
) -> dict[str, Any]:
    """The only match of a query; raises StashNotFoundError or StashAmbiguousError."""
    from stash_cli.commands.queries.searching import pages_of, search_for

    search = await search_for(session, runtime, entity, query, "id")
    wanted = None if paths is None else list(dict.fromkeys(["id", entity.label, *paths]))
    pages = pages_of(session, search, wanted, _MOST_CANDIDATES + 1)
    rows = [row async for page in pages for row in page]
    if not rows:
        raise StashNotFoundError(f"no {entity.noun} matches")
    if len(rows) > 1:
        raise _ambiguous(entity, rows)
    return rows[0]


def _ambiguous(entity: Entity, rows: Sequence[dict[str, Any]]) -> StashAmbiguousError:
    named = ", ".join(labelled(entity, row) for row in rows[:_MOST_CANDIDATES])
    many = f"several {entity.plural} match, such as" if len(rows) > _MOST_CANDIDATES else ""
    return StashAmbiguousError(
        f"{many or f'{len(rows)} {entity.plural} match:'} {named}",
        hint="Add conditions, or give the id of one.",
    )
