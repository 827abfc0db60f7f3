"""Diff of a plan, old -> new: styled parts of lines for people, JSON for programs."""

from __future__ import annotations

import json
import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, NamedTuple

from stash_cli.core.orm.edit import Change, Edit, MapChange, key_of
from stash_cli.core.orm.relationship import relationships
from stash_cli.core.texts import ARROW
from stash_cli.core.types.entities import ENTITIES
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stash_cli.core.edits.plan import Plan

    Labels = Mapping[tuple[str, str], str]
    """Names of linked objects by type and id."""

SHOWN = 20
"""Objects whose edits are listed; the others are only counted."""
_LONG = 60
"""Characters above which two texts are shown as a word diff, and other values truncated."""
_AROUND = 24
"""Characters of context around a difference of words."""
_MAX_WORDS = 4000
"""Maximum number of words to compare, because the comparison takes quadratic time."""
_HIDDEN = re.compile("[\u00a0\u00ad\u034f\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]")
"""White space other than the plain space, and invisible characters."""


class Part(NamedTuple):
    """A part of a line: `kind` is "removed", "added" or ""."""

    text: str
    kind: str = ""


def parts(edit: Edit, labels: Labels) -> Iterator[Part]:
    """The parts of an edit on one line: `60 -> 80`, `-A +B` for lists, `height=180 -weight` for maps."""
    if isinstance(edit.after, MapChange):
        yield from _map_parts(edit, edit.after)
    elif isinstance(edit.after, Change) or (isinstance(edit.before, list) and isinstance(edit.after, list)):
        yield from _list_parts(edit, labels)
    elif _is_long(edit.before) and _is_long(edit.after):
        yield from word_parts(edit.before, edit.after)
    else:
        if edit.before is not UNSET:
            yield Part(_shown(edit, edit.before, labels), "removed")
            yield Part(ARROW)
        yield Part(_shown(edit, edit.after, labels), "added")


def change_text(edit: Edit, labels: Labels | None = None) -> str:
    """The parts of an edit as one text."""
    return "".join(part.text for part in parts(edit, labels or {}))


def lines(edits: Sequence[Edit], labels: Labels | None = None, *, shown: int = SHOWN) -> Iterator[str]:
    """Yield a line for each edit of the first objects, and one that counts the other objects."""
    objects = dict.fromkeys((edit.type, edit.id) for edit in edits)
    listed = frozenset([*objects][:shown])
    for edit in edits:
        if (edit.type, edit.id) in listed:
            yield f"{object_name(edit.type, edit.id)}  {edit.field}: {change_text(edit, labels)}"
    if len(objects) > shown:
        yield f"and {len(objects) - shown} more objects"


def object_name(type_name: str, one: str | None) -> str:
    """Noun and id, such as `scene 12`; without an id `new scene`."""
    entity = ENTITIES.get(type_name)
    noun = entity.noun if entity else type_name
    return f"{noun} {one}" if one else f"new {noun}"


def _map_parts(edit: Edit, change: MapChange) -> Iterator[Part]:
    before = edit.before if isinstance(edit.before, dict) else {}
    space = ""
    for name, value in change.values.items():
        yield Part(f"{space}{name}: ")
        if name in before:
            yield Part(_text(before[name]), "removed")
            yield Part(ARROW)
        yield Part(_text(value), "added")
        space = "  "
    for name in change.removed:
        yield Part(
            f"{space}-{name}: {_text(before[name])}" if name in before else f"{space}-{name}", "removed"
        )
        space = "  "


def _list_parts(edit: Edit, labels: Labels) -> Iterator[Part]:
    change = list_change(edit)
    items = [Part(f"-{_shown(edit, item, labels)}", "removed") for item in change.removed]
    items += [Part(f"+{_shown(edit, item, labels)}", "added") for item in change.added]
    for number, part in enumerate(items or [Part("in another order")]):
        yield part if number == 0 else Part(f" {part.text}", part.kind)


def _shown(edit: Edit, value: Any, labels: Labels) -> str:
    """A value on one line; a link as the name of the linked object."""
    if isinstance(value, dict) and {"endpoint", "stash_id"} <= value.keys():
        return visible(f"{value['stash_id']} at {value['endpoint']}")
    relation = relationships(edit.type).get(edit.field)
    if relation is None or value is None or value is UNSET:
        return _text(value)
    one = str(key_of(value))
    name = labels.get((relation.inverse_type, one))
    more = {k: v for k, v in value.items() if v is not None} if isinstance(value, dict) else {}
    carried = [f"{k}={_text(v)}" for k, v in more.items() if not k.endswith("_id")]
    return " ".join([_text(name) if name else one, *carried])


def value_text(edit: Edit, value: Any, labels: Labels) -> str:
    """A value of an edit's field on one line, lists with all their items."""
    if isinstance(value, list | tuple):
        return ", ".join(_shown(edit, item, labels) for item in value) or "nothing"
    return _shown(edit, None if value == "" else value, labels)


def _is_long(value: Any) -> bool:
    return isinstance(value, str) and (len(value) > _LONG or "\n" in value)


def word_parts(before: str, after: str) -> Iterator[Part]:
    """Yield the differences of two long texts, with some context around them."""
    old, new = _words(before), _words(after)
    if len(old) + len(new) > _MAX_WORDS:
        yield Part(f"{len(before)} characters", "removed")
        yield Part(ARROW)
        yield Part(f"{len(after)} characters", "added")
        return
    for number, (kind, a, b, c, d) in enumerate(
        SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    ):
        if kind == "equal":
            yield Part(_context("".join(old[a:b]), is_first=number == 0, is_last=b == len(old)))
            continue
        if a < b:
            yield Part(f"[-{visible(''.join(old[a:b]), blanks=True)}-]", "removed")
        if c < d:
            yield Part(f"{{+{visible(''.join(new[c:d]), blanks=True)}+}}", "added")


def _words(text: str) -> list[str]:
    return re.findall(r"\s|\w+|[^\w\s]", text)


def _context(text: str, *, is_first: bool, is_last: bool) -> str:
    """Both ends of a passage that is equal in both texts."""
    head = "" if is_first else text[:_AROUND]
    tail = "" if is_last else text[-_AROUND:]
    if len(text) <= len(head) + len(tail):
        return visible(text)
    return f"{visible(head)}...{visible(tail)}"


def visible(text: str, *, blanks: bool = False) -> str:
    r"""`text` on one line, with control characters and unusual white space escaped.

    With `blanks` leading and trailing spaces, which would be invisible, are dots.

    >>> visible("a\tb\u00a0c"), visible(" a b ", blanks=True)
    ('a\\tb\\u00a0c', '\u00b7a b\u00b7')
    """
    escaped = json.dumps(text, ensure_ascii=False)[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    escaped = _HIDDEN.sub(lambda each: f"\\u{ord(each[0]):04x}", escaped)
    if not blanks:
        return escaped
    start, end = len(escaped) - len(escaped.lstrip(" ")), len(escaped) - len(escaped.rstrip(" "))
    if start == len(escaped):
        return "\u00b7" * start
    return "\u00b7" * start + escaped.strip(" ") + "\u00b7" * end


def list_change(edit: Edit) -> Change:
    """Return the items that a list gains and loses, as far as it was read; no items for other fields."""
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
    """A value on one line: texts in quotes, so that white space at their ends shows."""
    if value is UNSET:
        return "?"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) and value.startswith("data:"):
        return f"a picture ({len(value)} characters)"
    if isinstance(value, str):
        text = value if value.isdecimal() else f'"{visible(value)}"'
    else:
        text = visible(json.dumps(value, ensure_ascii=False))
    return text if len(text) <= 2 * _LONG else f"{text[: 2 * _LONG]}... ({len(text)} characters)"


def as_json(plan: Plan) -> dict[str, Any]:
    """The whole plan as JSON: every edit with its old and new value, and every mutation."""
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
