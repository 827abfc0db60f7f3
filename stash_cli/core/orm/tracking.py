"""Change tracking: what was assigned or edited in place since the server was last heard."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

from stash_cli.core.errors import StashInputError, StashUsageError
from stash_cli.core.orm.changes import FORCED, same, snapshot
from stash_cli.core.orm.collections import kept, put_at
from stash_cli.core.orm.mirror import mirror, settle
from stash_cli.core.orm.pending import Conflict, History, compare
from stash_cli.core.orm.places import place_in
from stash_cli.core.orm.relations import inverses
from stash_cli.core.orm.relationship import relationships
from stash_cli.core.orm.state import State
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from stash_cli.core.types.entity import StashObject

_put = object.__setattr__


class Tracked(State):
    """Every edit is noticed when it is made.

    The first old value is kept, the other side of a relationship follows, the store holds on to the
    object. What differs from the server in the end is what `get_changed_fields` tells and `save` sends.
    """

    untracked: ClassVar[frozenset[str]] = frozenset({"id"})

    def model_post_init(self, _context: Any, /) -> None:
        """Everything given to the constructor counts as a change of a new object."""
        given = self.model_fields_set - self.untracked
        self.start_empty()
        if given:
            self._note_pending().server.update(dict.fromkeys(given, UNSET))
        self.hold_own()
        for name in given & relationships(type(self).__name__).keys():
            mirror(cast("StashObject", self), name, None, self.__dict__[name])

    def __setattr__(self, name: str, value: Any) -> None:
        with self.locked():
            had = self.__dict__.get(name, UNSET)
            if value is had:
                # What `scene.tags += [...]` ends with: the edit itself was noticed.
                return
            before = snapshot(had)
            # It may be shared with other objects.
            _put(self, "__pydantic_fields_set__", {*self.__pydantic_fields_set__})
            if name in type(self).model_fields or name not in inverses(type(self).__name__):
                self._validated(name, value)
            else:
                self.__dict__[name] = self._related(name, value)
            if name not in self.untracked:
                put_at(had, None)
                self.__dict__[name] = kept(self.__dict__[name], place_in(self, name))
                self._edited(name, before)

    def _validated(self, name: str, value: Any) -> None:
        """Assign to a declared field. Pydantic makes a new `__dict__`, which may be shared (`unify`)."""
        held = self.__dict__
        super().__setattr__(name, value)
        if self._pending is not None and self._pending.owner is not None:
            held.update(self.__dict__)
            _put(self, "__dict__", held)

    def _related(self, name: str, value: Any) -> list[Any]:
        """A value for an inverse relation: a list of objects of its type."""
        target = relationships(type(self).__name__)[name].inverse_type
        if isinstance(value, list) and all(type(item).__name__ == target for item in value):
            return value
        raise StashUsageError(
            f"{type(self).__name__}.{name} holds a list of {target} objects, not {value!r}."
        )

    @contextmanager
    def editing(self, name: str) -> Iterator[Callable[[Any], Any]]:
        """Let the list, map or embedded value in a field be edited in place.

        Gives what takes new items in: it raises StashInputError for objects of another type.
        """
        place = place_in(self, name)
        with self.locked():
            before = snapshot(self.__dict__.get(name, UNSET))
            try:
                yield lambda item: kept(self._fitting(name, item), place)
            finally:
                # An edit that fails half-way has edited, too.
                self._edited(name, before)

    def _fitting(self, name: str, item: Any) -> Any:
        """An item that may be in a list of objects."""
        relation = relationships(type(self).__name__).get(name)
        wanted = (relation.through or relation.inverse_type) if relation else None
        if wanted is None or type(item).__name__ == wanted:
            return item
        raise StashInputError(f"{type(self).__name__}.{name} holds {wanted} objects, not {item!r}.")

    def _edited(self, name: str, before: Any) -> None:
        """Note that a field is another than `before`, a snapshot."""
        self._note_pending().server.setdefault(name, before)
        if name in relationships(type(self).__name__):
            mirror(cast("StashObject", self), name, before, self.__dict__[name])
        self.tidy(name)
        self.tell_keeper()

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with changes of its own, `update` among them."""
        copied = super().model_copy(deep=deep)
        for name, value in (update or {}).items():
            setattr(copied, name, value)
        return copied

    def get_changed_fields(self) -> dict[str, Any]:
        """Field -> present value, for every field that differs from what the server has."""
        with self.locked():
            return {name: self.__dict__[name] for name in sorted(self.server_fields()) if self.differs(name)}

    def has_changes(self) -> bool:
        """Whether a field differs from what the server has, or anything is queued."""
        with self.locked():
            if self._pending is not None and self._pending.is_dirty():
                return True
            return any(self.differs(name) for name in self.server_fields())

    def get_history(self, name: str) -> History:
        """What was put into a field, taken out of it and kept since the server was last heard.

        Items of lists, such as related objects; of other fields the value itself. What was taken out
        of a list of embedded values is told as maps.
        """
        if self._pending and name in self._pending.members:
            return self._pending.members[name].history()
        value = getattr(self, name)
        before = self.server_fields().get(name, snapshot(value))
        found = compare(
            *(None if each is UNSET or each is FORCED else each for each in (before, snapshot(value)))
        )
        if not isinstance(value, list):
            return found
        live = list(zip(snapshot(value), value, strict=True))
        return History(_alive(found.added, live), found.removed, _alive(found.unchanged, live))

    def get_conflicts(self) -> dict[str, Conflict]:
        """The fields that were changed here and, since then, on the server; saving takes what is here."""
        with self.locked():
            originals = self._pending.originals if self._pending else {}
            mine, server = self.get_changed_fields() if originals else {}, self.server_fields()
            return {
                name: Conflict(was, mine[name], server[name])
                for name, was in originals.items()
                if name in mine and not same(server[name], was)
            }

    def mark_clean(self) -> None:
        """Take the present values for what the server has."""
        with self.locked():
            queued = self._pending.members if self._pending else {}
            for name, noted in queued.items():
                settle(cast("StashObject", self), name, [*noted.removed.values()], [*noted.added.values()])
            self.note_saved({name: snapshot(value) for name, value in self.get_changed_fields().items()})
            if self._pending is not None:
                # It may be shared with another object, and stays the same.
                self._pending.clear()
            self.tell_keeper()

    def mark_dirty(self) -> None:
        """Take every set field for changed, so that `save` sends all that an update takes."""
        for name in self.model_fields_set - self.untracked:
            self._note_pending().server[name] = FORCED
        self.tell_keeper()


def _alive(found: list[Any], live: list[tuple[Any, Any]]) -> list[Any]:
    """The objects whose snapshots were found."""
    return [item for kept, item in live if kept in found]
