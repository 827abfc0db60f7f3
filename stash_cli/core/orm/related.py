"""Putting objects into relationships and taking them out, whether these were read or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.edits.save import emptied
from stash_cli.core.edits.side_mutations import QUEUED
from stash_cli.core.errors import StashUsageError
from stash_cli.core.orm import images
from stash_cli.core.orm.changes import snapshot
from stash_cli.core.orm.collections import kept
from stash_cli.core.orm.hierarchy import refuse_cycle
from stash_cli.core.orm.hydrate import class_named
from stash_cli.core.orm.members import place_of
from stash_cli.core.orm.mirror import forget, is_elsewhere, link, unlink
from stash_cli.core.orm.pending import Noted
from stash_cli.core.orm.relationship import RelationshipMetadata, relationships
from stash_cli.core.orm.tracking import Tracked
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from pathlib import Path

    from stash_cli.core.client import StashClient
    from stash_cli.core.types.entity import StashObject


class Related(Tracked):
    """What the helpers of all entities (`add_tag`, `set_studio`, `reset_o`) are made of."""

    def relate(self: StashObject, name: str, other: Any, **data: Any) -> None:  # type: ignore[misc]
        """Put `other` into the list `name`, or into the field of that name where it holds one object.

        `data` goes with it where the list carries data, such as a scene's number in a group. A list that
        was never read stays unread: what is put in is all that is sent.
        """
        relation = _relation(self, name)
        item, target = _item_of(relation, other, data)
        if target is not None:
            refuse_cycle(self, name, target)
        with self.locked():
            held = self.__dict__.get(name, UNSET)
            if not relation.is_list or (held is UNSET and self.is_new()):
                setattr(self, name, [item] if relation.is_list else item)
            elif held is UNSET:
                self.queue_member(name, item, put=True)
                if relation.inverse_field:
                    link(target, relation.inverse_field, self, item)
            elif (at := place_of(relation, held, target)) is None:
                held.append(item)
            elif data:
                held[at] = item

    def unrelate(self: StashObject, name: str, other: Any) -> None:  # type: ignore[misc]
        """Take `other` out of the list `name`; what is not in it stays out."""
        relation = _relation(self, name)
        item, target = _item_of(relation, other, {})
        with self.locked():
            held = self.__dict__.get(name, UNSET)
            if held is UNSET and not self.is_new():
                self._unrelate_unread(name, relation, item)
            elif (at := place_of(relation, held, target)) is not None:
                del held[at]

    def _unrelate_unread(self: StashObject, name: str, relation: RelationshipMetadata, item: Any) -> None:  # type: ignore[misc]
        """Take an item out of a list that was never read."""
        target, back = relation.target(item), relation.inverse_field
        if back and is_elsewhere(target, back, self):
            return
        if not target.is_new():
            self.queue_member(name, item, put=False)
        if back:
            unlink(target, back, self)
        if target.is_new():
            # The server does not know it: all there is to do is to say nothing of it.
            forget(self, name, target)
            forget(target, back or "", self)
            self.tell_keeper()

    def queue_member(self: StashObject, name: str, item: Any, *, put: bool) -> None:  # type: ignore[misc]
        """Note what the next save puts into, or takes out of, a list that was never read."""
        target = relationships(type(self).__name__)[name].target(item)
        with self.locked():
            forget(self, name, target)
            noted = self._note_pending().members.setdefault(name, Noted())
            (noted.put if put else noted.take)(target, item)
            self.tell_keeper()

    def queue_call(self, method: str, **args: Any) -> None:
        """Note a mutation for the next save, and show what it will leave."""
        operation, fields = QUEUED[type(self).__name__][method]
        given = {name: value for name, value in args.items() if value is not None}
        with self.locked():
            self._note_pending().calls[operation] = given
            for name, value in emptied(self, operation, given, fields).items():  # type: ignore[arg-type]
                self._show(name, value, kept)
                self.know(name, snapshot(value))
            self.tell_keeper()

    def queue_image(self, field: str, source: str | Path | None) -> None:
        """Note an image for the next save: a path, a URL, a data URI, or None for none."""
        sent = images.as_input(source)
        with self.locked():
            self._note_pending().inputs[field] = sent
            self.tell_keeper()

    @property
    def client(self) -> StashClient:
        """The client of the store that holds the object.

        Raises StashUsageError for an object that is in no store.
        """
        found = self._keeper.client if self._keeper is not None else None
        if found is None:
            raise StashUsageError(f"{self!r} is in no store, so there is no server to ask.")
        return found


def _relation(obj: StashObject, name: str) -> RelationshipMetadata:
    relation = relationships(type(obj).__name__).get(name)
    if relation is None or not relation.is_written:
        raise StashUsageError(f"{type(obj).__name__}.{name} is no relationship that can be changed.")
    return relation


def _item_of(relation: RelationshipMetadata, other: Any, data: dict[str, Any]) -> tuple[Any, Any]:
    """`other` as the field holds it, and the object itself."""
    through: Any = class_named(relation.through) if relation.through else None
    if through is not None and isinstance(other, through):
        return other, relation.target(other)
    if other is not None and type(other).__name__ != relation.inverse_type:
        raise StashUsageError(f"{relation.inverse_type} expected, not {other!r}.")
    given = {name: value for name, value in data.items() if value is not None}
    return (through(**{relation.link: other, **given}), other) if through else (other, other)
