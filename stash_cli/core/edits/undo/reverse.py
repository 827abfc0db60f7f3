"""Reversal of edits: the edit that leads from the server's present value back to the one before.

Lists, maps and counters are reversed by their difference, so that later changes of others stay. Any other
value is reversed only if the server still has the one that it answered.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stash_cli.core.edits.journal import resources
from stash_cli.core.edits.journal.pictures import HASH, is_picture
from stash_cli.core.edits.journal.resources import is_resource
from stash_cli.core.edits.side_mutations import compare
from stash_cli.core.orm.edit import Change, Edit, MapChange, key_of
from stash_cli.core.orm.relationship import relationships
from stash_cli.core.orm.side_mutations import COUNTED
from stash_cli.core.types.entities import ENTITIES
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stash_cli.core.edits.journal.changes import Recorded

NOT_READ = "what it was before is not recorded"
CHANGED = "changed since"
COUNTERS = frozenset(COUNTED.values())
NOTHING: tuple[Any, ...] = (None, "", [], {}, 0, False)
"""Values of a field that has none; servers differ in which one they answer."""


@dataclass(frozen=True, slots=True)
class NetChange:
    """Net effect of a run on one field: the value before it, and the last one that the server answered.

    `change` has the added and removed items or keys, for fields whose values are not known.
    """

    before: Any
    answered: Any
    change: Any = None

    def combine(self, later: NetChange) -> NetChange:
        """Combine with a later effect on the same field."""
        return NetChange(self.before, later.answered, later.change)


def net_of(row: Recorded) -> NetChange:
    """Net effect of one recorded change; without an answered value the wanted one is used."""
    edit = row.edit
    answered = edit.result if row.answered is UNSET else row.answered
    return NetChange(row.before, answered, edit.after if edit.is_change else None)


@dataclass(frozen=True, slots=True)
class Reversed:
    """The edit that reverses a change (None: it is reversed already), or why that is impossible."""

    edit: Edit | None = None
    reason: str = ""
    overwrites: bool = False
    """Whether the reason is that the value was changed since."""


def reverse(key: tuple[str, str, str], net: NetChange, now: Any) -> Reversed:
    """The edit of a field (type, id, name) that restores the value before; `now` is the present one."""
    if key[2] in COUNTED and isinstance(net.change, Change):
        return _times(key, net.change, now)
    if now is UNSET or net.before is UNSET:
        return Reversed(reason=NOT_READ)
    if same(now, net.before):
        return Reversed()
    if key[2] in COUNTERS:
        by = (net.answered or 0) - (net.before or 0)
        return _edit(key, now, max(0, (now or 0) - by))
    if (isinstance(net.before, list) or isinstance(now, list)) and not is_resource(key[0]):
        return _list(key, net.before or [], net.answered, now or [])
    return _value(key, net, now)


def _value(key: tuple[str, str, str], net: NetChange, now: Any) -> Reversed:
    """The edit of a map, or of a value that is replaced as a whole."""
    is_map = isinstance(net.before, dict) and isinstance(now, dict)
    if is_map and not is_picture(key[0], key[2]) and not is_resource(key[0]):
        return _map(key, net.before, net.answered or {}, now)
    if not same(now, net.answered):
        return Reversed(reason=CHANGED, overwrites=True)
    return Reversed(Edit(*key, now, net.before))


def _edit(key: tuple[str, str, str], now: Any, after: Any) -> Reversed:
    return Reversed() if same(now, after) else Reversed(Edit(*key, now, after))


def _times(key: tuple[str, str, str], change: Change, now: Any) -> Reversed:
    """Remove the added times and add the removed ones; times counted since stay."""
    present = list(now) if isinstance(now, list) else []
    present_times = compare([], present).added
    removed = tuple(time for time in change.added if time in present_times)
    if not (removed or change.removed):
        return Reversed()
    return Reversed(Edit(*key, present, Change(added=tuple(change.removed), removed=removed)))


def _list(key: tuple[str, str, str], before: list[Any], after: Any, now: list[Any]) -> Reversed:
    """Remove the added items and add the removed ones; items that others added since stay."""
    old_items, new_items = _by_key(before), _by_key(after if isinstance(after, list) else ())
    present_items = _by_key(now)
    added = [item for one, item in old_items.items() if one not in new_items and one not in present_items]
    removed = [item for one, item in present_items.items() if one in new_items and one not in old_items]
    restored = [
        item
        for one, item in old_items.items()
        if _is_changed(one, old_items, new_items) and same(present_items.get(one), new_items[one])
    ]
    is_untouched = same(now, after)
    if is_untouched and not _is_of_ids(key):
        return Reversed(Edit(*key, now, before))
    if restored:
        dropped = {key_of(item) for item in (*removed, *restored)}
        kept = [item for item in now if key_of(item) not in dropped]
        return _edit(key, now, [*kept, *restored, *added])
    if not (added or removed):
        return Reversed()
    change = Change(tuple(added), tuple(removed))
    return Reversed(Edit(*key, now, whole(key, now, change)))


def whole(key: tuple[str, str, str], now: list[Any], change: Change) -> Any:
    """The change of a list; the whole list if its items carry data, which a bulk update would drop."""
    relation = relationships(key[0]).get(key[2])
    return change.of(now) if relation is not None and relation.through else change


def _is_changed(one: Any, was: Mapping[Any, Any], made: Mapping[Any, Any]) -> bool:
    """Whether an item stayed in the list and its data changed."""
    return one in made and not same(was[one], made[one])


def _by_key(items: Any) -> dict[Any, Any]:
    return {key_of(item): item for item in items}


def _is_of_ids(key: tuple[str, str, str]) -> bool:
    """Whether a list consists of ids, whose order servers do not store."""
    relation = relationships(key[0]).get(key[2])
    return relation is not None and not relation.through and relation.inverse_type in ENTITIES


def _map(
    key: tuple[str, str, str], before: Mapping[str, Any], after: Any, now: Mapping[str, Any]
) -> Reversed:
    """Restore the keys that still have the value that the run set."""
    changed = {
        name for name in {*before, *after} if not same(before.get(name, UNSET), after.get(name, UNSET))
    }
    ours = [name for name in changed if same(now.get(name, UNSET), after.get(name, UNSET))]
    if not ours:
        is_back = all(same(now.get(name, UNSET), before.get(name, UNSET)) for name in changed)
        return Reversed() if is_back else Reversed(reason=CHANGED, overwrites=True)
    values = {name: before[name] for name in ours if name in before}
    return Reversed(
        Edit(*key, dict(now), MapChange(values, tuple(name for name in ours if name not in before)))
    )


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal, apart from time zones, and the time of a stash-box id set by servers."""
    return bool(_plain(one) == _plain(other))


def is_applied(after: Any, now: Any) -> bool:
    """Whether a field has the value that an edit wanted, or the items or keys that it changed."""
    if isinstance(after, Change):
        present_keys = {_key_text(item) for item in now or ()}
        is_without = not any(_key_text(item) in present_keys for item in after.removed)
        return is_without and all(_key_text(item) in present_keys for item in after.added)
    if isinstance(after, MapChange):
        present_map: Mapping[str, Any] = now or {}
        kept = all(same(present_map.get(name), value) for name, value in after.values.items())
        return kept and not any(name in present_map for name in after.removed)
    return same(now, after) or (isinstance(after, str) and now == after.strip())


def _key_text(item: Any) -> str:
    """Comparable text of an item's key, independent of the zone of a time."""
    return str(_plain(key_of(item)))


_TIME = re.compile(r"\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items() if name != "updated_at"}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, str) and _TIME.fullmatch(value):
        from datetime import datetime

        return datetime.fromisoformat(value)
    return value


def changed_items(net: NetChange) -> set[Any] | None:
    """Items of a list, or keys of a map, that a change added, removed or set; None for other values."""
    if isinstance(net.change, Change) and net.before is UNSET:
        return {_hashable_key(item) for item in (*net.change.added, *net.change.removed)}
    if isinstance(net.before, list) or isinstance(net.answered, list):
        old_items = {_hashable_key(item): item for item in (net.before or ())}
        new_items = {_hashable_key(item): item for item in (net.answered or ())}
    elif isinstance(net.before, dict) and isinstance(net.answered, dict) and HASH not in net.answered:
        old_items, new_items = dict(net.before), dict(net.answered)
    else:
        return None
    return {
        name
        for name in {*old_items, *new_items}
        if not same(old_items.get(name, UNSET), new_items.get(name, UNSET))
    }


def _hashable_key(item: Any) -> Any:
    key = key_of(item)
    return key if isinstance(key, str | int | float | tuple) else str(key)


def named(net: NetChange) -> list[str]:
    """Ids that a change of a link added, removed or replaced."""
    items = changed_items(net)
    values = (net.before, net.answered) if items is None else items
    return [str(value) for value in values if isinstance(value, str | int)]


def overlaps(name: str, one: NetChange, other: NetChange) -> bool:
    """Whether two changes of a field have to be reversed in order, the later one first."""
    if name in COUNTERS:
        return False
    ours, theirs = changed_items(one), changed_items(other)
    return ours is None or theirs is None or bool(ours & theirs)


def mapped(key: tuple[str, str, str], value: Any, current: Callable[[str, str], str]) -> Any:
    """A value with the present ids of recreated objects."""
    if is_resource(key[0]):
        return value if value is UNSET else resources.mapped(key, value, current)
    relation = relationships(key[0]).get(key[2])
    if relation is None or value is UNSET or value is None:
        return _mapped_cover(key, value, current)
    target = relation.inverse_type

    def of(item: Any) -> Any:
        if isinstance(item, dict):
            return {
                name: current(target, str(each)) if name.endswith("_id") and name != "stash_id" else each
                for name, each in item.items()
            }
        return current(target, str(item))

    if isinstance(value, Change):
        return Change(tuple(map(of, value.added)), tuple(map(of, value.removed)))
    return [of(item) for item in value] if isinstance(value, list) else of(value)


def _mapped_cover(key: tuple[str, str, str], value: Any, current: Callable[[str, str], str]) -> Any:
    return current("Image", value) if key[2] == "cover" and isinstance(value, str) else value


def key_of_edit(edit: Edit) -> tuple[str, str, str]:
    """Type, id and field."""
    return edit.type, edit.id, edit.field


def remaining_edit(edit: Edit, now: Any) -> Edit | None:
    """The part of an edit that is still to be made; None for nothing."""
    if now is UNSET or same(now, edit.after) or (now in NOTHING and edit.after in NOTHING):
        return None
    key = key_of_edit(edit)
    items = edit.after.added if isinstance(edit.after, Change) else edit.after
    if isinstance(edit.after, Change) or (isinstance(now, list) and _adds_items(edit)):
        present_keys = {key_of(item) for item in now or ()}
        added = tuple(item for item in items if key_of(item) not in present_keys)
        return Edit(*key, now, whole(key, now or [], Change(added))) if added else None
    return Edit(*key, now, edit.after)


def _adds_items(edit: Edit) -> bool:
    """Whether a list gets only its missing items, so that the others stay: a history, or links."""
    relation = relationships(edit.type).get(edit.field)
    return edit.field.endswith("_history") or (relation is not None and relation.inverse_type in ENTITIES)
