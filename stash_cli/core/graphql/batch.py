"""Batches: many operations in few requests, each an aliased root field of one document."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import (
    Delivery,
    StashAuthenticationError,
    StashConnectionError,
    StashError,
    StashGraphQLError,
    StashIntegrationError,
    StashLockedError,
    StashNotSentError,
    StashSystemNotReadyError,
    StashUnknownOutcomeError,
    StashUsageError,
    StashVersionError,
)
from stash_cli.core.graphql import document, selection
from stash_cli.core.graphql.responses import failure, is_missing, is_refusal, shaped
from stash_cli.core.log import logger
from stash_cli.core.syntax import RootField
from stash_cli.core.transport import GraphQLRequest, GraphQLResponse
from stash_cli.core.transport.outcome import PATIENT, is_below_root, unknown_outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stash_cli.core.capabilities import ServerCapabilities
    from stash_cli.core.client.session import Session

MAX_BATCH = 250
"""The default number of operations in one request."""


class Outcome(StrEnum):
    """The outcome of one operation of a batch."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """The server refused it or answered with an error."""
    UNKNOWN = "unknown"
    """It was sent without an answer: it may have been done."""
    NOT_SENT = "not sent"
    """It never reached the server."""


@dataclass(slots=True)
class BatchOperation:
    """One operation of a batch: its name and arguments, and afterwards its result or error.

    `return_fields` are the fields to select, as text ("id title") or as paths; None selects the id.
    """

    operation: str
    args: Mapping[str, Any] = field(default_factory=dict)
    return_fields: str | Sequence[str] | None = None
    result: Any = None
    error: StashError | None = None
    quiet: bool = False
    """Suppresses the warning about selected fields that the server lacks."""

    @property
    def succeeded(self) -> bool:
        return self.error is None

    @property
    def outcome(self) -> Outcome:
        if self.error is None:
            return Outcome.SUCCEEDED
        if isinstance(self.error, StashUnknownOutcomeError):
            return Outcome.UNKNOWN
        return Outcome.NOT_SENT if _was_not_sent(self.error) else Outcome.FAILED


def _was_not_sent(error: StashError) -> bool:
    if isinstance(error, StashConnectionError):
        return not error.sent
    return isinstance(error, StashNotSentError | StashUsageError | StashVersionError)


@dataclass(slots=True)
class BatchResult:
    """The operations in the order given; `raw_response` holds the `data` of each request."""

    operations: list[BatchOperation]
    raw_response: list[dict[str, Any] | None] = field(default_factory=list)

    @property
    def succeeded(self) -> list[BatchOperation]:
        return self._with(Outcome.SUCCEEDED)

    @property
    def failed(self) -> list[BatchOperation]:
        """Operations that the server refused or failed."""
        return self._with(Outcome.FAILED)

    @property
    def unknown(self) -> list[BatchOperation]:
        """Operations that were sent without an answer: they may have been done."""
        return self._with(Outcome.UNKNOWN)

    @property
    def not_sent(self) -> list[BatchOperation]:
        """Operations that never reached the server."""
        return self._with(Outcome.NOT_SENT)

    @property
    def unfinished(self) -> list[BatchOperation]:
        """All that did not succeed, in order."""
        return [each for each in self.operations if each.error is not None]

    def summary(self) -> str:
        """One sentence: counts of those that did not succeed, and the first error."""
        counts = (
            (len(self.failed), "failed"),
            (len(self.unknown), "may have been done"),
            (len(self.not_sent), "not sent"),
        )
        counted = ", ".join(f"{count} of {len(self)} {what}" for count, what in counts if count)
        first = next(iter([*self.unknown, *self.unfinished]), None)
        return f"{counted}: {first.error}" if first else f"all {len(self)} succeeded"

    @property
    def all_succeeded(self) -> bool:
        return not self.unfinished

    def _with(self, outcome: Outcome) -> list[BatchOperation]:
        return [each for each in self.operations if each.outcome is outcome]

    def __getitem__(self, index: int) -> BatchOperation:
        return self.operations[index]

    def __len__(self) -> int:
        return len(self.operations)

    def __iter__(self) -> Iterator[BatchOperation]:
        return iter(self.operations)


async def execute_batch(
    session: Session, operations: Sequence[BatchOperation], *, max_batch_size: int = MAX_BATCH
) -> BatchResult:
    """Execute `operations` in order, `max_batch_size` to a request.

    The server executes root fields one after the other and keeps those that succeed, so each operation has
    its own result or error. After a failed request the next ones are still sent, unless the failure shows
    that none can be. An error is raised only when nothing was sent. Cancellation and foreign exceptions
    propagate; the operations of the current request are then marked unknown, and later ones not sent.
    """
    if max_batch_size < 1:
        raise StashUsageError("max_batch_size is at least 1.")
    if len({document.describe(each.operation)[0] for each in operations}) > 1:
        raise StashUsageError("A batch holds either queries or mutations.")
    result = BatchResult(list(operations))
    # Set first, so that every operation has the right outcome when the batch is cancelled at any await.
    _fail_all(operations, StashNotSentError("It was not sent: the batch ended before."))
    chunks = [
        operations[start : start + max_batch_size] for start in range(0, len(operations), max_batch_size)
    ]
    # All documents are built before the first is sent, so that a wrong argument stops the whole batch.
    requests = [_request(chunk, await session.load_capabilities()) for chunk in chunks]
    for number, chunk in enumerate(chunks):
        try:
            result.raw_response += await _send_chunk(session, chunk, requests[number])
        except StashError as error:
            if not _ends_batch(error):
                continue
            if number == 0:
                raise
            _fail_all(operations[(number + 1) * max_batch_size :], not_sent(error))
            break
    return result


def _ends_batch(error: StashError) -> bool:
    """Whether a failed request shows that the next ones cannot be sent either."""
    if isinstance(error, StashConnectionError):
        return not error.sent
    return isinstance(
        error, StashUsageError | StashVersionError | StashAuthenticationError | StashSystemNotReadyError
    )


def not_sent(cause: StashError | None) -> StashNotSentError:
    """The error of an operation that was not sent: because of an error before, or an interruption."""
    if cause is None:
        return StashNotSentError("It was not sent.")
    error = StashNotSentError(f"It was not sent, because a request before it failed: {cause.message}")
    error.__cause__ = cause
    return error


def _fail_all(operations: Sequence[BatchOperation], error: StashError) -> None:
    for each in operations:
        each.result, each.error = None, error


async def call_each(
    session: Session,
    operation: str,
    args: Sequence[Mapping[str, Any]],
    paths: Sequence[str],
    *,
    quiet: bool = False,
) -> list[Any]:
    """Call one operation with each of `args`; the results in that order.

    Raises the error of the first call with an unknown outcome, else of the first that failed.
    """
    return await call_all(session, [BatchOperation(operation, each, paths, quiet=quiet) for each in args])


async def call_all(session: Session, operations: Sequence[BatchOperation]) -> list[Any]:
    """The results of `operations`, in their order; raises as `call_each`."""
    batch = await execute_batch(session, operations)
    for each in [*batch.unknown, *batch.unfinished]:
        raise each.error or StashError(f"{each.operation} failed.")
    return [each.result for each in batch]


async def _send_chunk(
    session: Session, operations: Sequence[BatchOperation], request: GraphQLRequest
) -> list[dict[str, Any] | None]:
    """Send one request, and resend those of its operations that a locked database refused."""
    answers = [await _attempt(session, operations, request)]
    for pause in PATIENT.pauses():
        # SQLite refuses single writes while another process holds the lock. Operations that succeeded must
        # not be sent again.
        locked = [each for each in operations if _was_locked_out(each.error)]
        if not locked:
            break
        await asyncio.sleep(pause)
        try:
            answers.append(await _attempt(session, locked, _request(locked, session.capabilities)))
        except StashError as error:  # recorded on the resent operations; the others keep their results
            logger.info("%s", error.message)
            break
    return answers


def _was_locked_out(error: StashError | None) -> bool:
    return isinstance(error, StashLockedError) and error.is_at_root


async def _attempt(
    session: Session, operations: Sequence[BatchOperation], request: GraphQLRequest
) -> dict[str, Any] | None:
    """Send one request and record the outcome of each of its operations."""
    try:
        response = await _send_or_refit(session, operations, request)
    except StashError as error:
        _fail_all(operations, error)
        raise
    except BaseException as error:  # such as a cancellation: record which operations may have been executed
        _fail_all(operations, interrupted(error))
        raise
    _distribute(operations, response.data, response.errors, session.capabilities)
    return response.data


def interrupted(error: BaseException) -> StashError:
    """The error of an operation whose request was ended by `error`, such as a cancellation."""
    if vars(error).get("delivery") is Delivery.NOT_STARTED:
        return StashNotSentError("It was not sent: the batch was interrupted before.")
    return unknown_outcome("The batch was interrupted before its answer came.")


async def _send_or_refit(
    session: Session, operations: Sequence[BatchOperation], request: GraphQLRequest
) -> GraphQLResponse:
    """Send a request; a document that no longer fits the server's schema is rebuilt once."""
    try:
        return await session.send(request, partial=True)
    except StashGraphQLError as error:
        # Execution errors belong to the operations they name; a refused document was not executed at all.
        if not is_refusal(error):
            return _partial_response(error)
        if session.is_current:
            raise
    rebuilt = _request(operations, await session.load_capabilities(again=True))
    try:
        return await session.send(rebuilt, partial=True)
    except StashGraphQLError as error:
        return _partial_response(error)


def _partial_response(error: StashGraphQLError) -> GraphQLResponse:
    """The response in `error` if its errors name their operations by a path; else raises `error`."""
    if not any(each.get("path") for each in error.errors):
        raise error
    data = dict(error.data) if error.data else None
    return GraphQLResponse(data, [dict(each) for each in error.errors])


def _request(operations: Sequence[BatchOperation], server: ServerCapabilities) -> GraphQLRequest:
    roots = [
        document.root_for(
            each.operation, each.args, _paths(each), server, alias=f"a{number}", quiet=each.quiet
        )
        for number, each in enumerate(operations)
    ]
    return GraphQLRequest(*document.join("Batch", roots), "Batch")


def _paths(each: BatchOperation) -> Sequence[str] | None:
    asked = each.return_fields
    paths = selection.parse(asked) if isinstance(asked, str) else asked
    result = document.describe(each.operation)[1].type.name
    return paths or (selection.whole(result) if selection.is_composite(result) else None)


def _distribute(
    operations: Sequence[BatchOperation],
    data: Mapping[str, Any] | None,
    errors: Sequence[Mapping[str, Any]],
    server: ServerCapabilities,
) -> None:
    """Set the result or error of each operation from a response."""
    for number, each in enumerate(operations):
        key = f"a{number}"
        own = [error for error in errors if (error.get("path") or [None])[0] == key]
        each.error = _operation_error(each, key, data or {}, own)
        each.result = None
        if each.error is None:
            _set_result(each, (data or {}).get(key), server)


def _set_result(each: BatchOperation, value: Any, server: ServerCapabilities) -> None:
    """Set the result of an operation, or an error if its shape contradicts the API description."""
    try:
        each.result = shaped(each.operation, value, _paths(each), server)
    except StashIntegrationError as error:
        is_mutation = document.describe(each.operation)[0] == "mutation"
        each.error = unknown_outcome(error.message, error) if is_mutation else error


def _operation_error(
    each: BatchOperation, key: str, data: Mapping[str, Any], own: Sequence[Mapping[str, Any]]
) -> StashError | None:
    """The error of one operation: its own, or that its field is missing.

    When a refused operation has a non-null type, the null propagates to the whole `data`, so the results of
    the other operations in the document are missing as well.
    """
    kind, declared = document.describe(each.operation)
    is_mutation = kind == "mutation"
    if own:
        failed = failure(own, None)
        return unknown_outcome(failed.message, failed) if is_mutation and is_below_root(failed) else failed
    field = RootField(key, each.operation, selection.is_composite(declared.type.name))
    if not is_missing(field, data, is_mutation=is_mutation):
        return None
    message = f"The server answered without the value of {each.operation}."
    return unknown_outcome(message) if is_mutation else StashIntegrationError(message)
