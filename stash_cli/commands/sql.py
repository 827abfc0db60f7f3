"""`stash sql`: statements on the server's database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import CommandOptions, StashCommand, Yes, command
from stash_cli.commands.common.sending import confirmed, uninterrupted
from stash_cli.core.errors import StashNotConfirmedError, StashUsageError
from stash_cli.core.sql_statement import only_reads
from stash_cli.output.values import Column, View, columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.client.session import Session

WRITTEN = View("SQLExecResult", columns("rows_affected>", "last_insert_id>"))


@dataclass(frozen=True, kw_only=True, eq=False)
class SqlOptions(CommandOptions):
    """The command line of `sql`."""

    statement: Annotated[str, typer.Argument(metavar="SQL|-", help="one statement; - reads it from stdin")]
    values: Annotated[
        list[str] | None, typer.Argument(metavar="[VALUE]...", help="values for the ? of the statement")
    ] = None
    write: Annotated[bool, typer.Option("--write", help="permit changes; asks first")] = False
    yes: Yes = False


def build() -> StashCommand:
    return command(
        "sql",
        run,
        SqlOptions,
        examples=(
            "stash sql 'SELECT id, title FROM scenes LIMIT 5'",
            "stash sql 'SELECT name FROM tags WHERE name LIKE ?' 'Out%' --json",
            "stash sql \"UPDATE tags SET ignore_auto_tag = 1 WHERE name = 'Outdoor'\" --write",
        ),
    )


def run(runtime: Runtime, options: SqlOptions) -> None:
    """Run an SQL statement on the database of the server and print the rows.

    Without --write only a statement that reads is sent: SELECT, WITH, VALUES, EXPLAIN or a PRAGMA. Changes
    made with --write cannot be undone, and the server does not check them: make a backup first (`stash
    metadata backup`). VALUEs are numbers where they look like numbers, else text.
    """
    if options.yes and not options.write:
        raise StashUsageError("--yes is for --write: reading asks nothing")
    text = runtime.streams.read() if options.statement == "-" else options.statement
    if not text.strip():
        raise StashUsageError("SQL is empty: give a statement")
    args = {"sql": text, "args": [_parse_value(word) for word in options.values or ()]}
    if options.write:
        _write(runtime, args, yes=options.yes)
        return
    if not only_reads(text):
        raise StashNotConfirmedError(
            "the statement may change the database: nothing was sent", hint="Allow it with --write."
        )
    _read(runtime, args)


def _read(runtime: Runtime, args: dict[str, Any]) -> None:
    async def work(session: Session) -> dict[str, Any]:
        answer: dict[str, Any] = await session.call("querySQL", args, ["columns", "rows"])
        return answer

    answer = runtime.run(work)
    names, rows = unique(answer["columns"] or ()), answer["rows"] or []
    cells = list(zip(*rows, strict=True)) or [()] * len(names)
    shown_columns = (
        Column(name, (name,), right=all(isinstance(value, int | float | None) for value in values))
        for name, values in zip(names, cells, strict=True)
    )
    view = View(columns=tuple(shown_columns), is_chosen=True)
    runtime.print_rows(view, [dict(zip(names, row, strict=True)) for row in rows])


def _write(runtime: Runtime, args: dict[str, Any], *, yes: bool) -> None:
    from stash_cli.output.failures import confirm

    runtime.check_output(WRITTEN)

    async def work(session: Session) -> Any:
        confirm(runtime.streams, "change the database; this cannot be undone", yes=yes)
        answer = confirmed(
            session.call("execSQL", args, ["rows_affected", "last_insert_id"]),
            is_answer=lambda value: isinstance(value, dict),
            hint="The server may have changed the database: look before you try again.",
        )
        return await uninterrupted(answer)

    answer = runtime.run(work, writes=True)
    if runtime.for_people:
        count = answer["rows_affected"]
        runtime.streams.note(
            "done" if count is None else f"changed {count} {'row' if count == 1 else 'rows'}"
        )
    else:
        runtime.print_row(WRITTEN, answer)


def unique(names: Sequence[str]) -> list[str]:
    """Make column names unique keys of a row: repeated names get a number, dots become underscores.

    >>> unique(["id", "name", "id", "s.title"])
    ['id', 'name', 'id_2', 's_title']
    """
    keys: list[str] = []
    for name in names:
        key = name.replace(".", "_")
        count = sum(each == key or each.rpartition("_")[0] == key for each in keys)
        keys.append(f"{key}_{count + 1}" if count else key)
    return keys


def _parse_value(word: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(word)
        except ValueError:
            continue
    return word
