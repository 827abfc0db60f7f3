"""Merging of responses into objects: the server's values are applied, unsaved changes stay."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from stash_cli.core.orm import state_of
from stash_cli.core.orm.backrefs import clear_reverted, commit_backrefs, propagate
from stash_cli.core.orm.collections import TrackedDict, TrackedList, track
from stash_cli.core.orm.history import ALWAYS_DIRTY, Delta, same, snapshot
from stash_cli.core.orm.merge import COUNTERS, as_sent, conflicting, is_mergeable, merged, without_sent
from stash_cli.core.orm.relationship import relationships
from stash_cli.core.orm.relationship_values import apply_delta
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stash_cli.core.orm.hydrate import Identity, Instrument, Plan
    from stash_cli.core.orm.state import InstanceState
    from stash_cli.core.types.entity import StashObject

_put = object.__setattr__
_NOTHING: Mapping[str, Any] = MappingProxyType({})


def merge_answer(obj: StashObject, values: Mapping[str, Any], number: int | None = None) -> None:
    """Apply the server's values to unchanged fields, and merge them into changed ones.

    `values` are converted attributes, or the result of a query for an inverse relation; a null is a value,
    an absent field stays. `number` is that of the request that read them: fields in flight, and fields
    written or read since it was sent, stay. With None the values are current.
    """
    state = state_of(obj)
    with state.locked():
        if number is not None:
            values = {name: _mergeable_part(state, name, value) for name, value in values.items()}
            values = {name: value for name, value in values.items() if value is not UNSET}
            if state.listener is not None:
                values = state.listener.current(obj, values, number)
        for name, value in values.items():
            _merge(state, name, value, track)
        _put(obj, "__pydantic_fields_set__", obj.__pydantic_fields_set__ | values.keys())


def populate(
    obj: StashObject, state: InstanceState, data: Mapping[str, Any], plan: Plan, identity: Identity | None
) -> None:
    """`merge_answer` for a row as sent by the server, which is converted first.

    One loop without function calls for unchanged objects, because hydration dominates the cost of reading.
    """
    names, held, pending = tuple(data), obj.__dict__, state.pending
    in_flight = _NOTHING if pending is None else pending.in_flight
    layout, known = plan.layouts.get(names) or plan.layout(names), obj.__pydantic_fields_set__
    if not layout.attrs <= known:
        # Objects that were loaded with the same fields share one set; an assignment copies it.
        _put(obj, "__pydantic_fields_set__", layout.attrs | known if known else layout.attrs)
    for step, value in zip(layout.steps, data.values(), strict=True):
        if step is None:
            continue
        attr, convert, instrument = step
        if convert is not None and value is not None:
            value = convert(value, identity)  # noqa: PLW2901 - converted in place of the row's value
        if pending is None and instrument is None:
            held[attr] = value
        elif state.pending is None and instrument is not None and value is not None:
            _set(held, state, attr, value, instrument)
        elif attr not in in_flight or (value := _mergeable_part(state, attr, value)) is not UNSET:
            _merge(state, attr, value, instrument)


def _mergeable_part(state: InstanceState, name: str, value: Any) -> Any:
    """The part of a field's value in a response that may be merged; UNSET if there is none.

    While a mutation of the field is in flight, the items that it changes are not merged. The server may
    execute an overlapping query before, during or after the mutation: an item that the mutation removes could
    be missing in one response and present in the next, as if another client had added it.
    """
    pending = state.pending
    if pending is None or name not in pending.in_flight:
        return value
    known = pending.committed_state.get(name, UNSET)
    return without_sent(name, state.relation(name), known, pending.in_flight[name], value)


def _merge(state: InstanceState, name: str, value: Any, instrument: Instrument | None) -> None:
    """Merge the server's value of one field."""
    if state.pending is not None and state.pending.holds(name):
        _merge_changed(state, name, value)
    elif instrument is None or value is None:
        state.obj.__dict__[name] = value
    else:
        _set(state.obj.__dict__, state, name, value, instrument)


def set_silently(state: InstanceState, name: str, value: Any) -> None:
    """Set a field without recording an edit; a tracked list or map stays the same object."""
    _set(state.obj.__dict__, state, name, value, track)


def _set(held: dict[str, Any], state: InstanceState, name: str, value: Any, instrument: Instrument) -> None:
    mine = held.get(name)
    if value is None or not isinstance(mine, TrackedList | TrackedDict):
        held[name] = instrument(value, (state, name))
    elif not same(mine, value):
        # Edited in place, because the program may hold a reference to the list or map.
        mine.replace_silently(value)


def _merge_changed(state: InstanceState, name: str, value: Any) -> None:
    """Merge a field with recorded changes: they stay, unless the server has the same value."""
    pending, is_same, obj = state.ensure_pending(), state.comparison(name), state.obj
    before = pending.committed_state.get(name, UNSET)
    if name in COUNTERS and name in pending.unknown:
        # The number alone does not show who counted; the next save reads the history.
        return
    if before is ALWAYS_DIRTY or (before is not UNSET and is_same(value, before)):
        if state.pop_unknown(name) is not UNSET:
            state.discard_unchanged(name)
        return
    differs, mine = state.differs(name), obj.__dict__.get(name, UNSET)
    sent = state.pop_unknown(name)
    pending.committed_state[name] = snapshot(value)
    if before is not UNSET:
        commit_backrefs(obj, name, before, pending.committed_state[name])
    if not differs:
        _merge_loaded(state, name, value)
    elif before is UNSET:
        # Assigned while it was not loaded: only now the objects that the assignment removes are known.
        propagate(obj, name, pending.committed_state[name], obj.__dict__[name])
    else:
        _merge_both(state, name, (before, mine, value), sent)
    state.discard_unchanged(name)


def _merge_loaded(state: InstanceState, name: str, value: Any) -> None:
    """Set a field that was not edited itself, with the changes recorded while it was not loaded."""
    pending = state.ensure_pending()
    queued = pending.members.get(name, Delta())
    for delta in pending.loaded_deltas(name):
        value = apply_delta(relationships(state.cls.__name__)[name], value, delta)
    set_silently(state, name, value)
    relation = state.relation(name)
    if relation is not None and queued:
        changed = relation.targets([*queued.added.values(), *queued.removed.values()])
        clear_reverted(state.obj, name, changed)


def _merge_both(state: InstanceState, name: str, values: tuple[Any, Any, Any], sent: Any) -> None:
    """Merge a field that was changed here and on the server: `values` are its base, ours and theirs.

    `sent` is a value sent before with an unknown outcome, or UNSET. Our value stays if it cannot be merged.
    """
    base, mine, theirs = values
    originals, relation = state.ensure_pending().originals, state.relation(name)
    if not is_mergeable(name, base, mine, theirs):
        if not state.comparison(name)(theirs, sent):
            originals.setdefault(name, base)
        return
    if sent is not UNSET:
        base = as_sent(name, relation, base, sent, theirs)
    if conflicting(base, mine, theirs):
        originals.setdefault(name, base)
    set_silently(state, name, merged(name, relation, base, mine, theirs))
