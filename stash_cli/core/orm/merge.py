"""Three-way merges of the committed value, ours and the server's.

Lists are merged item by item, maps key by key, counters by the difference; other values are not merged.
Where both sides changed the same item's data or the same key, ours stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.orm.history import ALWAYS_DIRTY, key_of, same, snapshot
from stash_cli.core.types.base import Embedded
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stash_cli.core.orm.relationship import RelationshipMetadata

    Key = Callable[[Any], Any]
    Map = Mapping[Any, Any]

_NAMES = ("endpoint", "stash_id")
"""Fields that identify an embedded value."""

COUNTERS = frozenset({"o_counter", "play_count"})
"""Numbers that are saved as a difference."""


def is_mergeable(name: str, *values: Any) -> bool:
    """Whether the values of a field can be merged; values that are not loaded cannot."""
    if any(value is UNSET or value is ALWAYS_DIRTY for value in values):
        return False
    if name in COUNTERS:
        return True
    known = [value for value in values if value is not None]
    return bool(known) and any(all(isinstance(value, kind) for value in known) for kind in (list, dict))


def merged(name: str, relation: RelationshipMetadata | None, base: Any, mine: Any, theirs: Any) -> Any:
    """`theirs` with the changes from `base` to `mine`."""
    if name in COUNTERS:
        # Reset to zero here, it is zero whatever was counted meanwhile.
        return mine if not mine else max(0, (theirs or 0) + mine - (base or 0))
    if isinstance(mine, dict) or isinstance(theirs, dict):
        return _merged_map(base or {}, mine or {}, theirs or {})
    return _merged_list(_key(relation), base or [], mine or [], theirs or [])


def as_sent(name: str, relation: RelationshipMetadata | None, base: Any, sent: Any, theirs: Any) -> Any:
    """The server's value before others made it `theirs`: `base` with as much of `sent` as it has taken."""
    if name in COUNTERS:
        # The mutation was carried out in part at most, so the number lies between what it was and what was
        # sent.
        low, high = sorted((base or 0, sent or 0))
        return min(max(theirs or 0, low), high)
    if isinstance(sent, dict) or isinstance(theirs, dict):
        return _taken_map(base or {}, sent or {}, theirs or {})
    return _taken_list(_key(relation), base or [], sent or [], theirs or [])


def without_sent(
    name: str, relation: RelationshipMetadata | None, known: Any, sent: tuple[Any, Any], theirs: Any
) -> Any:
    """`theirs` with the items or keys that a mutation changes (`sent`: from, to) as they are in `known`.

    UNSET for values that are not merged by parts: scalars, counters, and lists of embedded values.
    """
    values = (*sent, known, theirs)
    if name in COUNTERS or not is_mergeable(name, *values):
        return UNSET
    if any(isinstance(value, dict) for value in values):
        return _with_parts_of(*(value or {} for value in values))
    if any(isinstance(item, Embedded | dict) for value in values for item in value or []):
        return UNSET
    key = _key(relation)
    parts = [{key(item): item for item in value or []} for value in values]
    return [*_with_parts_of(*parts).values()]


def _with_parts_of(before: Map, after: Map, known: Map, theirs: Map) -> dict[Any, Any]:
    """`theirs`, but what differs between `before` and `after` as in `known`."""
    sent = {key for key in (*before, *after) if not same(_at(after, key), _at(before, key))}
    keys = [*theirs, *(key for key in known if key not in theirs)]
    found = {key: _at(known if key in sent else theirs, key) for key in keys}
    return {key: value for key, value in found.items() if value is not UNSET}


def conflicting(base: Any, mine: Any, theirs: Any) -> bool:
    """Whether two maps change the same key of `base` to different values."""
    if not isinstance(mine, dict) or not isinstance(theirs, dict):
        return False
    held = base or {}
    keys = held.keys() | mine.keys() | theirs.keys()
    return any(
        not same(_at(mine, key), _at(held, key))
        and not same(_at(theirs, key), _at(held, key))
        and not same(_at(mine, key), _at(theirs, key))
        for key in keys
    )


def _at(values: Map, key: Any) -> Any:
    return values.get(key, UNSET)


def _merged_map(
    base: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any]
) -> dict[str, Any]:
    keys = [*mine, *(key for key in theirs if key not in mine)]
    found = {key: _at(theirs if same(_at(mine, key), _at(base, key)) else mine, key) for key in keys}
    return {key: value for key, value in found.items() if value is not UNSET}


def _taken_map(base: Mapping[str, Any], sent: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
    keys = [*base, *(key for key in sent if key not in base)]
    found = {key: _at(sent if same(_at(theirs, key), _at(sent, key)) else base, key) for key in keys}
    return {key: value for key, value in found.items() if value is not UNSET}


def _key(relation: RelationshipMetadata | None) -> Key:
    """Key of list items: the object they lead to, the stash-box and id, or the value itself."""

    def key(item: Any) -> Any:
        fields = item.__dict__ if isinstance(item, Embedded) else item
        if relation is not None and relation.link and isinstance(fields, dict):
            return key_of(fields[relation.link])
        if isinstance(fields, dict):
            return tuple(str(fields.get(name)) for name in _NAMES if name in fields) or repr(fields)
        return key_of(item) if hasattr(item, "is_new") else item

    return key


def _merged_list(key: Key, base: list[Any], mine: list[Any], theirs: list[Any]) -> list[Any]:
    """Our items in our order without those removed by the server, then those added by the server."""
    was, here, there = ({key(item): item for item in items} for items in (base, mine, theirs))
    # Gone from the server although it was there: others removed it, and nothing here asked for it to stay.
    kept = [item for item in mine if key(item) in there or key(item) not in was]
    kept = [_merged_item(was, there, key(item), item) for item in kept]
    return kept + [item for item in theirs if key(item) not in was and key(item) not in here]


def _merged_item(was: Mapping[Any, Any], there: Mapping[Any, Any], key: Any, mine: Any) -> Any:
    """Our item, or the server's where only that one was changed."""
    if key not in was or key not in there or not same(mine, was[key]):
        return mine
    return mine if same(mine, there[key]) else there[key]


def _taken_list(key: Key, base: list[Any], sent: list[Any], theirs: list[Any]) -> list[Any]:
    was, out, there = ({key(item): item for item in items} for items in (base, sent, theirs))
    put_in = [item for item in sent if key(item) not in was and key(item) in there]
    return [*(item for item in base if key(item) in out or key(item) in there), *snapshot(put_in)]
