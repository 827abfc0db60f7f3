"""StashObject: what has an id, remembers its changes and saves itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self
from uuid import uuid4

from pydantic import Field

from stash_cli.core.types.annotations import ID
from stash_cli.core.types.base import ApiObject
from stash_cli.core.types.writing import operation_name, written

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stash_cli.core.client import StashClient

_put = object.__setattr__


class StashObject(ApiObject):
    """An entity of the library.

    A new object gets a UUID4 hex id that `save` replaces with the server's number. Fields are UNSET
    until they are read or assigned. The first value a field had is kept from the moment it changes, so
    that `get_changed_fields` and `save` know exactly what to send.
    """

    __slots__ = ("_base", "_contents")
    _base: dict[str, Any]
    """Field -> the value it had before it was first assigned."""
    _contents: dict[str, Any]
    """List or map field -> a copy of what it held when last clean, to notice edits in place."""

    untracked: ClassVar[frozenset[str]] = frozenset({"id"})

    id: ID = Field(default_factory=lambda: uuid4().hex)

    def model_post_init(self, _context: Any, /) -> None:
        """Everything given to the constructor counts as a change of a new object."""
        _put(self, "_base", dict.fromkeys(self.model_fields_set - self.untracked))
        _put(self, "_contents", {})

    def on_hydrated(self, values: Mapping[str, Any]) -> None:
        """Start clean: `values` came from the server."""
        _put(self, "_base", {})
        _put(self, "_contents", _copies(values))

    def __setattr__(self, name: str, value: Any) -> None:
        old = self.__dict__.get(name)
        super().__setattr__(name, value)
        if name not in self.untracked and name not in self._base and self.__dict__[name] != old:
            self._base[name] = self._contents.get(name, old)

    @classmethod
    def new(cls, **data: Any) -> Self:
        """A new object with a temporary id, whatever id `data` holds."""
        return cls(**{**data, "id": uuid4().hex})

    def is_new(self) -> bool:
        """Whether the server does not know it yet: its id is a UUID, not a number."""
        return not self.id.isdigit()

    def update_id(self, server_id: str | int) -> None:
        """Put the server's id in place of the temporary one."""
        self.__dict__["id"] = str(server_id)

    def get_changed_fields(self) -> dict[str, Any]:
        """Field -> present value, for every field that differs from what the server has."""
        return {name: self.__dict__[name] for name in sorted({*self._base, *self._edited_in_place()})}

    def _edited_in_place(self) -> list[str]:
        return [name for name, copy in self._contents.items() if self.__dict__[name] != copy]

    def is_dirty(self) -> bool:
        """Whether there is anything to save."""
        return self.is_new() or bool(self.get_changed_fields())

    def mark_clean(self) -> None:
        """Take the present values for what the server has."""
        self.on_hydrated(self.__dict__)

    def mark_dirty(self) -> None:
        """Take every set field for changed, so that `save` sends them all."""
        for name in self.model_fields_set - self.untracked:
            self._base.setdefault(name, self.__dict__[name])

    async def to_input(self) -> dict[str, Any]:
        """What `save` would send: the create input of a new object, else the id and the changes."""
        changed = self.get_changed_fields()
        if self.is_new():
            return written(type(self), "Create", changed)
        return {"id": self.id, **written(type(self), "Update", changed)}

    async def save(self, client: StashClient) -> None:
        """Create it, or send what changed and nothing else; clean objects send nothing."""
        if not self.is_dirty():
            return
        verb = "Create" if self.is_new() else "Update"
        answer = await client.mutate_entity(operation_name(type(self), verb), await self.to_input())
        self.update_id(answer["id"])
        self.mark_clean()

    async def delete(self, client: StashClient, **options: Any) -> bool:
        """Remove it from the server; `options` are further fields of the destroy input."""
        return await client.destroy_entity(type(self), [self.id], **options)

    @classmethod
    async def find_by_id(cls, client: StashClient, id: str | int) -> Self | None:  # noqa: A002 - public name
        """The object with this id, or None."""
        return await client.find_entity(cls, str(id))

    def __eq__(self, other: object) -> bool:
        """Same type and id: two objects of one entity are equal however much of it they hold."""
        return type(other) is type(self) and other.id == self.id

    def __hash__(self) -> int:
        return hash((type(self).__name__, self.id))

    def __repr__(self) -> str:
        """Id and name only: printing never walks relations."""
        label = self.__dict__.get("name") or self.__dict__.get("title")
        return f"{type(self).__name__}(id={self.id!r}{f', {label!r}' if label else ''})"

    __str__ = __repr__


def _copies(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.copy() for name, value in values.items() if type(value) in (list, dict)}
