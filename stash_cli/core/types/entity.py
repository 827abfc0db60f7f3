"""StashObject: the base class of entities, which have an id, track their changes and save themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast
from uuid import uuid4

from pydantic import Field, ModelWrapValidatorHandler, PrivateAttr, model_validator

from stash_cli.core.errors import StashInputError, StashUsageError, did_you_mean
from stash_cli.core.orm.backrefs import commit_backrefs, propagate
from stash_cli.core.orm.collections import release, track
from stash_cli.core.orm.copying import copy_state, deep_copy, restore
from stash_cli.core.orm.flush import plan_flush
from stash_cli.core.orm.history import ALWAYS_DIRTY, Conflict, History, OnConflict, compare, same, snapshot
from stash_cli.core.orm.input import merge_operation
from stash_cli.core.orm.introspect import ClassProperty, side_mutations, tracked_fields
from stash_cli.core.orm.relationship import inverses, relationships
from stash_cli.core.orm.state import UNTRACKED, InstanceState, add_state
from stash_cli.core.types.annotations import ID, Maybe, Time
from stash_cli.core.types.base import ApiObject, Embedded
from stash_cli.core.types.links import link, member
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from stash_cli.core.client import StashClient


_put = object.__setattr__
_TEMPORARY_LENGTH = len(uuid4().hex)


class StashObject(ApiObject):
    """An entity of the library.

    A new object has a UUID4 hex id until `save` replaces it by the server's number. Every edit is
    recorded when it is made, with the committed value; `save` sends the fields that differ from the
    server's values at that time.

    Objects are equal when type and id are equal. An object that was hashed keeps its key of that time: if
    it was hashed before it was saved, it stays equal only to itself.
    """

    # Slots are hidden from Pydantic, whose private attributes would slow down every object.
    __slots__ = ("_key", "_state")
    if TYPE_CHECKING:
        # Declared as private attributes, so that the constructor does not accept them.
        _key: tuple[str, str] = PrivateAttr()
        """Type and id by which the object was first hashed."""
        _state: InstanceState = PrivateAttr()

    __relationships__: ClassVar = ClassProperty(relationships)
    """Attribute -> RelationshipMetadata."""
    __tracked_fields__: ClassVar = ClassProperty(tracked_fields)
    """Attributes whose changes `save` writes."""
    __side_mutations__: ClassVar = ClassProperty(side_mutations)
    """Attributes of these that have mutations of their own."""

    id: ID = Field(default_factory=lambda: uuid4().hex)

    @model_validator(mode="wrap")
    @classmethod
    def _check_names(cls, data: Any, build: ModelWrapValidatorHandler[Self]) -> Self:
        """Refuse names that are neither fields nor inverse relations, and set inverse relations.

        Only for objects created by programs. Responses are not validated: newer servers may send more fields.
        """
        if not isinstance(data, Mapping):
            return build(data)
        if cls.__name__ == "BaseFile" and (concrete := member(cls.__name__, data)) is not cls:
            return cast("Self", concrete.model_validate(data))
        fields = {*cls.model_fields, *(field.alias for field in cls.model_fields.values())}
        related = {name: data[name] for name in inverses(cls.__name__) if name in data and name not in fields}
        for name in data:
            if name not in fields and name not in related and not str(name).startswith("__"):
                near = did_you_mean(str(name), [*cls.model_fields, *inverses(cls.__name__)])
                raise StashInputError(f"{cls.__name__} has no field {name!r}. {near}".rstrip())
        obj = build({name: value for name, value in data.items() if name not in related})
        for name, value in related.items():
            setattr(obj, name, _parse_related(relationships(cls.__name__)[name].inverse_type, value))
        return obj

    @classmethod
    def new(cls, **data: Any) -> Self:
        """A new object with a temporary id, whatever id `data` holds."""
        return cls(**{**data, "id": uuid4().hex})

    def is_new(self) -> bool:
        """Whether the object is not on the server yet: its id is a UUID, not a number."""
        return "id" in self.__dict__ and is_temporary(self.id)

    def update_id(self, server_id: str | int) -> StashObject | None:
        """Replace the temporary id by the server's; return another object of the store with it, if any."""
        old = self.id
        self.__dict__["id"] = str(server_id)
        listener = self._state.listener
        return None if listener is None or old == self.id else listener.renamed(self, old)

    def is_dirty(self) -> bool:
        """Whether there is anything to save."""
        return self.is_new() or self._state.has_changes()

    async def to_input(self) -> dict[str, Any]:
        """The input that `save` would send: all fields of a new object, else the id and the changes."""
        return plan_flush(self).input

    def get_changed_fields(self) -> dict[str, Any]:
        """Field -> current value, for every field that differs from the server's value."""
        return self._state.changed_fields()

    def get_history(self, name: str) -> History:
        """Items added to a field, removed and unchanged since it was loaded or saved.

        For a list the items, such as related objects; for other fields the value itself. Removed embedded
        values are maps.
        """
        pending = self._state.pending
        if pending and name in pending.members:
            return pending.members[name].history()
        value = getattr(self, name)
        before = self._state.committed_state.get(name, snapshot(value))
        history = compare(
            *(None if each is UNSET or each is ALWAYS_DIRTY else each for each in (before, snapshot(value)))
        )
        if not isinstance(value, list):
            return history
        live = list(zip(snapshot(value), value, strict=True))
        return History(
            _live_items(history.added, live), history.removed, _live_items(history.unchanged, live)
        )

    def get_conflicts(self) -> dict[str, Conflict]:
        """The fields that were changed here and, since then, on the server."""
        with self._state.locked():
            originals = self._state.pending.originals if self._state.pending else {}
            mine, theirs = self.get_changed_fields() if originals else {}, self._state.committed_state
            return {
                name: Conflict(was, mine[name], theirs[name])
                for name, was in originals.items()
                if name in mine and not same(theirs[name], was)
            }

    def mark_clean(self) -> None:
        """Treat the current values as the server's, and discard queued changes."""
        state = self._state
        with state.locked():
            for name, delta in (state.pending.members if state.pending else {}).items():
                commit_backrefs(self, name, [*delta.removed.values()], [*delta.added.values()])
            state.commit({name: snapshot(value) for name, value in state.changed_fields().items()})
            if state.pending is not None:
                # Emptied in place, because another object may share it.
                state.pending.clear()
            state.notify()

    def mark_dirty(self) -> None:
        """Mark every set field as changed, so that `save` sends every field that an update accepts."""
        for name in self.model_fields_set - UNTRACKED:
            self._state.ensure_pending().committed_state[name] = ALWAYS_DIRTY
        self._state.notify()

    async def save(
        self, client: StashClient, *, on_conflict: OnConflict | None = None, retry_unknown: bool = False
    ) -> None:
        """Create the object, or update its changed fields; nothing is sent for an unchanged object.

        Side mutations (play history, a gallery's images, a tag's scenes) follow the object's own mutation,
        all in one request. Tasks that save the same object wait for each other. `on_conflict` and
        `retry_unknown` are as in the store's `save`. Raises StashInputError, before anything is sent, for a
        change that no mutation writes and for a related object that is not saved yet.
        """
        await client.save_entity(self, on_conflict=on_conflict, retry_unknown=retry_unknown)

    async def delete(self, client: StashClient, **options: Any) -> bool:
        """Delete the object on the server; `options` are further fields of the destroy input."""
        if self.is_new():
            raise StashUsageError(f"{self!r} was never saved: there is nothing to delete.")
        return await client.destroy_entity(type(self), [self.id], **options)

    @classmethod
    async def bulk_destroy(cls, client: StashClient, ids: list[str], **options: Any) -> bool:
        """Delete the objects with these ids in one request."""
        return await client.destroy_entity(cls, ids, **options)

    @classmethod
    async def merge(
        cls, client: StashClient, source_ids: list[str], destination_id: str, **options: Any
    ) -> Self | None:
        """Merge objects into the destination, which is returned; `options` are further fields of the input.

        Raises StashUsageError for types that cannot be merged.
        """
        operation = merge_operation(cls.__name__)
        values = {"source": [str(one) for one in source_ids], "destination": str(destination_id), **options}
        return await client.call_operation(operation, input=values)

    @classmethod
    async def find_by_id(cls, client: StashClient, id: str | int) -> Self | None:  # noqa: A002 - public name
        """The object with this id, or None."""
        return await client.find_entity(cls, str(id))

    def _identity(self) -> tuple[str, str]:
        try:
            key: tuple[str, str] = object.__getattribute__(self, "_key")
        except AttributeError:
            # An object that was read without its id is equal only to itself.
            return type(self).__name__, self.__dict__.get("id") or f"at {id(self)}"
        return key

    def __eq__(self, other: object) -> bool:
        """Whether type and id are equal; which fields are loaded does not matter."""
        if self is other:
            return True
        return isinstance(other, StashObject) and self._identity() == other._identity()

    def __hash__(self) -> int:
        key = self._identity()
        _put(self, "_key", key)
        return hash(key)

    def __getattr__(self, name: str) -> Any:
        """UNSET for fields and inverse relations that are not loaded."""
        if name in type(self).model_fields or name in inverses(type(self).__name__):
            return UNSET
        # Defined by Pydantic, but hidden from type checkers.
        return super().__getattr__(name)  # type: ignore[misc]

    def __setattr__(self, name: str, value: Any) -> None:
        state = self._state
        with state.locked():
            old = self.__dict__.get(name, UNSET)
            if value is old:
                # `scene.tags += [...]` ends with this assignment; its edit is already recorded.
                return
            before = snapshot(old)
            # Copied, because objects that were loaded with the same fields share one set.
            _put(self, "__pydantic_fields_set__", {*self.__pydantic_fields_set__})
            if name in type(self).model_fields or name not in inverses(type(self).__name__):
                self._validate(name, value)
            else:
                self.__dict__[name] = self._check_related(name, value)
                self.__pydantic_fields_set__.add(name)
            if name not in UNTRACKED:
                release(old)
                self.__dict__[name] = track(self.__dict__[name], (state, name))
                state.modified(name, before)

    def _validate(self, name: str, value: Any) -> None:
        """Assign a declared field. Unified objects share one `__dict__`, which Pydantic would replace."""
        shared = self.__dict__
        super().__setattr__(name, value)
        if self._state.pending is not None and self._state.pending.owner is not None:
            shared.update(self.__dict__)
            _put(self, "__dict__", shared)

    def _check_related(self, name: str, value: Any) -> list[Any]:
        """A value for an inverse relation; raises StashUsageError unless it is a list of its type."""
        target = relationships(type(self).__name__)[name].inverse_type
        if isinstance(value, list) and all(type(item).__name__ == target for item in value):
            return value
        raise StashUsageError(
            f"{type(self).__name__}.{name} holds a list of {target} objects, not {value!r}."
        )

    def model_post_init(self, _context: Any, /) -> None:
        """Record all fields passed to the constructor as changes."""
        names, state = self.model_fields_set - UNTRACKED, add_state(self)
        if names:
            state.ensure_pending().committed_state.update(dict.fromkeys(names, UNSET))
        state.track_all()
        for name in names & relationships(type(self).__name__).keys():
            propagate(self, name, None, self.__dict__[name])

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with its own pending changes, including `update`."""
        copied = super().model_copy(deep=deep)
        for name, value in (update or {}).items():
            setattr(copied, name, value)
        return copied

    def __copy__(self) -> Self:
        """A second object of the same entity, with its own pending changes and in no store.

        It shares related objects; its edits are not propagated to them until it is saved.
        """
        copied = super().__copy__()
        add_state(copied)
        copy_state(self, copied)
        return copied

    def __deepcopy__(self, memo: dict[Any, Any] | None = None) -> Self:
        """Like `__copy__`, with copies of all loaded objects reachable from it."""
        return deep_copy(self, {} if memo is None else memo)

    def __getstate__(self) -> dict[Any, Any]:
        pending = self._state.pending
        return {**super().__getstate__(), "pending": pending and pending.copy()}

    def __setstate__(self, data: dict[Any, Any]) -> None:
        super().__setstate__(data)
        restore(self, data["pending"])

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        """Id and name only: printing follows no relationships."""
        label = self.__dict__.get("name") or self.__dict__.get("title")
        return [("id", self.id), *([(None, label)] if label else [])]

    def __str__(self) -> str:
        return repr(self)


def _parse_related(type_name: str, value: Any) -> Any:
    """Related objects; mappings, as in a dump, are converted to objects."""
    if not isinstance(value, list):
        return value
    return [link(type_name).validate(item) if isinstance(item, Mapping) else item for item in value]


def is_temporary(id: str) -> bool:  # noqa: A002 - it is one
    """Whether an id is the UUID of an unsaved object; the server's are 64-bit numbers."""
    return not id.isdigit() or len(id) == _TEMPORARY_LENGTH


def _live_items(snapshots: list[Any], live: list[tuple[Any, Any]]) -> list[Any]:
    """The items whose snapshots are in `snapshots`; `live` are pairs of snapshot and item."""
    return [item for copied, item in live if copied in snapshots]


class StashID(Embedded):
    """An object's id on a stash-box."""

    endpoint: Maybe[str] = UNSET
    stash_id: Maybe[str] = UNSET
    updated_at: Maybe[Time] = UNSET
