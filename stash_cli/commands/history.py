"""`stash history`: the runs that changed objects, and what each of them changed."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import CommandOptions, Entry, LazyGroup, Yes, subcommand
from stash_cli.commands.argv.value_parsers import named, row_limit
from stash_cli.core.errors import StashInputError, StashUsageError
from stash_cli.core.texts import counted
from stash_cli.output.values import View, columns, moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.edits.journal.changes import Recorded
    from stash_cli.core.edits.journal.journal import Journal

RUNS = View(
    columns=columns("id>", "started:moment", "who?", "what", "state", "command?"),
)
CHANGES = View(
    columns=columns("seq>", "type", "id", "operation", "field", "before", "wanted", "answered", "state")
)
SHOWN = 20
"""Default number of runs in a table, and of objects listed by `show`."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ListOptions(CommandOptions):
    """The command line of `history list`."""

    limit: Annotated[str | None, typer.Option("--limit", metavar="N|all", help="how many runs")] = None


@dataclass(frozen=True, kw_only=True, eq=False)
class ShowOptions(CommandOptions):
    """The command line of `history show`."""

    run: Annotated[str, typer.Argument(metavar="RUN", help="number of the run")]
    limit: Annotated[str | None, typer.Option("--limit", metavar="N|all", help="how many objects")] = None


@dataclass(frozen=True, kw_only=True, eq=False)
class PruneOptions(CommandOptions):
    """The command line of `history prune`."""

    days: Annotated[float, typer.Option("--days", metavar="N", min=0, help="drop what is older")] = 90
    megabytes: Annotated[
        float, typer.Option("--max-size", metavar="MB", min=0, help="drop the oldest of what is larger")
    ] = 500
    yes: Yes = False
    dry_run: Annotated[bool, typer.Option("--dry-run", "-n", help="say what would be dropped")] = False


class HistoryGroup(LazyGroup):
    """`stash history` alone lists the runs."""

    def asked_for_help(self, words: list[str]) -> list[str]:
        """Return the words for `list` if no command is named."""
        parsed = super().asked_for_help(words)
        # `stash history --json`, with options but without a command, is also the list.
        is_list = not parsed or (parsed[0].startswith("-") and parsed[0] not in ("-h", "--help"))
        return ["list", *parsed] if is_list else parsed


def group() -> HistoryGroup:
    entries = {
        "list": subcommand(
            "List the runs that changed objects, the latest first",
            run_list,
            ListOptions,
            "stash history",
            "stash history --limit all --json",
        ),
        "show": subcommand("Show what a run changed", run_show, ShowOptions, "stash history show 12"),
        "resume": Entry("Go on with a run that was interrupted", "stash_cli.commands.undo:build_resume"),
        "rollback": Entry("Undo all runs after one", "stash_cli.commands.undo:build_rollback"),
        "prune": subcommand(
            "Drop old runs from the journal",
            run_prune,
            PruneOptions,
            "stash history prune",
            "stash history prune --days 30 --dry-run",
        ),
    }
    return HistoryGroup("history", entries, "List and show the runs that changed objects.")


def run_list(runtime: Runtime, options: ListOptions) -> None:
    """List the runs that changed objects, the latest first.

    They are read from the journal on this machine; no server is asked.
    """
    from stash_cli.core.edits.journal.history import facts, summaries

    check_output(runtime)
    limit = number_shown(runtime, options.limit)
    with open_journal(runtime) as journal:
        # One more than is shown, to detect further runs.
        runs = [facts(each) for each in summaries(journal, limit=limit + 1 if limit >= 0 else -1)]
    runtime.print_rows(RUNS, runs[:limit] if limit >= 0 else runs)
    if not runs and runtime.for_people:
        runtime.streams.note("nothing has been recorded yet")
    if 0 <= limit < len(runs) and options.limit is None:
        runtime.streams.note(f"the last {limit} runs; --limit all lists every run")


def number_shown(runtime: Runtime, text: str | None) -> int:
    """Number of listed runs: by --limit, SHOWN for people, below 0 for all."""
    if text is None:
        return SHOWN if runtime.for_people else -1
    limit: int | None = named("--limit", row_limit)(text)
    return -1 if limit is None else limit


def run_show(runtime: Runtime, options: ShowOptions) -> None:
    """Show what a run changed: each field as it was before and after.

    With --json, --jsonl and the like every change is printed, with what was wanted and what was answered.
    """
    from stash_cli.core.edits.journal.changes import read

    check_output(runtime)
    number = run_number(options.run)
    with open_journal(runtime) as journal:
        journal.run(number)
        if runtime.for_people:
            for line in lines(journal, number, number_shown(runtime, options.limit)):
                runtime.streams.text(f"{line}\n")
            return
        writer = runtime.writer(CHANGES)
        for row in read(journal, number):
            writer.row(change_facts(row))
        writer.finish()


def change_facts(row: Recorded) -> dict[str, Any]:
    """One change as JSON, without unknown facts."""
    from stash_cli.core.unset import UNSET

    names = ("seq", "type", "id", "operation", "field", "before", "wanted", "answered", "state", "reason")
    values = {name: getattr(row, name) for name in (*names, "undone_by")}
    return {name: value for name, value in values.items() if value is not UNSET}


def lines(journal: Journal, number: int, most: int) -> Iterator[str]:
    """A run for people: a heading, the changes of the first objects, and the totals."""
    from stash_cli.core.edits.journal.history import summary

    found = summary(journal, journal.run(number))
    run = found.run
    of = f" of run {run.target}" if run.target else ""
    yield f"run {run.id}{'' if run.kind == 'edit' else f' ({run.kind}{of})'}: {run.command}"
    yield f"{moment(run.started)} by {run.who or 'unknown'} on {run.server}"
    yield f"{found.description}; {found.state}"
    for state, count in found.states.items():
        if state != "done":
            yield f"{counted(count, 'change')} {state}"
    if found.lost and not found.undone:
        yield (
            f"whether the server has done what is {' or '.join(found.lost)} is not known:"
            f" `stash history resume {number}` looks and goes on,"
            f" `stash undo {number}` looks and takes it back"
        )
    yield from change_lines(journal, number, most)


def change_lines(journal: Journal, number: int, most: int) -> Iterator[str]:
    """Yield the net changes of the first `most` objects (below 0: all), and the number of the others."""
    from stash_cli.core.edits.diff import change_text, object_name
    from stash_cli.core.edits.journal.changes import DONE, UPDATE, read
    from stash_cli.core.edits.journal.history import net_edits

    objects, others = _by_object(read(journal, number), most)
    for (type_name, _), rows in objects.items():
        for row in rows:
            if row.operation != UPDATE:
                yield f"{object_name(type_name, row.id)}  {_object_change(row)}{_unless_done(row)}"
        for edit in net_edits(row for row in rows if row.operation == UPDATE):
            unfinished = next((row for row in rows if row.field == edit.field and row.state != DONE), None)
            label = object_name(type_name, edit.id)
            yield f"{label}  {edit.field}: {change_text(edit)}{_unless_done(unfinished)}"
    if others:
        yield f"and {others} more objects; --limit all shows all"


def _by_object(rows: Iterable[Recorded], most: int) -> tuple[dict[tuple[str, str], list[Recorded]], int]:
    """Group changes by the first `most` objects (below 0: all); also the number of the other objects."""
    from stash_cli.core.edits.journal.changes import UPDATE

    objects: dict[tuple[str, str], list[Recorded]] = {}
    others: set[tuple[str, str]] = set()
    for row in rows:
        # A creation without an answer has no id: it counts as an object of its own.
        key = (row.type, row.id if row.id or row.operation == UPDATE else f"#{row.seq}")
        if key in objects or most < 0 or len(objects) < most:
            objects.setdefault(key, []).append(row)
        else:
            others.add(key)
    return objects, len(others)


def _object_change(row: Recorded) -> str:
    """The change of a whole object."""
    return {"create": "created", "delete": "deleted", "merge": "merged"}.get(row.operation, row.operation)


def _unless_done(row: Recorded | None) -> str:
    """The state of a change that is not done, with the reason."""
    if row is None or row.state == "done":
        return ""
    return f"  ({row.state}{f': {row.reason}' if row.reason else ''})"


def run_prune(runtime: Runtime, options: PruneOptions) -> None:
    """Drop old runs from the journal, which cannot be undone any more then.

    The last 20 runs stay, and those that a kept one undid. The new ids of objects that were made again stay,
    too.
    """
    from stash_cli.core.edits.journal.pruning import prunable, prune
    from stash_cli.output.failures import confirm

    with open_journal(runtime) as journal:
        runs = prunable(journal, days=options.days, megabytes=options.megabytes)
        count = counted(len(runs), "run")
        if not runs or options.dry_run:
            runtime.streams.note(f"{count} would be dropped" if runs else "there is nothing to drop")
            return
        confirm(runtime.streams, f"drop {count}, the last of {runs[0].started[:10]}", yes=options.yes)
        prune(journal, runs)
    runtime.streams.note(f"dropped {count}")


def run_number(word: str) -> int:
    """Parse the number of a run. Raises StashInputError."""
    if not word.isdecimal():
        raise StashInputError(f"{word!r} is not the number of a run", hint="`stash history` lists the runs.")
    return int(word)


def open_journal(runtime: Runtime) -> closing[Journal]:
    """Open the journal of this account, as a context manager."""
    from stash_cli.core.edits.journal.journal import Journal

    return closing(Journal(runtime.connection().journal))


def check_output(runtime: Runtime) -> None:
    """Raise StashUsageError for fields and formats that runs lack."""
    if runtime.options.output == "paths" or runtime.options.fields:
        raise StashUsageError("runs have no --paths and no --fields; --json prints all of each")
