"""InstanceState: the bookkeeping of one object, separate from its fields."""

from __future__ import annotations

from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import wraps
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, TypeVar, cast
from weakref import ref

from stash_cli.core.errors import StashInputError, StashUsageError
from stash_cli.core.orm import state_of
from stash_cli.core.orm.backrefs import commit_backrefs, propagate
from stash_cli.core.orm.collections import track
from stash_cli.core.orm.history import ALWAYS_DIRTY, Delta, Pending, same, same_links, snapshot
from stash_cli.core.orm.merge import COUNTERS, as_sent, is_mergeable, merged
from stash_cli.core.orm.relationship import RelationshipMetadata, other_side, relationships
from stash_cli.core.orm.relationship_values import apply_delta, difference
from stash_cli.core.types.entities import ENTITIES
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from stash_cli.core.client import StashClient
    from stash_cli.core.orm.flush import LostCreate
    from stash_cli.core.types.entity import StashObject

P = ParamSpec("P")
R = TypeVar("R")

_put = object.__setattr__
_NOTHING: Mapping[str, Any] = MappingProxyType({})

UNTRACKED = frozenset({"id"})
"""Fields whose assignment is no change to save."""


class StateListener(Protocol):
    """The interface of an identity map to the objects in it, which notify it."""

    client: StashClient | None

    @property
    def lock(self) -> AbstractContextManager[Any]:
        """Lock held while a response or an edit is applied to an object."""

    def changed(self, obj: StashObject) -> None:
        """Handle an edit, or a commit, of a field."""

    def renamed(self, obj: StashObject, old_id: str) -> StashObject | None:
        """Handle the replacement of `old_id` by the server's id; return another object with it, if any."""

    def unify(self, obj: StashObject, other: StashObject) -> None:
        """Make `other` share the fields and state of `obj`, which is the same entity."""

    def current(self, obj: StashObject, values: Mapping[str, Any], number: int) -> dict[str, Any]:
        """Those of `values` that were neither written nor read since the request with this number."""

    def wrote(
        self,
        type_name: str,
        ids: Iterable[str] | None,
        fields: Iterable[str] | None = None,
        number: int | None = None,
    ) -> None:
        """Record that a mutation wrote fields (None: any) of some objects (None: any of the type)."""

    def removed(self, state: InstanceState) -> None:
        """Handle the garbage collection of an object."""


class InstanceState(ref["StashObject"]):
    """Listener and pending changes of one object, and its entry in an identity map.

    Fields are UNSET until they are loaded or assigned. For a changed field, `pending` keeps the committed
    value (the server's): a field set back to it is unchanged. Unchanged fields are never compared.

    It is itself the weak reference to the object that owns it: an identity map of states keeps no objects
    alive, and needs no separate weak reference for every object.
    """

    __slots__ = ("cls", "id", "listener", "loaded_at", "pending")
    cls: type[StashObject]
    id: str
    """Key in the identity map."""
    listener: StateListener | None
    loaded_at: float
    """Time of the last query for this very object, by the identity map's clock."""
    pending: Pending | None
    """None while nothing was changed, as for most objects."""

    @property
    def obj(self) -> StashObject:
        """The object; raises ReferenceError after its garbage collection."""
        obj = self()
        if obj is None:
            raise ReferenceError("The object of this state is gone.")
        return obj

    @property
    def canonical(self) -> StashObject:
        """The object itself, or the one it was unified with."""
        owner = self.pending.owner if self.pending is not None else None
        return self.obj if owner is None else owner

    @property
    def is_attached(self) -> bool:
        """Whether the object belongs to a store."""
        return self.listener is not None

    @property
    def client(self) -> StashClient:
        """The client of the object's store; raises StashUsageError for an object without one."""
        client = self.listener.client if self.listener is not None else None
        if client is None:
            raise StashUsageError(f"{self.obj!r} is in no store, so there is no server to ask.")
        return client

    def notify(self) -> None:
        """Notify the listener of a change."""
        if self.listener is not None:
            self.listener.changed(self.obj)

    def locked(self) -> AbstractContextManager[Any]:
        """The store's lock, during which no response and no edit of another thread is applied."""
        return nullcontext() if self.listener is None else self.listener.lock

    def unify(self, other: StashObject) -> None:
        """Make another object of the same entity share the fields and state of this one."""
        if self.listener is not None:
            self.listener.unify(self.obj, other)

    def ensure_pending(self) -> Pending:
        """The pending changes, created where there are none."""
        if self.pending is None:
            self.pending = Pending()
        return self.pending

    def relation(self, name: str) -> RelationshipMetadata | None:
        return relationships(self.cls.__name__).get(name)

    @property
    def committed_state(self) -> Mapping[str, Any]:
        """Changed field -> snapshot of the server's value, UNSET if that is unknown."""
        return self.pending.committed_state if self.pending is not None else _NOTHING

    def expected_state(self) -> Mapping[str, Any]:
        """Changed field -> the server's value once all related objects are saved."""
        with self.locked():
            return {name: self._expected(name) for name in self.committed_state}

    def _expected(self, name: str) -> Any:
        before, delta = self.committed_state[name], self.ensure_pending().backref_changes.get(name)
        if delta is None or before is UNSET or before is ALWAYS_DIRTY:
            return before
        return apply_delta(relationships(self.cls.__name__)[name], before, delta)

    def comparison(self, name: str) -> Callable[[Any, Any], bool]:
        """The comparison for values of a field: links compare in any order."""
        relation = self.relation(name)
        is_links = relation is not None and relation.inverse_type in ENTITIES and not relation.through
        return same_links if is_links else same

    def differs(self, name: str) -> bool:
        """Whether a field is to be saved: it differs from its expected value, or its outcome is unknown."""
        if name not in self.committed_state:
            return False
        mine, pending = self.obj.__dict__.get(name, UNSET), self.ensure_pending()
        # Even a field set back to its committed value differs if the server has stored the sent value.
        is_open = name in pending.unknown or name in pending.in_flight
        return is_open or not self.comparison(name)(mine, self._expected(name))

    def backref_changes(self, name: str) -> Delta:
        """Changes of a relationship that were made at the other side."""
        return self.ensure_pending().backref_changes.setdefault(name, Delta())

    def record_committed(self, name: str) -> Any:
        """Record the committed value of a field before it changes; UNSET for one that is not loaded."""
        value = self.obj.__dict__.get(name, UNSET)
        if value is UNSET:
            return UNSET
        return self.ensure_pending().committed_state.setdefault(name, snapshot(value))

    def set_committed(self, name: str, value: Any) -> None:
        """Set the committed value of a field (SQLAlchemy's `set_committed_value`)."""
        self.ensure_pending().committed_state[name] = value
        self.discard_unchanged(name)

    def discard_unchanged(self, name: str) -> None:
        """Discard the record of a field that equals its committed value and has no unknown outcome."""
        pending = self.pending
        if (
            pending is not None
            and name in pending.committed_state
            and name not in pending.unknown
            and name not in pending.in_flight
            and self.comparison(name)(self.obj.__dict__.get(name, UNSET), pending.committed_state[name])
        ):
            pending.discard(name)
            self.notify()

    def modified(self, name: str, before: Any) -> None:
        """Record the edit of a field whose old value is the snapshot `before`, and update its backref."""
        self.ensure_pending().committed_state.setdefault(name, before)
        if name in relationships(self.cls.__name__):
            propagate(self.obj, name, before, self.obj.__dict__[name])
        self.discard_unchanged(name)
        self.notify()

    @contextmanager
    def editing(self, name: str) -> Iterator[Callable[[Any], Any]]:
        """Context of an in-place edit of the list, map or embedded value in a field.

        Yields a function that adapts new items; it raises StashInputError for objects of another type.
        """
        with self.locked():
            before = snapshot(self.obj.__dict__.get(name, UNSET))
            try:
                yield lambda item: track(self._checked(name, item), (self, name))
            finally:
                # An edit that raises may have changed a part of the value.
                self.modified(name, before)

    def _checked(self, name: str, item: Any) -> Any:
        relation = self.relation(name)
        expected = (relation.through or relation.inverse_type) if relation else None
        if expected is None or type(item).__name__ == expected:
            return item
        raise StashInputError(f"{self.cls.__name__}.{name} holds {expected} objects, not {item!r}.")

    def track_all(self) -> None:
        """Replace the lists and maps that the object was created with by tracked ones of its own."""
        fields = self.obj.__dict__
        for name, value in fields.items():
            if isinstance(value, list | dict):
                fields[name] = track(value, (self, name))

    def changed_fields(self) -> dict[str, Any]:
        """Field -> current value, for every field to be saved."""
        with self.locked():
            fields = self.obj.__dict__
            return {name: fields[name] for name in sorted(self.committed_state) if self.differs(name)}

    def has_changes(self) -> bool:
        """Whether a field is to be saved, or anything is queued."""
        with self.locked():
            if self.pending is not None and self.pending.is_dirty():
                return True
            return any(self.differs(name) for name in self.committed_state)

    def commit(
        self, values: Mapping[str, Any], number: int | None = None, sent_for: Mapping[str, Any] = _NOTHING
    ) -> None:
        """Commit values (snapshots) that the server has stored; fields edited meanwhile stay changed.

        Lists and maps were sent as differences from `sent_for`: if a response has changed the committed value
        meanwhile, the difference is merged into it. Responses to requests sent before now (or before request
        `number`) no longer change these fields.
        """
        with self.locked():
            for name, value in values.items():
                pending = self.ensure_pending()
                before = pending.committed_state.get(name, self.obj.__dict__.get(name, UNSET))
                now = self._with_difference(name, sent_for.get(name, UNSET), value, before)
                self._record_write(name, before, now, number)
                pending.committed_state[name] = now
                pending.originals.pop(name, None)
                pending.unknown.pop(name, None)
                commit_backrefs(self.obj, name, before, now)
                self.discard_unchanged(name)
            self.notify()

    def _with_difference(self, name: str, sent_for: Any, sent: Any, known: Any) -> Any:
        """The server's value after it has stored `sent`, merged with the changes of other clients."""
        if not is_mergeable(name, sent_for, sent, known) or self.comparison(name)(known, sent_for):
            return sent
        base = as_sent(name, self.relation(name), sent_for, sent, known)
        return snapshot(merged(name, self.relation(name), base, sent, known))

    def begin_sending(self, fields: Mapping[str, tuple[Any, Any]]) -> None:
        """Record the committed and the new value of fields in flight, until `end_sending`.

        Meanwhile each of these fields counts as changed, even if it is set back to its committed value.
        """
        with self.locked():
            self.ensure_pending().in_flight.update(fields)

    def end_sending(self, fields: Iterable[str]) -> None:
        """Record that the outcome of the mutation of these fields is known."""
        with self.locked():
            for name in fields:
                self.ensure_pending().in_flight.pop(name, None)
                self.discard_unchanged(name)
            self.notify()

    def set_unknown(self, values: Mapping[str, Any]) -> None:
        """Record that the server may have stored these values (snapshots): the fields stay changed.

        Responses to requests sent before now do not show the outcome.
        """
        with self.locked():
            for name, value in values.items():
                pending = self.ensure_pending()
                pending.unknown[name] = value
                pending.in_flight.pop(name, None)
                pending.committed_state.setdefault(name, UNSET)
                self._record_write(name, pending.committed_state[name], value)
            self.notify()

    def pop_unknown(self, name: str) -> Any:
        """Remove and return the value sent with an unknown outcome when a response shows it; else UNSET.

        It counts as a write: responses to requests sent before now no longer change the field, because the
        order in which the server executed these is unknown.
        """
        sent = self.ensure_pending().unknown.pop(name, UNSET)
        if sent is not UNSET:
            self.record_writes([name])
        return sent

    def set_lost_create(self, lost: LostCreate | None) -> None:
        """Record a create with an unknown outcome, or (None) that the outcome is known."""
        with self.locked():
            self.ensure_pending().lost = lost

    def record_writes(self, fields: Iterable[str]) -> None:
        """Record that a mutation wrote fields: responses to requests sent before now do not change them."""
        if self.listener is not None:
            self.listener.wrote(self.cls.__name__, [self.obj.id], fields)

    def _record_write(self, name: str, before: Any, value: Any, number: int | None = None) -> None:
        """Record a written field, and the fields that this changed on the other side of a relationship."""
        if self.listener is None:
            return
        self.listener.wrote(self.cls.__name__, [self.obj.id], [name], number)
        relation = self.relation(name)
        if relation is None or relation.inverse_type not in ENTITIES:
            return
        removed, added = difference(relation, before, value)
        ids = [target.id for target, _ in (*removed, *added)]
        if ids:
            self.listener.wrote(relation.inverse_type, ids, other_side(relation), number)

    def rebase(self, name: str, step: Callable[[Any], Any]) -> None:
        """Apply `step` to the committed value of a changed field.

        For a field in flight, `step` applies to the committed value at the time of sending, because the save
        of another object may have changed it since. For a counter it applies to the current committed value,
        because other clients may have increased it before the mutation was sent.
        """
        with self.locked():
            if name not in self.committed_state:
                return
            in_flight = self.ensure_pending().in_flight
            base, sent = in_flight.get(name, (UNSET, UNSET))
            if base is UNSET or name in COUNTERS:
                self.commit({name: step(self.committed_state[name])})
                return
            in_flight[name] = step(base), sent
            self.commit({name: step(base)}, sent_for={name: base})


def add_state(obj: StashObject, listener: StateListener | None = None) -> InstanceState:
    """Give an object the state of an unchanged one."""
    state = InstanceState(obj, _notify_removed)
    state.cls = obj.__class__
    state.listener = listener
    state.pending = None
    _put(obj, "_state", state)
    return state


def with_lock(
    function: Callable[Concatenate[StashObject, P], R],
) -> Callable[Concatenate[StashObject, P], R]:
    """Decorator that holds the lock of the object's store while `function` runs."""

    @wraps(function)
    def locked(obj: StashObject, /, *args: P.args, **options: P.kwargs) -> R:
        with state_of(obj).locked():
            return function(obj, *args, **options)

    return locked


def _notify_removed(state: ref[StashObject]) -> None:
    """Notify the listener that an object was garbage-collected (callback of the weak reference)."""
    listener = cast("InstanceState", state).listener
    if listener is not None:
        listener.removed(cast("InstanceState", state))
