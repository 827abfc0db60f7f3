"""What can be subscribed to: job updates, log entries, the end of a scan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    OperationType,
    execute_sync,
    get_operation_ast,
)

from stash_cli.embedded.documents import prepare
from stash_cli.embedded.schema import library_schema

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from stash_cli.embedded.jobs import JobQueue
    from stash_cli.embedded.jobs.broadcast import Broadcast, Subscription
    from stash_cli.embedded.library import Library


def _source(jobs: JobQueue, name: str) -> Subscription[Any]:
    sources: dict[str, Broadcast[Any]] = {
        "jobsSubscribe": jobs.events,
        "loggingSubscribe": jobs.journal.written,
        "scanCompleteSubscribe": jobs.scan_complete,
    }
    return sources[name].subscribe()


@dataclass
class Stream:
    """The answers of one subscription, one per event."""

    document: DocumentNode
    variables: Mapping[str, Any]
    operation_name: str | None
    field: str
    events: Subscription[Any]

    def close(self) -> None:
        """Catch no more events."""
        self.events.close()

    async def __aiter__(self) -> AsyncIterator[dict[str, Any]]:
        async for event in self.events:
            yield self._answer(self._value(event))

    def _value(self, event: Any) -> Any:
        """Log entries come in batches: whatever has gathered since the last one."""
        if self.field != "loggingSubscribe":
            return event
        return [entry.as_dict() for entry in (event, *self.events.pending())]

    def _answer(self, value: Any) -> dict[str, Any]:
        result = execute_sync(
            library_schema(),
            self.document,
            root_value={self.field: value},
            variable_values=dict(self.variables),
            operation_name=self.operation_name,
        )
        return _formatted(result)


def _formatted(result: ExecutionResult) -> dict[str, Any]:
    errors = {"errors": [error.formatted for error in result.errors]} if result.errors else {}
    return {**errors, "data": result.data}


def open_stream(
    library: Library, document: str, variables: Mapping[str, Any], operation_name: str | None
) -> Stream | None:
    """The stream of a valid subscription; None for everything else, which is to be executed."""
    parsed = prepare(document).ast
    operation = None if parsed is None else get_operation_ast(parsed, operation_name)
    if parsed is None or operation is None or operation.operation is not OperationType.SUBSCRIPTION:
        return None
    field = operation.selection_set.selections[0]
    if not isinstance(field, FieldNode):
        return None
    name = field.name.value
    return Stream(parsed, variables, operation_name, name, _source(library.jobs, name))
