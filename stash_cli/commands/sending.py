"""Mutations sent in chunks, so that the failure of one does not stop the others."""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

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

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Sequence

    from stash_cli.commands.outcomes import Outcomes
    from stash_cli.commands.runtime import Runtime
    from stash_cli.core.client.session import Session

T = TypeVar("T")

CHUNK = 250
"""Objects per request."""
PATIENCE = 3
"""Requests in a row without a usable answer after which the rest is not sent."""


@dataclass(frozen=True, slots=True)
class Step:
    """One mutation and the ids of its objects; `bare` when its arguments are not wrapped in an `input`."""

    operation: str
    input: dict[str, Any]
    ids: tuple[str, ...]
    bare: bool = False

    @property
    def arguments(self) -> dict[str, Any]:
        return self.input if self.bare else {"input": self.input}

    @property
    def is_bulk(self) -> bool:
        """Whether it takes a list of ids."""
        return "ids" in self.input

    def of(self, ids: Sequence[str]) -> Step:
        """The step for some of its objects only."""
        return replace(self, input={**self.input, "ids": list(ids)}, ids=tuple(ids)) if self.is_bulk else self


async def send_steps(session: Session, runtime: Runtime, steps: Sequence[Step], outcomes: Outcomes) -> None:
    """Send every step and record the outcome of each object in `outcomes`.

    An object with a problem gets no further step. Ctrl-C takes effect after the request in flight, and prints
    the outcomes so far. Raises only errors that concern the whole command: usage and version.
    """
    from asyncio import CancelledError

    for step in steps:
        outcomes.expect(step.ids)
    requests = deque(chunks(steps))
    try:
        while requests and not outcomes.gave_up:
            again = await uninterrupted(_send(session, requests.popleft(), outcomes))
            requests.extendleft(reversed(again))
    except CancelledError:
        tell_interrupted(runtime, outcomes)
        raise


@contextmanager
def before_sending(runtime: Runtime) -> Iterator[None]:
    """Note that nothing was changed when Ctrl-C ends the block."""
    from asyncio import CancelledError

    try:
        yield
    except CancelledError:
        runtime.streams.note("nothing was changed")
        raise


def tell_interrupted(runtime: Runtime, outcomes: Outcomes) -> None:
    """Print the outcomes before Ctrl-C."""
    from stash_cli.commands.outcomes import StashIncompleteError
    from stash_cli.output.failures import render

    if outcomes.complete:
        runtime.streams.note(outcomes.done_message())
        return
    render(runtime.streams, StashIncompleteError(outcomes, exit_status=130), as_json=runtime.json_errors)


def chunks(steps: Sequence[Step]) -> Iterator[list[Step]]:
    """Steps by request: a bulk mutation alone, updates of single objects together."""
    single = [step for step in steps if not step.is_bulk]
    yield from ([step] for step in steps if step.is_bulk)
    for start in range(0, len(single), CHUNK):
        yield single[start : start + CHUNK]


async def uninterrupted(work: Coroutine[Any, Any, T]) -> T:
    """Await `work` to its end, even when this task is cancelled meanwhile.

    Raises CancelledError after that, so that the caller knows what was changed.
    """
    import asyncio

    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        if not task.cancelled() and (error := task.exception()):
            raise error from None
        raise


async def mutate(
    session: Session,
    operation: str,
    args: dict[str, Any],
    paths: Sequence[str] | None = None,
    *,
    is_answer: Callable[[Any], bool],
    hint: str,
) -> Any:
    """Send one mutation and return its answer.

    Raises StashUnknownOutcomeError with `hint` when the answer is lost, or when `is_answer` refuses it.
    """
    try:
        value = await session.call(operation, args, paths)
    except StashUnknownOutcomeError as error:
        error.hint = hint
        raise
    if not is_answer(value):
        raise StashUnknownOutcomeError("The server's answer does not say that it was done.", hint=hint)
    return value


async def _send(session: Session, steps: list[Step], outcomes: Outcomes) -> list[list[Step]]:
    """Send one request; returns the requests to send instead when the server refused it as a whole."""
    left = [step.of([id_ for id_ in step.ids if id_ not in outcomes.problems]) for step in steps]
    open_ = [step for step in left if step.ids and not set(step.ids) <= outcomes.problems.keys()]
    if not open_:
        return []
    before = len(outcomes.problems)
    again: list[list[Step]] = []
    if len(open_) == 1 and open_[0].is_bulk:
        again = await _send_bulk(session, open_[0], outcomes)
    else:
        await _send_batch(session, open_, outcomes)
    _give_up(outcomes, before, [id_ for step in open_ for id_ in step.ids])
    return again


def _give_up(outcomes: Outcomes, before: int, ids: list[str]) -> None:
    """Give up when nothing can be sent, or when PATIENCE requests in a row got no answer."""
    from stash_cli.commands.outcomes import outcome_of
    from stash_cli.core.client.batch import Outcome

    problems = [outcomes.problems[id_] for id_ in ids if id_ in outcomes.problems]
    if len(outcomes.problems) - before < len(ids) or not all(map(_unanswered, problems)):
        outcomes.unanswered = 0
        return
    outcomes.unanswered += 1
    unsent = next((each for each in problems if outcome_of(each) is Outcome.NOT_SENT), None)
    if unsent or outcomes.unanswered >= PATIENCE:
        outcomes.gave_up = unsent or problems[-1]


def _unanswered(error: StashError) -> bool:
    from stash_cli.commands.outcomes import outcome_of
    from stash_cli.core.client.batch import Outcome

    return outcome_of(error) is not Outcome.FAILED or isinstance(error, StashAuthenticationError)


async def _send_bulk(session: Session, step: Step, outcomes: Outcomes) -> list[list[Step]]:
    try:
        value = await session.call(step.operation, step.arguments, _wanted(step))
    except (
        StashBatchError
    ) as error:  # an older server without the bulk mutation gets one operation per object
        for id_, each in zip(step.ids, error.result, strict=True):
            _note(step.of([id_]), each.result, each.error, outcomes)
    except StashError as error:
        if len(step.ids) > 1 and _may_name_one(error):
            return _parts(step)
        _note(step, None, error, outcomes)
    else:
        _note(step, value, None, outcomes)
    return []


def _parts(step: Step) -> list[list[Step]]:
    """Smaller requests that find the objects for which a bulk mutation was refused.

    One per object where the result may be null: a failed operation then leaves the data of the others.
    Else two halves.
    """
    from stash_cli.core.graphql.document import describe

    if not describe(step.operation)[1].type.required:
        return [[step.of([id_]) for id_ in step.ids]]
    middle = len(step.ids) // 2
    return [[step.of(step.ids[:middle])], [step.of(step.ids[middle:])]]


def _may_name_one(error: StashError) -> bool:
    """Whether the server refused the request, perhaps because of one object."""
    return isinstance(error, StashGraphQLError) and not isinstance(error, StashLockedError)


async def _send_batch(session: Session, steps: list[Step], outcomes: Outcomes) -> None:
    from stash_cli.core.client.batch import BatchOperation, execute_batch

    operations = [BatchOperation(step.operation, step.arguments, _wanted(step)) for step in steps]
    try:
        result = await execute_batch(session, operations, max_batch_size=CHUNK)
    except StashError as error:
        for step in steps:
            _note(step, None, error, outcomes)
    else:
        for step, each in zip(steps, result, strict=True):
            _note(step, each.result, each.error, outcomes)


def _wanted(step: Step) -> list[str] | None:
    """The fields to ask for: the id after an update; a deletion answers true or false."""
    from stash_cli.core.graphql import selection
    from stash_cli.core.graphql.document import describe

    return ["id"] if selection.is_composite(describe(step.operation)[1].type.name) else None


def _note(step: Step, value: Any, error: StashError | None, outcomes: Outcomes) -> None:
    """Record the outcome of one operation; an object is done when the answer has its id."""
    if isinstance(error, StashUsageError | StashVersionError) and outcomes.untried:
        raise error
    if error is not None:
        outcomes.fail(step.ids, error)
        return
    if value is False:
        outcomes.fail(step.ids, StashError("The server answered that it did not do it."))
        return
    named = _named(step, value)
    outcomes.succeed(id_ for id_ in step.ids if id_ in named)
    missing = [id_ for id_ in step.ids if id_ not in named]
    if missing:
        outcomes.fail(missing, StashUnknownOutcomeError("The server's answer does not say that it was done."))


def _named(step: Step, value: Any) -> set[str]:
    """The ids in an answer."""
    if value is True:
        return set(step.ids)
    rows = value if isinstance(value, list) else [value]
    return {str(row["id"]) for row in rows if isinstance(row, dict) and "id" in row}
