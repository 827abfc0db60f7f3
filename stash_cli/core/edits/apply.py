"""Operations sent in few requests, each object with its own outcome: one failure stops nothing else."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Protocol

from stash_cli.core.edits.plan import CHUNK
from stash_cli.core.errors import (
    StashAuthenticationError,
    StashBatchError,
    StashError,
    StashGraphQLError,
    StashLockedError,
    StashUnknownOutcomeError,
    StashUsageError,
    StashVersionError,
)
from stash_cli.core.tasks import uninterrupted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from stash_cli.core.client.session import Session
    from stash_cli.core.edits.operation import Operation

PATIENCE = 3
"""Requests in a row without a usable answer after which the rest is not sent."""


class Report(Protocol):
    """Outcome of each object: it has succeeded once all its operations have."""

    problems: dict[str, StashError]
    unanswered: int
    """Requests in a row that got no usable answer."""
    gave_up: StashError | None
    """Why the operations left over were not sent."""

    @property
    def untried(self) -> bool:
        """Whether no object was changed, and none may have been."""

    def expect(self, ids: Iterable[str]) -> None:
        """Count one more operation of these objects."""

    def succeed(self, ids: Iterable[str]) -> None:
        """One operation of these objects was done."""

    def fail(self, ids: Iterable[str], error: StashError) -> None:
        """One operation of these objects was not done, or may not have been."""


async def apply(session: Session, operations: Sequence[Operation], report: Report) -> None:
    """Send every operation and note in `report` what became of its objects.

    An object with a problem gets no further operation. A cancellation takes effect after the request in
    flight. Raises only errors that hold for all of them and let nothing be sent: usage and version.
    """
    for each in operations:
        report.expect(each.ids)
    requests = deque(_requests(operations))
    while requests and not report.gave_up:
        again = await uninterrupted(_send(session, requests.popleft(), report))
        requests.extendleft(reversed(again))


def _requests(operations: Sequence[Operation]) -> Iterator[list[Operation]]:
    """Operations that go in one request: a bulk mutation alone, those of single objects together."""
    single = [each for each in operations if not each.is_bulk]
    yield from ([each] for each in operations if each.is_bulk)
    for start in range(0, len(single), CHUNK):
        yield single[start : start + CHUNK]


async def _send(session: Session, operations: list[Operation], report: Report) -> list[list[Operation]]:
    """Send one request; the requests that are to be sent in its place where it was refused as a whole."""
    left = [each.of([id_ for id_ in each.ids if id_ not in report.problems]) for each in operations]
    open_ = [each for each in left if each.ids and not set(each.ids) <= report.problems.keys()]
    if not open_:
        return []
    before = len(report.problems)
    again: list[list[Operation]] = []
    if len(open_) == 1 and open_[0].is_bulk:
        again = await _send_bulk(session, open_[0], report)
    else:
        await _send_batch(session, open_, report)
    _give_up(report, before, [id_ for each in open_ for id_ in each.ids])
    return again


def _give_up(report: Report, before: int, ids: list[str]) -> None:
    """Stop when the server is gone: nothing can be sent, or PATIENCE requests in a row got no answer."""
    from stash_cli.core.graphql.batch import BatchOperation, Outcome

    problems = [report.problems[id_] for id_ in ids if id_ in report.problems]
    outcomes = [BatchOperation("", error=each).outcome for each in problems]
    is_lost = [
        outcome is not Outcome.FAILED or isinstance(error, StashAuthenticationError)
        for outcome, error in zip(outcomes, problems, strict=True)
    ]
    if len(report.problems) - before < len(ids) or not all(is_lost):
        report.unanswered = 0
        return
    report.unanswered += 1
    found = zip(outcomes, problems, strict=True)
    unsent = next((error for outcome, error in found if outcome is Outcome.NOT_SENT), None)
    if unsent or report.unanswered >= PATIENCE:
        report.gave_up = unsent or problems[-1]


async def _send_bulk(session: Session, operation: Operation, report: Report) -> list[list[Operation]]:
    try:
        value = await session.call(operation.name, operation.args, operation.returns)
    except StashBatchError as error:  # an older server, which was asked for one object after the other
        for id_, each in zip(operation.ids, error.result, strict=True):
            _note(operation.of([id_]), each.result, each.error, report)
    except StashError as error:
        if len(operation.ids) > 1 and _may_name_one(error):
            return _parts(operation)
        _note(operation, None, error, report)
    else:
        _note(operation, value, None, report)
    return []


def _parts(operation: Operation) -> list[list[Operation]]:
    """The requests that find out because of which objects a bulk mutation was refused.

    Many at once, where the answer to one that is refused leaves those of the others; else halves.
    """
    from stash_cli.core.graphql.document import describe

    if not describe(operation.name)[1].type.required:
        return [[operation.of([id_]) for id_ in operation.ids]]
    middle = len(operation.ids) // 2
    return [[operation.of(operation.ids[:middle])], [operation.of(operation.ids[middle:])]]


def _may_name_one(error: StashError) -> bool:
    """Whether the server refused, so that nothing was done, and perhaps because of one object only."""
    return isinstance(error, StashGraphQLError) and not isinstance(error, StashLockedError)


async def _send_batch(session: Session, operations: list[Operation], report: Report) -> None:
    from stash_cli.core.graphql.batch import BatchOperation, execute_batch

    sent = [BatchOperation(each.name, each.args, each.returns) for each in operations]
    try:
        result = await execute_batch(session, sent, max_batch_size=CHUNK)
    except StashError as error:
        for each in operations:
            _note(each, None, error, report)
    else:
        for each, done in zip(operations, result, strict=True):
            _note(each, done.result, done.error, report)


def _note(operation: Operation, value: Any, error: StashError | None, report: Report) -> None:
    """Note one operation's outcome; objects count as done when the answer names them."""
    if isinstance(error, StashUsageError | StashVersionError) and report.untried:
        raise error
    if error is not None:
        report.fail(operation.ids, error)
        return
    if value is False:
        report.fail(operation.ids, StashError("The server answered that it did not do it."))
        return
    named = _named(operation, value)
    report.succeed(id_ for id_ in operation.ids if id_ in named)
    missing = [id_ for id_ in operation.ids if id_ not in named]
    if missing:
        report.fail(missing, StashUnknownOutcomeError("The server's answer does not say that it was done."))


def _named(operation: Operation, value: Any) -> set[str]:
    """The objects that an answer says were changed."""
    if operation.is_answered_plainly and value is not None:
        return set(operation.ids)
    rows = value if isinstance(value, list) else [value]
    return {str(row["id"]) for row in rows if isinstance(row, dict) and "id" in row}
