"""What an object knows of the server: the values it read, and those that were changed here since."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Protocol, cast

from stash_cli.core.types.base import ApiObject
from stash_cli.core.types.orm.changes import FORCED, same, same_links, snapshot
from stash_cli.core.types.orm.collections import Fields, Items, kept, put_at
from stash_cli.core.types.orm.pending import Pending
from stash_cli.core.types.orm.places import place_in
from stash_cli.core.types.orm.relations import inverses
from stash_cli.core.types.orm.relationship import relationships
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from pydantic import PrivateAttr

    from stash_cli.core.client import StashClient
    from stash_cli.core.types.entity import StashObject
    from stash_cli.core.types.orm.hydrate import Hold, Identity, Plan
    from stash_cli.core.types.orm.tracking import Tracked

_put = object.__setattr__


class Keeper(Protocol):
    """Who wants to know what becomes of an object: the store it belongs to."""

    client: StashClient | None

    @property
    def lock(self) -> AbstractContextManager[Any]:
        """Held while an object takes an answer or an edit, so that neither overwrites the other."""

    def changed(self, obj: StashObject) -> None:
        """A field was edited, or changes were saved."""

    def renamed(self, obj: StashObject, old_id: str) -> None:
        """The server's id took the place of `old_id`."""


class State(ApiObject):
    """Fields are UNSET until they are read or assigned.

    For those that were changed here, what the server has is kept beside: a field set back to it is no
    change, and nothing else needs comparing.
    """

    # Hidden from Pydantic, which would make private attributes of them and slow down every object.
    __slots__ = ("_base", "_keeper", "_pending")
    if TYPE_CHECKING:
        # As attributes that the constructor does not take.
        _base: dict[str, Any] = PrivateAttr()
        """Field that was changed here -> what the server has."""
        _keeper: Keeper | None = PrivateAttr()
        _pending: Pending | None = PrivateAttr()

    def start_empty(self, keeper: Keeper | None = None) -> None:
        """Be an object that no answer has filled yet; `keeper` is told of changes."""
        _put(self, "_base", {})
        _put(self, "_keeper", keeper)
        _put(self, "_pending", None)

    @property
    def pending(self) -> Pending | None:
        """What there is to send beside changed fields."""
        return self._pending

    @property
    def is_kept(self) -> bool:
        """Whether it belongs to a store."""
        return self._keeper is not None

    def known_fields(self) -> Mapping[str, Any]:
        """Changed field -> what the server has."""
        return self._base

    def __getattr__(self, name: str) -> Any:
        """UNSET for what no answer has brought yet, inverse relations included."""
        if name in type(self).model_fields or name in inverses(type(self).__name__):
            return UNSET
        # Pydantic's own, which it hides from type checkers.
        return super().__getattr__(name)  # type: ignore[misc]

    def merge_answer(self, values: Mapping[str, Any]) -> None:
        """Take over what the server says, but for the fields that were changed here.

        `values` are attributes as they come from an answer; a null is a value, an absent field stays.
        """
        for name, value in values.items():
            self._merge(name, value, kept)
        self.__pydantic_fields_set__.update(values)

    def take_row(self, data: Mapping[str, Any], plan: Plan, identity: Identity | None) -> None:
        """`merge_answer` for a row as the server sent it, in one pass, for reading must be cheap."""
        setters, known, held, base = plan.setters, self.__pydantic_fields_set__, self.__dict__, self._base
        for name, value in data.items():
            if name not in setters:
                continue
            attr, convert, hold = setters[name]
            known.add(attr)
            if convert is not None and value is not None:
                value = convert(value, identity)  # noqa: PLW2901 - the row's value as Python has it
            if hold is not None or attr in base:
                self._merge(attr, value, hold)
            else:
                held[attr] = value

    def _merge(self, name: str, value: Any, hold: Hold | None) -> None:
        """Merge one field; `hold` puts lists and maps into their place."""
        if name in self._base:
            self._merge_changed(name, value)
            return
        mine = self.__dict__.get(name)
        if value is None or hold is None:
            self.__dict__[name] = value
        elif not isinstance(mine, Items | Fields):
            self.__dict__[name] = hold(value, place_in(cast("Tracked", self), name))
        elif not same(mine, value):
            # The list or map stays the one that it is: others may hold it.
            mine.show(value)

    def _merge_changed(self, name: str, value: Any) -> None:
        """Merge one field that was changed here: the change stays, unless the server says the same."""
        before, is_same = self._base[name], self._comparison(name)
        if before is FORCED or is_same(value, before):
            return
        theirs = snapshot(value)
        if not self.differs(name):
            self._settle(name)
            self._merge(name, value, kept)
        elif is_same(self.__dict__.get(name, UNSET), theirs):
            self._settle(name)
            self.tell_keeper()
        else:
            self._base[name] = theirs
            if before is not UNSET:
                self._note_pending().originals.setdefault(name, before)

    def differs(self, name: str) -> bool:
        """Whether a field that was changed here still is another than the server's."""
        mine = self.__dict__.get(name, UNSET)
        return not self._comparison(name)(mine, self._base.get(name, mine))

    def _comparison(self, name: str) -> Callable[[Any, Any], bool]:
        """How values of a field are told apart."""
        relation = relationships(type(self).__name__).get(name)
        return same if relation is None or relation.through else same_links

    def _settle(self, name: str) -> None:
        """Take a field for unchanged."""
        self._base.pop(name, None)
        if self._pending is not None:
            self._pending.originals.pop(name, None)

    def set_related(self, name: str, objects: list[Any]) -> None:
        """Put what a query of its own found into an inverse relation, such as a performer's images.

        What was put in or taken out before it was read stays so, and stays to be saved.
        """
        waiting = self._pending.members.pop(name, None) if self._pending else None
        self.merge_answer({name: objects})
        if waiting is not None:
            self._base.setdefault(name, snapshot(self.__dict__[name]))
            left = [each for each in self.__dict__[name] if each not in waiting.removed]
            self.__dict__[name].show(left + [each for each in waiting.added if each not in left])

    def note_saved(self, values: Mapping[str, Any]) -> None:
        """Note that the server has these values (snapshots) now; what was edited meanwhile stays changed."""
        with self.locked():
            for name, value in values.items():
                self._settle(name)
                self._base[name] = value
                if not self.differs(name):
                    del self._base[name]
            self.tell_keeper()

    def rebase(self, name: str, step: Callable[[Any], Any]) -> None:
        """Let `step` lead from what the server had in a changed field to what it has now."""
        if name in self._base:
            self.note_saved({name: step(self._base[name])})

    def bind(self, keeper: Keeper | None) -> None:
        """Tell `keeper` of changes from now on."""
        _put(self, "_keeper", keeper)
        for name, value in self.__dict__.items():
            put_at(value, place_in(cast("Tracked", self), name))

    def hold_own(self) -> None:
        """Hold lists and maps of its own in place of those that it was made with."""
        held = self.__dict__
        for name, value in held.items():
            if isinstance(value, list | dict):
                held[name] = kept(value, place_in(cast("Tracked", self), name))

    def tell_keeper(self) -> None:
        """Say that something changed."""
        if self._keeper is not None:
            self._keeper.changed(cast("StashObject", self))

    def locked(self) -> AbstractContextManager[Any]:
        """Keep answers and other threads' edits out for a while."""
        return nullcontext() if self._keeper is None else self._keeper.lock

    def _note_pending(self) -> Pending:
        found = self._pending or Pending()
        _put(self, "_pending", found)
        return found
