"""StashObject: what has an id, remembers its changes and saves itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self
from uuid import uuid4

from pydantic import Field, ModelWrapValidatorHandler, model_validator

from stash_cli.core.edits import flush, save
from stash_cli.core.edits.input import merge_operation
from stash_cli.core.errors import StashInputError, StashUsageError, did_you_mean
from stash_cli.core.orm.related import Related
from stash_cli.core.orm.relations import inverses
from stash_cli.core.orm.relationship import relationships
from stash_cli.core.orm.views import TypeView, side_mutations, tracked_fields
from stash_cli.core.types.annotations import ID

if TYPE_CHECKING:
    from collections.abc import Collection

    from pydantic import PrivateAttr

    from stash_cli.core.client import StashClient
    from stash_cli.core.edits.conflicts import OnConflict
    from stash_cli.core.edits.flush import FlushPlan

_put = object.__setattr__
_TEMPORARY_LENGTH = len(uuid4().hex)


class StashObject(Related):
    """An entity of the library.

    A new object gets a UUID4 hex id that `save` replaces with the server's number. `save` sends exactly
    what was changed (see `Tracked`).

    Objects are equal when type and id are. One that is put into a set or a dict keeps the key it had
    there: hashed before it was saved, it stays equal only to itself.
    """

    __slots__ = ("_key",)
    if TYPE_CHECKING:
        _key: tuple[str, str] = PrivateAttr()
        """Type and id that the object was first hashed by."""

    __relationships__: ClassVar = TypeView(relationships)
    """Attribute -> RelationshipMetadata."""
    __tracked_fields__: ClassVar = TypeView(tracked_fields)
    """Attributes whose changes `save` writes."""
    __side_mutations__: ClassVar = TypeView(side_mutations)
    """Those of them that take mutations of their own."""

    id: ID = Field(default_factory=lambda: uuid4().hex)

    @model_validator(mode="wrap")
    @classmethod
    def _whole(cls, data: Any, build: ModelWrapValidatorHandler[Self]) -> Self:
        """Refuse what the type has no field for, and take what is no field but an inverse relation.

        Only what a script gives: answers, which newer servers may put more into, are not validated.
        """
        if not isinstance(data, Mapping):
            return build(data)
        fields = {*cls.model_fields, *(field.alias for field in cls.model_fields.values())}
        related = {name: data[name] for name in inverses(cls.__name__) if name in data and name not in fields}
        for name in data:
            if name not in fields and name not in related and not str(name).startswith("__"):
                near = did_you_mean(str(name), [*cls.model_fields, *inverses(cls.__name__)])
                raise StashInputError(f"{cls.__name__} has no field {name!r}. {near}".rstrip())
        made = build({name: value for name, value in data.items() if name not in related})
        for name, value in related.items():
            setattr(made, name, value)
        return made

    @classmethod
    def new(cls, **data: Any) -> Self:
        """A new object with a temporary id, whatever id `data` holds."""
        return cls(**{**data, "id": uuid4().hex})

    def is_new(self) -> bool:
        """Whether the server does not know it yet: its id is a UUID, not a number."""
        return "id" in self.__dict__ and is_temporary(self.id)

    def update_id(self, server_id: str | int) -> StashObject | None:
        """Put the server's id in place of the temporary one; another object that has it, if any."""
        old = self.id
        self.__dict__["id"] = str(server_id)
        if self._keeper is None or old == self.id:
            return None
        return self._keeper.renamed(self, old)

    def is_dirty(self) -> bool:
        """Whether there is anything to save."""
        return self.is_new() or self.has_changes()

    async def to_input(self) -> dict[str, Any]:
        """What `save` would send: the create input of a new object, else the id and the changes."""
        return self.begin_save().input

    def begin_save(self, without: Collection[str] = ()) -> FlushPlan:
        """What there is to send now, but for the fields `without`.

        Raises StashInputError for a change that nothing writes and for a related object that is not
        saved yet.
        """
        with self.locked():
            return flush.plan_flush(self, without)

    def end_save(self, sent: FlushPlan, server_id: str | int, number: int | None = None) -> None:
        """Note that the server has taken the input of `sent`; what was edited meanwhile stays a change.

        Answers to requests that were sent before now (or before `number`) do not touch it any more.
        """
        with self.locked():
            save.apply_flush(self, sent, server_id, number)

    async def end_sides(self, client: StashClient, sent: FlushPlan) -> None:
        """Send what follows the input in mutations of its own; raises what failed, which stays changed."""
        await save.finish_side_mutations(self, sent, client)

    async def save(
        self,
        client: StashClient,
        *,
        on_conflict: OnConflict | None = None,
        retry_unknown: bool = False,
    ) -> None:
        """Create it, or send what changed and nothing else; clean objects send nothing.

        What takes mutations of its own (play history, a gallery's images, a tag's scenes) follows the
        object's input, all in one request. Several tasks that save one object at a time take turns. Raises
        what `begin_save` raises, before anything is sent. `on_conflict` and `retry_unknown` are those of
        the store's `save`.
        """
        async with client.object_locks.hold([self]):
            await save.save(self, client, on_conflict=on_conflict, retry_unknown=retry_unknown)

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
        operation = merge_operation(cls.__name__)
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
        _put(copied, "_pending", self._pending.copy() if self._pending else None)
        _put(copied, "_keeper", None)
        copied.hold_own()
        return copied

    def __deepcopy__(self, _memo: dict[int, Any] | None = None) -> Self:
        """Relations are links: what they lead to is not copied, the lists that hold them always are."""
        return self.__copy__()

    def __getstate__(self) -> dict[Any, Any]:
        return {**super().__getstate__(), "pending": self._pending}

    def __setstate__(self, state: dict[Any, Any]) -> None:
        super().__setstate__(state)
        _put(self, "_pending", state["pending"])
        _put(self, "_keeper", None)
        self.hold_own()

    def __repr__(self) -> str:
        """Id and name only: printing never walks relations."""
        label = self.__dict__.get("name") or self.__dict__.get("title")
        return f"{type(self).__name__}(id={self.id!r}{f', {label!r}' if label else ''})"

    __str__ = __repr__


def is_temporary(id: str) -> bool:  # noqa: A002 - it is one
    """Whether an id is the UUID of an object that was never saved; the server's are 64-bit numbers."""
    return not id.isdigit() or len(id) == _TEMPORARY_LENGTH
