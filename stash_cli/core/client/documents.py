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
    """Execute a document and return `data`; a StashGraphQLError holds the partial data."""
    if document.is_subscription:
        raise StashUsageError("this document is a subscription: say --subscribe")
    return (await session.send(document.request(**variables))).data or {}


async def pages(session: Session, document: Document) -> AsyncGenerator[dict[str, Any], None]:
    """Yield the `data` of each page until there are no more rows.

    Raises StashUsageError where the document has no page variable, or not exactly one list of rows.
    """
    name = find_page_variable(document)
    # Paging starts at the page of the caller's own filter and uses its page size.
    if is_filter := not document.declared[name].startswith("Int"):
        paging = {"per_page": PAGE_SIZE, **(document.variables.get(name) or {})}
    else:
        paging = document.variables

    async def fetch(number: int) -> dict[str, Any]:
        return await execute(session, document, **{name: {**paging, "page": number} if is_filter else number})

    async for data in _pages(fetch, paging.get("page") or 1, paging.get("per_page")):
        yield data


async def operation_pages(
    session: Session, operation: str, args: Mapping[str, Any], paths: Sequence[str] | None
) -> AsyncGenerator[dict[str, Any], None]:
    """Yield the result of a find query under its name, page by page in a stable order."""
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
        # A short page is the last one; more rows than requested mean that the document sets its own page
        # size.
        if not rows or (size is not None and len(rows) != size):
            return
        # With the count, a full last page needs no further request.
        if isinstance(total, int) and seen + (first - 1) * (size or 0) >= total:
            return


async def call(session: Session, operation: str, args: Mapping[str, Any], paths: Sequence[str] | None) -> Any:
    """Call an operation and return its result as JSON; secrets of the configuration are redacted by default.

    Secrets that `paths` select are shown. A StashGraphQLError holds the partial data in the same form.
    """
    is_secret = paths is None and describe(operation)[1].type.name.startswith("Config")
    try:
        result = await session.call(operation, args, paths)
    except StashGraphQLError as error:
        if error.data and operation in error.data:
            partial = read_result(operation, error.data[operation], session.capabilities)
            error.data = {operation: redact(partial) if is_secret else partial}
        raise
    return redact(result) if is_secret else result


async def events(
    session: Session, operation: str, args: Mapping[str, Any], paths: Sequence[str] | None
) -> AsyncGenerator[Any, None]:
    """Yield the values of a subscription; a lost connection is reopened."""
    async with session.subscribe(operation, args, paths, reconnect=True) as stream:
        async for value in stream:
            yield value


async def listen(session: Session, document: Document) -> AsyncGenerator[dict[str, Any], None]:
    """Yield the `data` of each event of a subscription document; a lost connection is reopened."""
    request = document.request()
    check_read_only(session.connection, request)
    # Reconnect although events are lost while disconnected: the user still wants the later ones.
    source = session.transport.subscribe(request, reconnect=True)
    async with source:
        async for response in source:
            if not response.errors:
                check_complete(request, response.data)
            if response.data is not None:
                yield response.data
            if response.errors:
                raise failure(response.errors, response.data)


def find_page_variable(document: Document) -> str:
    """Name of the variable for the page number: `page`, or else the one of type FindFilterType.

    Raises StashUsageError if the document declares neither.
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
    """Root field and list field of a page of rows: `findScenes`, `scenes`.

    Raises StashUsageError unless there is exactly one list.
    """
    lists = [
        (root, name)
        for root, value in data.items()
        if isinstance(value, dict)
        for name, items in value.items()
        if isinstance(items, list)
    ]
    if len(lists) != 1:
        raise StashUsageError("--paginate needs a document with one find query that asks for its rows")
    return lists[0]


def paths_of(operation: str, fields: Sequence[str] | None) -> list[str] | None:
    """Selection paths for an operation's result; for a page, `fields` may be paths of its rows."""
    if fields is None:
        return None
    api = describe_api()
    declared = api.types[describe(operation)[1].type.name]
    rows = [each for each in declared.fields.values() if each.type.is_list]
    if not declared.name.startswith("Find") or len(rows) != 1:
        return list(fields)
    [row] = rows
    return [path if path.split(".")[0] in declared.fields else f"{row.name}.{path}" for path in fields]
