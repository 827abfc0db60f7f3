"""`play` and `o`: the histories of an object; `activity`: its resume time and play duration."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import CommandOptions, StashCommand, command
from stash_cli.commands.argv.value_parsers import named, seconds
from stash_cli.commands.verbs.actions import Row, Targets, change
from stash_cli.core.errors import StashInputError, StashUsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from stash_cli.commands.common.noun import Noun
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.client.session import Session
    from stash_cli.core.orm.edit import Edit

Period = tuple["datetime", "datetime"]

Remove = Annotated[bool, typer.Option("--remove", help="take the newest out again, or those of --at")]
Reset = Annotated[bool, typer.Option("--reset", help="set the count back to 0")]


@dataclass(frozen=True, kw_only=True, eq=False)
class CountOptions(CommandOptions):
    """The command line of `o` for objects that have only a number."""

    targets: Targets
    remove: Remove = False
    reset: Reset = False


@dataclass(frozen=True, kw_only=True, eq=False)
class HistoryOptions(CountOptions):
    """The command line of `play` and `o` for objects with a history of times."""

    at: Annotated[
        list[str] | None,
        typer.Option("--at", metavar="TIME", help="when: 2024-05-01 20:30, yesterday, -2h (default: now)"),
    ] = None


@dataclass(frozen=True, kw_only=True, eq=False)
class ActivityOptions(CommandOptions):
    """The command line of `activity`."""

    targets: Targets
    resume: Annotated[
        float | None,
        typer.Option(
            "--resume", metavar="TIME", parser=named("--resume", seconds), help="where to go on: 90, 1:30"
        ),
    ] = None
    played: Annotated[
        float | None,
        typer.Option(
            "--played", metavar="TIME", parser=named("--played", seconds), help="add to the time played"
        ),
    ] = None
    reset: Annotated[bool, typer.Option("--reset", help="forget both times")] = False


def build_play(noun: Noun, examples: tuple[str, ...]) -> StashCommand:
    text = f"Count a play of {noun.entity.plural}, at a time of its own.\n\n--remove and --reset take back."
    run = partial(_count_times, noun, "play_history", "play_count")
    return command("play", run, HistoryOptions, help=text, examples=examples)


def build_o(noun: Noun, examples: tuple[str, ...]) -> StashCommand:
    text = f"Raise the o-counter of {noun.entity.plural}.\n\n--remove and --reset take back."
    if "o_history" not in noun.entity.api.fields:
        return command("o", partial(_count, noun), CountOptions, help=text, examples=examples)
    run = partial(_count_times, noun, "o_history", "o_counter")
    return command("o", run, HistoryOptions, help=text, examples=examples)


def build_activity(noun: Noun, examples: tuple[str, ...]) -> StashCommand:
    text = f"Set where playing {noun.entity.plural} goes on, and add to the time played."
    return command("activity", partial(_activity, noun), ActivityOptions, help=text, examples=examples)


def _count_times(noun: Noun, history: str, count: str, runtime: Runtime, options: HistoryOptions) -> None:
    """Add times to a history or remove them; on a server without histories, change the counter."""
    _check(options, has_times=bool(options.at))
    periods = [_period(text) for text in options.at or ()]
    runtime.check_output(noun.view)

    async def work(session: Session) -> None:
        has_history = (await session.load_capabilities()).has_path(noun.entity.type, history)
        if periods and not has_history:
            raise StashUsageError("--at: this server keeps only the number, and no times")
        make = (
            partial(_times_edit, noun, history, periods)
            if has_history
            else partial(_counter_edit, noun, count)
        )
        fields = [history if has_history else count]
        await change(session, runtime, noun, options.targets, fields, partial(make, options))

    runtime.run(work, writes=True)


def _count(noun: Noun, runtime: Runtime, options: CountOptions) -> None:
    _check(options, has_times=False)
    runtime.check_output(noun.view)

    async def work(session: Session) -> None:
        make = partial(_counter_edit, noun, "o_counter", options)
        await change(session, runtime, noun, options.targets, ["o_counter"], make)

    runtime.run(work, writes=True)


def _activity(noun: Noun, runtime: Runtime, options: ActivityOptions) -> None:
    if options.resume is None and options.played is None and not options.reset:
        raise StashUsageError("nothing to change: give --resume, --played or --reset")
    if options.reset and (options.resume is not None or options.played is not None):
        raise StashUsageError("--reset forgets both times: give no other option beside it")
    runtime.check_output(noun.view)

    async def work(session: Session) -> None:
        fields = ["resume_time", "play_duration"]
        await change(session, runtime, noun, options.targets, fields, partial(_activity_edits, noun, options))

    runtime.run(work, writes=True)


def _activity_edits(noun: Noun, options: ActivityOptions, row: Row) -> Iterator[Edit]:
    from stash_cli.core.orm.edit import Edit

    before = {name: row.get(name) or 0 for name in ("resume_time", "play_duration")}
    after: dict[str, float] = {}
    if options.reset:
        after = dict.fromkeys(before, 0)
    if options.resume is not None:
        after["resume_time"] = options.resume
    if options.played is not None:
        after["play_duration"] = before["play_duration"] + options.played
    for name, value in after.items():
        if value != before[name]:
            yield Edit(noun.entity.type, row["id"], name, before[name], value)


def _check(options: CountOptions, *, has_times: bool) -> None:
    if options.reset and (options.remove or has_times):
        raise StashUsageError("--reset takes all out: give neither --remove nor --at beside it")


def _counter_edit(noun: Noun, field: str, options: CountOptions, row: Row) -> Iterator[Edit]:
    """Yield the edit of a counter."""
    from stash_cli.core.orm.edit import Edit

    before = row.get(field) or 0
    after = 0 if options.reset else before - 1 if options.remove else before + 1
    if after != before and after >= 0:
        yield Edit(noun.entity.type, row["id"], field, before, after)


def _times_edit(
    noun: Noun, field: str, periods: list[Period], options: CountOptions, row: Row
) -> Iterator[Edit]:
    """Yield the edit of a history."""
    from datetime import UTC, datetime

    from stash_cli.core.orm.edit import Change, Edit

    before = list(row.get(field) or ())
    if options.reset or options.remove:
        change_of_times = Change(removed=tuple(_times_to_remove(before, periods, everything=options.reset)))
    else:
        # Servers store whole seconds.
        times = [first for first, _ in periods] or [datetime.now(UTC).replace(microsecond=0)]
        change_of_times = Change(
            added=tuple(each.astimezone(UTC).isoformat().replace("+00:00", "Z") for each in times)
        )
    if change_of_times:
        yield Edit(noun.entity.type, row["id"], field, before, change_of_times)


def _times_to_remove(times: list[Any], periods: list[Period], *, everything: bool) -> list[Any]:
    """The times to remove: all, those within the periods, or without periods the newest."""
    from datetime import datetime

    if everything:
        return times
    parsed = {text: datetime.fromisoformat(text) for text in times}
    if not periods:
        return [max(parsed, key=parsed.__getitem__)] if parsed else []
    return [text for text, time in parsed.items() if any(first <= time <= last for first, last in periods)]


def _period(text: str) -> Period:
    """Parse a time such as `yesterday` into its first and last second. Raises StashInputError."""
    from datetime import UTC, datetime

    from stash_cli.core.query import date_parsing
    from stash_cli.core.query.local_zone import LOCAL

    try:
        return date_parsing.seconds(text, datetime.now(UTC).astimezone(LOCAL))
    except ValueError:
        raise StashInputError(
            f"--at: {text!r} is not a time: write 2024-05-01 20:30, yesterday or -2h"
        ) from None
