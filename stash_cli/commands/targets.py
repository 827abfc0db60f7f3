"""The objects that a command line names: ids, `id:12`, names, `-` for ids on stdin; and their rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashGraphQLError, StashNotFoundError, StashUsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stash_cli.core.client.session import Session
    from stash_cli.core.types.entities import Entity
    from stash_cli.output.streams import Streams

_MISSING = re.compile(r"with id \S+ not found|no rows in result set|does not exist")


def read_words(streams: Streams, words: Sequence[str]) -> list[str]:
    """The words of the command line, `-` replaced by those on stdin; each once, in order."""
    found: list[str] = []
    for word in words:
        found += streams.read().split() if word == "-" else [word]
    if not found:
        raise StashUsageError("no ids given")
    return list(dict.fromkeys(found))


async def target_ids(session: Session, entity: Entity, words: Sequence[str]) -> list[str]:
    """The ids that `words` mean: digits are ids, anything else is looked up by name."""
    from stash_cli.core.query.resolve import relation_ids

    ids = [str(int(word)) for word in words if word.isdecimal()]
    names = [word for word in words if not word.isdecimal()]
    return list(dict.fromkeys([*ids, *(await relation_ids(session, entity.type, names) if names else ())]))


async def one_row(session: Session, entity: Entity, word: str, paths: Sequence[str] | None) -> dict[str, Any]:
    """The object that `word` means; StashNotFoundError when there is none."""
    [found] = await target_ids(session, entity, [word])
    rows = await rows_of(session, entity, [found], paths)
    return rows[0]


async def rows_of(
    session: Session, entity: Entity, ids: Sequence[str], paths: Sequence[str] | None
) -> list[dict[str, Any]]:
    """The objects with these ids, in this order; StashNotFoundError when one is missing."""
    from stash_cli.core.client.paging import FindQuery, iter_rows

    query = FindQuery(entity, ids=tuple(ids))
    try:
        rows = [row async for row in iter_rows(session, query, paths)]
    except StashGraphQLError as error:
        if _MISSING.search(error.message):
            raise StashNotFoundError(f"no {entity.noun} with id {_missing_id(error, ids)}") from error
        raise
    missing = [id_ for id_ in ids if id_ not in {row["id"] for row in rows}]
    if missing:
        raise StashNotFoundError(f"no {entity.noun} with id {', '.join(missing)}")
    return rows


def _missing_id(error: StashGraphQLError, ids: Sequence[str]) -> str:
    found = re.search(r"with id (\S+)|id (\d+) does", error.message)
    return (found[1] or found[2]) if found else ids[0] if len(ids) == 1 else "one of those given"


def summary(entity: Entity, rows: Sequence[dict[str, Any]], shown: int = 5) -> str:
    """`scenes 12 "A", 13 "B" and 7 more`."""
    names = [
        f'{row["id"]} "{row[entity.label]}"' if row.get(entity.label) else row["id"] for row in rows[:shown]
    ]
    more = f" and {len(rows) - shown} more" if len(rows) > shown else ""
    noun = entity.noun if len(rows) == 1 else entity.plural
    return f"{noun} {', '.join(names)}{more}"
