"""Both sides of a relationship kept in step in memory.

Whoever changes one side changes what the other shows: `scene.performers` and `performer.scenes`,
`tag.parents` and `tag.children`. Only the side that was changed last has to save the difference; the
other notes it as mirrored (`Pending.mirrored`), also where it was not read yet. Once either is saved,
both know what the server has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.orm.changes import FORCED, key_of, same, snapshot
from stash_cli.core.orm.members import difference, item_of, items_of, listed, pairs, place_of
from stash_cli.core.orm.relationship import RelationshipMetadata, relationships
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from stash_cli.core.types.entity import StashObject


def mirror(obj: StashObject, name: str, before: Any, after: Any) -> None:
    """Let the other side show that relationship `name` of `obj` went from `before` to `after`."""
    sides = _two_sided(obj, name)
    if sides is None:
        return
    relation, back = sides
    if relation.is_list:
        gone, come = difference(relation, known_items(obj, name) if before is UNSET else before, after)
        left = [target for target, _ in gone]
    else:
        left, come = _owners(obj, name, before), pairs(relation, after)
    for target in (*left, *(target for target, _ in come)):
        forget(obj, name, target)
    for target in left:
        if not any(target == other for other, _ in come):
            unlink(target, back, obj)
    for target, item in come:
        link(target, back, obj, item)
    settle_unchanged(obj, name, [*left, *(target for target, _ in come)])


def settle_unchanged(obj: StashObject, name: str, touched: list[StashObject]) -> None:
    """Let nobody wait for a save of `obj` where its relationship is again what the server has."""
    sides, base = _two_sided(obj, name), obj.server_fields().get(name, UNSET)
    if sides is None or not touched or base is UNSET or base is FORCED:
        return
    relation, back = sides
    was, now = (items_of(relation, value, touched) for value in (base, obj.__dict__[name]))
    for target in touched:
        before, after = (held.get(key_of(target), UNSET) for held in (was, now))
        if same(after, before):
            _settle_one(target, back, obj, after)


def settle(obj: StashObject, name: str, before: Any, after: Any) -> None:
    """Let the other side know that the server has `after` in relationship `name` of `obj`, not `before`."""
    sides = _two_sided(obj, name)
    if sides is None:
        return
    relation, back = sides
    gone, come = difference(relation, before, after)
    for target, _ in gone:
        _settle_one(target, back, obj, UNSET)
    for target, item in come:
        _settle_one(target, back, obj, item)


def _two_sided(obj: StashObject, name: str) -> tuple[RelationshipMetadata, str] | None:
    """A relationship that is kept in step with another, and the name of that."""
    relation = relationships(type(obj).__name__).get(name)
    back = relation.inverse_field if relation is not None and relation.is_written else None
    return (relation, back) if relation is not None and back is not None else None


def known_items(obj: StashObject, name: str) -> list[Any]:
    """What a relationship that was never read is known to lead to."""
    pending = obj.pending
    changes = (pending.mirrored.get(name), pending.members.get(name)) if pending else ()
    return [item for change in changes if change for item in change.added.values()]


def _owners(obj: StashObject, name: str, shown: Any) -> list[StashObject]:
    """Whom a field that holds one object led to, here or on the server: they show `obj` no longer."""
    noted = obj.mirrored(name)
    known = (shown, obj.server_fields().get(name), *noted.added.values(), *noted.removed.values())
    return [each for each in known if each is not None and each is not UNSET and each is not FORCED]


def is_elsewhere(obj: StashObject, name: str, owner: StashObject) -> bool:
    """Whether a field that holds one object is known to lead to another than `owner`."""
    relation = relationships(type(obj).__name__)[name]
    held = obj.__dict__.get(name, UNSET)
    shown = (known_items(obj, name) or [owner])[0] if held is UNSET else held
    return not relation.is_list and shown != owner


def forget(holder: StashObject, name: str, obj: StashObject) -> None:
    """Let nothing be noted of `obj` in `name` of `holder`: whoever changes it next has to save it."""
    if holder.pending is not None:
        for noted in (holder.pending.mirrored.get(name), holder.pending.members.get(name)):
            if noted is not None:
                noted.forget(obj)


def link(holder: StashObject, name: str, obj: StashObject, item: Any = None) -> None:
    """Let `name` of `holder` show `obj`; `item` is what the other side holds for it."""
    relation = relationships(type(holder).__name__)[name]
    held = holder.__dict__.get(name, UNSET)
    if relation.is_list:
        forget(holder, name, obj)
        _show_item(holder, name, item_of(relation, obj, item), is_in=True)
        return
    for other in _owners(holder, name, held):
        if other != obj:
            unlink(other, relation.inverse_field or "", holder)
    _show_link(holder, name, obj)


def unlink(holder: StashObject, name: str, obj: StashObject) -> None:
    """Let `name` of `holder` show `obj` no longer."""
    relation = relationships(type(holder).__name__)[name]
    if relation.is_list:
        forget(holder, name, obj)
        _show_item(holder, name, item_of(relation, obj, None), is_in=False)
    elif holder.__dict__.get(name, UNSET) is UNSET:
        forget(holder, name, obj)
        holder.mirrored(name).take(obj, obj)
    elif holder.__dict__[name] == obj:
        _show_link(holder, name, None)


def _show_item(holder: StashObject, name: str, item: Any, *, is_in: bool) -> None:
    """Put an item into a list that shows the other side, or take it out, and note what of it is not saved."""
    relation = relationships(type(holder).__name__)[name]
    target, noted = relation.target(item), holder.mirrored(name)
    held = holder.__dict__.get(name, UNSET)
    note = noted.put if is_in else noted.take
    if held is UNSET:
        note(target, item)
        return
    base = holder.remember(name)
    was, at = place_of(relation, base, target), place_of(relation, held, target)
    if not is_in and at is not None:
        held.splice(at, at + 1)
    elif is_in and at is None:
        held.splice(len(held), len(held), item)
    elif is_in and at is not None and not same(held[at], snapshot([item])[0]):
        held.splice(at, at + 1, item)
    if not same(item if is_in else UNSET, UNSET if was is None else base[was]):
        note(target, item)
    holder.tidy(name)


def _show_link(holder: StashObject, name: str, obj: StashObject | None) -> None:
    """Put the object on the other side into a field that holds one, and note what of it is not saved."""
    noted, base = holder.mirrored(name), holder.remember(name)
    had = holder.__dict__.get(name, UNSET)
    noted.clear()
    if obj is not None and obj != base:
        noted.put(obj, obj)
    elif obj is None and had == base:
        noted.take(had, had)
    if had is not UNSET:
        holder.__dict__[name] = obj
        holder.tidy(name)


def _follow(holder: StashObject, name: str, obj: StashObject, item: Any, *, was_in: bool) -> None:
    """Show in a list what others put into it or took out, unless it was edited here."""
    relation, held = relationships(type(holder).__name__)[name], holder.__dict__[name]
    at = place_of(relation, held, obj)
    if (at is not None) != was_in or was_in == (item is not UNSET):
        return
    if at is None:
        held.splice(len(held), len(held), item_of(relation, obj, item))
    else:
        held.splice(at, at + 1)


def _settle_one(holder: StashObject, name: str, obj: StashObject, item: Any) -> None:
    """Know that the server has `obj` in `name` of `holder`, as `item` of the other side says (UNSET: not)."""
    relation = relationships(type(holder).__name__)[name]
    forget(holder, name, obj)
    base = holder.server_fields().get(name, FORCED)
    if base is UNSET or base is FORCED:
        return
    if relation.is_list:
        at = place_of(relation, base, obj)
        rest = listed(base) if at is None else [*base[:at], *base[at + 1 :]]
        _follow(holder, name, obj, item, was_in=at is not None)
        holder.know(name, rest if item is UNSET else [*rest, *snapshot([item_of(relation, obj, item)])])
    elif item is not UNSET and base != obj:
        holder.know(name, obj)
        if base:
            _settle_one(base, relation.inverse_field or "", holder, UNSET)
    elif item is UNSET and base == obj:
        holder.know(name, None)
