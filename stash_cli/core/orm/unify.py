"""One entity, two objects: a row was read before the answer to the create that made it told its id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.orm.collections import Items, kept
from stash_cli.core.orm.places import place_in
from stash_cli.core.orm.relationship import RelationshipMetadata, relationships
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stash_cli.core.types.entity import StashObject


def unify(obj: StashObject, other: StashObject, holders: Iterable[StashObject]) -> None:
    """Let both objects show, hold and save the same; `holders` lead to `obj` instead of `other`."""
    edits = other.get_changed_fields()
    for name, value in other.__dict__.items():
        is_known = obj.__dict__.get(name, UNSET) is not UNSET or (obj.pending and obj.pending.notes(name))
        if not is_known and name not in edits:
            obj.__dict__[name] = kept(value, place_in(obj, name))
    for name, value in edits.items():
        if obj.pending is None or not obj.pending.notes(name):
            obj.know(name, other.server_fields()[name])
        setattr(obj, name, value)
    for holder in holders:
        _lead(holder, other, obj)
    other.share(obj)


def _lead(holder: StashObject, other: StashObject, obj: StashObject) -> None:
    """Let every relationship of `holder` that leads to `other` lead to `obj`."""
    for name, relation in relationships(type(holder).__name__).items():
        if relation.inverse_type != type(obj).__name__:
            continue
        held = holder.__dict__.get(name)
        led = _led(relation, held, other, obj)
        if isinstance(held, Items):
            held.splice(0, len(held), *led)
        elif led is not held:
            holder.__dict__[name] = led
        _lead_pending(holder, name, relation, (other, obj))


def _lead_pending(
    holder: StashObject, name: str, relation: RelationshipMetadata, pair: tuple[StashObject, StashObject]
) -> None:
    """The same for what the server has in a relationship, and for what is queued."""
    if holder.pending is None:
        return
    if name in holder.pending.server:
        holder.pending.server[name] = _led(relation, holder.pending.server[name], *pair)
    for noted in (holder.pending.mirrored.get(name), holder.pending.members.get(name)):
        for queue in (noted.added, noted.removed) if noted is not None else ():
            queue.update({key: _led(relation, item, *pair) for key, item in queue.items()})


def _led(relation: RelationshipMetadata, value: Any, other: StashObject, obj: StashObject) -> Any:
    """A value of the relationship, or one item of it, with `obj` in place of `other`."""
    if isinstance(value, list):
        led = [_led(relation, item, other, obj) for item in value]
        # Both may have been in it: the one as it was read, the other as the one that is to be saved.
        first = next((n for n, item in enumerate(led) if relation.target(item) is obj), None)
        return [item for n, item in enumerate(led) if n == first or relation.target(item) is not obj]
    if value is other:
        return obj
    if relation.link:
        fields = value if isinstance(value, dict) else getattr(value, "__dict__", {})
        if fields.get(relation.link) is other:
            fields[relation.link] = obj
    return value
