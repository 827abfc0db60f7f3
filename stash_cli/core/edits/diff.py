"""A plan as rows old -> new: text lines for people, and JSON for programs."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from stash_cli.core.orm.edit import Change, Edit, MapChange, key_of
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stash_cli.core.edits.plan import Plan

SHOWN = 20
"""Objects whose edits are listed; of more than these totals are told."""
_LONG = 60
"""Characters after which a value is cut."""


def lines(edits: Sequence[Edit], *, shown: int = SHOWN) -> Iterator[str]:
    """A line for each edit of the first objects, then one for each field with its totals."""
    first = [*dict.fromkeys((edit.type, edit.id) for edit in edits)][:shown]
    listed = frozenset(first)
    for edit in edits:
        if (edit.type, edit.id) in listed:
            yield f"{edit.id or 'new'}  {edit.field}: {change_text(edit)}"
    if len({(edit.type, edit.id) for edit in edits}) > shown:
        yield from totals(edits)


def totals(edits: Sequence[Edit]) -> Iterator[str]:
    """Numbers of changed objects by field, and of items that lists lose."""
    counts = Counter(edit.field for edit in edits)
    removed: Counter[str] = Counter()
    for edit in edits:
        removed[edit.field] += len(list_change(edit).removed)
    for name, count in counts.items():
        lost = f", {removed[name]} items removed" if removed[name] else ""
        yield f"{name}: {count} objects{lost}"


def change_text(edit: Edit) -> str:
    """An edit in a few words: `60 -> 80`, `-6 +5` for lists, `height=180 -weight` for maps."""
    if isinstance(edit.after, MapChange):
        parts = [f"{name}={_text(value)}" for name, value in edit.after.values.items()]
        return " ".join([*parts, *(f"-{name}" for name in edit.after.removed)])
    if isinstance(edit.after, Change) or (isinstance(edit.before, list) and isinstance(edit.after, list)):
        change = list_change(edit)
        parts = [f"-{_text(item)}" for item in change.removed] + [f"+{_text(item)}" for item in change.added]
        return " ".join(parts) or "no change"
    return f"{_text(edit.before)} -> {_text(edit.after)}"


def list_change(edit: Edit) -> Change:
    """The items that a list gains and loses, as far as it was read; none for other fields."""
    before = edit.before if isinstance(edit.before, list) else []
    after = edit.result if edit.result is not UNSET else None
    if isinstance(edit.after, Change) and after is None:
        return edit.after
    if not isinstance(after, list):
        return Change()
    was, now = ({key_of(item) for item in items} for items in (before, after))
    return Change(
        tuple(item for item in after if item not in before or key_of(item) not in was),
        tuple(item for item in before if key_of(item) not in now),
    )


def _text(value: Any) -> str:
    """A value on one line: texts in quotes, so that white space and control characters show."""
    if value is UNSET:
        return "?"
    if isinstance(value, str) and value.isdecimal():
        return value
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONG else f"{text[:_LONG]}... ({len(text)} characters)"


def as_json(plan: Plan) -> dict[str, Any]:
    """The whole plan: every edit with what was and will be, and every mutation."""
    return {
        "edits": [edit_json(edit) for edit in plan.edits],
        "operations": [{each.name: each.args} for each in plan.operations],
    }


def edit_json(edit: Edit) -> dict[str, Any]:
    """One edit; `before` is left out where it was not read."""
    found: dict[str, Any] = {"type": edit.type, "id": edit.id, "field": edit.field}
    if edit.before is not UNSET:
        found["before"] = edit.before
    if isinstance(edit.after, Change):
        return {**found, "added": list(edit.after.added), "removed": list(edit.after.removed)}
    if isinstance(edit.after, MapChange):
        return {**found, "set": dict(edit.after.values), "removed": list(edit.after.removed)}
    return {**found, "after": edit.after}
