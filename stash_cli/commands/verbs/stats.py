"""`stats` of a noun: counts, durations and sizes, by the values of a field."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import StashCommand, command
from stash_cli.commands.argv.query_words import query_words
from stash_cli.commands.argv.value_parsers import named, row_limit
from stash_cli.commands.queries.listing import TABLE_ROWS
from stash_cli.commands.queries.searching import pages_of, read_query, search_for
from stash_cli.commands.verbs.find import FindCommand, SearchOptions, filter_flags
from stash_cli.core.errors import StashUsageError
from stash_cli.output.values import Column, View

if TYPE_CHECKING:
    from stash_cli.commands.common.noun import Noun
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.client.session import Session
    from stash_cli.core.statistics import Group, Tally

BAR = 24
"""Width of the longest bar in characters; at most a quarter of the terminal."""
_EIGHTHS = " ▏▎▍▌▋▊▉"
NOTHING = 12


@dataclass(frozen=True, kw_only=True, eq=False)
class StatsOptions(SearchOptions):
    """The command line of `stats`."""

    by: Annotated[
        str | None, typer.Option("--by", metavar="FIELD", help="a line for each value of a field")
    ] = None
    sort: Annotated[
        str | None,
        typer.Option(
            "--sort", metavar="COLUMN", help="value, count or another column; -COLUMN: the largest first"
        ),
    ] = None
    limit: Annotated[
        str | None,
        typer.Option(
            "--limit", "-L", "-n", metavar="N|all", help="maximum number of lines (default: 40 in a table)"
        ),
    ] = None


def build(noun: Noun, examples: tuple[str, ...]) -> StashCommand:
    from stash_cli.core.statistics import measures_of, words_of

    entity = noun.entity
    sums = "".join(f", {name}" for name in measures_of(entity.type))
    return command(
        "stats",
        partial(stats, noun),
        StatsOptions,
        cls=FindCommand,
        help=f"Print the number of {entity.plural}{sums}: of all that match, or with --by for each value of "
        f"a field.\n\n--by takes {', '.join(words_of(entity.type))}, or any field. What has several values "
        "counts in the line of each. The query and its flags are those of find.",
        examples=examples,
        flags=partial(filter_flags, noun),
        is_query=query_words(entity.type),
    )


def stats(noun: Noun, runtime: Runtime, options: StatsOptions) -> int:
    from stash_cli.core.statistics import Tally, in_order

    entity = noun.entity
    limit = named("--limit", row_limit)(options.limit) if options.limit else None
    if options.by is None and (options.sort or options.limit):
        raise StashUsageError("--sort and --limit need --by: without it there is one line")
    tally = Tally(entity.type, options.by)
    in_order(tally, options.sort)
    _check_output(runtime)
    query = read_query(runtime, entity, options, options.query or (), options.flags)

    async def work(session: Session) -> None:
        search = await search_for(session, runtime, entity, query)
        async for page in pages_of(session, search, tally.paths):
            if tally.total.count:
                runtime.streams.on_many_rows()
            tally.add(page)

    runtime.run(work)
    if options.by is None:
        runtime.print_row(view_of(entity.type, None), facts_of(tally.total))
    else:
        _print_groups(runtime, noun, tally, options, limit)
    return NOTHING if options.exit_status and not tally.total.count else 0


def _check_output(runtime: Runtime) -> None:
    options = runtime.options
    if options.output in ("ids", "paths") or options.fields or options.pictures:
        raise StashUsageError(
            "stats has columns of its own: leave out --ids, --paths, --fields and --pictures"
        )
    runtime.check_output(View())


def _print_groups(
    runtime: Runtime, noun: Noun, tally: Tally, options: StatsOptions, limit: int | None
) -> None:
    from stash_cli.core.statistics import distinct, in_order

    by = str(options.by).replace(".", "_")
    groups = in_order(tally, options.sort)
    if options.limit is None and runtime.for_people:
        limit = TABLE_ROWS
    shown = groups[:limit]
    has_bars = runtime.for_people and runtime.streams.out_is_terminal
    rows = [{by: group.value, **({"id": group.id} if group.id else {}), **facts_of(group)} for group in shown]
    if runtime.for_people:
        rows = [row | {by: text or "(none)"} for row, (_, text) in zip(rows, distinct(shown), strict=True)]
    if has_bars:
        measure = (options.sort or "count").removeprefix("-")
        _add_bars(runtime, rows, "count" if measure == "value" else measure)
    has_ids = tally.key is not None and tally.key.is_related and not runtime.for_people
    runtime.print_rows(view_of(noun.entity.type, by, bars=has_bars, with_id=has_ids), rows)
    if runtime.for_people:
        _note(runtime, noun, tally, len(groups), len(shown))


def facts_of(group: Group) -> dict[str, Any]:
    """Return count and sums of a group, whole numbers as int."""
    whole = {
        name: int(amount) if float(amount).is_integer() else amount for name, amount in group.sums.items()
    }
    return {"count": group.count, **whole}


def view_of(type_name: str, by: str | None, *, bars: bool = False, with_id: bool = False) -> View:
    from stash_cli.core.statistics import measures_of

    kinds = {"duration": "duration", "size": "size"}
    sums = [Column(name, (name,), kinds.get(name, ""), right=True) for name in measures_of(type_name)]
    columns = [Column("count", ("count",), right=True), *sums]
    if by is not None:
        columns[:0] = [Column(by, (by,), main=True), *([Column("id", ("id",))] if with_id else [])]
    if bars:
        columns.append(Column("chart", (_BAR_KEY,), "chart", optional=True))
    return View("", tuple(columns))


_BAR_KEY = "\0bar"


def _add_bars(runtime: Runtime, rows: list[dict[str, Any]], measure: str) -> None:
    """Add a bar to each row, proportional to the largest value of `measure`."""
    largest = max((row[measure] for row in rows), default=0)
    encoding = (getattr(runtime.streams.out, "encoding", None) or "utf-8").lower()
    is_ascii = not encoding.startswith("utf") or runtime.streams.environ.get("TERM") == "dumb"
    width = min(BAR, runtime.streams.width // 4)
    for row in rows:
        row[_BAR_KEY] = bar(row[measure] / largest if largest else 0, width, plain=is_ascii)


def bar(share: float, width: int, *, plain: bool = False) -> str:
    """Draw a bar of `share` * `width` characters.

    >>> bar(0.5, 8, plain=True)
    '####'
    """
    eighths = round(share * width * 8)
    if plain:
        return "#" * round(share * width)
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _note(runtime: Runtime, noun: Noun, tally: Tally, groups: int, shown: int) -> None:
    """Print a note with the total, the number of omitted lines, and whether objects count in several."""
    from stash_cli.output.values import shown as text_of

    entity, total = noun.entity, tally.total
    if not total.count:
        runtime.streams.note(f"no {entity.plural} found")
        return
    kinds = {"duration": "duration", "size": "size"}
    # Only durations and sizes: sums of related objects count those of several groups more than once.
    sums = [text_of(amount, kinds[name]) for name, amount in total.sums.items() if name in kinds and amount]
    parts = [entity.counted(total.count), *sums]
    omitted = f"; {shown} of {groups} lines, --limit all shows all" if shown < groups else ""
    shared = "; some count in several lines" if tally.is_shared else ""
    runtime.streams.note(f"{', '.join(parts)}{shared}{omitted}")
