"""Values of relationships: the objects they refer to, indexes in lists, differences between two values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.orm import state_of
from stash_cli.core.orm.history import ALWAYS_DIRTY, Delta, key_of, same
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from stash_cli.core.orm.relationship import RelationshipMetadata
    from stash_cli.core.types.entity import StashObject

    Pair = tuple[StashObject, Any]
    """An object of a relationship, and the item that refers to it."""

_FEW = 5
"""Number of objects below which a list is searched for each, instead of indexed by key."""


def difference(relation: RelationshipMetadata, before: Any, after: Any) -> tuple[list[Pair], list[Pair]]:
    """The pairs removed from a relationship, and the pairs that were added or have other data.

    Compared by identity: hashing would fix the keys of unsaved objects to their temporary ids.
    """
    old, new = (pairs(relation, value) for value in _without_common_ends(before, after))
    was, now = ({id(target): item for target, item in many} for many in (old, new))
    removed = [(target, item) for target, item in old if id(target) not in now]
    added = [(target, item) for target, item in new if not same(item, was.get(id(target), UNSET))]
    return removed, added


def _without_common_ends(before: Any, after: Any) -> tuple[Any, Any]:
    """Two values without the items that lists share at either end: most edits of long lists are short."""
    if not isinstance(before, list) or not isinstance(after, list):
        return before, after
    start = _common_length(before, after)
    end = min(_common_length(before[::-1], after[::-1]), len(before) - start, len(after) - start)
    return before[start : len(before) - end], after[start : len(after) - end]


def _common_length(one: list[Any], other: list[Any]) -> int:
    """Number of identical items at the start of both lists."""
    return next(
        (n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a is not b), min(len(one), len(other))
    )


def pairs(relation: RelationshipMetadata, value: Any) -> list[Pair]:
    """The objects that a value refers to, each with its item."""
    known = value is not UNSET and value is not ALWAYS_DIRTY
    items = value if isinstance(value, list) else [value] if known and value else []
    return [(relation.target(item), item) for item in items if relation.target(item)]


def items_by_key(
    relation: RelationshipMetadata, value: Any, targets: list[StashObject]
) -> dict[str | int, Any]:
    """Key -> item, for at least those of `targets` that a value refers to."""
    if isinstance(value, list) and len(targets) < _FEW:
        indexes = [(target, index_of(relation, value, target)) for target in targets]
        return {key_of(target): value[at] for target, at in indexes if at is not None}
    return {key_of(target): item for target, item in pairs(relation, value)}


def index_of(relation: RelationshipMetadata, items: Any, target: StashObject) -> int | None:
    """The index in a list, or in the snapshot of one, of the item that refers to an object."""
    many = as_list(items)
    targets = map(relation.target, many) if relation.link else many
    # A store has one object for each entity; elsewhere several may have the same id.
    key: Callable[[Any], str | int] = id if state_of(target).is_attached else key_of
    keys = [*map(key, targets)]
    return keys.index(key(target)) if key(target) in keys else None


def without(relation: RelationshipMetadata, items: Any, targets: Iterable[StashObject]) -> list[Any]:
    """The items of a list, or of the snapshot of one, that refer to none of `targets`."""
    keys = {key_of(target) for target in targets}
    return [item for item in as_list(items) if key_of(relation.target(item)) not in keys]


def as_list(value: Any) -> list[Any]:
    """A list as it is; an empty one for any other value."""
    return value if isinstance(value, list) else []


def apply_delta(relation: RelationshipMetadata, base: Any, delta: Delta) -> Any:
    """`base` with the changes of `delta`."""
    added, removed = [*delta.added.values()], [*delta.removed.values()]
    if not relation.is_list:
        return added[0] if added else None if base in removed else base
    return without(relation, base, map(relation.target, (*added, *removed))) + added


def backref_item(relation: RelationshipMetadata, obj: StashObject, other: Any) -> Any:
    """The item for `obj` in the relationship, with the association data of the other side's item."""
    if not relation.through:
        return obj
    from stash_cli.core.orm.hydrate import class_named

    cls: Any = class_named(relation.through)
    data = other if isinstance(other, dict) else other.__dict__ if type(other) is cls else {}
    return cls(**{**data, relation.link: obj})
