"""Many operations in few requests: one document with an alias each, in chunks."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from stash_cli.core.client import failures
from stash_cli.core.errors import (
    StashConnectionError,
    StashError,
    StashGraphQLError,
    StashLockedError,
    StashNotSentError,
    StashUnknownOutcomeError,
    StashUsageError,
)
from stash_cli.core.graphql import answers, document, selection
from stash_cli.core.transport import GraphQLRequest
from stash_cli.core.transport.retry import PATIENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stash_cli.core.client.session import Session
    from stash_cli.core.graphql.capability import ServerCapabilities

MAX_BATCH = 250


class Outcome(StrEnum):
    """What became of one operation of a batch."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """The server refused it, or said that it failed."""
    UNKNOWN = "unknown"
    """It was sent and its answer is lost: it may have been done."""
    NOT_SENT = "not sent"
    """It provably never reached the server."""


@dataclass(slots=True)
class BatchOperation:
    """One operation of a batch: its name and arguments, and after execution its result or error.

    `return_fields` are the fields asked for, as text ("id title") or paths; None means the id.
    """

    operation: str
    args: Mapping[str, Any] = field(default_factory=dict)
    return_fields: str | Sequence[str] | None = None
    result: Any = None
    error: StashError | None = None
    quiet: bool = False
    """Whether nothing is said of asked fields that the server lacks."""

    @property
    def succeeded(self) -> bool:
        return self.error is None

    @property
    def outcome(self) -> Outcome:
        if self.error is None:
            return Outcome.SUCCEEDED
        if isinstance(self.error, StashUnknownOutcomeError):
            return Outcome.UNKNOWN
        if isinstance(self.error, StashNotSentError):
            return Outcome.NOT_SENT
        unsent = isinstance(self.error, StashConnectionError) and not self.error.sent
        return Outcome.NOT_SENT if unsent else Outcome.FAILED


@dataclass(slots=True)
class BatchResult:
    """What became of every operation, in the order given; `raw_response` holds the chunks' data."""

    operations: list[BatchOperation]
    raw_response: list[dict[str, Any] | None] = field(default_factory=list)

    @property
    def succeeded(self) -> list[BatchOperation]:
        return self._with(Outcome.SUCCEEDED)

    @property
    def failed(self) -> list[BatchOperation]:
        """Those that the server refused or failed."""
        return self._with(Outcome.FAILED)

    @property
    def unknown(self) -> list[BatchOperation]:
        """Those that may have been done: sent, and the answer is lost."""
        return self._with(Outcome.UNKNOWN)

    @property
    def not_sent(self) -> list[BatchOperation]:
        """Those that provably never reached the server."""
        return self._with(Outcome.NOT_SENT)

    @property
    def unfinished(self) -> list[BatchOperation]:
        """All that did not succeed, in order."""
        return [each for each in self.operations if each.error is not None]

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
    """Execute `operations` in order, `max_batch_size` per request.

    The server runs the fields of a document one after the other and keeps those that succeed, so every
    operation gets its own result or error. A first chunk that fails as a whole raises; after that what
    was not done carries the error, so that what was done is not forgotten.
    """
    if max_batch_size < 1:
        raise StashUsageError("max_batch_size is at least 1.")
    if len({document.describe(each.operation)[0] for each in operations}) > 1:
        raise StashUsageError("A batch holds either queries or mutations.")
    result = BatchResult(list(operations))
    for start in range(0, len(operations), max_batch_size):
        try:
            result.raw_response += await _settled(session, result.operations[start : start + max_batch_size])
        except StashError as error:
            if start == 0:
                raise
            for each in result.operations[start:]:
                each.error = error
            break
    return result


async def call_each(
    session: Session,
    operation: str,
    args: Sequence[Mapping[str, Any]],
    paths: Sequence[str],
    *,
    quiet: bool = False,
) -> list[Any]:
    """The value of one operation for each of `args`; raises the first failure."""
    operations = [BatchOperation(operation, each, paths, quiet=quiet) for each in args]
    batch = await execute_batch(session, operations)
    for each in batch.unfinished:
        raise each.error or StashError(f"{operation} failed.")
    return [each.result for each in batch]


async def _settled(session: Session, operations: Sequence[BatchOperation]) -> list[dict[str, Any] | None]:
    """Send one chunk, and those of it that met a locked database again: they were not done."""
    answers = [await _chunk(session, operations)]
    for pause in PATIENT.pauses():
        locked = [each for each in operations if isinstance(each.error, StashLockedError)]
        if not locked:
            break
        await asyncio.sleep(pause)
        try:
            answers.append(await _chunk(session, locked))
        except StashError as error:
            # The rest of the chunk is done and must not be forgotten.
            for each in locked:
                each.error = error
    return answers


async def _chunk(session: Session, operations: Sequence[BatchOperation]) -> dict[str, Any] | None:
    """Send one chunk and note what became of its operations; a refused document is fitted anew once."""
    for attempt in (1, 2):
        request = _request(operations, await session.learn(again=attempt == 2))  # noqa: PLR2004 - the second
        try:
            response = await session.send(request, partial=True)
        except StashGraphQLError as error:
            if failures.is_refusal(error):
                if session.is_sure:
                    raise
                continue
            if not any(each.get("path") for each in error.errors):
                raise
            _note(operations, error.data, error.errors, session.capabilities)
            return None
        _note(operations, response.data, response.errors, session.capabilities)
        return response.data
    raise AssertionError("unreachable")  # pragma: no cover


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


def _note(
    operations: Sequence[BatchOperation],
    data: Mapping[str, Any] | None,
    errors: Sequence[Mapping[str, Any]],
    server: ServerCapabilities,
) -> None:
    """Give every operation its share; where null bubbled up, the rest was done but not answered."""
    for number, each in enumerate(operations):
        own = [error for error in errors if (error.get("path") or [None])[0] == f"a{number}"]
        found = (data or {}).get(f"a{number}")
        each.result = answers.read(each.operation, found, server)
        each.error = failures.failure(own, None) if own else None
