"""Commands that are one operation of the API each: tables of them stand in the modules of their groups."""

from __future__ import annotations

from dataclasses import dataclass, make_dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import CommandOptions, Entry, LazyGroup, StashCommand, command
from stash_cli.commands.argv.flags import Flag, FlagTable
from stash_cli.commands.argv.input_flags import flag_table, unflatten
from stash_cli.commands.common.sending import confirmed, uninterrupted
from stash_cli.core.errors import StashGraphQLError, StashNotFoundError, StashServerError
from stash_cli.core.types.api import TypeRef, describe_api
from stash_cli.output.values import View

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from stash_cli.commands.common.noun import Noun
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.client.session import Session

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Word:
    """An argument of a command, and the argument of the operation or field of its input that it fills.

    `target` is the type whose objects it names by id or name.
    """

    field: str
    metavar: str
    help: str
    target: str = ""
    many: bool = False
    optional: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """A command that is one operation; its flags come from the operation's input.

    `done` is the note after a mutation that answers yes; `view` has the columns of an answer with fields.
    `question` is asked before the mutation is sent; fields of the input may stand in it. `prepare` completes
    or checks the input before anybody is asked.
    """

    name: str
    operation: str
    help: str
    examples: tuple[str, ...]
    word: Word | None = None
    done: str = ""
    view: View | None = None
    question: str = ""
    defaults: tuple[tuple[str, Any], ...] = ()
    """Values that the API requires, where no flag gives another."""
    flags: tuple[Flag, ...] | None = None
    """Flags in place of those of the input."""
    prepare: Callable[[Session, Row], Awaitable[Row]] | None = None
    source: str = ""
    """What the server asks in the internet for its answer, for the error where it cannot."""

    @property
    def type(self) -> TypeRef:
        return describe_api().operation(self.operation)[1].type

    @property
    def input(self) -> str | None:
        """The input type whose fields are flags."""
        ref = describe_api().operation(self.operation)[1].args.get("input")
        return ref.name if ref and ref.name in describe_api().types else None


def call_group(name: str, text: str, entries: Iterable[Call | tuple[str, Entry]]) -> LazyGroup:
    """A group of calls, and of other commands by name."""
    rows = [
        (each.name, Entry(each.help, partial(build, each))) if isinstance(each, Call) else each
        for each in entries
    ]
    return LazyGroup(name, dict(rows), text)


def build(call: Call) -> StashCommand:
    return command(
        call.name,
        partial(run, call),
        _options(call),
        help=f"{call.help}.",
        examples=call.examples,
        flags=partial(_flags, call),
    )


def build_verb(_: Noun, __: tuple[str, ...], call: Call) -> StashCommand:
    """A call as a verb of a noun."""
    return build(call)


def _options(call: Call) -> type[CommandOptions]:
    """The options of a call: its words, and `--yes` where it asks a question."""
    fields: list[Any] = []
    if call.word is not None:
        kind: Any = list[str] if call.word.many else str | None if call.word.optional else str
        argument = typer.Argument(metavar=call.word.metavar, help=call.word.help)
        fields.append(("words", Annotated[kind, argument], *([None] if call.word.optional else [])))
    if call.question:
        fields.append(("yes", Annotated[bool, typer.Option("--yes", "-y", help="do not ask")], False))
    made: type[CommandOptions] = make_dataclass(
        "CallOptions", fields, bases=(CommandOptions,), frozen=True, kw_only=True, eq=False
    )
    return made


def _flags(call: Call) -> FlagTable:
    if call.flags is not None or call.input is None:
        return FlagTable(call.flags or ())
    table = flag_table(call.input, group="Settings")
    filled = call.word.field if call.word else ""
    return FlagTable(flag for flag in table.rows() if flag.dest != filled)


def run(call: Call, runtime: Runtime, options: Any) -> None:
    """Send the operation and print its answer."""
    view = call.view or View(call.type.name)
    runtime.check_output(view)
    is_mutation = call.operation in describe_api().mutations

    async def work(session: Session) -> Any:
        server = await session.learn()
        server.operation_name("mutation" if is_mutation else "query", call.operation)
        args = await _args(session, call, options)
        if call.question:
            from stash_cli.output.failures import confirm

            question = call.question.format_map(args["input"] if call.input else args)
            confirm(runtime.streams, question, yes=options.yes)
        paths = runtime.requested_fields(view) if _has_fields(call) else None
        # What nobody has named and an older server lacks is no news.
        quiet = runtime.options.fields is None
        if not is_mutation:
            return await _asked(session, call, args, paths, quiet=quiet)
        from stash_cli.core.edits.apply import apply_one
        from stash_cli.core.edits.operation import Operation

        selected = None if paths is None else tuple(paths)
        answer = apply_one(session, Operation(call.operation, args, paths=selected), quiet=quiet)
        return await uninterrupted(_confirmed(call, answer))

    print_answer(call, runtime, runtime.run(work, writes=is_mutation))


async def _asked(session: Session, call: Call, args: Row, paths: Sequence[str] | None, *, quiet: bool) -> Any:
    """The answer to a query. Raises StashSourceError where the server cannot reach what it asks itself."""
    try:
        return await session.call(call.operation, args, paths, quiet=quiet)
    except StashGraphQLError as error:
        if not call.source:
            raise
        from stash_cli.core.scraping.sources import Source, explain_error

        raise explain_error(error, Source(call.source), "this") from error


async def _args(session: Session, call: Call, options: Any) -> dict[str, Any]:
    """The arguments of the operation: the words, with names looked up, and the values of the flags."""
    from stash_cli.commands.verbs.targets import resolved

    given: dict[str, Any] = dict(call.defaults)
    if call.input:
        from stash_cli.commands.argv.input_flags import input_flags

        given |= unflatten(await resolved(session, input_flags(call.input), options.flags))
    if call.word is not None and options.words is not None:
        words = options.words if call.word.many else [options.words]
        found = await _ids(session, call.word, words)
        given[call.word.field] = found if call.word.many else found[0]
    if call.prepare is not None:
        given = await call.prepare(session, given)
    return {"input": given} if call.input else given


async def _ids(session: Session, word: Word, words: Sequence[str]) -> list[str]:
    if not word.target:
        return list(words)
    from stash_cli.commands.verbs.targets import target_ids
    from stash_cli.core.types.entities import ENTITIES

    return await target_ids(session, ENTITIES[word.target], words)


async def _confirmed(call: Call, answer: Any) -> Any:
    # A mutation without an answer may have been done, and must not look like one that was refused.
    try:
        value = await confirmed(
            answer,
            is_answer=lambda value: value is not None,
            hint="The server may have done it: look before you try again.",
        )
    except StashGraphQLError as error:
        from stash_cli.core.client.paging import MISSING

        if not MISSING.search(error.message):
            raise
        raise StashNotFoundError(error.message) from error
    if value is False:
        raise StashServerError(f"The server answered that it did not do it: {call.operation}.")
    return value


def _has_fields(call: Call) -> bool:
    return describe_api().types[call.type.name].kind not in ("SCALAR", "ENUM")


def print_answer(call: Call, runtime: Runtime, answer: Any) -> None:
    """Print an answer: rows and objects with the columns of the view, a text as it is, yes as a note."""
    if call.done:
        runtime.streams.note(call.done)
    view = call.view or View(call.type.name)
    if isinstance(answer, list) and _has_fields(call):
        runtime.print_rows(view, [_snake(call, row) for row in answer])
    elif isinstance(answer, dict) and _has_fields(call):
        runtime.print_row(view, _snake(call, answer))
    elif not isinstance(answer, bool):
        _print_value(runtime, answer)


def _snake(call: Call, row: Row) -> Row:
    from stash_cli.commands.tasks.waiting import snake

    return snake(call.type.name, row)


def _print_value(runtime: Runtime, value: Any) -> None:
    """A scalar: alone for people, with a key for programs."""
    if runtime.for_people:
        runtime.streams.data(f"{value}\n")
    else:
        from stash_cli.output.values import columns

        runtime.print_row(View(columns=columns("result")), {"result": value})
