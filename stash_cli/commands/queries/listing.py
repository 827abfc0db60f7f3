"""Order and number of listed rows, by `--sort`, `--random`, `--limit`, `--page` and terms of a query."""

from __future__ import annotations

from dataclasses import dataclass
from time import time_ns
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from stash_cli.commands.argv.query_words import WhereOptions
from stash_cli.commands.argv.value_parsers import bounded, named, row_limit
from stash_cli.core.errors import StashUsageError

if TYPE_CHECKING:
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.commands.queries.searching import Search
    from stash_cli.core.client.session import Session
    from stash_cli.core.client.sorting import SortKey
    from stash_cli.core.query.language.query import Query
    from stash_cli.core.types.entities import Entity

TABLE_ROWS = 40
NEW_SEED = "new"
_SEEDS = 10**6
"""Limit of new seeds, so that they are short enough to type."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ListOptions(WhereOptions):
    """The options of a command that lists rows."""

    sort: Annotated[
        str | None, typer.Option("--sort", metavar="KEY,...", help="sort keys; -KEY reverses the order")
    ] = None
    random: Annotated[
        str | None, typer.Option("--random", metavar="[SEED]", help="in random order; a number repeats one")
    ] = None
    limit: Annotated[
        str | None,
        typer.Option(
            "--limit",
            "-L",
            "-n",
            metavar="N|all",
            help="maximum number of rows (default: 40 in a table, else all)",
        ),
    ] = None
    page: Annotated[str | None, typer.Option("--page", metavar="N", help="page N, each of --limit rows")] = (
        None
    )


class Listing(NamedTuple):
    """The rows to list: sort keys, maximum number (None: all), and number of skipped rows.

    `is_default` is true if the user has not set the number.
    """

    keys: tuple[SortKey, ...] = ()
    limit: int | None = None
    skip: int = 0
    is_default: bool = True

    @property
    def seed(self) -> str:
        """The seed of a random order, or ""."""
        return self.keys[0].name.partition("random_")[2] if self.keys else ""

    @property
    def sort(self) -> tuple[str | None, str | None]:
        """The server's sort key and direction."""
        return (self.keys[0].name, self.keys[0].direction) if self.keys else (None, None)


def with_seed(args: list[str]) -> list[str]:
    """Give `--random` a value in the same word, so that the next word is not parsed as its seed."""
    words: list[str] = []
    rest = iter(enumerate(args))
    for number, word in rest:
        if word == "--":
            return [*words, *args[number:]]
        following = args[number + 1] if number + 1 < len(args) else ""
        if word != "--random":
            words.append(word)
        elif following.isascii() and following.isdecimal():
            words.append(f"--random={following}")
            next(rest)
        else:
            words.append(f"--random={NEW_SEED}")
    return words


def read_listing(runtime: Runtime, entity: Entity, options: ListOptions, query: Query | None) -> Listing:
    """Return the listing of options and of the terms `sort:`, `limit:` and `page:`.

    Raises StashUsageError if an option and a term contradict each other.
    """
    sort = _one("sort", options.sort, ",".join(query.sort) if query else "")
    limit = _one("limit", options.limit, "" if query is None or query.limit is None else str(query.limit))
    page = _one("page", options.page, "" if query is None or query.page is None else str(query.page))
    max_rows = table_limit(runtime, limit)
    return Listing(_keys(entity, sort, options.random), max_rows, _skipped(page, max_rows), limit is None)


def _one(name: str, option: str | None, term: str) -> str | None:
    if option is not None and term and option != term:
        raise StashUsageError(f"--{name} {option} and {name}:{term} say different things.")
    return option if option is not None else term or None


def _keys(entity: Entity, sort: str | None, seed: str | None) -> tuple[SortKey, ...]:
    if sort is None and seed is None:
        return ()
    from stash_cli.core.client.sorting import SortKey, parse_keys

    if seed is None:
        words = (sort or "").split(",")
        if not all(word.strip(" -") for word in words):
            raise StashUsageError(f"--sort has an empty key: {sort!r}.")
        return tuple(parse_keys(entity, words))
    whole = bounded(int, (0, None))
    if sort is not None:
        raise StashUsageError("--sort and --random exclude each other.")
    number = int(time_ns() // 1000 % _SEEDS) if seed == NEW_SEED else named("--random", whole)(seed)
    return (SortKey(f"random_{number}"),)


def _skipped(page: str | None, limit: int | None) -> int:
    if page is None:
        return 0
    number: int = named("--page", bounded(int, (1, None)))(page)
    if limit is None:
        raise StashUsageError("--page needs --limit, the number of rows of a page.")
    return (number - 1) * limit


def table_limit(runtime: Runtime, text: str | None) -> int | None:
    """The maximum number of rows: that of --limit, or TABLE_ROWS for a table; None for all."""
    limit: int | None = named("--limit", row_limit)(text)  # type: ignore[arg-type]
    return TABLE_ROWS if text is None and runtime.for_people else limit


async def listed(session: Session, search: Search, listing: Listing) -> Search:
    """Add the order and the skipped rows of a listing to a search.

    Raises StashUsageError for more rows than can be sorted locally.
    """
    from stash_cli.commands.queries.searching import count_of
    from stash_cli.core.client.sorting import MOST_ROWS, local_order

    order: Any = local_order(search.query.entity, listing.keys)
    if order is not None and listing.limit is None:
        total = await count_of(session, search)
        if total > MOST_ROWS:
            raise StashUsageError(
                f"{total:,} {search.query.entity.plural} are too many to sort by several keys here.",
                hint="Give --limit N, or one sort key: the server sorts by that.",
            )
    return search._replace(order=order, skip=listing.skip)
