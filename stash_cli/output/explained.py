"""The text of `stash explain`: a heading, then a line per field, argument, value or lookup."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

WIDTH = 100
_COLUMN = 34

Facts = dict[str, Any]
Line = tuple[str, str, str]


def text_of(facts: Facts) -> str:
    """The whole explanation of one name."""
    parts = ["\n".join(heading(facts))]
    parts += [section(title, lines) for title, lines in _sections(facts) if lines]
    if inside := facts.get("inside"):
        parts.append(text_of(inside))
    return "\n".join(parts)


def index(rows: Iterable[Facts]) -> str:
    """A line per name."""
    return section("", [(row["name"], row["kind"], row["doc"]) for row in rows])


def heading(facts: Facts) -> Iterator[str]:
    """The name, its kind, and the notes on the whole."""
    shape = f": {facts['type']}" if "type" in facts else ""
    yield f"{facts['name']}{shape}  ({facts['kind'].replace('_', ' ')})"
    yield from textwrap.wrap(facts.get("doc", ""), WIDTH)
    note = notes(facts)
    if note:
        yield note
    if entity := facts.get("entity"):
        yield f"Commands: stash {entity['plural']} ...; operations: {' '.join(entity['operations'])}"
        yield f"Filter: {entity['filter']}"
        yield from textwrap.wrap(f"Sort keys: {' '.join(entity['sorts'])} random", WIDTH)
    if members := facts.get("members"):
        yield f"One of: {' '.join(members)}"
    yield ""


def notes(facts: Facts) -> str:
    """The notes on a field, on one line."""
    found = [
        "required" if facts.get("required") else "",
        "may be null" if facts.get("nullable") else "",
        _range(facts.get("range")),
        f"default {facts['default']}" if facts.get("default") is not None else "",
        "only when asked for by name" if facts.get("only_by_name") else "",
        f"written as {facts['written_by']}" if "written_by" in facts else "",
        f"since {facts['since']}" if "since" in facts else "",
        f"deprecated: {facts['deprecated']}" if facts.get("deprecated") else "",
    ]
    return "; ".join(part for part in found if part)


def _range(bounds: list[float | None] | None) -> str:
    low, high = bounds or (None, None)
    if low is not None and high is not None:
        return f"{low:g} to {high:g}"
    return f"at least {low:g}" if low is not None else ""


def _sections(facts: Facts) -> Iterator[tuple[str, list[Line]]]:
    for title, key in (("Arguments", "args"), ("Fields", "fields")):
        yield title, [(_call(row), row["type"], notes(row)) for row in facts.get(key, ())]
    yield "Values", [(row["name"], "", notes(row)) for row in facts.get("values", ())]
    if found := facts.get("filter"):
        yield _filter_title(found), [_lookup(row) for row in found.get("lookups", ())] or [("none", "", "")]


def _filter_title(found: Facts) -> str:
    of, choices = found.get("of"), found.get("choices")
    takes = "takes names, aliases or ids of" if found.get("lookups") else "nests the filter of"
    notes = [f"{takes} {of}"] if of else []
    notes += [f"one of {' '.join(choices)}"] if choices else []
    return "; ".join([f"Lookups of {found['field']}", *notes])


def _lookup(row: Facts) -> Line:
    return row["lookup"], " ".join(row.get("flags", ())), f"{row['takes']}: {row['meaning']}".lstrip(": ")


def _call(row: Facts) -> str:
    """A field's name with its arguments: `fingerprint(type)`."""
    args = ", ".join(arg["name"] for arg in row.get("args", ()))
    return f"{row['name']}({args})" if args else str(row["name"])


def section(title: str, lines: list[Line]) -> str:
    """Three columns under a title; long words push the rest of their line to the right."""
    first = min(max((len(line[0]) for line in lines), default=0), _COLUMN)
    second = min(max((len(line[1]) for line in lines), default=0), _COLUMN)
    rows = [f"  {a:<{first}}  {b:<{second}}  {c}".rstrip() for a, b, c in lines]
    return "\n".join([*([f"{title}:"] if title else []), *rows]) + "\n"
