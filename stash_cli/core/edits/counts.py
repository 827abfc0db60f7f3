"""Counters written as unique times in the history, so that a lost response can be looked up.

The number alone does not show whether it includes a count whose response was lost, or that of another client.
Servers store whole seconds, and other clients count at the present second: a second before the last read of
the history, and not in it, is therefore unique to this client. Images and servers before 0.25 have numbers
only: there the outcome of a lost response stays unknown, unless the number is unchanged.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from stash_cli.core.edits.side_mutations import side_mutations
from stash_cli.core.errors import StashUnknownOutcomeError
from stash_cli.core.orm import state_of
from stash_cli.core.orm.edit import Change, Edit
from stash_cli.core.orm.hydrate import plan_of
from stash_cli.core.orm.loading import merge_answer
from stash_cli.core.orm.merge import COUNTERS
from stash_cli.core.orm.side_mutations import COUNTED, QUEUED
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from stash_cli.core.capabilities import ServerCapabilities
    from stash_cli.core.client import StashClient
    from stash_cli.core.edits.operation import Operation
    from stash_cli.core.types.entity import StashObject

    Failure = tuple[StashObject, StashUnknownOutcomeError]

HISTORIES = {number: times for times, number in COUNTED.items()}
"""Counter of a scene -> its history."""


@dataclass(frozen=True, slots=True)
class LostCount:
    """A counter change whose response was lost: the difference, the target number, and its time if any."""

    by: int
    sent: int
    time: datetime | None

    def done(self, before: int, now: int, history: Iterable[datetime]) -> int | None:
        """Return by how much it changed the number; None where that cannot be determined."""
        if self.time is not None:
            return self.by if self.time in history else 0
        if now == before:
            return 0
        if self.sent == 0:  # a reset, which is idempotent
            return -before if now < before else 0
        return None


def history_of(type_name: str, name: str, server: ServerCapabilities) -> str | None:
    """Name of the field with the times of a counter; None where this server stores none."""
    history = HISTORIES.get(name) if type_name == "Scene" else None
    return history if history and server.field_name(type_name, history) else None


def timed(obj: StashObject, edit: Edit) -> Iterator[Operation] | None:
    """Return the mutations that increment a counter with a unique time; None where that is impossible."""
    read_at = pending.read_at.get(edit.field) if (pending := state_of(obj).pending) else None
    by = (edit.after or 0) - (edit.before or 0) if edit.field in COUNTERS else 0
    # A decrement, or a counter without a history, leaves no time that could be looked up afterwards.
    if read_at is None or by <= 0:
        return None
    time = _free_second(obj, HISTORIES[edit.field], read_at).isoformat()
    times = Edit(edit.type, edit.id, HISTORIES[edit.field], UNSET, Change(added=(time,) * by))
    return (replace(each, edits=(edit,)) for each in side_mutations(times))


def _free_second(obj: StashObject, history: str, read_at: datetime) -> datetime:
    """Return the last second before `read_at` that is not in the object's history."""
    known = state_of(obj).committed_state.get(history, obj.__dict__.get(history, UNSET))
    return free_second(known if isinstance(known, list) else (), read_at)


def free_second(history: Iterable[datetime], before: datetime) -> datetime:
    """The last whole second before a time that is not in a history."""
    occupied = {each.replace(microsecond=0) for each in history}
    time = before.replace(microsecond=0) - timedelta(seconds=1)
    while time in occupied:
        time -= timedelta(seconds=1)
    return time


def lost_count(operation: Operation, sent: Any) -> LostCount:
    """Record a counter mutation whose response was lost."""
    [edit] = operation.edits
    times = operation.args.get("times")
    time = datetime.fromisoformat(times[0]) if times else None
    return LostCount((edit.after or 0) - (edit.before or 0), sent or 0, time)


async def resolve_counts(
    client: StashClient, objects: Iterable[StashObject], *, forget: bool = False
) -> list[Failure]:
    """Look up the lost counts of `objects`; return an error for each whose outcome stays unknown.

    With `forget` these count as not done.
    """
    groups: dict[tuple[type[StashObject], str], dict[str, StashObject]] = {}
    for obj in objects:
        for name, lost in list(pending.unknown.items()) if (pending := state_of(obj).pending) else ():
            if isinstance(lost, LostCount) and is_reset(obj, name):
                _commit_lost(obj, name, 0)
            elif isinstance(lost, LostCount):
                groups.setdefault((type(obj), name), {})[obj.id] = obj
    failed: list[Failure] = []
    for (cls, name), group in groups.items():
        failed += await _resolve(client, cls, name, group, forget=forget)
    return failed


async def _resolve(
    client: StashClient, cls: type[StashObject], name: str, group: dict[str, StashObject], *, forget: bool
) -> list[Failure]:
    """Resolve the lost changes of one counter, of objects of one type."""
    failed: list[Failure] = []
    history = history_of(cls.__name__, name, await client.session.load_capabilities())
    paths = [name, history] if history else [name]

    def receive(rows: list[dict[str, Any]], number: int) -> list[Any]:
        for row in rows:
            obj, values = group[row["id"]], plan_of(cls).values(row, None)
            error = _resolve_row(obj, name, {each: values[each] for each in paths}, number, forget=forget)
            failed.extend([(obj, error)] if error else [])
        return rows

    async for _ in client.pages_by_id(cls, list(group), paths, receive):
        pass
    return failed


def _resolve_row(
    obj: StashObject, name: str, row: Mapping[str, Any], number: int, *, forget: bool
) -> StashUnknownOutcomeError | None:
    """Commit a lost count by the server's row; return an error if the row does not decide it."""
    state = state_of(obj)
    with state.locked():
        lost, before = state.ensure_pending().unknown[name], _number(state.committed_state.get(name))
        now, history = _number(row[name]), row.get(HISTORIES.get(name, "")) or ()
        done = lost.done(before, now, history)
        if done is None and not forget:
            return _unclear(obj, name, before, now)
        _commit_lost(obj, name, done or 0, number)
        merge_answer(obj, row, number)
        # Responses to requests in flight may predate the count, and must not overwrite the field.
        state.record_writes(row)
    return None


def _commit_lost(obj: StashObject, name: str, done: int, number: int | None = None) -> None:
    """Commit the difference that a lost count made."""
    state = state_of(obj)
    state.commit({name: _number(state.committed_state.get(name)) + done}, number)


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def is_reset(obj: StashObject, name: str) -> bool:
    """Whether a queued mutation resets a number before it is incremented."""
    queued = pending.calls if (pending := state_of(obj).pending) else {}
    resets = QUEUED.get(type(obj).__name__, {}).values()
    return any(operation in queued and name in fields for operation, fields in resets)


def _unclear(obj: StashObject, name: str, before: int, now: int) -> StashUnknownOutcomeError:
    return StashUnknownOutcomeError(
        f"{obj!r} may have been counted before: its {name} was {before} and is {now}, by whom is not known.",
        hint="Save it with retry_unknown=True to count it again, or call mark_clean() to leave it.",
    )
