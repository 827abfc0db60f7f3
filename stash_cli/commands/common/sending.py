"""Sending the mutations of a command, and reporting outcomes after Ctrl-C."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import (
    StashJournalError,
    StashUnknownOutcomeError,
    StashUsageError,
    StashVersionError,
)
from stash_cli.core.tasks import uninterrupted as uninterrupted  # noqa: PLC0414 - re-exported for commands

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from stash_cli.commands.common.outcomes import Outcomes
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.client.session import Session
    from stash_cli.core.edits.operation import Operation


async def send(
    session: Session,
    runtime: Runtime,
    operations: Sequence[Operation],
    outcomes: Outcomes,
    *,
    fail_fast: bool = False,
    is_paced: bool = False,
) -> None:
    """Send every operation and record the outcome of each object in `outcomes`.

    With `fail_fast`, stop at the first failure; with `is_paced`, adapt the size of requests to the speed of
    the server.

    Ctrl-C takes effect after the request in flight, and prints the outcomes so far. Raises only usage,
    version and journal errors, which apply to all objects, and only when nothing was sent.
    """
    from asyncio import CancelledError

    from stash_cli.core.edits.apply import Applier
    from stash_cli.core.edits.pace import Pace

    for each in operations:
        outcomes.expect(each.ids)
    applier = Applier(session, is_shielded=True, fail_fast=fail_fast, pace=Pace() if is_paced else None)
    try:
        await applier.apply(operations, outcomes.record, skip=outcomes.problems)
    except CancelledError:
        print_interrupted(runtime, outcomes)
        raise
    outcomes.gave_up = applier.stopped
    if (
        isinstance(applier.stopped, StashUsageError | StashVersionError | StashJournalError)
        and outcomes.nothing_changed
    ):
        raise applier.stopped


@contextmanager
def before_sending(runtime: Runtime) -> Iterator[None]:
    """Print a note that nothing was changed when Ctrl-C interrupts the block."""
    from asyncio import CancelledError

    try:
        yield
    except CancelledError:
        runtime.streams.note("nothing was changed")
        raise


def print_interrupted(runtime: Runtime, outcomes: Outcomes) -> None:
    """Print the outcomes before Ctrl-C."""
    from stash_cli.commands.common.outcomes import StashIncompleteError
    from stash_cli.output.failures import render

    if outcomes.complete:
        runtime.streams.note(outcomes.done_message())
        return
    render(runtime.streams, StashIncompleteError(outcomes, exit_status=130), as_json=runtime.json_errors)


async def confirmed(answer: Awaitable[Any], *, is_answer: Callable[[Any], bool], hint: str) -> Any:
    """Return the answer to one mutation.

    Raises StashUnknownOutcomeError with `hint` when the response is lost, or `is_answer` rejects it.
    """
    try:
        value = await answer
    except StashUnknownOutcomeError as error:
        error.hint = hint
        raise
    if not is_answer(value):
        raise StashUnknownOutcomeError("The server did not confirm the change.", hint=hint)
    return value
