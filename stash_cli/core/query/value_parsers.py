"""Parsers of values in command-line text: numbers, yes/no, ranges, comma-separated lists."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, KeysView, ValuesView
from typing import Any

from stash_cli.core.errors import StashInputError

Parse = Callable[[str], Any]

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,2})?", re.ASCII | re.IGNORECASE)

_YES = {"true": True, "yes": True, "on": True, "1": True}
_NO = {"false": False, "no": False, "off": False, "0": False}


def whole(text: str) -> int:
    """`"80"` -> 80."""
    try:
        return int(text)
    except ValueError:
        raise StashInputError(f"expected a whole number, not {text!r}.") from None


def number(text: str) -> float:
    """`"1.5"` -> 1.5."""
    try:
        return float(text)
    except ValueError:
        raise StashInputError(f"expected a number, not {text!r}.") from None


_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(?:([kmgt])(i?))?b?", re.ASCII | re.IGNORECASE)


def byte_size(text: str) -> int:
    """`"700MB"` -> 700000000, `"1.5GiB"` -> 1610612736; without a unit it is bytes."""
    found = _SIZE.fullmatch(text.strip())
    if not found:
        raise StashInputError(f"expected a size such as 700MB or 1.5GiB, not {text!r}.")
    power = " kmgt".index((found[2] or " ").lower())
    unit: int = (1024 if found[3] else 1000) ** power
    return round(float(found[1]) * unit)


def parse_bool(text: str) -> bool:
    """`"yes"` -> True, `"off"` -> False."""
    known = (_YES | _NO).get(text.strip().lower())
    if known is None:
        raise StashInputError(f"expected yes or no, not {text!r}.")
    return known


def span(one: Parse = str) -> Parse:
    """`"60..80"` -> (60, 80); an end may be left out: `"60.."` -> (60, None)."""

    def parse(text: str) -> tuple[Any, Any]:
        low, dots, high = text.partition("..")
        if not dots or not (low or high):
            raise StashInputError(f"expected FROM..TO, not {text!r}.")
        return (one(low) if low else None, one(high) if high else None)

    return parse


def list_parser(one: Parse = str) -> Parse:
    """`'a, "b, c"'` -> ["a", "b, c"]: comma-separated, with quotes around an item that has a comma."""

    def parse(text: str) -> list[Any]:
        import csv

        try:
            [words] = csv.reader([text], skipinitialspace=True)
        except csv.Error:
            raise StashInputError(f"expected words between commas, on one line, not {text!r}.") from None
        return [one(word.strip()) for word in words if word.strip()]

    return parse


def names(text: str) -> list[str]:
    """One name or id, or comma-separated ids."""
    # A name may contain commas, an id cannot, so only ids can be listed.
    parts = [part.strip() for part in text.split(",")]
    return parts if all(part.isdigit() for part in parts) else [text]


def pairs(one: Parse = str) -> Parse:
    """`"height=180"` -> {"height": 180}."""

    def parse(text: str) -> dict[str, Any]:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise StashInputError(f"expected NAME=VALUE, not {text!r}.")
        return {name.strip(): one(value)}

    return parse


def materialized(value: Any) -> Any:
    """A one-shot iterable as a list; any other value unchanged."""
    return list(value) if isinstance(value, Iterator | KeysView | ValuesView) else value


def scalar(text: str) -> Any:
    """A number where the text is one, else the text."""
    if not _NUMBER.fullmatch(text):
        return text
    return int(text) if text.lstrip("+-").isdecimal() else float(text)
