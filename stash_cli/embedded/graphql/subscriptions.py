"""Subscriptions: job updates, log entries, the end of a scan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import graphql

from stash_cli.embedded.graphql.inputs import coerce_variables
from stash_cli.embedded.graphql.schema import library_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stash_cli.embedded.jobs import JobQueue
    from stash_cli.embedded.jobs.events import Broadcast
    from stash_cli.embedded.library.library import Library
    from stash_cli.embedded.web.requests import Query


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
        found = self._events.drain(1)
        return self._operation.response(found[0]) if found else None


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
