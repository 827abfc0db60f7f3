"""Commands that send one operation of the API; the modules of the groups list them as `Call` tables."""

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
    """A positional argument of a command.

    Its value is sent as `field`, an argument of the operation or a field of its input. `target` is the entity
    type whose ids or names are accepted.
    """

    field: str
    metavar: str
    help: str
    target: str = ""
    many: bool = False
    optional: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """A command that sends one operation; its flags are derived from the operation's input.

    `done` is the note after success; `view` has the columns of a result with fields. `question` is the
    confirmation prompt, a format string with fields of the input. `prepare` completes or validates the input
    before the prompt.
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
    """Default values of required arguments; flags override them."""
    flags: tuple[Flag, ...] | None = None
    """Flags that replace those of the input."""
    prepare: Callable[[Session, Row], Awaitable[Row]] | None = None
    source: str = ""
    """The website that the server queries for its answer; errors name it."""

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
    """Build the options of a call: its positional argument, and `--yes` if it has a question."""
    fields: list[Any] = []
    if call.word is not None:
        kind: Any = list[str] if call.word.many else str | None if call.word.optional else str
        argument = typer.Argument(metavar=call.word.metavar, help=call.word.help)
        fields.append(("words", Annotated[kind, argument], *([None] if call.word.optional else [])))
    if call.question:
        fields.append(("yes", Annotated[bool, typer.Option("--yes", "-y", help="do not ask")], False))
    options_type: type[CommandOptions] = make_dataclass(
        "CallOptions", fields, bases=(CommandOptions,), frozen=True, kw_only=True, eq=False
    )
    return options_type


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
        server = await session.load_capabilities()
        server.operation_name("mutation" if is_mutation else "query", call.operation)
        args = await _args(session, call, options)
        if call.question:
            from stash_cli.output.failures import confirm

            question = call.question.format_map(args["input"] if call.input else args)
            confirm(runtime.streams, question, yes=options.yes)
        paths = runtime.requested_fields(view) if _has_fields(call) else None
        # Without --fields, default fields that an older server lacks are dropped without a warning.
        quiet = runtime.options.fields is None
        if not is_mutation:
            return await _send_query(session, call, args, paths, quiet=quiet)
        from stash_cli.core.edits.apply import apply_one
        from stash_cli.core.edits.operation import Operation

        selected = None if paths is None else tuple(paths)
        answer = apply_one(session, Operation(call.operation, args, paths=selected), quiet=quiet)
        return await uninterrupted(_confirmed(call, answer))

    print_answer(call, runtime, runtime.run(work, writes=is_mutation))


async def _send_query(
    session: Session, call: Call, args: Row, paths: Sequence[str] | None, *, quiet: bool
) -> Any:
    """Return the answer to a query. Raises StashSourceError when the server cannot reach `call.source`."""
    try:
        return await session.call(call.operation, args, paths, quiet=quiet)
    except StashGraphQLError as error:
        if not call.source:
            raise
        from stash_cli.core.scraping.sources import Source, explain_error

        raise explain_error(error, Source(call.source), "this") from error


async def _args(session: Session, call: Call, options: Any) -> dict[str, Any]:
    """Return the operation's arguments: positional ones, with names resolved to ids, and flags."""
    from stash_cli.commands.verbs.targets import resolved

    args: dict[str, Any] = dict(call.defaults)
    if call.input:
        from stash_cli.commands.argv.input_flags import input_flags

        args |= unflatten(await resolved(session, input_flags(call.input), options.flags))
    if call.word is not None and options.words is not None:
        words = options.words if call.word.many else [options.words]
        ids = await _ids(session, call.word, words)
        args[call.word.field] = ids if call.word.many else ids[0]
    if call.prepare is not None:
        args = await call.prepare(session, args)
    return {"input": args} if call.input else args


async def _ids(session: Session, word: Word, words: Sequence[str]) -> list[str]:
    if not word.target:
        return list(words)
    from stash_cli.commands.verbs.targets import target_ids
    from stash_cli.core.types.entities import ENTITIES

    return await target_ids(session, ENTITIES[word.target], words)


async def _confirmed(call: Call, answer: Any) -> Any:
    # A mutation whose response is lost may have been applied, so it is not reported as refused.
    try:
        value = await confirmed(
            answer,
            is_answer=lambda value: value is not None,
            hint="The server may have done it: look before you try again.",
        )
    except StashGraphQLError as error:
        from stash_cli.core.graphql.server_messages import is_not_found

        if not is_not_found(error.message):
            raise
        raise StashNotFoundError(error.message) from error
    if value is False:
        raise StashServerError(f"The server answered that it did not do it: {call.operation}.")
    return value


def _has_fields(call: Call) -> bool:
    return describe_api().types[call.type.name].kind not in ("SCALAR", "ENUM")


def print_answer(call: Call, runtime: Runtime, answer: Any) -> None:
    """Print an answer: rows and objects with the columns of the view, scalars as text, True as `done`."""
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
    """Print a scalar: as plain text for people, as `result` of an object in machine-readable formats."""
    if runtime.for_people:
        runtime.streams.data(f"{value}\n")
    else:
        from stash_cli.output.values import columns

        runtime.print_row(View(columns=columns("result")), {"result": value})
