"""Execution of operations: queries in one snapshot, mutations in transactions, subscriptions as streams."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import graphql
from sqlalchemy.exc import IntegrityError

from stash_cli.embedded.graphql.documents import PRIVILEGED_REFUSAL, is_mirrored, is_privileged
from stash_cli.embedded.graphql.errors import Refused, field_error, request_error
from stash_cli.embedded.graphql.inputs import coerce_variables
from stash_cli.embedded.graphql.schema import library_schema
from stash_cli.embedded.library.context import RequestContext
from stash_cli.embedded.library.database import Deadline, ReadEndedError
from stash_cli.embedded.persistence import blobs
from stash_cli.embedded.persistence.constraints import explained

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from threading import Event

    from sqlalchemy import Connection

    from stash_cli.embedded.jobs.events import Broadcast
    from stash_cli.embedded.jobs.queue import JobQueue
    from stash_cli.embedded.library.library import Library
    from stash_cli.embedded.web.graphql_http import Query

    Resolver = Callable[..., Any]

# Number of resolved fields between two checks of the deadline.
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
    operation = graphql.get_operation_ast(document.ast, operation_name or None)
    if operation is None:
        name = operation_name or ""
        return ExecutionOutcome(None, [request_error(graphql.GraphQLError(f"operation {name} not found"))])
    try:
        coerced = coerce_variables(library_schema(), operation, variables or {})
    except graphql.GraphQLError as failure:
        return ExecutionOutcome(None, [request_error(failure)])
    if operation.operation is graphql.OperationType.SUBSCRIPTION:
        return ExecutionOutcome(
            None, [request_error(graphql.GraphQLError("subscriptions are answered over a websocket"))]
        )
    answers, key, is_constant = (
        library.documents.answers,
        (text, operation_name or ""),
        _is_constant(operation),
    )
    if is_constant and (cached := answers.get(key)):
        return ExecutionOutcome(json.loads(cached))
    with ExitStack() as stack:
        run = Execution(library, base_url, stack, operation, allow_privileged=allow_privileged, stop=stop)
        outcome = _run(run, document.ast, coerced, operation_name)
    if is_constant and not outcome.errors:
        result_text = json.dumps(outcome.data)
        answers.put(key, result_text, len(result_text))
    return outcome


_CONSTANT = frozenset({"__schema", "__type", "__typename", "version"})


def _is_constant(operation: graphql.OperationDefinitionNode) -> bool:
    """Whether the result depends only on the document, such as that of introspection, which is slow."""
    fields = operation.selection_set.selections
    return not operation.variable_definitions and all(
        isinstance(node, graphql.FieldNode) and node.name.value in _CONSTANT for node in fields
    )


def _run(
    run: Execution, document: graphql.DocumentNode, variables: Mapping[str, Any], operation_name: str | None
) -> ExecutionOutcome:
    try:
        result = graphql.execute_sync(
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
    # If no field was resolved, the variables could not be coerced, which is an error of the request.
    error_object = field_error if run.started else request_error
    return ExecutionOutcome(result.data, [error_object(failure) for failure in result.errors or ()])


class Execution:
    """One execution: opens connections as needed and resolves the root fields."""

    def __init__(
        self,
        library: Library,
        base_url: str,
        stack: ExitStack,
        operation: graphql.OperationDefinitionNode,
        *,
        allow_privileged: bool,
        stop: Event | None,
    ) -> None:
        self._library = library
        self._base_url = base_url
        self._stack = stack
        self._reads: RequestContext | None = None
        self._writing = operation.operation is graphql.OperationType.MUTATION
        self._allow_privileged = allow_privileged
        self.started = False
        # A mutation has no deadline, because the selection on its result tells the client what was done.
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
        if self._library.source_server is not None and not is_mirrored(name):
            server = self._library.source_server
            raise Refused(f"{name} is not available in a mirror of {server}: ask the server itself")
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
        """A context whose snapshot includes the writes of the preceding root fields."""
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
        # The snapshot of preceding fields does not contain this write.
        self._stack.close()
        context.connection = self._open()
        # Jobs and file removals start here, where nothing can be rolled back any more.
        for action in context.after_commit:
            action()
        return result

    def _open(self) -> Connection:
        return self._stack.enter_context(self._library.database.read(self._deadline))


def resolve(source: Any, info: graphql.GraphQLResolveInfo[Any], /, **args: Any) -> Any:
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
    """The result of a query that took too long; nobody reads it if the client has disconnected."""
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


def _source(jobs: JobQueue, name: str) -> Broadcast[Any]:
    sources: dict[str, Broadcast[Any]] = {
        "jobsSubscribe": jobs.events,
        "loggingSubscribe": jobs.library_log.written,
        "scanCompleteSubscribe": jobs.scan_complete,
    }
    return sources[name]


class Stream:
    """The events of one subscription, from its creation until it is closed.

    `on_event` is called with the stream for each event, in the event loop that created it.
    """

    def __init__(
        self, subscribed: SubscriptionOperation, source: Broadcast[Any], on_event: Callable[[Stream], object]
    ) -> None:
        self._operation = subscribed
        self._events = source.subscribe(lambda: on_event(self))

    def close(self) -> None:
        """Stop receiving events."""
        self._events.close()

    def next_response(self) -> dict[str, Any] | None:
        """The response for the oldest event, or for all log entries so far; None without any."""
        # The server sends log entries in batches, but other events one by one.
        if self._operation.field == "loggingSubscribe":
            entries = [entry.as_dict() for entry in self._events.drain()]
            return self._operation.response(entries) if entries else None
        events = self._events.drain(1)
        return self._operation.response(events[0]) if events else None


@dataclass(frozen=True)
class SubscriptionOperation:
    """A valid subscription: the selection on each event of `field`."""

    document: graphql.DocumentNode
    variables: dict[str, Any]
    operation_name: str | None
    field: str

    def response(self, value: Any) -> dict[str, Any]:
        """The response for an event, with errors if there are any."""
        result = graphql.execute_sync(
            library_schema(),
            self.document,
            root_value={self.field: value},
            variable_values=self.variables,
            operation_name=self.operation_name,
        )
        errors = {"errors": [error.formatted for error in result.errors]} if result.errors else {}
        return {**errors, "data": result.data}


def open_stream(library: Library, query: Query, on_event: Callable[[Stream], object]) -> Stream | None:
    """The stream of a valid subscription; None for anything else, which execution then answers."""
    document, name = library.documents.prepare(query.document).ast, query.operation_name
    operation = None if document is None else graphql.get_operation_ast(document, name)
    if document is None or operation is None or operation.operation is not graphql.OperationType.SUBSCRIPTION:
        return None
    try:
        variables = coerce_variables(library_schema(), operation, query.variables)
    except graphql.GraphQLError:
        return None
    field = next(_root_fields(document, operation.selection_set)).name.value
    return Stream(
        SubscriptionOperation(document, variables, name, field), _source(library.jobs, field), on_event
    )


def _root_fields(
    document: graphql.DocumentNode, selections: graphql.SelectionSetNode
) -> Iterator[graphql.FieldNode]:
    """The root fields of an operation, fragments included; validation allows only one name."""
    for node in selections.selections:
        if isinstance(node, graphql.FieldNode):
            yield node
        elif isinstance(node, graphql.FragmentSpreadNode):
            yield from _root_fields(document, _fragment(document, node.name.value))
        elif isinstance(node, graphql.InlineFragmentNode):
            yield from _root_fields(document, node.selection_set)


def _fragment(document: graphql.DocumentNode, name: str) -> graphql.SelectionSetNode:
    fragments = (node for node in document.definitions if isinstance(node, graphql.FragmentDefinitionNode))
    return next(node.selection_set for node in fragments if node.name.value == name)
