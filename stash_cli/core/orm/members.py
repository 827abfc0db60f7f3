"""What the values of a relationship lead to: which objects, where in a list, and how two values differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.orm.changes import FORCED, key_of, same
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from stash_cli.core.orm.pending import Noted
    from stash_cli.core.orm.relationship import RelationshipMetadata
    from stash_cli.core.types.entity import StashObject

    Pair = tuple[StashObject, Any]
    """An object of a relationship, and the item that leads to it."""

_FEW = 5
"""Objects up to which each is looked for by itself."""


def difference(relation: RelationshipMetadata, before: Any, after: Any) -> tuple[list[Pair], list[Pair]]:
    """What left a relationship and what came into it, or came with other data.

    Told apart as the very objects that they are: hashing would tie unsaved ones to their temporary ids.
    """
    old, new = (pairs(relation, value) for value in _ends(before, after))
    was, now = ({id(target): item for target, item in many} for many in (old, new))
    gone = [(target, item) for target, item in old if id(target) not in now]
    come = [(target, item) for target, item in new if not same(item, was.get(id(target), UNSET))]
    return gone, come


def _ends(before: Any, after: Any) -> tuple[Any, Any]:
    """Two values without what lists have in common at either end: most edits of long ones are short."""
    if not isinstance(before, list) or not isinstance(after, list):
        return before, after
    start = _alike(before, after)
    end = min(_alike(before[::-1], after[::-1]), len(before) - start, len(after) - start)
    return before[start : len(before) - end], after[start : len(after) - end]


def _alike(one: list[Any], other: list[Any]) -> int:
    """How many items two lists begin with that are the very same."""
    return next(
        (n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a is not b), min(len(one), len(other))
    )


def pairs(relation: RelationshipMetadata, value: Any) -> list[Pair]:
    """Objects that a value leads to, each with the item that does."""
    known = value is not UNSET and value is not FORCED
    items = value if isinstance(value, list) else [value] if known and value else []
    return [(relation.target(item), item) for item in items if relation.target(item)]


def items_of(relation: RelationshipMetadata, value: Any, targets: list[StashObject]) -> dict[str | int, Any]:
    """The items that lead to some objects, by the keys of these, and perhaps to more."""
    if isinstance(value, list) and len(targets) < _FEW:
        places = [(target, place_of(relation, value, target)) for target in targets]
        return {key_of(target): value[at] for target, at in places if at is not None}
    return {key_of(target): item for target, item in pairs(relation, value)}


def place_of(relation: RelationshipMetadata, items: Any, target: StashObject) -> int | None:
    """Where in a list, or in the snapshot of one, the item is that leads to an object; lists may be long."""
    many = listed(items)
    targets = map(relation.target, many) if relation.link else many
    # In a store there is one object for each, elsewhere there may be several.
    tell: Callable[[Any], str | int] = id if target.is_kept else key_of
    keys = [*map(tell, targets)]
    return keys.index(tell(target)) if tell(target) in keys else None


def without(relation: RelationshipMetadata, items: Any, targets: Iterable[StashObject]) -> list[Any]:
    """The items of a list, or of the snapshot of one, that lead to none of the objects."""
    keys = {key_of(target) for target in targets}
    return [item for item in listed(items) if key_of(relation.target(item)) not in keys]


def listed(value: Any) -> list[Any]:
    """A list as it is, and none for whatever else a field may hold."""
    return value if isinstance(value, list) else []


def adjusted(relation: RelationshipMetadata, base: Any, noted: Noted) -> Any:
    """What the server has once the other side has saved, too: `base` with what is noted."""
    added, removed = [*noted.added.values()], [*noted.removed.values()]
    if not relation.is_list:
        return added[0] if added else None if base in removed else base
    return without(relation, base, map(relation.target, (*added, *removed))) + added


def item_of(relation: RelationshipMetadata, obj: StashObject, other: Any) -> Any:
    """`obj` as a list of this relationship holds it, with the data that the other side's item carries."""
    if not relation.through:
        return obj
    from stash_cli.core.orm.hydrate import class_named

    made: Any = class_named(relation.through)
    data = other if isinstance(other, dict) else other.__dict__ if type(other) is made else {}
    return made(**{**data, relation.link: obj})
