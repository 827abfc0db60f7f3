"""StashObject: what has an id, remembers its changes and saves itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self
from uuid import uuid4

from pydantic import Field

from stash_cli.core.errors import StashUsageError
from stash_cli.core.types.annotations import ID
from stash_cli.core.types.base import ApiObject
from stash_cli.core.types.changes import FORCED, detached, same, snapshot
from stash_cli.core.types.relations import inverses
from stash_cli.core.types.writing import merge_operation, operation_name, written
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stash_cli.core.client import StashClient

_put = object.__setattr__


class Keeper(Protocol):
    """Who wants to know what becomes of an object: the store it belongs to."""

    def changed(self, obj: StashObject) -> None:
        """A field was assigned, or changes were saved."""

    def renamed(self, obj: StashObject, old_id: str) -> None:
        """The server's id took the place of `old_id`."""


@dataclass(frozen=True, slots=True)
class Saving:
    """One save: "Create" or "Update", the input to send, and the fields as they are sent."""

    verb: str
    input: dict[str, Any]
    values: dict[str, Any]


class StashObject(ApiObject):
    """An entity of the library.

    A new object gets a UUID4 hex id that `save` replaces with the server's number. Fields are UNSET
    until they are read or assigned. What the server has is kept for every field that may differ from
    it, so that `get_changed_fields` and `save` know exactly what to send: edits of lists and maps in
    place count, and a field set back to the server's value is no change.

    Objects are equal when type and id are. One that is put into a set or a dict keeps the key it had
    there: hashed before it was saved, it stays equal only to itself.
    """

    # Hidden from Pydantic, which would make private attributes of them and slow down every object.
    __slots__ = ("_base", "_keeper", "_key")
    if TYPE_CHECKING:
        _base: dict[str, Any]
        """Field -> what the server has, for lists and maps from the start, for others once assigned."""
        _key: tuple[str, str]
        """Type and id that the object was first hashed by."""
        _keeper: Keeper | None

    untracked: ClassVar[frozenset[str]] = frozenset({"id"})

    id: ID = Field(default_factory=lambda: uuid4().hex)

    def model_post_init(self, _context: Any, /) -> None:
        """Everything given to the constructor counts as a change of a new object."""
        _put(self, "_base", dict.fromkeys(self.model_fields_set - self.untracked, UNSET))
        _put(self, "_keeper", None)

    def start_empty(self, keeper: Keeper | None = None) -> None:
        """Be an object that no answer has filled yet; `keeper` is told of changes."""
        _put(self, "_base", {})
        _put(self, "_keeper", keeper)

    def __getattr__(self, name: str) -> Any:
        """UNSET for what no answer has brought yet, inverse relations included."""
        if name in type(self).model_fields or name in inverses(type(self).__name__):
            return UNSET
        # Pydantic's own, which it hides from type checkers.
        return super().__getattr__(name)  # type: ignore[misc]

    def __setattr__(self, name: str, value: Any) -> None:
        had = self.__dict__.get(name, UNSET)
        super().__setattr__(name, value)
        if name in self.untracked:
            return
        self._base.setdefault(name, had)
        if self._keeper is not None:
            self._keeper.changed(self)

    def merge_answer(self, values: Mapping[str, Any]) -> None:
        """Take over what the server says, but for the fields that were changed here.

        `values` are attributes as they come from an answer; a null is a value, an absent field stays.
        """
        held, base = self.__dict__, self._base
        for name, value in values.items():
            if name not in base:
                held[name] = value
                if type(value) in (list, dict):
                    base[name] = snapshot(value)
                continue
            changed = not same(held.get(name, UNSET), base[name])
            if base[name] is not FORCED:
                base[name] = snapshot(value)
            if not changed and not same(held.get(name, UNSET), base[name]):
                held[name] = value
        self.__pydantic_fields_set__.update(values)

    def bind(self, keeper: Keeper | None) -> None:
        """Tell `keeper` of changes from now on."""
        _put(self, "_keeper", keeper)

    def set_related(self, name: str, objects: list[Any]) -> None:
        """Put what a query of its own found into an inverse relation, such as a performer's images."""
        self.__dict__[name] = objects

    @classmethod
    def new(cls, **data: Any) -> Self:
        """A new object with a temporary id, whatever id `data` holds."""
        return cls(**{**data, "id": uuid4().hex})

    def is_new(self) -> bool:
        """Whether the server does not know it yet: its id is a UUID, not a number."""
        return "id" in self.__dict__ and is_temporary(self.id)

    def update_id(self, server_id: str | int) -> None:
        """Put the server's id in place of the temporary one."""
        old = self.id
        self.__dict__["id"] = str(server_id)
        if self._keeper is not None and old != self.id:
            self._keeper.renamed(self, old)

    def get_changed_fields(self) -> dict[str, Any]:
        """Field -> present value, for every field that differs from what the server has."""
        held = self.__dict__
        changed = [name for name, before in self._base.items() if not same(held.get(name, UNSET), before)]
        return {name: held[name] for name in sorted(changed)}

    def is_dirty(self) -> bool:
        """Whether there is anything to save."""
        held = self.__dict__
        return self.is_new() or any(
            not same(held.get(name, UNSET), before) for name, before in self._base.items()
        )

    def mark_clean(self) -> None:
        """Take the present values for what the server has."""
        held = self.__dict__.items()
        self._note_saved({name: snapshot(value) for name, value in held if name not in self.untracked})

    def mark_dirty(self) -> None:
        """Take every set field for changed, so that `save` sends all that an update takes."""
        for name in self.model_fields_set - self.untracked:
            self._base[name] = FORCED
        if self._keeper is not None:
            self._keeper.changed(self)

    def _note_saved(self, values: Mapping[str, Any]) -> None:
        """Note that the server has these values (snapshots) now."""
        self._base.update(values)
        if self._keeper is not None:
            self._keeper.changed(self)

    async def to_input(self) -> dict[str, Any]:
        """What `save` would send: the create input of a new object, else the id and the changes."""
        return self.begin_save().input

    def begin_save(self) -> Saving:
        """What there is to send now.

        Raises StashInputError for a change that no input takes and for a related object that is not
        saved yet.
        """
        changed = self.get_changed_fields()
        forced = {name for name in changed if self._base[name] is FORCED}
        verb = "Create" if self.is_new() else "Update"
        fields = written(type(self), verb, changed, optional=forced)
        values = {name: snapshot(value) for name, value in changed.items()}
        return Saving(verb, fields if self.is_new() else {"id": self.id, **fields}, values)

    def end_save(self, saving: Saving, server_id: str | int) -> None:
        """Note that the server has taken `saving`; what was edited meanwhile stays a change."""
        self.update_id(server_id)
        self._note_saved(saving.values)

    async def save(self, client: StashClient) -> None:
        """Create it, or send what changed and nothing else; clean objects send nothing.

        Raises what `begin_save` raises, before anything is sent.
        """
        if not self.is_dirty():
            return
        saving = self.begin_save()
        answer = await client.mutate_entity(operation_name(type(self), saving.verb), saving.input)
        self.end_save(saving, answer["id"])

    async def delete(self, client: StashClient, **options: Any) -> bool:
        """Remove it from the server; `options` are further fields of the destroy input."""
        if self.is_new():
            raise StashUsageError(f"{self!r} was never saved: there is nothing to delete.")
        return await client.destroy_entity(type(self), [self.id], **options)

    @classmethod
    async def bulk_destroy(cls, client: StashClient, ids: list[str], **options: Any) -> bool:
        """Remove the objects with these ids in one request."""
        return await client.destroy_entity(cls, ids, **options)

    @classmethod
    async def merge(
        cls, client: StashClient, source_ids: list[str], destination_id: str, **options: Any
    ) -> Self | None:
        """Merge objects into one, which is answered; `options` are further fields of the merge input.

        Raises StashUsageError for types that cannot be merged.
        """
        operation = merge_operation(cls)
        wanted = {"source": [str(one) for one in source_ids], "destination": str(destination_id), **options}
        return await client.ask(operation, input=wanted)

    @classmethod
    async def find_by_id(cls, client: StashClient, id: str | int) -> Self | None:  # noqa: A002 - public name
        """The object with this id, or None."""
        return await client.find_entity(cls, str(id))

    def _identity(self) -> tuple[str, str]:
        try:
            key: tuple[str, str] = object.__getattribute__(self, "_key")
        except AttributeError:
            # Read without its id, it is equal to itself alone.
            return type(self).__name__, self.__dict__.get("id") or f"at {id(self)}"
        return key

    def __eq__(self, other: object) -> bool:
        """Same type and id: two objects of one entity are equal however much of it they hold."""
        if self is other:
            return True
        return isinstance(other, StashObject) and self._identity() == other._identity()

    def __hash__(self) -> int:
        key = self._identity()
        _put(self, "_key", key)
        return hash(key)

    def __copy__(self) -> Self:
        """A second object of the same entity, with changes of its own and in no store."""
        copied = super().__copy__()
        _put(copied, "_base", dict(self._base))
        _put(copied, "_keeper", None)
        return copied

    def __deepcopy__(self, _memo: dict[int, Any] | None = None) -> Self:
        """Relations are links: what they lead to is not copied, the lists that hold them are."""
        copied = self.__copy__()
        copied.__dict__.update({name: detached(value) for name, value in self.__dict__.items()})
        return copied

    def __getstate__(self) -> dict[Any, Any]:
        return {**super().__getstate__(), "base": self._base}

    def __setstate__(self, state: dict[Any, Any]) -> None:
        super().__setstate__(state)
        _put(self, "_base", state["base"])
        _put(self, "_keeper", None)

    def __repr__(self) -> str:
        """Id and name only: printing never walks relations."""
        label = self.__dict__.get("name") or self.__dict__.get("title")
        return f"{type(self).__name__}(id={self.id!r}{f', {label!r}' if label else ''})"

    __str__ = __repr__


def is_temporary(id: str) -> bool:  # noqa: A002 - it is one
    """Whether an id is the UUID of an object that was never saved; the server's are 64-bit numbers."""
    return not id.isdigit() or len(id) == len(uuid4().hex)
