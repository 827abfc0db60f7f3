"""Documents written by users: executed, paginated, subscribed to."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stash_cli.core.client.paging import PAGE_SIZE, FindQuery
from stash_cli.core.errors import StashGraphQLError, StashUsageError
from stash_cli.core.graphql.document import describe, read_result
from stash_cli.core.graphql.responses import check_complete, failure
from stash_cli.core.log import redact
from stash_cli.core.syntax.operations import Kind, kind_of
from stash_cli.core.transport import GraphQLRequest
from stash_cli.core.transport.outcome import check_read_only
from stash_cli.core.types.api import describe_api
from stash_cli.core.types.entities import ENTITIES

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence

    from stash_cli.core.client.session import Session

    Fetch = Callable[[int], Awaitable[dict[str, Any]]]

_VARIABLE = re.compile(r"\$(\w+)\s*:\s*([\[\]\w!]+)")


@dataclass(frozen=True, slots=True)
class Document:
    """GraphQL text with its variables; `name` is the operation to execute where there are several."""

    text: str
    variables: dict[str, Any] = field(default_factory=dict)
    name: str | None = None

    @property
    def declared(self) -> dict[str, str]:
        """Variable -> type, as declared by the operations of the text."""
        return dict(_VARIABLE.findall(self.text))

    @property
    def is_subscription(self) -> bool:
        return kind_of(self.text, self.name) is Kind.SUBSCRIPTION

    @property
    def is_mutation(self) -> bool:
        return kind_of(self.text, self.name) is Kind.MUTATION

    def request(self, **variables: Any) -> GraphQLRequest:
        """The request, with some variables replaced."""
        return GraphQLRequest(self.text, {**self.variables, **variables}, self.name)


async def execute(session: Session, document: Document, **variables: Any) -> dict[str, Any]:
    """The `data` of a document; a StashGraphQLError holds the partial data."""
    if document.is_subscription:
        raise StashUsageError("this document is a subscription: say --subscribe")
    return (await session.send(document.request(**variables))).data or {}


async def pages(session: Session, document: Document) -> AsyncGenerator[dict[str, Any], None]:
    """The `data` of each page until there are no more rows.

    Raises StashUsageError where the document has no page variable, or not exactly one list of rows.
    """
    name = find_page_variable(document)
    # The caller's own paging is continued, and its page size is kept.
    if is_filter := not document.declared[name].startswith("Int"):
        held = {"per_page": PAGE_SIZE, **(document.variables.get(name) or {})}
    else:
        held = document.variables

    async def fetch(number: int) -> dict[str, Any]:
        return await execute(session, document, **{name: {**held, "page": number} if is_filter else number})

    async for data in _pages(fetch, held.get("page") or 1, held.get("per_page")):
        yield data


async def operation_pages(
    session: Session, operation: str, args: Mapping[str, Any], paths: Sequence[str] | None
) -> AsyncGenerator[dict[str, Any], None]:
    """The result of a find query under its name, page by page in a stable order."""
    if "filter" not in describe(operation)[1].args:
        raise StashUsageError(f"--paginate: {operation} does not answer pages")
    entity = next((each for each in ENTITIES.values() if each.find == operation), None)
    # Without a sort key servers do not order scenes, images and galleries, so pages would overlap.
    order = FindQuery(entity).args(1, PAGE_SIZE)["filter"] if entity else {"per_page": PAGE_SIZE}
    paging = {**order, **(args.get("filter") or {})}

    async def fetch(number: int) -> dict[str, Any]:
        return {
            operation: await session.call(operation, {**args, "filter": {**paging, "page": number}}, paths)
        }

    first = (args.get("filter") or {}).get("page") or 1
    async for data in _pages(fetch, first, paging["per_page"]):
        yield data


async def _pages(fetch: Fetch, first: int, size: int | None) -> AsyncGenerator[dict[str, Any], None]:
    """Pages from `first` on, until one is empty or not full, or the selected count is reached."""
    seen = 0
    for number in itertools.count(first):
        data = await fetch(number)
        root, items = locate_rows(data)
        rows, total = data[root][items], data[root].get("count")
        if rows or number == first:
            yield data
        seen += len(rows)
        # A short page is the last one. More rows than asked for mean that the document has a size of its
        # own.
        if not rows or (size is not None and len(rows) != size):
            return
        # With the count a full last page needs no request after it.
        if isinstance(total, int) and seen + (first - 1) * (size or 0) >= total:
            return


async def call(session: Session, operation: str, args: Mapping[str, Any], paths: Sequence[str] | None) -> Any:
    """Call an operation: its result as JSON. Secrets of the configuration are hidden by default.

    They are shown when `paths` select them. A StashGraphQLError holds the partial data in the same form.
    """
    is_secret = paths is None and describe(operation)[1].type.name.startswith("Config")
    try:
        found = await session.call(operation, args, paths)
    except StashGraphQLError as error:
        if error.data and operation in error.data:
            beside = read_result(operation, error.data[operation], session.capabilities)
            error.data = {operation: redact(beside) if is_secret else beside}
        raise
    return redact(found) if is_secret else found


async def events(
    session: Session, operation: str, args: Mapping[str, Any], paths: Sequence[str] | None
) -> AsyncGenerator[Any, None]:
    """The values of a subscription; a lost connection is opened again."""
    async with session.subscribe(operation, args, paths, reconnect=True) as stream:
        async for value in stream:
            yield value


async def listen(session: Session, document: Document) -> AsyncGenerator[dict[str, Any], None]:
    """The `data` of each event of a subscription document; a lost connection is opened again."""
    request = document.request()
    check_read_only(session.connection, request)
    # Events are lost while disconnected; a user who listens still wants the ones after that.
    source = session.transport.subscribe(request, reconnect=True)
    async with source:
        async for answer in source:
            if not answer.errors:
                check_complete(request, answer.data)
            if answer.data is not None:
                yield answer.data
            if answer.errors:
                raise failure(answer.errors, answer.data)


def find_page_variable(document: Document) -> str:
    """The variable for the page number (`page`), or else for a FindFilterType with it.

    Raises StashUsageError where there is none.
    """
    declared = document.declared
    if declared.get("page", "").startswith("Int"):
        return "page"
    found = next((name for name, text in declared.items() if text.startswith("FindFilterType")), None)
    if found is None:
        raise StashUsageError(
            "--paginate needs a variable for the page",
            hint="Declare $page: Int and use it as filter: {page: $page}, or $filter: FindFilterType.",
        )
    return found


def locate_rows(data: Mapping[str, Any]) -> tuple[str, str]:
    """Root field and list field of a page of rows: `findScenes`, `scenes`."""
    found = [
        (root, name)
        for root, value in data.items()
        if isinstance(value, dict)
        for name, items in value.items()
        if isinstance(items, list)
    ]
    if len(found) != 1:
        raise StashUsageError("--paginate needs a document with one find query that asks for its rows")
    return found[0]


def paths_of(operation: str, fields: Sequence[str] | None) -> list[str] | None:
    """Selected paths below an operation's result; for a page, paths of its rows may be given alone."""
    if fields is None:
        return None
    api = describe_api()
    declared = api.types[describe(operation)[1].type.name]
    rows = [each for each in declared.fields.values() if each.type.is_list]
    if not declared.name.startswith("Find") or len(rows) != 1:
        return list(fields)
    [row] = rows
    return [path if path.split(".")[0] in declared.fields else f"{row.name}.{path}" for path in fields]
