"""Execution of GraphQL operations: queries in one snapshot, each mutation in a transaction."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLResolveInfo,
    OperationDefinitionNode,
    OperationType,
    execute_sync,
    get_operation_ast,
)
from sqlalchemy.exc import IntegrityError

from stash_cli.embedded.graphql.errors import Refused, field_error, request_error
from stash_cli.embedded.graphql.inputs import coerce_variables
from stash_cli.embedded.graphql.privileged import REFUSAL as PRIVILEGED_REFUSAL
from stash_cli.embedded.graphql.privileged import is_privileged
from stash_cli.embedded.graphql.schema import library_schema
from stash_cli.embedded.library.context import RequestContext
from stash_cli.embedded.library.database import Deadline, ReadEndedError
from stash_cli.embedded.persistence import blobs
from stash_cli.embedded.persistence.constraints import explained

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from threading import Event

    from sqlalchemy import Connection

    from stash_cli.embedded.library.library import Library

    Resolver = Callable[..., Any]

# Resolved fields between two looks at the clock.
_FIELDS = 500
DEFAULT_BASE_URL = "http://localhost:9999"


@dataclass(frozen=True)
class ExecutionOutcome:
    """The result of an operation: `data`, and `errors` as GraphQL error objects.

    A request error (nothing was executed) has no data and carries `extensions.code`; a field error has
    `message` and `path` only.
    """

    data: dict[str, Any] | None
    errors: list[dict[str, Any]] = field(default_factory=list)


def execute(
    library: Library,
    text: str,
    variables: Mapping[str, Any] | None = None,
    operation_name: str | None = None,
    base_url: str = DEFAULT_BASE_URL,
    *,
    allow_privileged: bool = True,
    stop: Event | None = None,
) -> ExecutionOutcome:
    """Execute one operation of document `text`.

    Without `allow_privileged`, mutations that widen access are refused. A query ends once `stop` is set or
    its time limit is reached.
    """
    document = library.documents.prepare(text)
    if document.ast is None:
        return ExecutionOutcome(None, document.errors)
    operation = get_operation_ast(document.ast, operation_name or None)
    if operation is None:
        name = operation_name or ""
        return ExecutionOutcome(None, [request_error(GraphQLError(f"operation {name} not found"))])
    try:
        given = coerce_variables(library_schema(), operation, variables or {})
    except GraphQLError as failure:
        return ExecutionOutcome(None, [request_error(failure)])
    if operation.operation is OperationType.SUBSCRIPTION:
        return ExecutionOutcome(
            None, [request_error(GraphQLError("subscriptions are answered over a websocket"))]
        )
    with ExitStack() as stack:
        run = Execution(library, base_url, stack, operation, allow_privileged=allow_privileged, stop=stop)
        return _run(run, document.ast, given, operation_name)


def _run(
    run: Execution, document: DocumentNode, variables: Mapping[str, Any], operation_name: str | None
) -> ExecutionOutcome:
    try:
        result = execute_sync(
            library_schema(),
            document,
            root_value=run,
            context_value=run,
            variable_values=dict(variables),
            operation_name=operation_name or None,
            field_resolver=resolve,
        )
    except ReadEndedError:
        return _timed_out(run)
    # A statement that is interrupted at the deadline appears as the error of the field that ran it.
    if result.errors and run.ended:
        return _timed_out(run)
    # Nothing has started when variables could not be coerced, which fails the whole request.
    error_object = field_error if run.started else request_error
    return ExecutionOutcome(result.data, [error_object(failure) for failure in result.errors or ()])


class Execution:
    """One execution: opens connections as needed and resolves the root fields."""

    def __init__(
        self,
        library: Library,
        base_url: str,
        stack: ExitStack,
        operation: OperationDefinitionNode,
        *,
        allow_privileged: bool,
        stop: Event | None,
    ) -> None:
        self._library = library
        self._base_url = base_url
        self._stack = stack
        self._reads: RequestContext | None = None
        self._writing = operation.operation is OperationType.MUTATION
        self._allow_privileged = allow_privileged
        self.started = False
        # A mutation is never cut, and what is selected of its result tells what it did.
        self._deadline = None if self._writing else Deadline(library.limits.read_seconds, stop)
        self.resolved = 0

    @property
    def seconds(self) -> float:
        """The time limit of a query in seconds."""
        return self._library.limits.read_seconds

    @property
    def ended(self) -> bool:
        """Whether the query was stopped before its end."""
        return self._deadline is not None and self._deadline.passed

    def check(self) -> None:
        """Raise ReadEndedError when the time limit is reached."""
        if self._deadline is not None:
            self._deadline.check()

    def resolve(self, name: str, args: Mapping[str, Any]) -> Any:
        """The value of a root field."""
        self.started = True
        table = _mutations() if self._writing else _queries()
        if name not in table:
            raise Refused(f"{name} is not available in an embedded library")
        if not self._writing:
            return table[name](self._query_context(), **args)
        if not self._allow_privileged and is_privileged(name, args):
            raise Refused(PRIVILEGED_REFUSAL)
        if name in _reading_mutations():
            return table[name](self._new_context(), **args)
        # Pictures are loaded before the transaction, so that a slow host does not block other writers.
        return self._write(table[name], blobs.load_pictures(name, args, self._library.limits))

    def _query_context(self) -> RequestContext:
        """The context that all root fields of a query share."""
        if self._reads is None:
            self._reads = RequestContext(self._library, self._open(), self._base_url)
        return self._reads

    def _new_context(self) -> RequestContext:
        """A context whose snapshot includes the writes of the root fields before."""
        self._stack.close()
        return RequestContext(self._library, self._open(), self._base_url)

    def _write(self, resolver: Resolver, args: Mapping[str, Any]) -> Any:
        """Execute a mutation in its transaction; the selection on its result is read after the commit."""
        try:
            with self._library.database.write() as connection:
                context = RequestContext(self._library, connection, self._base_url)
                result = resolver(context, **args)
        except IntegrityError as failure:
            with self._library.database.read() as connection:
                raise explained(failure, connection) from failure
        # The snapshot of the fields before does not contain this write.
        self._stack.close()
        context.connection = self._open()
        # Jobs and file removals start here, where nothing can be rolled back any more.
        for action in context.after_commit:
            action()
        return result

    def _open(self) -> Connection:
        return self._stack.enter_context(self._library.database.read(self._deadline))


def resolve(source: Any, info: GraphQLResolveInfo[Any], /, **args: Any) -> Any:
    """Field resolver: for a row or page, a plain object, or the root."""
    run: Execution = info.context
    run.resolved += 1
    if not run.resolved % _FIELDS:
        run.check()
    if isinstance(source, dict):
        return source.get(info.field_name)
    if isinstance(source, Execution):
        return source.resolve(info.field_name, args)
    return source.get(info.field_name, args)


def _timed_out(run: Execution) -> ExecutionOutcome:
    """The result of a query that took too long; it is unread when the client has disconnected."""
    message = f"the query took longer than {run.seconds:g} s: ask for less at a time"
    return ExecutionOutcome(None, [{"message": message, "path": []}])


def _queries() -> Mapping[str, Resolver]:
    # Resolvers use this module, so they are imported when the first one is needed.
    from stash_cli.embedded.queries import QUERIES

    return QUERIES


def _mutations() -> Mapping[str, Resolver]:
    from stash_cli.embedded.mutations import MUTATIONS

    return MUTATIONS


def _reading_mutations() -> Collection[str]:
    from stash_cli.embedded.mutations import READING

    return READING
