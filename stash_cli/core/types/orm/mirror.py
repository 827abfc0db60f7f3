"""Both sides of a relationship kept in step in memory.

Whoever changes one side changes what the other shows, as far as it was read: `scene.performers` and
`performer.scenes`, `tag.parents` and `tag.children`. Only the side that was changed has something to
save; on the other the value and what the server is taken to have move together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.types.orm.changes import same, snapshot
from stash_cli.core.types.orm.relationship import RelationshipMetadata, relationships
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from stash_cli.core.types.entity import StashObject

    Pair = tuple[StashObject, Any]
    """An object of a relationship, and the item that leads to it."""


def mirror(obj: StashObject, name: str, before: Any, after: Any) -> None:
    """Let the other side show that relationship `name` of `obj` went from `before` to `after`."""
    relation = relationships(type(obj).__name__).get(name)
    if relation is None or relation.inverse_field is None or not relation.is_written:
        return
    gone, come = _difference(relation, before, after)
    for target, _ in gone:
        if not any(target == other for other, _ in come):
            unlink(target, relation.inverse_field, obj)
    for target, item in come:
        link(target, relation.inverse_field, obj, item)


def _difference(relation: RelationshipMetadata, before: Any, after: Any) -> tuple[list[Pair], list[Pair]]:
    """What left a relationship and what came into it, or came with other data.

    Told apart as the very objects that they are: hashing would tie unsaved ones to their temporary ids.
    """
    start = 0
    if isinstance(before, list) and isinstance(after, list) and after[: len(before)] == before:
        # Appended to, the usual edit of a long list.
        start = len(before)
    old, new = _pairs(relation, before, start), _pairs(relation, after, start)
    was, now = ({id(target): item for target, item in pairs} for pairs in (old, new))
    gone = [(target, item) for target, item in old if id(target) not in now]
    come = [(target, item) for target, item in new if not same(item, was.get(id(target), UNSET))]
    return gone, come


def _pairs(relation: RelationshipMetadata, value: Any, start: int = 0) -> list[Pair]:
    """Objects that a value leads to from `start` on, each with the item that does."""
    items = value[start:] if isinstance(value, list) else [value] if value else []
    return [(relation.target(item), item) for item in items if relation.target(item)]


def link(holder: StashObject, name: str, obj: StashObject, item: Any = None) -> None:
    """Let `name` of `holder` show `obj`, if it was read; `item` is what the other side holds for it."""
    held = holder.__dict__.get(name, UNSET)
    relation = relationships(type(holder).__name__)[name]
    if held is UNSET:
        return
    if relation.is_list:
        others = [each for each in held if relation.target(each) != obj]
        if len(others) == len(held) or relation.through:
            _put(holder, name, [*others, _item(relation, obj, item)])
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
    gone, come = _difference(relation, snapshot(held), items)
    held.show(items)

    def moved(base: Any) -> Any:
        if not isinstance(base, list):
            return base
        lost = [target for target, _ in (*gone, *come)]
        return [item for item in base if relation.target(item) not in lost] + snapshot([i for _, i in come])

    holder.rebase(name, moved)


def _item(relation: RelationshipMetadata, obj: StashObject, other: Any) -> Any:
    """`obj` as a list of this relationship holds it, with the data that the other side's item carries."""
    if not relation.through:
        return obj
    from stash_cli.core.types.orm.hydrate import class_named

    made: Any = class_named(relation.through)
    same_kind = type(other) is made
    return made(**{**(other.__dict__ if same_kind else {}), relation.link: obj})
