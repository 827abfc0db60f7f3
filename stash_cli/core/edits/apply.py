"""Operations sent in few requests, each with its own outcome: the one place that changes objects."""

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
    """Called with an operation, or with what of one was done, and the outcome."""

PATIENCE = 3
"""Requests in a row without a usable answer after which the rest is not sent."""


@dataclass(slots=True)
class Applier:
    """Sender of operations for one command or save.

    With `is_shielded` a cancellation takes effect after the request in flight, whose outcome is then known;
    else at once, and what was in flight may have been done.
    """

    session: Session
    is_shielded: bool = False
    stopped: errors.StashError | None = None
    """Error because of which nothing more is sent."""
    raw: list[dict[str, Any] | None] | None = None
    """The `data` of each request that was answered, where it is to be kept."""
    pace: Pace | None = None
    """Sizes of requests; without one they hold as many objects as `apply` is told."""
    fail_fast: bool = False
    """Whether the first failure stops the rest."""
    reads_back: bool = True
    """Whether the server is asked what became of operations whose answer was lost."""
    _is_tried: bool = field(default=False, init=False)
    """Whether the server has accepted or refused anything for its own sake."""
    _unanswered: int = field(default=0, init=False)
    """Requests in a row without a usable answer."""
    recording: Recording | Unrecorded = field(default_factory=Unrecorded, init=False)

    async def apply(
        self, operations: Sequence[Operation], note: Note, *, size: int = CHUNK, skip: Collection[str] = ()
    ) -> None:
        """Send operations in their order, those of at most `size` objects to a request.

        `note` is called for each once its outcome is known, of lost answers after the last request; also when
        a cancellation ends it. Not for what is left over after `stopped`, nor for objects with an id in
        `skip`, which may grow meanwhile.
        A bulk mutation that is refused is sent again in parts, until it is known for which objects.
        """
        server = await self.session.learn()
        alone = {each.name for each in operations if needs_splitting(each.name, server)}
        # Before the first request: what is not in the journal cannot be undone.
        self.recording = await _recording(self.session, operations)
        note = self.recording.noting(note)
        many = self.recording.operations
        left = deque([deque(in_rounds(many) if self.pace else many)])
        lost = LostAnswers(self.session)
        try:
            while left and self.stopped is None:
                request = _next_request(left[0], size, alone, self.pace)
                if not left[0]:
                    left.popleft()
                again = await self._send_shielded(request, lost.holding(note), skip)
                # In the place of the request that they were in, because later operations may rely on them.
                left.extendleft(deque(each) for each in reversed(again))
            if lost and self.reads_back:
                await lost.look_up()
        finally:
            self._report_lost(lost, note)

    def _report_lost(self, lost: LostAnswers, note: Note) -> None:
        """Note what was held back, as far as it is known."""
        if lost:
            lost.report(note)
            try:
                self.recording.commit()
            except errors.StashJournalError as error:
                self.stopped = error

    async def _send_shielded(
        self, request: Sequence[Operation], note: Note, skip: Collection[str]
    ) -> list[list[Operation]]:
        """Send one request for what is not skipped; the requests to send in its place."""
        sent = list(_without_skipped(request, skip))
        self.recording.skip(request)
        work = self._send(sent, note)
        try:
            return await (uninterrupted(work) if self.is_shielded else work)
        except errors.StashJournalError as error:
            self.stopped = error
            return []

    async def _send(self, operations: list[Operation], note: Note) -> list[list[Operation]]:
        """Send one request; the requests to send in its place, for what was refused with others."""
        if not operations:
            self.recording.commit()
            return []
        sent = [
            # Fields that nobody has named are no news where the server lacks them.
            BatchOperation(
                each.name, each.args, each.returns, error=not_sent(None), quiet=is_default(each.paths)
            )
            for each in operations
        ]
        refused: list[Operation] = []
        left: list[Operation] = []
        began = monotonic()
        try:
            self.recording.sent(operations)
            data = await _execute(self.session, sent)
            left = await read_back(self.session, operations, sent)
            if self.raw is not None:
                self.raw += data
        finally:
            for each, done in zip(operations, sent, strict=True):
                if each in left:
                    continue
                if len(each.ids) > 1 and each.is_bulk and _may_name_one(done.error) and not self.fail_fast:
                    refused.append(each)
                else:
                    _note(each, done, note)
                    self._notify_move(each, done)
            self.recording.commit()
        # Without an answer nothing is known of the server's speed.
        if self.pace is not None and not all(map(_is_lost, sent)):
            self.pace.note(sum(max(1, len(each.ids)) for each in operations), monotonic() - began)
        self._stop_if_gone(sent)
        self._stop_if_failed(sent)
        return [*_parts(refused), *([each] for each in left)]

    def _notify_move(self, operation: Operation, done: BatchOperation) -> None:
        """Tell the session of a file that the server has moved."""
        if operation.name == "moveFiles" and done.error is None and self.session.on_move is not None:
            for edit in operation.edits:
                self.session.on_move(edit.before, edit.after)

    def _stop_if_gone(self, sent: Sequence[BatchOperation]) -> None:
        """Stop when the server is gone: nothing can be sent, or PATIENCE requests in a row got no answer.

        A server that refuses the first request whoever asks refuses the others, too.
        """
        if not all(map(_is_lost, sent)):
            self._is_tried, self._unanswered = True, 0
            return
        self._unanswered += 1
        unsent = next((each.error for each in sent if each.outcome is Outcome.NOT_SENT), None)
        refused = next((each.error for each in sent if each.outcome is Outcome.FAILED), None)
        last = sent[-1].error if self._unanswered >= PATIENCE else None
        self.stopped = unsent or (None if self._is_tried else refused) or last
        self._is_tried = True

    def _stop_if_failed(self, sent: Sequence[BatchOperation]) -> None:
        """Stop after the first failure, where that is wanted."""
        failed = next((each.error for each in sent if each.error is not None), None)
        if self.fail_fast and self.stopped is None:
            self.stopped = failed


async def apply_one(session: Session, operation: Operation, *, quiet: bool = False) -> Any:
    """The answer to one operation, which is sent as it is; raises its error.

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
    """The record of operations in the journal of the session, if it has one."""
    if session.recorder is None or not operations:
        return Unrecorded(operations)
    return await session.recorder.record(session, operations)


def _next_request(
    queue: deque[Operation], size: int, alone: Collection[str], pace: Pace | None
) -> list[Operation]:
    """Take the operations of one request off the queue: those of `size` objects at most, and some alone.

    Alone are bulk mutations that this server takes for one object only (`alone`), and those whose failure
    would take away the answers to others. With a `pace`, operations of more objects than it allows are sent
    in parts, and each object is in a request once.
    """
    request: list[Operation] = []
    held: set[str] = set()
    room = size = pace.size if pace else size
    while queue and room > 0:
        each = queue[0]
        count = max(1, len(each.ids))
        is_alone = each.name in alone or (len(each.ids) > 1 and each.is_bulk and _is_required(each))
        is_again = pace is not None and not held.isdisjoint(each.ids)
        if request and (is_alone or is_again or (count > room)):
            break
        queue.popleft()
        if pace is not None and count > size:
            queue.appendleft(each.of(each.ids[size:]))
            each, count = each.of(each.ids[:size]), size
        request.append(each)
        held.update(each.ids)
        room = 0 if is_alone else room - count
    return request


def _without_skipped(operations: Iterable[Operation], skip: Collection[str]) -> Iterator[Operation]:
    """Operations of a request for the objects that are not skipped."""
    for each in operations:
        ids = [one for one in each.ids if one not in skip]
        if ids or not each.ids:
            yield each.of(ids)


async def _execute(session: Session, sent: Sequence[BatchOperation]) -> list[dict[str, Any] | None]:
    """Send one request: its data. Afterwards, whatever happens, each operation has its answer or error."""
    try:
        if len(sent) > 1:
            return (await execute_batch(session, sent, max_batch_size=len(sent))).raw_response
        [one] = sent
        one.result = await session.call(one.operation, one.args, one.return_fields, quiet=one.quiet)
    except errors.StashError as error:
        for each in sent:
            each.error = error
    except BaseException as error:
        if len(sent) == 1:  # a batch notes it itself
            sent[0].error = interrupted(error)
        raise
    else:
        one.error = None
        return [{one.operation: one.result}]
    return []


def _is_lost(sent: BatchOperation) -> bool:
    """Whether the server did not say what it thinks of the operation itself."""
    # These are refused before the operation is looked at, so all others would be, too.
    if isinstance(sent.error, errors.StashAuthenticationError | errors.StashSystemNotReadyError):
        return True
    return sent.outcome in (Outcome.UNKNOWN, Outcome.NOT_SENT)


def _may_name_one(error: errors.StashError | None) -> bool:
    """Whether the server refused, so that nothing was done, and perhaps because of one object only."""
    # A locked database is no fault of any object: in parts it would be locked as well.
    return isinstance(error, errors.StashGraphQLError) and not isinstance(error, errors.StashLockedError)


def _parts(refused: Sequence[Operation]) -> Iterator[list[Operation]]:
    """The requests that find out because of which objects bulk mutations were refused.

    One for all objects, where the answer to one that is refused leaves those of the others; else halves.
    """
    single = [each.of([one]) for each in refused if not _is_required(each) for one in each.ids]
    if single:
        yield single
    for each in refused:
        if _is_required(each):
            middle = len(each.ids) // 2
            yield [each.of(each.ids[:middle])]
            yield [each.of(each.ids[middle:])]


def _is_required(operation: Operation) -> bool:
    """Whether its answer is never null: an error there takes away the whole `data` of the response."""
    return describe(operation.name)[1].type.required


def _note(operation: Operation, done: BatchOperation, note: Note) -> None:
    """Note the outcome of an operation; its objects count as done when the answer names them."""
    if isinstance(done.error, errors.StashBatchError):
        # An older server, which was asked for one after the other.
        for one, each in zip(operation.ids, done.error.result, strict=True):
            _note(operation.of([one]), each, note)
        return
    if done.error is None and done.result is False:
        done.error = errors.StashError("The server answered that it did not do it.")
    missing = [] if done.error is not None else _unnamed(operation, done.result)
    if len(missing) < max(1, len(operation.ids)):
        note(operation.of([one for one in operation.ids if one not in missing]), done)
    if missing:
        error = errors.StashUnknownOutcomeError("The server's answer does not say that it was done.")
        note(
            operation.of(missing), BatchOperation(done.operation, done.args, done.return_fields, error=error)
        )


def _unnamed(operation: Operation, value: Any) -> list[str]:
    """The objects of which an answer does not say that they were changed."""
    if operation.is_answered_plainly:
        return [] if value is not None else list(operation.ids)
    rows = value if isinstance(value, list) else [value]
    named = {str(row["id"]) for row in rows if isinstance(row, dict) and "id" in row}
    if operation.names_others:
        return [] if named else list(operation.ids)
    return [one for one in operation.ids if one not in named]
