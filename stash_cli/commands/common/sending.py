"""Sending the mutations of a command, and what is printed when that is interrupted."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import (
    StashJournalError,
    StashUnknownOutcomeError,
    StashUsageError,
    StashVersionError,
)
from stash_cli.core.tasks import uninterrupted as uninterrupted  # noqa: PLC0414 - commands take both from here

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

    With `fail_fast` the first failure ends it; with `is_paced` requests grow with the speed of the server.

    Ctrl-C takes effect after the request in flight, and prints the outcomes so far. Raises only errors that
    hold for all objects and let nothing be sent: usage and version.
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
        and outcomes.untried
    ):
        raise applier.stopped


@contextmanager
def before_sending(runtime: Runtime) -> Iterator[None]:
    """Note that nothing was changed when Ctrl-C ends the block."""
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
    """The answer to one mutation.

    Raises StashUnknownOutcomeError with `hint` when it is lost, or when `is_answer` refuses it.
    """
    try:
        value = await answer
    except StashUnknownOutcomeError as error:
        error.hint = hint
        raise
    if not is_answer(value):
        raise StashUnknownOutcomeError("The server did not confirm the change.", hint=hint)
    return value
