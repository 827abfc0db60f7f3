"""Sending of operations in few requests, each with its own outcome: the only code that changes objects."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any

from stash_cli.core import errors
from stash_cli.core.edits.journal.resources import read_back
from stash_cli.core.edits.lost_answers import LostAnswers
from stash_cli.core.edits.operation import Operation, Unrecorded
from stash_cli.core.edits.pace import Pace, in_rounds
from stash_cli.core.edits.plan import CHUNK
from stash_cli.core.graphql.batch import BatchOperation, Outcome, execute_batch, interrupted, not_sent
from stash_cli.core.graphql.compat.operations import needs_splitting
from stash_cli.core.graphql.document import describe
from stash_cli.core.graphql.selection import is_default, pruned
from stash_cli.core.tasks import uninterrupted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from stash_cli.core.client.session import Session
    from stash_cli.core.edits.journal.recording import Recording

    Note = Callable[[Operation, BatchOperation], None]
    """Callback with an operation, or the part of one that shares an outcome, and this outcome."""

PATIENCE = 3
"""Consecutive requests without a usable response after which the rest is not sent."""


@dataclass(slots=True)
class Applier:
    """Sender of operations for one command or save.

    With `is_shielded` a cancellation takes effect after the request in flight, so that its outcome is known.
    Otherwise the request is cancelled at once, and the server may have executed it.
    """

    session: Session
    is_shielded: bool = False
    stopped: errors.StashError | None = None
    """Error that stopped the sending."""
    raw: list[dict[str, Any] | None] | None = None
    """Collected `data` of each response; None collects nothing."""
    pace: Pace | None = None
    """Adaptive request sizes; without it a request has up to `size` objects, an argument of `apply`."""
    fail_fast: bool = False
    """Whether the first failure stops the rest."""
    reads_back: bool = True
    """Whether operations whose response was lost are looked up on the server."""
    _has_tried: bool = field(default=False, init=False)
    """Whether a request was tried before: only a refusal of the first one stops the rest."""
    _unanswered: int = field(default=0, init=False)
    """Consecutive requests without a usable response."""
    recording: Recording | Unrecorded = field(default_factory=Unrecorded, init=False)

    async def apply(
        self, operations: Sequence[Operation], note: Note, *, size: int = CHUNK, skip: Collection[str] = ()
    ) -> None:
        """Send operations in order, with at most `size` objects in a request.

        `note` is called for each operation once its outcome is known, for lost responses after the last
        request, and also after a cancellation. It is not called for operations that are left unsent after
        `stopped`, nor for objects with an id in `skip`, which may grow meanwhile.
        A refused bulk mutation is sent again in parts, to find the objects that cause the refusal.
        """
        server = await self.session.load_capabilities()
        alone = {each.name for each in operations if needs_splitting(each.name, server)}
        # Before the first request: a change that is missing in the journal cannot be undone.
        self.recording = await _recording(self.session, operations)
        note = self.recording.recording_callback(note)
        recorded = self.recording.operations
        queues = deque([deque(in_rounds(recorded) if self.pace else recorded)])
        lost = LostAnswers(self.session)
        try:
            while queues and self.stopped is None:
                request = _next_request(queues[0], size, alone, self.pace)
                if not queues[0]:
                    queues.popleft()
                retries = await self._send_shielded(request, lost.deferring_callback(note), skip)
                # Retries take the place of their request, because later operations may depend on them.
                queues.extendleft(deque(each) for each in reversed(retries))
            if lost and self.reads_back:
                await lost.look_up()
        finally:
            self._report_lost(lost, note)

    def _report_lost(self, lost: LostAnswers, note: Note) -> None:
        """Report the deferred operations, with the outcomes that were found out."""
        if lost:
            lost.report(note)
            try:
                self.recording.commit()
            except errors.StashJournalError as error:
                self.stopped = error

    async def _send_shielded(
        self, request: Sequence[Operation], note: Note, skip: Collection[str]
    ) -> list[list[Operation]]:
        """Send one request without the skipped objects; return the requests that retry parts of it."""
        sent = list(_without_skipped(request, skip))
        self.recording.skip(request)
        work = self._send(sent, note)
        try:
            return await (uninterrupted(work) if self.is_shielded else work)
        except errors.StashJournalError as error:
            self.stopped = error
            return []

    async def _send(self, operations: list[Operation], note: Note) -> list[list[Operation]]:
        """Send one request; return the requests that retry parts of it.

        These are parts of refused bulk mutations, and operations that failed only because of others.
        """
        if not operations:
            self.recording.commit()
            return []
        sent = [
            # No warning about a field that was selected by default and that the server lacks.
            BatchOperation(
                each.name, each.args, each.returns, error=not_sent(None), quiet=is_default(each.paths)
            )
            for each in operations
        ]
        refused: list[Operation] = []
        unexecuted: list[Operation] = []
        began = monotonic()
        try:
            self.recording.sent(operations)
            data = await _execute(self.session, sent)
            unexecuted = await read_back(self.session, operations, sent)
            if self.raw is not None:
                self.raw += data
        finally:
            for each, done in zip(operations, sent, strict=True):
                if each in unexecuted:
                    continue
                if (
                    len(each.ids) > 1
                    and each.is_bulk
                    and _may_be_due_to_one(done.error)
                    and not self.fail_fast
                ):
                    refused.append(each)
                else:
                    _note(each, done, note)
                    self._notify_move(each, done)
            self.recording.commit()
        # A request without a response says nothing about the server's speed.
        if self.pace is not None and not all(map(_is_lost, sent)):
            self.pace.note(sum(max(1, len(each.ids)) for each in operations), monotonic() - began)
        self._stop_if_unreachable(sent)
        self._stop_if_failed(sent)
        return [*_split_refused(refused), *([each] for each in unexecuted)]

    def _notify_move(self, operation: Operation, done: BatchOperation) -> None:
        """Notify the session of a file that the server has moved."""
        if operation.name == "moveFiles" and done.error is None and self.session.on_move is not None:
            for edit in operation.edits:
                self.session.on_move(edit.before, edit.after)

    def _stop_if_unreachable(self, sent: Sequence[BatchOperation]) -> None:
        """Stop when nothing can be sent, or after PATIENCE consecutive requests without a usable response.

        Also stop when the first request is refused for its credentials, or because the server is not set up:
        every other request would be refused as well.
        """
        if not all(map(_is_lost, sent)):
            self._has_tried, self._unanswered = True, 0
            return
        self._unanswered += 1
        unsent = next((each.error for each in sent if each.outcome is Outcome.NOT_SENT), None)
        refused = next((each.error for each in sent if each.outcome is Outcome.FAILED), None)
        last = sent[-1].error if self._unanswered >= PATIENCE else None
        self.stopped = unsent or (None if self._has_tried else refused) or last
        self._has_tried = True

    def _stop_if_failed(self, sent: Sequence[BatchOperation]) -> None:
        """Stop after the first failure if `fail_fast` is set."""
        failed = next((each.error for each in sent if each.error is not None), None)
        if self.fail_fast and self.stopped is None:
            self.stopped = failed


async def apply_one(session: Session, operation: Operation, *, quiet: bool = False) -> Any:
    """Send one operation unchanged and return its result; raises its error.

    With `quiet` there is no warning about fields that the server lacks.
    """
    recording = await _recording(session, [operation])
    [each] = recording.operations
    done = BatchOperation(each.name, each.args, each.returns, error=not_sent(None))
    try:
        recording.sent([each])
        quiet = quiet or is_default(each.returns)
        done.result = await session.call(each.name, each.args, each.returns, quiet=quiet)
        done.error = None
    except errors.StashError as error:
        done.error = error
        raise
    except BaseException as error:
        done.error = interrupted(error)
        raise
    finally:
        recording.note(each, done)
        recording.commit()
    if each.returns == operation.returns or operation.returns is None:
        return done.result
    return pruned(each.type, operation.returns, done.result)


async def _recording(session: Session, operations: Sequence[Operation]) -> Recording | Unrecorded:
    """Record operations as planned in the session's journal, if it has one."""
    if session.recorder is None or not operations:
        return Unrecorded(operations)
    return await session.recorder.record(session, operations)


def _next_request(
    queue: deque[Operation], size: int, alone: Collection[str], pace: Pace | None
) -> list[Operation]:
    """Take the operations of one request off the queue, with `size` objects at most.

    An operation is alone in its request if it is in `alone` (sent as one mutation per object on this server),
    or if its failure would null the results of the others. With a `pace`, operations on more objects than it
    allows are split, and no object occurs twice in a request.
    """
    request: list[Operation] = []
    requested_ids: set[str] = set()
    room = size = pace.size if pace else size
    while queue and room > 0:
        each = queue[0]
        count = max(1, len(each.ids))
        is_alone = each.name in alone or (len(each.ids) > 1 and each.is_bulk and _is_non_null(each))
        is_repeated = pace is not None and not requested_ids.isdisjoint(each.ids)
        if request and (is_alone or is_repeated or (count > room)):
            break
        queue.popleft()
        if pace is not None and count > size:
            queue.appendleft(each.of(each.ids[size:]))
            each, count = each.of(each.ids[:size]), size
        request.append(each)
        requested_ids.update(each.ids)
        room = 0 if is_alone else room - count
    return request


def _without_skipped(operations: Iterable[Operation], skip: Collection[str]) -> Iterator[Operation]:
    """Operations of a request, reduced to the objects that are not skipped."""
    for each in operations:
        ids = [one for one in each.ids if one not in skip]
        if ids or not each.ids:
            yield each.of(ids)


async def _execute(session: Session, sent: Sequence[BatchOperation]) -> list[dict[str, Any] | None]:
    """Send one request and return its data; each operation has a result or an error, even if this raises."""
    try:
        if len(sent) > 1:
            return (await execute_batch(session, sent, max_batch_size=len(sent))).raw_response
        [one] = sent
        one.result = await session.call(one.operation, one.args, one.return_fields, quiet=one.quiet)
    except errors.StashError as error:
        for each in sent:
            each.error = error
    except BaseException as error:
        if len(sent) == 1:  # execute_batch sets the errors itself
            sent[0].error = interrupted(error)
        raise
    else:
        one.error = None
        return [{one.operation: one.result}]
    return []


def _is_lost(sent: BatchOperation) -> bool:
    """Whether there is no response about the operation itself."""
    # The server checks these before it reads the operation, so every other one would be refused, too.
    if isinstance(sent.error, errors.StashAuthenticationError | errors.StashSystemNotReadyError):
        return True
    return sent.outcome in (Outcome.UNKNOWN, Outcome.NOT_SENT)


def _may_be_due_to_one(error: errors.StashError | None) -> bool:
    """Whether nothing was done because the server refused, possibly because of one object only."""
    # A locked database does not depend on the objects: the parts would fail as well.
    return isinstance(error, errors.StashGraphQLError) and not isinstance(error, errors.StashLockedError)


def _split_refused(refused: Sequence[Operation]) -> Iterator[list[Operation]]:
    """Yield requests that find the objects because of which bulk mutations were refused.

    One request with an operation per object where each operation fails on its own; halves in a request each
    where a failure nulls the whole response.
    """
    single = [each.of([one]) for each in refused if not _is_non_null(each) for one in each.ids]
    if single:
        yield single
    for each in refused:
        if _is_non_null(each):
            middle = len(each.ids) // 2
            yield [each.of(each.ids[:middle])]
            yield [each.of(each.ids[middle:])]


def _is_non_null(operation: Operation) -> bool:
    """Whether its result type is non-null, so that an error nulls the whole `data` of the response."""
    return describe(operation.name)[1].type.required


def _note(operation: Operation, done: BatchOperation, note: Note) -> None:
    """Report the outcome of an operation; its objects count as done when the response names them."""
    if isinstance(done.error, errors.StashBatchError):
        # An older server got one mutation per object.
        for one, each in zip(operation.ids, done.error.result, strict=True):
            _note(operation.of([one]), each, note)
        return
    if done.error is None and done.result is False:
        done.error = errors.StashError("The server answered that it did not do it.")
    unconfirmed = [] if done.error is not None else _unconfirmed(operation, done.result)
    if len(unconfirmed) < max(1, len(operation.ids)):
        note(operation.of([one for one in operation.ids if one not in unconfirmed]), done)
    if unconfirmed:
        error = errors.StashUnknownOutcomeError("The server's answer does not say that it was done.")
        note(
            operation.of(unconfirmed),
            BatchOperation(done.operation, done.args, done.return_fields, error=error),
        )


def _unconfirmed(operation: Operation, value: Any) -> list[str]:
    """Ids of the objects that the response does not confirm as changed."""
    if operation.is_answered_plainly:
        return [] if value is not None else list(operation.ids)
    rows = value if isinstance(value, list) else [value]
    named = {str(row["id"]) for row in rows if isinstance(row, dict) and "id" in row}
    if operation.names_others:
        return [] if named else list(operation.ids)
    return [one for one in operation.ids if one not in named]
