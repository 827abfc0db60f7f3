"""Model of the server's filters in plain Python: one function per kind of criterion.

Each takes the values of an object and the criterion, and returns True, False or None. None is SQL's NULL,
which matches neither a condition nor its negation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Criterion = Mapping[str, Any]
Verdict = bool | None


def like(text: str, pattern: str) -> bool:
    """LIKE: letters of ASCII without case, `%` any text, `_` any one character."""
    parts = (".*" if char == "%" else "." if char == "_" else re.escape(char) for char in pattern)
    return re.fullmatch("".join(parts), text, re.IGNORECASE | re.ASCII | re.DOTALL) is not None


def words(value: str) -> list[str]:
    """Search terms of INCLUDES: words, or the phrase inside quotes."""
    value = value.strip()
    if value.startswith('"') or value.endswith('"'):
        return [value.strip('"')]
    return value.split() or [""]


def string(text: str | None, criterion: Criterion) -> Verdict:
    modifier, value = criterion["modifier"], criterion["value"]
    if modifier in ("IS_NULL", "NOT_NULL"):
        return (not (text or "").strip()) is (modifier == "IS_NULL")
    if text is None:
        return True if modifier == "NOT_MATCHES_REGEX" else None
    tests: dict[str, Callable[[], bool]] = {
        "EQUALS": lambda: like(text, value),
        "NOT_EQUALS": lambda: not like(text, value),
        "INCLUDES": lambda: any(like(text, f"%{word}%") for word in words(value)),
        "EXCLUDES": lambda: not any(like(text, f"%{word}%") for word in words(value)),
        "MATCHES_REGEX": lambda: re.search(value, text) is not None,
        "NOT_MATCHES_REGEX": lambda: re.search(value, text) is None,
    }
    return tests[modifier]()


def compare(held: Any, criterion: Criterion, value: Any, value2: Any) -> Verdict:
    modifier = criterion["modifier"]
    if modifier in ("IS_NULL", "NOT_NULL"):
        return (held is None) is (modifier == "IS_NULL")
    if held is None:
        return None
    tests: dict[str, Callable[[], bool]] = {
        "EQUALS": lambda: held == value,
        "NOT_EQUALS": lambda: held != value,
        "GREATER_THAN": lambda: held > value,
        "LESS_THAN": lambda: held < value,
        "BETWEEN": lambda: value <= held <= value2,
        "NOT_BETWEEN": lambda: not value <= held <= value2,
    }
    return tests[modifier]()


def number(held: float | None, criterion: Criterion) -> Verdict:
    return compare(held, criterion, criterion["value"], criterion.get("value2") or 0)


def date(held: str | None, criterion: Criterion) -> Verdict:
    """Compare as text with the first day of the period; a plain number is less than any text."""

    def key(text: str) -> tuple[int, str]:
        return (0 if text.isdigit() else 1, text)

    first = None if held is None else f"{held}-01-01"[:10] if len(held) != 7 else f"{held}-01"
    low, high = key(criterion["value"]), key(criterion.get("value2") or "9999-99")
    return compare(None if first is None else (1, first), criterion, low, high)


def some(match: Callable[[Any, Criterion], Verdict]) -> Callable[[Iterable[Any], Criterion], Verdict]:
    """Some row matches; without rows, one row of null is tested."""

    def verdict(rows: Iterable[Any], criterion: Criterion) -> Verdict:
        return any(match(row, criterion) for row in (list(rows) or [None]))

    return verdict


def string_list(rows: list[str], criterion: Criterion) -> Verdict:
    if criterion["modifier"] == "EXCLUDES":
        return not any(like(row, f"%{criterion['value']}%") for row in rows)
    return some(string)(rows, criterion)


def ids(criterion: Criterion, name: str = "value") -> list[int]:
    return [int(value) for value in criterion.get(name) or ()]


def descendants(children: Mapping[int, Iterable[int]], root: int, depth: int) -> set[int]:
    """A root and its descendants of at most `depth` levels; -1 means all."""
    found, edge = {root}, {root}
    while edge and depth != 0:
        edge = {child for parent in edge for child in children.get(parent, ())} - found
        found |= edge
        depth -= 1
    return found


def multi(children: Mapping[int, Iterable[int]] | None = None, *, single: bool = False) -> Any:
    """A criterion on related ids, with levels where the related objects have a hierarchy."""

    def verdict(held: Iterable[int], criterion: Criterion) -> Verdict:
        related, modifier = set(held), criterion["modifier"]
        if modifier in ("IS_NULL", "NOT_NULL"):
            return (not related) is (modifier == "IS_NULL")
        if single:
            modifier = {"EQUALS": "INCLUDES_ALL", "NOT_EQUALS": "EXCLUDES"}.get(modifier, modifier)
        depth = criterion.get("depth") or 0
        depth = 0 if children is None or depth < -1 else depth
        wanted = [descendants(children or {}, root, depth) for root in ids(criterion)]
        barred = [descendants(children or {}, root, depth) for root in ids(criterion, "excludes")]
        if modifier == "EXCLUDES":
            wanted, barred = [], wanted + barred
        if any(related & each for each in barred):
            return False
        return not wanted or _holds(related, modifier, wanted, ids(criterion))

    return verdict


def _holds(related: set[int], modifier: str, wanted: list[set[int]], exact: list[int]) -> bool:
    if modifier == "INCLUDES":
        return any(related & each for each in wanted)
    return related == set(exact) if modifier == "EQUALS" else all(related & each for each in wanted)


BANDS = {
    "R360P": (360, 479),
    "STANDARD": (480, 539),
    "STANDARD_HD": (720, 1079),
    "FULL_HD": (1080, 1439),
}


def resolution(side: int | None, criterion: Criterion) -> Verdict:
    if side is None:
        return None
    low, high = BANDS[criterion["value"]]
    return {
        "EQUALS": low <= side <= high,
        "NOT_EQUALS": not low <= side <= high,
        "LESS_THAN": side < low,
        "GREATER_THAN": side > high,
    }[criterion["modifier"]]


def orientation(size: tuple[int, int] | None, criterion: Criterion) -> Verdict:
    if size is None:
        return None
    width, height = size
    name = "LANDSCAPE" if width > height else "PORTRAIT" if width < height else "SQUARE"
    return name in criterion["value"]


def gender(held: str | None, criterion: Criterion) -> Verdict:
    modifier = criterion["modifier"]
    if modifier in ("IS_NULL", "NOT_NULL"):
        return (held is None) is (modifier == "IS_NULL")
    if held is None:
        return None
    return (held in criterion["value_list"]) is (modifier in ("EQUALS", "INCLUDES"))


def stash_id(rows: list[Mapping[str, str]], criterion: Criterion) -> Verdict:
    endpoint = criterion.get("endpoint")
    chosen = [row["stash_id"] for row in rows if endpoint is None or row["endpoint"] == endpoint]
    return some(string)(chosen, {"modifier": criterion["modifier"], "value": criterion.get("stash_id") or ""})


def custom_fields(held: Mapping[str, Any], entries: Iterable[Criterion]) -> Verdict:
    return all(_custom_field(held.get(entry["field"]), entry) for entry in entries)


def _custom_field(held: Any, entry: Criterion) -> Verdict:
    modifier, values = entry["modifier"], entry.get("value") or []
    if modifier == "IS_NULL":
        return held is None
    if held is None:
        return False

    def key(value: Any) -> tuple[int, Any]:
        return (1, value) if isinstance(value, str) else (0, value)

    tests: dict[str, Callable[[], bool]] = {
        "NOT_NULL": lambda: True,
        "EQUALS": lambda: key(held) in map(key, values),
        "NOT_EQUALS": lambda: key(held) not in map(key, values),
        "INCLUDES": lambda: all(like(str(held), f"%{value}%") for value in values),
        "EXCLUDES": lambda: not any(like(str(held), f"%{value}%") for value in values),
        "GREATER_THAN": lambda: key(held) > key(values[0]),
        "LESS_THAN": lambda: key(held) < key(values[0]),
        "BETWEEN": lambda: key(values[0]) <= key(held) <= key(values[1]),
        "NOT_BETWEEN": lambda: not key(values[0]) <= key(held) <= key(values[1]),
    }
    return tests[modifier]()


def flag(held: bool, wanted: bool) -> Verdict:
    return held is wanted


def both(first: Verdict, second: Verdict) -> Verdict:
    """Three-valued AND."""
    if first is False or second is False:
        return False
    return None if first is None or second is None else True


def inverse(verdict: Verdict) -> Verdict:
    return None if verdict is None else not verdict


def search(rows: Iterable[Iterable[str | None]], q: str) -> bool:
    """Whether a joined row of the object has every word, one of each alternative, and no excluded word."""
    tokens = re.findall(r'-?"[^"]*"|\S+', q)
    needed: list[list[str]] = []
    barred: list[str] = []
    while tokens:
        first = tokens.pop(0)
        if len(tokens) > 1 and tokens[0].lower() in ("or", "|"):
            choice = [first]
            while len(tokens) > 1 and tokens[0].lower() in (("or", "|") if len(choice) == 1 else ("or",)):
                choice.append(tokens[1])
                del tokens[:2]
            needed.append(choice)
        elif first.startswith("-") and len(first) > 1:
            barred.append(first[1:])
        else:
            needed.append([first])

    def held(row: Iterable[str | None], word: str) -> bool:
        return any(like(text or "", f"%{word.strip(chr(34))}%") for text in row)

    return any(
        all(any(held(row, word) for word in choice) for choice in needed)
        and not any(held(row, word) for word in barred)
        for row in map(list, rows)
    )
