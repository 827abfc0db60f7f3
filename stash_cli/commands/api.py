"""`stash api`: send a GraphQL document or an operation, with variables from flags."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import CommandOptions, StashCommand, command
from stash_cli.commands.argv.flags import Flag, FlagTable
from stash_cli.commands.argv.value_parsers import bounded
from stash_cli.commands.common.sending import uninterrupted
from stash_cli.commands.common.variables import Variables, as_json, read_text
from stash_cli.core.errors import StashGraphQLError, StashUsageError
from stash_cli.core.types.api import TypeRef, describe_api

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping

    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.client.documents import Document
    from stash_cli.core.client.session import Session

    Work = Callable[[Session], Coroutine[Any, Any, None]]

_FORMATS = ("json", "jsonl", "yaml")

EXAMPLES = (
    "stash api '{ stats { scene_count scenes_size } }'",
    "stash api query.graphql -F id=12 -f title='A title'",
    "stash api --operation findTags -f tag_filter.name.value=Out% -f tag_filter.name.modifier=EQUALS",
    "stash api --operation findScenes -F filter.per_page=5 --fields id,title,studio.name",
    "stash api --operation findTags --fields id,name --paginate --jsonl",
    "stash api 'query($page: Int) { findTags(filter: {page: $page}) { tags { name } } }' --paginate",
    "stash api --operation tagCreate -f input.name=Outdoor -F input.image=@outdoor.jpg",
    "stash api --operation loggingSubscribe --subscribe --count 10",
    "jq -n '{query: \"{ version { version } }\"}' | stash api --input -",
)


class ApiCommand(StashCommand):
    """A command whose default format is JSON."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if ctx.obj.for_people:
            ctx.obj.merge({"output": "json"})
        return super().parse_args(ctx, args)


def api_flags() -> FlagTable:
    """Derived flags instead of Typer options, because the order of -f and -F matters."""
    variables, request = "Variables", "Request"
    return FlagTable(
        [
            Flag(
                "--raw-field",
                "variables",
                "variable as text",
                "NAME=TEXT",
                variables,
                _raw,
                many=True,
                short="-f",
            ),
            Flag(
                "--field",
                "variables",
                "variable as number, true, false, null, JSON, @FILE or @- (stdin), else as text",
                "NAME=VALUE",
                variables,
                _typed,
                many=True,
                short="-F",
            ),
            Flag(
                "--input",
                "input",
                "JSON file with variables, or with query and variables",
                "FILE|-",
                variables,
            ),
            Flag(
                "--operation",
                "operation",
                "send this operation instead of a document",
                "NAME",
                request,
                choices=_operations(),
            ),
            Flag("--paginate", "paginate", "fetch all pages of a find query", group=request),
            Flag("--subscribe", "subscribe", "print a line of JSON per event until Ctrl-C", group=request),
            Flag("--count", "count", "with --subscribe: stop after N events", "N", request, _at_least_one),
        ]
    )


def _operations() -> tuple[str, ...]:
    api = describe_api()
    return (*api.queries, *api.mutations, *api.subscriptions)


def _raw(text: str) -> tuple[str, bool]:
    return text, False


def _typed(text: str) -> tuple[str, bool]:
    return text, True


def _at_least_one(text: str) -> int:
    return int(bounded(int, (1, None))(text))


def build() -> StashCommand:
    return command("api", run, ApiOptions, cls=ApiCommand, examples=EXAMPLES, flags=api_flags)


@dataclass(frozen=True, kw_only=True, eq=False)
class ApiOptions(CommandOptions):
    """The command line of `api`; `flags` are the fields of `ApiRequest`."""

    document: Annotated[
        str | None, typer.Argument(metavar="[DOCUMENT]", help="GraphQL text, a file with it, or - for stdin")
    ] = None


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """The values of the flags; variables as (assignment, is typed), in the order of the command line."""

    operation: str | None = None
    variables: list[tuple[str, bool]] = field(default_factory=list)
    input: str | None = None
    paginate: bool = False
    subscribe: bool = False
    count: int | None = None


def run(runtime: Runtime, options: ApiOptions) -> None:
    """Send a GraphQL document or an operation, and print the answer as JSON.

    For a document, all its data is printed; for an operation, its result with the fields of --fields or its
    default fields. A dot sets a field of a variable, [] adds to a list: -F input.tag_ids[]=12. The type of a
    variable decides how its value is read: a text is never a number, a file is sent as an image or an upload.

    --paginate increases a variable $page: Int, or the page of a FindFilterType variable, until a page has no
    rows. The pages are merged, or with --jsonl printed row by row. Data that arrives with or before an error
    is printed. The error is a line of JSON on stderr (text with --yaml) and sets the exit status.
    """
    request = ApiRequest(**options.flags)
    _check(runtime, request, options.document)
    source = request.input
    body = as_json(read_text(source, runtime.streams), source) if source else {}
    if not isinstance(body, dict):
        raise StashUsageError("--input: not a JSON object")
    if request.operation is not None:
        work, writes = by_name(runtime, request, request.operation, body)
    else:
        work, writes = as_written(runtime, request, _document(runtime, options.document, body))
    runtime.run(work, writes=writes)


def _check(runtime: Runtime, request: ApiRequest, document: str | None) -> None:
    """Raise StashUsageError for options that exclude or require each other."""
    conflicts = {
        f"api supports only the formats {', '.join(_FORMATS)}": runtime.options.output not in _FORMATS,
        "give a document or --operation, not both": document is not None and request.operation is not None,
        "nothing to send: give a document, --operation or --input": not (
            document or request.operation or request.input
        ),
        "--paginate and --subscribe cannot be used together": request.paginate and request.subscribe,
        "--count needs --subscribe": request.count is not None and not request.subscribe,
        "--fields needs --operation: a document has its own selection": bool(runtime.options.fields)
        and request.operation is None,
    }
    for message, applies in conflicts.items():
        if applies:
            raise StashUsageError(message)
    if runtime.options.jq is not None:
        from stash_cli.commands.results.jq_program import compile_program

        compile_program(runtime.options.jq)  # an invalid program fails before the first request


def _merge_variables(
    runtime: Runtime, request: ApiRequest, types: Mapping[str, TypeRef], body: Mapping[str, Any]
) -> dict[str, Any]:
    """The variables of --input, overridden by those of -f and -F."""
    variables = Variables(types, runtime.streams)
    variables.values.update(body)
    for text, is_typed in request.variables:
        variables.add(text, typed=is_typed)
    return variables.values


def _document(runtime: Runtime, text: str | None, body: dict[str, Any]) -> Document:
    """The document of the command line, or that of a request in `body`."""
    from stash_cli.core.client.documents import Document

    if text is None:
        if not isinstance(body.get("query"), str):
            raise StashUsageError("--input has no query, and no document was given")
        return Document(body["query"], dict(body.get("variables") or {}), body.get("operationName"))
    return Document(text if "{" in text else read_text(text, runtime.streams), dict(body))


def as_written(runtime: Runtime, request: ApiRequest, document: Document) -> tuple[Work, bool]:
    """Return a coroutine function that sends a document unchanged, and whether it writes."""
    from stash_cli.core.client import documents

    types = {name: TypeRef(text) for name, text in document.declared.items()}
    document.variables.update(_merge_variables(runtime, request, types, document.variables))

    async def work(session: Session) -> None:
        if request.subscribe:
            await print_events(runtime, documents.listen(session, document), request.count)
        elif request.paginate:
            await print_pages(runtime, documents.pages(session, document))
        else:
            print_result = print_change if document.request().is_mutation else print_answer
            await print_result(runtime, documents.execute(session, document))

    return work, document.is_mutation


def by_name(
    runtime: Runtime, request: ApiRequest, operation: str, given: dict[str, Any]
) -> tuple[Work, bool]:
    """Return a coroutine function that sends an operation by its name, and whether it writes."""
    from stash_cli.core.client import documents
    from stash_cli.core.client.base import arguments
    from stash_cli.core.graphql.document import describe

    kind, declared = describe(operation)
    args = arguments(operation, _merge_variables(runtime, request, declared.args, given), nulls=True)
    paths = documents.paths_of(operation, runtime.options.fields)
    if (kind == "subscription") is not request.subscribe:
        raise StashUsageError(
            f"{operation} is a {kind}: use --subscribe for subscriptions only, and always for them"
        )

    async def work(session: Session) -> None:
        if request.subscribe:
            await print_events(runtime, documents.events(session, operation, args, paths), request.count)
        elif request.paginate:
            pages = documents.operation_pages(session, operation, args, paths)
            await print_pages(runtime, pages, only=operation)
        else:
            print_result = print_change if kind == "mutation" else print_answer
            await print_result(runtime, documents.call(session, operation, args, paths), only=operation)

    return work, kind == "mutation"


async def print_change(runtime: Runtime, answer: Coroutine[Any, Any, Any], only: str | None = None) -> None:
    """Print the answer to a mutation; Ctrl-C waits for it."""
    await uninterrupted(print_answer(runtime, answer, only))


async def print_answer(runtime: Runtime, answer: Coroutine[Any, Any, Any], only: str | None = None) -> None:
    """Print the data of an answer, including partial data with errors."""
    try:
        data = await answer
    except StashGraphQLError as error:
        partial = error.data.get(only) if only and error.data else error.data
        if partial is not None:
            _print(runtime, partial)
        raise
    _print(runtime, data)


async def print_pages(
    runtime: Runtime, pages: AsyncGenerator[dict[str, Any], None], only: str | None = None
) -> None:
    """Print all pages merged, or a line per row, including the pages before an error."""
    from stash_cli.core.client.documents import locate_rows

    merged: dict[str, Any] = {}
    try:
        async with aclosing(pages):
            async for data in pages:
                root, items = locate_rows(data)
                if runtime.options.output == "jsonl":
                    _print_rows(runtime, data[root][items])
                elif merged:
                    merged[root][items] += data[root][items]
                else:
                    merged = data
    finally:
        # The pages that arrived are printed even if a later one failed.
        if merged:
            _print(runtime, merged[only] if only else merged)


def _print_rows(runtime: Runtime, rows: list[Any]) -> None:
    for row in rows:
        _print(runtime, row)
    runtime.streams.out.flush()


async def print_events(runtime: Runtime, events: AsyncGenerator[Any, None], count: int | None) -> None:
    """Print a line per event; end after `count` events."""
    from stash_cli.output.json_lines import dump

    remaining = count
    async with aclosing(events):
        async for event in events:
            if runtime.options.jq is None:
                runtime.streams.data(f"{dump(event)}\n")
            else:
                _print(runtime, event)
            runtime.streams.out.flush()
            remaining = None if remaining is None else remaining - 1
            if remaining == 0:
                return


def _print(runtime: Runtime, value: Any) -> None:
    from stash_cli.output.formats import value_text

    if runtime.options.jq is not None:
        from stash_cli.commands.results.jq_program import compile_program, result_text

        for result in compile_program(runtime.options.jq)(value):
            runtime.streams.data(result_text(result))
        return

    runtime.streams.data(value_text(value, runtime.options.output))
