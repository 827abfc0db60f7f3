"""Serialization of a `Q` as query text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stash_cli.core.query import value_parsers
from stash_cli.core.query.language.tree import quote
from stash_cli.core.query.q import SAVED, Q


def written(q: Q) -> str:
    """`Q(rating100__gte=80) | ~Q(title="x")` as `rating100__gte=80 or not title__eq=x`."""
    members = [_grouped(part) for part in q.parts]
    members += [term for key, value in q.lookups.items() for term in _terms(key, value)]
    text = (" " if q.op == "all" else " or ").join(members)
    if not q.negated:
        return text
    return f"not ({text})" if len(members) > 1 or q.parts else f"-{text}"


def _grouped(part: Q) -> str:
    text = str(part)
    many = len(part.parts) + len(part.lookups) > 1 or (part.text and " " in part.text)
    return f"({text})" if many and not part.negated else text


def _terms(key: str, value: Any) -> Iterator[str]:
    """The terms of one lookup."""
    if key == SAVED:
        yield f"saved:{quote(str(value))}"
        return
    if key in ("q__in", "q__excludes"):
        mark = "-" if key.endswith("excludes") else ""
        yield from (mark + (quote(one) if one[:1] in "-^" else _text(one)) for one in value)
        return
    if isinstance(value, Mapping) and key.startswith("custom_fields"):
        lookup = key.partition("__")[2] or "eq"
        yield from (
            f"custom.{_name(name)}__{lookup}={_value(one, quote_numeric=True)}" for name, one in value.items()
        )
        return
    if isinstance(value, Mapping):
        yield from (f"{_path(key)}={name}={_text(one)}" for name, one in value.items())
        return
    yield f"{_path(key)}={_value(value)}"


def _path(key: str) -> str:
    return key if "__" in key else f"{key}__eq"


def _name(name: str) -> str:
    plain = name.isidentifier() and "__" not in name
    return name if plain else quote(name)


def _value(value: Any, *, quote_numeric: bool = False) -> str:
    """A value as text; with `quote_numeric` a text that looks like a number is quoted."""
    if isinstance(value, tuple) and len(value) == 2:  # noqa: PLR2004 - the ends of a range
        return "..".join("" if end is None else _text(end, quote_numeric=quote_numeric) for end in value)
    if isinstance(value, list | tuple | set | frozenset):
        return ",".join(_text(one, quote_numeric=quote_numeric) for one in value)
    if isinstance(value, bool) or value is None:
        return "no" if value is False else "yes"
    return _text(value, quote_numeric=quote_numeric)


def _text(value: Any, *, quote_numeric: bool = False) -> str:
    if quote_numeric and isinstance(value, str) and value_parsers.scalar(value) != value:
        return quote(value)
    text = str(getattr(value, "id", getattr(value, "value", value)))
    plain = text and not set(text) & set(" \t\n\r\f\v,()\"'|") and ".." not in text
    return text if plain else quote(text)
