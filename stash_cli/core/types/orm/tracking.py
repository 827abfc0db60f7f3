"""What an object remembers of the server: the values it has, and so what was changed here since."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Protocol, cast

from stash_cli.core.errors import StashUsageError
from stash_cli.core.types.base import ApiObject
from stash_cli.core.types.orm.changes import FORCED, same, snapshot
from stash_cli.core.types.orm.mirror import mirror
from stash_cli.core.types.orm.pending import Conflict, History, Pending, compare
from stash_cli.core.types.orm.relations import inverses
from stash_cli.core.types.orm.relationship import relationships
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stash_cli.core.client import StashClient
    from stash_cli.core.types.entity import StashObject
    from stash_cli.core.types.orm.hydrate import Identity, Plan

_put = object.__setattr__


class Keeper(Protocol):
    """Who wants to know what becomes of an object: the store it belongs to."""

    client: StashClient | None

    def changed(self, obj: StashObject) -> None:
        """A field was assigned, or changes were saved."""

    def renamed(self, obj: StashObject, old_id: str) -> None:
        """The server's id took the place of `old_id`."""


class Tracked(ApiObject):
    """Fields are UNSET until they are read or assigned.

    What the server has is kept for every field that may differ from it, so that `get_changed_fields`
    knows exactly what to send: edits of lists and maps in place count, and a field set back to the
    server's value is no change.
    """

    # Hidden from Pydantic, which would make private attributes of them and slow down every object.
    __slots__ = ("_base", "_keeper", "_pending")
    if TYPE_CHECKING:
        _base: dict[str, Any]
        """Field -> what the server has, for lists and maps from the start, for others once assigned."""
        _keeper: Keeper | None
        _pending: Pending | None

    untracked: ClassVar[frozenset[str]] = frozenset({"id"})

    def model_post_init(self, _context: Any, /) -> None:
        """Everything given to the constructor counts as a change of a new object."""
        given = self.model_fields_set - self.untracked
        self.start_empty()
        _put(self, "_base", dict.fromkeys(given, UNSET))
        for name in given & relationships(type(self).__name__).keys():
            mirror(cast("StashObject", self), name, None, self.__dict__[name])

    def start_empty(self, keeper: Keeper | None = None) -> None:
        """Be an object that no answer has filled yet; `keeper` is told of changes."""
        _put(self, "_base", {})
        _put(self, "_keeper", keeper)
        _put(self, "_pending", None)

    @property
    def pending(self) -> Pending | None:
        """What there is to send beside changed fields."""
        return self._pending

    def known_fields(self) -> Mapping[str, Any]:
        """Field -> what the server has, of those that may differ from it."""
        return self._base

    def __getattr__(self, name: str) -> Any:
        """UNSET for what no answer has brought yet, inverse relations included."""
        if name in type(self).model_fields or name in inverses(type(self).__name__):
            return UNSET
        # Pydantic's own, which it hides from type checkers.
        return super().__getattr__(name)  # type: ignore[misc]

    def __setattr__(self, name: str, value: Any) -> None:
        had = self.__dict__.get(name, UNSET)
        if name in type(self).model_fields or name not in inverses(type(self).__name__):
            super().__setattr__(name, value)
        else:
            self.__dict__[name] = self._related(name, value)
        if name in self.untracked:
            return
        self._base.setdefault(name, had)
        if name in relationships(type(self).__name__):
            mirror(cast("StashObject", self), name, had, self.__dict__[name])
        self.tell_keeper()

    def _related(self, name: str, value: Any) -> list[Any]:
        """A value for an inverse relation: a list of objects of its type."""
        target = relationships(type(self).__name__)[name].inverse_type
        if isinstance(value, list) and all(type(item).__name__ == target for item in value):
            return value
        raise StashUsageError(
            f"{type(self).__name__}.{name} holds a list of {target} objects, not {value!r}."
        )

    def merge_answer(self, values: Mapping[str, Any]) -> None:
        """Take over what the server says, but for the fields that were changed here.

        `values` are attributes as they come from an answer; a null is a value, an absent field stays.
        """
        for name, value in values.items():
            self._merge(name, value)
        self.__pydantic_fields_set__.update(values)

    def take_row(self, data: Mapping[str, Any], plan: Plan, identity: Identity | None) -> None:
        """`merge_answer` for a row as the server sent it, in one pass, for reading must be cheap."""
        setters, known, held, base = plan.setters, self.__pydantic_fields_set__, self.__dict__, self._base
        for name, value in data.items():
            if name not in setters:
                continue
            attr, convert = setters[name]
            known.add(attr)
            if convert is not None and value is not None:
                self._merge(attr, convert(value, identity))
            elif attr in base or value.__class__ is list or value.__class__ is dict:
                self._merge(attr, value)
            else:
                held[attr] = value

    def _merge(self, name: str, value: Any) -> None:
        """Merge one field."""
        if name in self._base:
            self._merge_known(name, value)
        else:
            self.__dict__[name] = value
            if value.__class__ is list or value.__class__ is dict:
                self._base[name] = snapshot(value)

    def _merge_known(self, name: str, value: Any) -> None:
        """Merge one field of which the server's value was known before, or that was changed here."""
        held, base = self.__dict__, self._base
        before, mine = base[name], held.get(name, UNSET)
        if before is FORCED or same(value, before):
            return
        changed = not same(mine, before)
        base[name] = snapshot(value)
        if changed:
            if before is not UNSET:
                self._note_pending().originals.setdefault(name, before)
        elif not same(mine, base[name]):
            held[name] = value

    def bind(self, keeper: Keeper | None) -> None:
        """Tell `keeper` of changes from now on."""
        _put(self, "_keeper", keeper)

    def tell_keeper(self) -> None:
        """Say that something changed."""
        if self._keeper is not None:
            self._keeper.changed(cast("StashObject", self))

    def set_related(self, name: str, objects: list[Any]) -> None:
        """Put what a query of its own found into an inverse relation, such as a performer's images.

        What was put in or taken out before it was read stays so, and stays to be saved.
        """
        waiting = self._pending.members.pop(name, None) if self._pending else None
        self.merge_answer({name: objects})
        if waiting is not None:
            kept = [each for each in self.__dict__[name] if each not in waiting.removed]
            self.__dict__[name] = kept + [each for each in waiting.added if each not in kept]

    def get_changed_fields(self) -> dict[str, Any]:
        """Field -> present value, for every field that differs from what the server has."""
        held = self.__dict__
        # A list, because another thread may assign meanwhile.
        changed = [
            name for name, before in list(self._base.items()) if not same(held.get(name, UNSET), before)
        ]
        return {name: held[name] for name in sorted(changed)}

    def has_changes(self) -> bool:
        """Whether a field differs from what the server has, or anything is queued."""
        if self._pending is not None and self._pending.is_dirty():
            return True
        held = self.__dict__
        return any(not same(held.get(name, UNSET), before) for name, before in list(self._base.items()))

    def get_history(self, name: str) -> History:
        """What was put into a field, taken out of it and kept since the server was last heard.

        Items of lists, such as related objects; of other fields the value itself. What was taken out
        of a list of embedded values is told as maps.
        """
        if self._pending and name in self._pending.members:
            return self._pending.copy().members[name]
        value = getattr(self, name)
        before = self._base.get(name, value if value is UNSET else snapshot(value))
        found = compare(
            *(None if each is UNSET or each is FORCED else each for each in (before, snapshot(value)))
        )
        if not isinstance(value, list):
            return found
        live = list(zip(snapshot(value), value, strict=True))
        return History(_alive(found.added, live), found.removed, _alive(found.unchanged, live))

    def get_conflicts(self) -> dict[str, Conflict]:
        """The fields that were changed here and, since then, on the server; saving takes what is here."""
        originals = self._pending.originals if self._pending else {}
        mine = self.get_changed_fields() if originals else {}
        return {
            name: Conflict(was, mine[name], self._base[name])
            for name, was in originals.items()
            if name in mine and not same(self._base[name], was)
        }

    def mark_clean(self) -> None:
        """Take the present values for what the server has."""
        held = self.__dict__.items()
        _put(self, "_pending", None)
        self.note_saved({name: snapshot(value) for name, value in held if name not in self.untracked})

    def mark_dirty(self) -> None:
        """Take every set field for changed, so that `save` sends all that an update takes."""
        for name in self.model_fields_set - self.untracked:
            self._base[name] = FORCED
        self.tell_keeper()

    def note_saved(self, values: Mapping[str, Any]) -> None:
        """Note that the server has these values (snapshots) now."""
        self._base.update(values)
        if self._pending is not None:
            for name in values:
                self._pending.originals.pop(name, None)
        self.tell_keeper()

    def rebase(self, name: str, step: Callable[[Any], Any]) -> None:
        """Let `step` lead from what the server had in a field to what it has now."""
        if name in self._base:
            self._base[name] = step(self._base[name])
            self.tell_keeper()

    def _note_pending(self) -> Pending:
        found = self._pending or Pending()
        _put(self, "_pending", found)
        return found


def _alive(found: list[Any], live: list[tuple[Any, Any]]) -> list[Any]:
    """The objects whose snapshots were found."""
    return [item for kept, item in live if kept in found]
