"""The identity map: one object per type and id.

It refers to objects weakly: as long as an object is referenced, every response is merged into it. Strong
references keep the most recently used objects alive up to a bound, so that they can be read again, and every
changed object until it is saved.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from contextlib import AbstractContextManager, contextmanager
from threading import RLock
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar, cast

from stash_cli.core.client.locks import RequestOrder
from stash_cli.core.errors import StashUsageError
from stash_cli.core.orm import state_of
from stash_cli.core.orm.hydrate import Plan, blank, concrete, plan_of
from stash_cli.core.orm.loading import populate
from stash_cli.core.orm.references import expunge, unify
from stash_cli.core.orm.state import InstanceState, add_state
from stash_cli.core.store.order import WHOLE, FieldOrder
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from stash_cli.core.client import StashClient
    from stash_cli.core.types.entity import StashObject

T = TypeVar("T", bound="StashObject")
MAX_OBJECTS = 20_000
"""Number of recently used objects that a map keeps alive: some tens of megabytes."""

NEVER = float("-inf")
_TEMPORARY = 32
"""Length of the ids of new objects."""
_CREATED = 10_000
"""Number of created objects whose ids are remembered."""


class Table:
    """The live objects of one type, and their hydration plan."""

    __slots__ = ("entries", "highest", "plan")

    def __init__(self, cls: type[StashObject]) -> None:
        self.entries: dict[str, InstanceState] = {}
        self.highest = (0, "")
        """Length and text of the highest id loaded; temporary ids are ignored."""
        self.plan: Plan = plan_of(cls)


class Answer:
    """The merge of one response into the identity map; the caller holds the map's lock.

    `number` is that of the request. If older responses may still arrive, or anything was written since it was
    sent, `FieldOrder` decides for each field whether its value is outdated. `dropped` counts links to objects
    that were deleted since; `incomplete` are objects that lack a field because its value was outdated.
    """

    __slots__ = ("_identity", "dropped", "incomplete", "is_checked", "number")

    def __init__(self, identity: IdentityMap, number: int | None) -> None:
        self._identity = identity
        self.dropped = 0
        self.incomplete: list[StashObject] = []
        self.number = identity.order.requests.now() if number is None else number
        self.is_checked = number is not None and identity.order.needs_check(number)

    def load(self, cls: type[T], data: Mapping[str, Any]) -> T | None:
        """The one object for `data["id"]`, with `data` merged into it; None if it was deleted."""
        return self._identity.merge(concrete(cls, data) if "__typename" in data else cls, data, self)


def _lacks_any(obj: StashObject, names: Iterable[str], plan: Plan) -> bool:
    """Whether the object has no value, not even an older one, for any of these API fields."""
    attrs = (plan.setters[name][0] for name in names if name in plan.setters)
    return any(obj.__dict__.get(attr, UNSET) is UNSET for attr in attrs)


class IdentityMap:
    """Type and id -> the one object; safe to use from several threads."""

    def __init__(
        self,
        *,
        max_objects: int = MAX_OBJECTS,
        clock: Callable[[], float] = monotonic,
        requests: RequestOrder | None = None,
    ) -> None:
        self._lock = RLock()
        self.order = FieldOrder(requests or RequestOrder())
        self._expired = 0
        """Number of the last request before the last `expire`."""
        self.client: StashClient | None = None
        self.clock = clock
        self.max_objects = max_objects
        self._tables: dict[type, Table] = {}
        # Keyed by `id(obj)`, which stays the same when a new object gets the server's id.
        self._recent: OrderedDict[int, StashObject] = OrderedDict()
        self._changed: dict[int, StashObject] = {}
        self._created: deque[tuple[str, str]] = deque(maxlen=_CREATED)

    @property
    def lock(self) -> AbstractContextManager[Any]:
        """Lock held while a response or an edit is applied (`StateListener`)."""
        return self._lock

    def load(self, cls: type[T], data: Mapping[str, Any]) -> T:
        """The one object for `data["id"]`, with the current values in `data` merged into it."""
        with self.merging_response(None) as answer:
            return cast("T", answer.load(cls, data))

    @contextmanager
    def merging_response(self, number: int | None) -> Iterator[Answer]:
        """Context for merging the response to the request with this number (None: current values)."""
        with self._lock:
            yield Answer(self, number)

    def load_all(self, cls: type[T], rows: Sequence[Mapping[str, Any]], number: int | None = None) -> list[T]:
        """The objects for the rows of a query, which count as fresh and recently used.

        `number` is that of the request; objects that were deleted since are left out.
        """
        return [obj for obj in self.load_each(cls, rows, number) if obj is not None]

    def load_each(
        self,
        cls: type[T],
        rows: Sequence[Mapping[str, Any]],
        number: int | None = None,
        passes: Callable[[Mapping[str, Any]], bool] | None = None,
        incomplete: list[T] | None = None,
    ) -> list[T | None]:
        """Like `load_all`, with None for each row that fails `passes` or whose object was deleted since.

        Objects that lack a field whose value in the row is outdated are appended to `incomplete`.
        """
        with self.merging_response(number) as answer:
            now = self.clock() if answer.number >= self._expired else NEVER
            objects = [
                self.merge(concrete(cls, row), row, answer, now) if passes is None or passes(row) else None
                for row in rows
            ]
            if incomplete is not None:
                incomplete += cast("list[T]", answer.incomplete)
            return objects

    def merge(
        self, cls: type[T], data: Mapping[str, Any], answer: Answer, now: float | None = None
    ) -> T | None:
        """Merge `data` and return its object; None if the object was deleted since.

        `now` is the time for a row of the query itself, None for a linked object.
        """
        id_ = data["id"]
        # Rows that were not read from a server may have int ids. A comparison of the class is the fastest
        # test, and it runs for each link.
        if id_.__class__ is not str:
            id_ = str(id_)
        if answer.is_checked:
            if self.order.is_deleted_after(cls.__name__, id_, answer.number):
                answer.dropped += 1
                return None
            row, data = data, self._current(cls, id_, data, answer.number)
        table = self._tables.get(cls) or self._table(cls)
        entry = table.entries.get(id_)
        obj: Any = None if entry is None else entry()
        if obj is None or entry is None:
            obj, entry = blank(cls, self)
            # Registered before it is populated, because its links may lead back to it.
            self._register(obj, entry, table, id_)
        populate(obj, entry, data, table.plan, answer)
        if now is not None:
            entry.loaded_at = max(entry.loaded_at, now)
            self._recent[id(obj)] = obj
            self._recent.move_to_end(id(obj))
            if answer.is_checked and _lacks_any(obj, row.keys() - data.keys(), table.plan):
                answer.incomplete.append(obj)
        return obj  # type: ignore[no-any-return]

    def _current(
        self, cls: type[StashObject], id_: str, data: Mapping[str, Any], number: int
    ) -> dict[str, Any]:
        """The values of `data` that were neither written nor read since the request with this number."""
        setters, later = plan_of(cls).setters, self.order.changed_after(cls.__name__, id_, number)
        attrs = {name: setters[name][0] for name in data if name in setters}
        current = {name: data[name] for name, attr in attrs.items() if not later(attr)}
        self.order.note(cls.__name__, [id_], (attrs[name] for name in current), number)
        return current

    def current(self, obj: StashObject, values: Mapping[str, Any], number: int) -> dict[str, Any]:
        """Those of `values` neither written nor read since the request with this number (`StateListener`)."""
        with self._lock:
            later = self.order.changed_after(type(obj).__name__, obj.id, number)
            current = {name: value for name, value in values.items() if not later(name)}
            self.order.note(type(obj).__name__, [obj.id], current, number)
            return current

    def wrote(
        self,
        type_name: str,
        ids: Iterable[str] | None,
        fields: Iterable[str] | None = None,
        number: int | None = None,
    ) -> None:
        """Record that a mutation wrote fields (None: any) of some objects (None: any of the type).

        Responses to requests sent before now, or before request `number`, no longer change these fields.
        """
        with self._lock:
            self.order.note(type_name, ids, [WHOLE] if fields is None else fields, number)

    def _table(self, cls: type[StashObject]) -> Table:
        return self._tables.setdefault(cls, Table(cls))

    def _register(self, obj: StashObject, state: InstanceState, table: Table, id_: str) -> None:
        state.id, state.loaded_at = id_, self.clock()
        table.entries[id_] = state
        if table.highest < (length := len(id_), id_) and length < _TEMPORARY:
            table.highest = (length, id_)
        self._recent[id(obj)] = obj
        if len(self._recent) > self.max_objects:
            self._evict()

    def removed(self, state: InstanceState) -> None:
        """Remove the entry of an object that was garbage-collected (`StateListener`)."""
        with self._lock:
            table = self._tables.get(state.cls)
            if table is not None and table.entries.get(state.id) is state:
                del table.entries[state.id]

    def _evict(self) -> None:
        while len(self._recent) > self.max_objects:
            self._recent.popitem(last=False)

    def add(self, obj: StashObject) -> None:
        """Add an object, new or not; raises StashUsageError if another object has the same id."""
        with self._lock:
            table = self._table(type(obj))
            entry = table.entries.get(obj.id)
            existing = entry() if entry is not None else None
            if existing is not None and existing is not obj:
                raise StashUsageError(f"{obj!r} is in the store already, as another object.")
            state = self.attach(obj)
            if existing is None:
                self._register(obj, state, table, obj.id)
            self.changed(obj)

    def attach(self, obj: StashObject) -> InstanceState:
        """Make this map the listener of an object, and return the object's state."""
        state = state_of(obj)
        if state.listener is not None and state.listener is not self:
            # The entry in the map of the other store is the old state.
            pending = state.pending
            state = add_state(obj)
            state.pending = pending
        state.id, state.listener = obj.id, self
        return state

    def changed(self, obj: StashObject) -> None:
        """Keep a changed object alive until it is saved (`StateListener`)."""
        with self._lock:
            obj = state_of(obj).canonical
            # There may be no other reference to the object, and its changes would be lost with it.
            if obj.is_dirty():
                self._changed[id(obj)] = obj
            elif self._changed.pop(id(obj), None) is not None:
                self.touch(obj)

    def renamed(self, obj: StashObject, old_id: str) -> StashObject | None:
        """Register a new object under the server's id; return another object with that id, if any."""
        with self._lock:
            existing = self.get(type(obj), obj.id)
            table = self._table(type(obj))
            table.entries.pop(old_id, None)
            self._register(obj, state_of(obj), table, obj.id)
            self._created.append((type(obj).__name__, obj.id))
            self.changed(obj)
            return None if existing is obj else existing

    def unify(self, obj: StashObject, other: StashObject) -> None:
        """Make `other` share the fields and state of `obj`, the same entity (`StateListener`)."""
        with self._lock:
            self._recent.pop(id(other), None)
            self._changed.pop(id(other), None)
            unify(obj, other, self.everything())

    def highest_id(self, type_name: str) -> int:
        """The highest id loaded of a type; 0 if none was loaded."""
        with self._lock:
            ids = [table.highest[1] for cls, table in self._tables.items() if cls.__name__ == type_name]
            return max((int(one) for one in ids if one), default=0)

    def created(self, type_name: str) -> Collection[str]:
        """The ids of the objects of a type that were created most recently through this map."""
        with self._lock:
            return {one for name, one in self._created if name == type_name}

    def get(self, cls: type[T], id_: str) -> T | None:
        """The live object with this id, fresh or not."""
        with self._lock:
            entry = self._entry(cls, id_)
            return cast("T | None", entry() if entry is not None else None)

    def age(self, cls: type[StashObject], id_: str) -> float:
        """Seconds since the object was loaded; infinite for one that is not in the map or was expired."""
        with self._lock:
            entry = self._entry(cls, id_)
            return self.clock() - entry.loaded_at if entry is not None else float("inf")

    def touch(self, obj: StashObject) -> None:
        """Mark an object as recently used."""
        with self._lock:
            self._recent[id(obj)] = obj
            self._recent.move_to_end(id(obj))
            self._evict()

    def _entry(self, cls: type[StashObject], id_: str) -> InstanceState | None:
        table = self._tables.get(cls)
        return table.entries.get(id_) if table is not None else None

    def objects(self, cls: type[T]) -> list[T]:
        """The live objects of a type."""
        with self._lock:
            live = [entry() for entry in list(self._table(cls).entries.values())]
            return cast("list[T]", [obj for obj in live if obj is not None])

    def everything(self) -> list[StashObject]:
        """The live objects of all types."""
        with self._lock:
            # Copied to lists, because the garbage collector may remove entries during a loop.
            entries = [entry for table in self._tables.values() for entry in list(table.entries.values())]
            return [obj for entry in entries if (obj := entry()) is not None]

    def dirty(self) -> list[StashObject]:
        """The changed objects, in the order of their first change."""
        with self._lock:
            # The save of another object may have committed an object's last change without a notification.
            self._changed = {key: obj for key, obj in self._changed.items() if obj.is_dirty()}
            return list(self._changed.values())

    def expire(self, cls: type[StashObject] | None = None, id_: str | None = None) -> None:
        """Mark objects as outdated, so that the next read sends a request; identities and changes stay."""
        with self._lock:
            # Responses to requests sent before now are as old as the expired values.
            self._expired = self.order.requests.now()
            for entry in self._entries(cls, id_):
                entry.loaded_at = NEVER
                self._recent.pop(id(entry()), None)

    def _entries(self, cls: type[StashObject] | None, id_: str | None) -> list[InstanceState]:
        tables = [table for key, table in self._tables.items() if cls is None or key is cls]
        if id_ is not None:
            return [table.entries[id_] for table in tables if id_ in table.entries]
        # Values and not items: allocating pairs may start the garbage collector, which removes entries.
        return [entry for table in tables for entry in list(table.entries.values())]

    def discard(self, obj: StashObject) -> None:
        """Remove a deleted object."""
        with self._lock:
            self._recent.pop(id(obj), None)
            self._changed.pop(id(obj), None)
            self._table(type(obj)).entries.pop(obj.id, None)
            state_of(obj).listener = None

    def expunge(self, cls: type[Any], ids: Collection[str]) -> None:
        """Remove deleted objects and all references to them; objects that referred to one are expired."""
        with self._lock:
            self.order.record_deletion(cls.__name__, ids)
            deleted = [obj for one in ids if (obj := self.get(cls, one)) is not None]
            for obj in deleted:
                self.discard(obj)
            for holder in expunge(self.everything(), deleted, cls.__name__):
                self.expire(type(holder), holder.id)
