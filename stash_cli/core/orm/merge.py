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
        # A reset to zero wins over counts made in the meantime.
        return mine if not mine else max(0, (theirs or 0) + mine - (base or 0))
    if isinstance(mine, dict) or isinstance(theirs, dict):
        return _merged_map(base or {}, mine or {}, theirs or {})
    return _merged_list(_key(relation), base or [], mine or [], theirs or [])


def as_sent(name: str, relation: RelationshipMetadata | None, base: Any, sent: Any, theirs: Any) -> Any:
    """The server's value before others changed it to `theirs`: `base` with the part of `sent` it applied."""
    if name in COUNTERS:
        # The mutation may have been applied in part, so the number lies between the base and the sent value.
        low, high = sorted((base or 0, sent or 0))
        return min(max(theirs or 0, low), high)
    if isinstance(sent, dict) or isinstance(theirs, dict):
        return _applied_map(base or {}, sent or {}, theirs or {})
    return _applied_list(_key(relation), base or [], sent or [], theirs or [])


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
    """`theirs`, except that keys which differ between `before` and `after` have their value in `known`."""
    changed = {key for key in (*before, *after) if not same(_at(after, key), _at(before, key))}
    keys = [*theirs, *(key for key in known if key not in theirs)]
    values = {key: _at(known if key in changed else theirs, key) for key in keys}
    return {key: value for key, value in values.items() if value is not UNSET}


def conflicting(base: Any, mine: Any, theirs: Any) -> bool:
    """Whether two maps change the same key of `base` to different values."""
    if not isinstance(mine, dict) or not isinstance(theirs, dict):
        return False
    before = base or {}
    keys = before.keys() | mine.keys() | theirs.keys()
    return any(
        not same(_at(mine, key), _at(before, key))
        and not same(_at(theirs, key), _at(before, key))
        and not same(_at(mine, key), _at(theirs, key))
        for key in keys
    )


def _at(values: Map, key: Any) -> Any:
    return values.get(key, UNSET)


def _merged_map(
    base: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any]
) -> dict[str, Any]:
    keys = [*mine, *(key for key in theirs if key not in mine)]
    values = {key: _at(theirs if same(_at(mine, key), _at(base, key)) else mine, key) for key in keys}
    return {key: value for key, value in values.items() if value is not UNSET}


def _applied_map(
    base: Mapping[str, Any], sent: Mapping[str, Any], theirs: Mapping[str, Any]
) -> dict[str, Any]:
    keys = [*base, *(key for key in sent if key not in base)]
    values = {key: _at(sent if same(_at(theirs, key), _at(sent, key)) else base, key) for key in keys}
    return {key: value for key, value in values.items() if value is not UNSET}


def _key(relation: RelationshipMetadata | None) -> Key:
    """Key of list items: the object they refer to, the stash-box and id, or the value itself."""

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
    old, ours, new = ({key(item): item for item in items} for items in (base, mine, theirs))
    # An item of the base that the server lacks was removed by another client; ours did not change it.
    remaining = [item for item in mine if key(item) in new or key(item) not in old]
    remaining = [_merged_item(old, new, key(item), item) for item in remaining]
    return remaining + [item for item in theirs if key(item) not in old and key(item) not in ours]


def _merged_item(old: Mapping[Any, Any], new: Mapping[Any, Any], key: Any, mine: Any) -> Any:
    """Our item, or the server's if only that one was changed."""
    if key not in old or key not in new or not same(mine, old[key]):
        return mine
    return mine if same(mine, new[key]) else new[key]


def _applied_list(key: Key, base: list[Any], sent: list[Any], theirs: list[Any]) -> list[Any]:
    old, in_sent, new = ({key(item): item for item in items} for items in (base, sent, theirs))
    added = [item for item in sent if key(item) not in old and key(item) in new]
    return [*(item for item in base if key(item) in in_sent or key(item) in new), *snapshot(added)]
