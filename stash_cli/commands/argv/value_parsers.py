"""Command-line text as values of input fields; each raises StashInputError that says what it wants."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashInputError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable

Bounds = tuple[float | None, float | None] | None

_NOUNS = {int: "a whole number", float: "a number"}


def bounded(kind: Callable[[str], Any], bounds: Bounds) -> Callable[[str], Any]:
    """A parser for numbers within `bounds` (least, most)."""
    low, high = bounds or (None, None)

    def parse(text: str) -> Any:
        try:
            value = kind(text)
        except ValueError:
            raise StashInputError(f"{text!r} is not {_NOUNS[kind]}") from None  # type: ignore[index]
        if (low is not None and value < low) or (high is not None and value > high) or value != value:  # noqa: PLR0124 - NaN
            where = f"below {low:g}" if high is None else f"outside {low:g} to {high:g}"
            raise StashInputError(f"{text} is {where}")
        return value

    return parse


def one_of(values: tuple[str, ...]) -> Callable[[str], str]:
    """A parser for the words of an enum, in any case."""

    def parse(text: str) -> str:
        word = text.upper().replace("-", "_")
        if word not in values:
            raise StashInputError(f"{text!r} is none of {', '.join(values)}")
        return word

    return parse


def scalar(text: str) -> Any:
    """A JSON number, true, false, null or quoted text as such; anything else as text."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return text if isinstance(value, dict | list) else value


def pair(text: str) -> tuple[str, Any]:
    """`height=180` -> ("height", 180)."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise StashInputError(f"{text!r} is not NAME=VALUE")
    return name, scalar(value)


def keyed(keys: tuple[str, ...]) -> Callable[[str], dict[str, Any]]:
    """A parser for `key=value,key=value`; a bare text is the value of the first key."""

    def parse(text: str) -> dict[str, Any]:
        if text.lstrip().startswith("{"):
            return _object(text)
        if text.partition("=")[0] not in keys:
            return {keys[0]: text}
        found = dict(pair(part) for part in text.split(","))
        for key in found:
            if key not in keys:
                raise StashInputError(f"no such key: {key}. {did_you_mean(key, keys)}".rstrip())
        return found

    return parse


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise StashInputError(f"not JSON: {error}") from None
    if not isinstance(value, dict):
        raise StashInputError("not a JSON object")
    return value


def limit(text: str | None) -> int | None:
    """`--limit`: a count, or None for all."""
    if text is None or text == "all":
        return None
    count = bounded(int, (0, None))(text)
    return int(count)
