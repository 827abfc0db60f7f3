"""What an object knows of the server: the values it read, and those that were changed here since."""

from __future__ import annotations

from contextlib import nullcontext
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol, cast

from stash_cli.core.orm.changes import FORCED, same, same_links, snapshot
from stash_cli.core.orm.collections import Fields, Items, kept, put_at
from stash_cli.core.orm.members import adjusted, difference
from stash_cli.core.orm.merging import as_sent, conflicting, is_mergeable, merged
from stash_cli.core.orm.mirror import mirror, settle, settle_unchanged
from stash_cli.core.orm.pending import Noted, Pending
from stash_cli.core.orm.places import place_in
from stash_cli.core.orm.relations import inverses
from stash_cli.core.orm.relationship import other_side, relationships
from stash_cli.core.types.base import ApiObject
from stash_cli.core.types.entities import ENTITIES
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from contextlib import AbstractContextManager

    from pydantic import PrivateAttr

    from stash_cli.core.client import StashClient
    from stash_cli.core.edits.unknown_outcomes import LostCreate
    from stash_cli.core.orm.hydrate import Hold, Identity, Plan
    from stash_cli.core.orm.tracking import Tracked
    from stash_cli.core.types.entity import StashObject

_put = object.__setattr__
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Keeper(Protocol):
    """Who wants to know what becomes of an object: the store it belongs to."""

    client: StashClient | None

    @property
    def lock(self) -> AbstractContextManager[Any]:
        """Held while an object takes an answer or an edit, so that neither overwrites the other."""

    def changed(self, obj: StashObject) -> None:
        """A field was edited, or changes were saved."""

    def renamed(self, obj: StashObject, old_id: str) -> StashObject | None:
        """The server's id took the place of `old_id`; the object that was read under it before, if any."""

    def unify(self, obj: StashObject, other: StashObject) -> None:
        """Both are the same entity: let them be as one."""

    def current(self, obj: StashObject, values: Mapping[str, Any], number: int) -> dict[str, Any]:
        """Those of `values` that nothing newer is known of than the request with this number."""

    def wrote(
        self,
        type_name: str,
        ids: Iterable[str] | None,
        fields: Iterable[str] | None = None,
        number: int | None = None,
    ) -> None:
        """Note that a mutation wrote fields (None: any) of some objects (None: any of the type)."""


class State(ApiObject):
    """Fields are UNSET until they are read or assigned.

    For those that were changed here, what the server has is kept beside: a field set back to it is no
    change, and nothing else needs comparing.
    """

    # Hidden from Pydantic, which would make private attributes of them and slow down every object.
    __slots__ = ("_keeper", "_pending")
    if TYPE_CHECKING:
        # As attributes that the constructor does not take.
        _keeper: Keeper | None = PrivateAttr()
        _pending: Pending | None = PrivateAttr()

    @property
    def canonical(self) -> StashObject:
        """The object that stands for the entity: itself, unless it was unified with another."""
        owner = self._pending.owner if self._pending is not None else None
        return cast("StashObject", self) if owner is None else owner

    def share(self, obj: StashObject) -> None:
        """Have the fields and changes of another object of the same entity from now on."""
        obj._note_pending().owner = obj  # noqa: SLF001 - of the same class
        for name in ("__dict__", "__pydantic_fields_set__", "_pending", "_keeper"):
            _put(self, name, getattr(obj, name))

    def unify(self, other: StashObject) -> None:
        """Be as one with another object of the same entity."""
        if self._keeper is not None:
            self._keeper.unify(cast("StashObject", self), other)

    def start_empty(self, keeper: Keeper | None = None) -> None:
        """Be an object that no answer has filled yet; `keeper` is told of changes."""
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

    def server_fields(self) -> Mapping[str, Any]:
        """Field that shows something else -> what the server has."""
        return self._pending.server if self._pending is not None else _NOTHING

    def known_fields(self) -> Mapping[str, Any]:
        """Field that shows something else -> what the server has, or will have by saves of other objects."""
        with self.locked():
            return {name: self._known_field(name) for name in self.server_fields()}

    def _known_field(self, name: str) -> Any:
        before, noted = self.server_fields()[name], self._note_pending().mirrored.get(name)
        if noted is None or before is UNSET or before is FORCED:
            return before
        return adjusted(relationships(type(self).__name__)[name], before, noted)

    def __getattr__(self, name: str) -> Any:
        """UNSET for what no answer has brought yet, inverse relations included."""
        if name in type(self).model_fields or name in inverses(type(self).__name__):
            return UNSET
        # Pydantic's own, which it hides from type checkers.
        return super().__getattr__(name)  # type: ignore[misc]

    def merge_answer(self, values: Mapping[str, Any], number: int | None = None) -> None:
        """Take over what the server says, but for the fields that were changed here.

        `values` are attributes as they come from an answer, or what a query of its own found for an inverse
        relation; a null is a value, an absent field stays. `number` is that of the request which read them:
        what is being written, or was written or read since it was sent, stays. None: they are what the
        server has now.
        """
        with self.locked():
            if number is not None:
                values = {name: value for name, value in values.items() if name not in self._in_flight()}
                if self._keeper is not None:
                    values = self._keeper.current(cast("StashObject", self), values, number)
            for name, value in values.items():
                self._merge(name, value, kept)
            _put(self, "__pydantic_fields_set__", self.__pydantic_fields_set__ | values.keys())

    def take_row(self, data: Mapping[str, Any], plan: Plan, identity: Identity | None) -> None:
        """`merge_answer` for a row as the server sent it, in one pass, for reading must be cheap."""
        names, held, pending = tuple(data), self.__dict__, self._pending
        in_flight = _NOTHING if pending is None else pending.in_flight
        shape, known = plan.shapes.get(names) or plan.shape(names), self.__pydantic_fields_set__
        if not shape.attrs <= known:
            # One set for all objects that were read alike, until one of them is assigned to.
            _put(self, "__pydantic_fields_set__", shape.attrs | known if known else shape.attrs)
        for step, value in zip(shape.steps, data.values(), strict=True):
            if step is None:
                continue
            attr, convert, hold = step
            if convert is not None and value is not None:
                value = convert(value, identity)  # noqa: PLW2901 - the row's value as Python has it
            if pending is None and hold is None:
                held[attr] = value
            elif attr not in in_flight:
                self._merge(attr, value, hold)

    def _in_flight(self) -> Mapping[str, Any]:
        """Fields in a mutation that is not answered yet.

        Nothing that is read meanwhile is merged into them. Requests that overlap with the mutation may be
        carried out before it, between its parts, or after it, in any order: an item that it takes out could
        be seen gone and then there again, as if somebody else had put it in.
        """
        return self._pending.in_flight if self._pending is not None else _NOTHING

    def _merge(self, name: str, value: Any, hold: Hold | None) -> None:
        """Merge one field; `hold` puts lists and maps into their place."""
        if self._pending is not None and self._pending.notes(name):
            self._merge_changed(name, value)
        elif hold is None or value is None:
            self.__dict__[name] = value
        else:
            self._show(name, value, hold)

    def _show(self, name: str, value: Any, hold: Hold) -> None:
        """Hold a value that is the server's."""
        mine = self.__dict__.get(name)
        if value is None or not isinstance(mine, Items | Fields):
            self.__dict__[name] = hold(value, place_in(cast("Tracked", self), name))
        elif not same(mine, value):
            # The list or map stays the one that it is: others may hold it.
            mine.show(value)

    def _merge_changed(self, name: str, value: Any) -> None:
        """Merge one field that shows something else: changes stay, unless the server says the same."""
        pending, is_same = self._note_pending(), self._comparison(name)
        before = pending.server.get(name, UNSET)
        if before is FORCED or (before is not UNSET and is_same(value, before)):
            if self._take_unknown(name) is not UNSET:
                self.tidy(name)
            return
        differs, mine = self.differs(name), self.__dict__.get(name, UNSET)
        sent = self._take_unknown(name)
        pending.server[name] = snapshot(value)
        if before is not UNSET:
            settle(cast("StashObject", self), name, before, pending.server[name])
        if not differs:
            queued = pending.members.get(name, Noted())
            for change in pending.read(name):
                value = adjusted(relationships(type(self).__name__)[name], value, change)
            self._show(name, value, kept)
            self._settle_queued(name, queued)
        elif before is UNSET:
            # Assigned without having been read: now it is known what that takes out.
            mirror(cast("StashObject", self), name, pending.server[name], self.__dict__[name])
        else:
            self._merge_both(name, (before, mine, value), sent)
        self.tidy(name)

    def _take_unknown(self, name: str) -> Any:
        """What the server may have taken of a field, which is settled by an answer now; UNSET if nothing.

        Answers to requests that were sent before now do not tell any more: the order in which the server
        carried them out is not known.
        """
        sent = self._note_pending().unknown.pop(name, UNSET)
        if sent is not UNSET:
            self.note_written([name])
        return sent

    def _merge_both(self, name: str, values: tuple[Any, Any, Any], sent: Any) -> None:
        """Merge a field that was changed here and on the server: `values` are what it was, mine and theirs.

        `sent` is what the server may have taken before, if anything. What cannot be merged stays mine.
        """
        base, mine, theirs = values
        originals, relation = self._note_pending().originals, relationships(type(self).__name__).get(name)
        if not is_mergeable(name, base, mine, theirs):
            if not self._comparison(name)(theirs, sent):
                originals.setdefault(name, base)
            return
        if sent is not UNSET:
            base = as_sent(name, relation, base, sent, theirs)
        if conflicting(base, mine, theirs):
            originals.setdefault(name, base)
        self._show(name, merged(name, relation, base, mine, theirs), kept)

    def _settle_queued(self, name: str, queued: Noted) -> None:
        """Let the other side wait for nothing that was put in or taken out here and the server has so."""
        relation = relationships(type(self).__name__).get(name)
        if relation is not None and queued:
            targets = relation.targets([*queued.added.values(), *queued.removed.values()])
            settle_unchanged(cast("StashObject", self), name, targets)

    def differs(self, name: str) -> bool:
        """Whether a field differs from what the server has or will have by saves of other objects."""
        if name not in self.server_fields():
            return False
        mine, pending = self.__dict__.get(name, UNSET), self._note_pending()
        # What is set back to what the server has differs from it again once the server takes what was sent.
        is_open = name in pending.unknown or name in pending.in_flight
        return is_open or not self._comparison(name)(mine, self._known_field(name))

    def _comparison(self, name: str) -> Callable[[Any, Any], bool]:
        """How values of a field are told apart."""
        relation = relationships(type(self).__name__).get(name)
        is_links = relation is not None and relation.inverse_type in ENTITIES and not relation.through
        return same_links if is_links else same

    def mirrored(self, name: str) -> Noted:
        """What the other side of a relationship put in and took out."""
        return self._note_pending().mirrored.setdefault(name, Noted())

    def remember(self, name: str) -> Any:
        """What the server has in a field, if that was read; it is remembered while the field may differ."""
        held = self.__dict__.get(name, UNSET)
        return UNSET if held is UNSET else self._note_pending().server.setdefault(name, snapshot(held))

    def know(self, name: str, value: Any) -> None:
        """Take `value` for what the server has in a field, without its making this object changed."""
        self._note_pending().server[name] = value
        self.tidy(name)

    def tidy(self, name: str) -> None:
        """Remember nothing of a field that shows what the server has."""
        server = self.server_fields()
        if (
            name in server
            and name not in self._note_pending().unknown
            and name not in self._note_pending().in_flight
            and self._comparison(name)(self.__dict__.get(name, UNSET), server[name])
        ):
            self._note_pending().settle(name)
            self.tell_keeper()

    def note_saved(
        self, values: Mapping[str, Any], number: int | None = None, sent_for: Mapping[str, Any] = _NOTHING
    ) -> None:
        """Note that the server has these values (snapshots) now; what was edited meanwhile stays changed.

        Lists and maps were sent for what the server had then (`sent_for`): what was read meanwhile stays
        known, with the difference. Answers to requests that were sent before now (or before `number`) do not
        touch them any more.
        """
        with self.locked():
            for name, value in values.items():
                pending = self._note_pending()
                before = pending.server.get(name, self.__dict__.get(name, UNSET))
                now = self._with_difference(name, sent_for.get(name, UNSET), value, before)
                self._note_written(name, before, now, number)
                pending.server[name] = now
                pending.originals.pop(name, None)
                pending.unknown.pop(name, None)
                settle(cast("StashObject", self), name, before, now)
                self.tidy(name)
            self.tell_keeper()

    def _with_difference(self, name: str, sent_for: Any, sent: Any, known: Any) -> Any:
        """What the server has once it took `sent`: where it is known to have changed meanwhile, merged."""
        if not is_mergeable(name, sent_for, sent, known) or self._comparison(name)(known, sent_for):
            return sent
        relation = relationships(type(self).__name__).get(name)
        base = as_sent(name, relation, sent_for, sent, known)
        return snapshot(merged(name, relation, base, sent, known))

    def begin_sending(self, fields: Mapping[str, Any]) -> None:
        """Note that fields are being sent, and what the server has in them, until `end_sending`.

        Meanwhile an edit is one against either: what is set back stays to be sent.
        """
        with self.locked():
            self._note_pending().in_flight.update(fields)

    def end_sending(self, fields: Iterable[str]) -> None:
        """Note that it is known whether the server took these fields."""
        with self.locked():
            for name in fields:
                self._note_pending().in_flight.pop(name, None)
                self.tidy(name)
            self.tell_keeper()

    def note_unknown(self, values: Mapping[str, Any]) -> None:
        """Note that the server may have these values (snapshots): the fields stay changed.

        Answers to requests that were sent before now do not tell.
        """
        with self.locked():
            for name, value in values.items():
                self._note_pending().unknown[name] = value
                self._note_pending().in_flight.pop(name, None)
                self._note_pending().server.setdefault(name, UNSET)
                self._note_written(name, self.server_fields()[name], value)
            self.tell_keeper()

    def note_lost_create(self, lost: LostCreate | None) -> None:
        """Note that the server may have made the object; None where that is settled."""
        with self.locked():
            self._note_pending().lost = lost

    def note_written(self, fields: Iterable[str]) -> None:
        """Let no answer to a request that was sent before now touch these fields."""
        if self._keeper is not None:
            self._keeper.wrote(type(self).__name__, [cast("StashObject", self).id], fields)

    def _note_written(self, name: str, before: Any, value: Any, number: int | None = None) -> None:
        """Tell the keeper of a field that was written, and of what that changes in related objects."""
        if self._keeper is None:
            return
        self._keeper.wrote(type(self).__name__, [cast("StashObject", self).id], [name], number)
        relation = relationships(type(self).__name__).get(name)
        if relation is None or relation.inverse_type not in ENTITIES:
            return
        gone, come = difference(relation, before, value)
        ids = [target.id for target, _ in (*gone, *come)]
        if ids:
            self._keeper.wrote(relation.inverse_type, ids, other_side(relation), number)

    def rebase(self, name: str, step: Callable[[Any], Any]) -> None:
        """Let `step` lead from what the server had in a changed field to what it has now.

        Of a field in flight that is what it had when it was sent: another object's save may have changed it.
        """
        with self.locked():
            if name not in self.server_fields():
                return
            in_flight = self._note_pending().in_flight
            base = in_flight.get(name, UNSET)
            if base is UNSET:
                self.note_saved({name: step(self.server_fields()[name])})
                return
            in_flight[name] = step(base)
            self.note_saved({name: in_flight[name]}, sent_for={name: base})

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
