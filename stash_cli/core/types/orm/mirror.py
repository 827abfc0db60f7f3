"""Both sides of a relationship kept in step in memory.

Whoever changes one side changes what the other shows, as far as it was read: `scene.performers` and
`performer.scenes`, `tag.parents` and `tag.children`. Only the side that was changed has something to
save; on the other the value and what the server is taken to have move together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.types.orm.changes import snapshot
from stash_cli.core.types.orm.relationship import RelationshipMetadata, relationships
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from stash_cli.core.types.entity import StashObject


def mirror(obj: StashObject, name: str, before: Any, after: Any) -> None:
    """Let the other side show that relationship `name` of `obj` went from `before` to `after`."""
    relation = relationships(type(obj).__name__).get(name)
    if relation is None or relation.inverse_field is None or not relation.is_written:
        return
    old, new = _pairs(relation, before), _pairs(relation, after)
    # Compared one by one: hashing would tie unsaved objects to their temporary ids.
    for target, _ in old:
        if not any(target == other for other, _ in new):
            unlink(target, relation.inverse_field, obj)
    for target, item in new:
        if not any(target == other for other, _ in old):
            link(target, relation.inverse_field, obj, item)


def _pairs(relation: RelationshipMetadata, value: Any) -> list[tuple[StashObject, Any]]:
    """Objects that a value leads to, each with the item that does."""
    items = value if isinstance(value, list) else [value] if value else []
    return [(relation.target(item), item) for item in items if relation.target(item)]


def link(holder: StashObject, name: str, obj: StashObject, item: Any = None) -> None:
    """Let `name` of `holder` show `obj`, if it was read; `item` is what the other side holds for it."""
    held = holder.__dict__.get(name, UNSET)
    relation = relationships(type(holder).__name__)[name]
    if held is UNSET:
        return
    if relation.is_list:
        if obj not in relation.targets(held):
            _put(holder, name, [*held, _item(relation, obj, item)])
    elif held != obj:
        if held is not None:
            mirror(holder, name, held, None)
        holder.__dict__[name] = obj
        holder.rebase(name, lambda _: obj)


def unlink(holder: StashObject, name: str, obj: StashObject) -> None:
    """Let `name` of `holder` show `obj` no longer."""
    held = holder.__dict__.get(name, UNSET)
    relation = relationships(type(holder).__name__)[name]
    if relation.is_list and held is not UNSET:
        _put(holder, name, [item for item in held if relation.target(item) != obj])
    elif held == obj and held is not UNSET:
        holder.__dict__[name] = None
        holder.rebase(name, lambda _: None)


def _put(holder: StashObject, name: str, items: list[Any]) -> None:
    """The items in the very list that is held; what the server is taken to have gets and loses the same."""
    relation = relationships(type(holder).__name__)[name]
    held = holder.__dict__[name]
    gone = [item for item in held if item not in items]
    come = [item for item in items if item not in held]
    held[:] = items

    def moved(base: Any) -> Any:
        if type(base) is not list:
            return base
        lost = [relation.target(item) for item in gone]
        kept = [item for item in base if relation.target(item) not in lost]
        return kept + snapshot(come)

    holder.rebase(name, moved)


def _item(relation: RelationshipMetadata, obj: StashObject, other: Any) -> Any:
    """`obj` as a list of this relationship holds it, with the data that the other side's item carries."""
    if not relation.through:
        return obj
    from stash_cli.core.types.orm.hydrate import class_named

    made: Any = class_named(relation.through)
    same_kind = type(other) is made
    return made(**{**(other.__dict__ if same_kind else {}), relation.link: obj})
