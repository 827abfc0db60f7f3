"""Parsers of flag values; each raises StashInputError with the expected form."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashInputError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable

Bounds = tuple[float | None, float | None] | None

_NOUNS = {int: "a whole number", float: "a number"}


def bounded(kind: Callable[[str], Any], bounds: Bounds) -> Callable[[str], Any]:
    """Return a parser of numbers within `bounds` (minimum, maximum)."""
    low, high = bounds or (None, None)

    def parse(text: str) -> Any:
        try:
            value = kind(text)
        except ValueError:
            value = math.nan
        if isinstance(value, float) and not math.isfinite(value):  # JSON has neither infinity nor NaN
            raise StashInputError(f"{text!r} is not {_NOUNS[kind]}")  # type: ignore[index]
        if (low is not None and value < low) or (high is not None and value > high):
            where = f"less than {low:g}" if high is None else f"not between {low:g} and {high:g}"
            raise StashInputError(f"{text} is {where}")
        return value

    return parse


def not_blank(text: str) -> str:
    """Parse a text that is not blank."""
    if not text.strip():
        raise StashInputError("is empty")
    return text


def choice(*options: str) -> Callable[[str], str]:
    """Return a parser that accepts one of `options`."""

    def parse(text: str) -> str:
        if text not in options:
            raise StashInputError(f"{text!r} is not one of {', '.join(options)}")
        return text

    return parse


def enum_value(values: tuple[str, ...]) -> Callable[[str], str]:
    """Return a parser of an enum's values, case-insensitive."""

    def parse(text: str) -> str:
        word = text.upper().replace("-", "_")
        if word not in values:
            raise StashInputError(f"{text!r} is not one of {', '.join(values)}")
        return word

    return parse


def named(flag: str, parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """Wrap `parse` so that its error names the flag, for options that Typer parses."""

    def parse_named(text: str) -> Any:
        try:
            return parse(text)
        except StashInputError as error:
            raise StashInputError(f"{flag}: {error.message}") from None

    return parse_named


def seconds(text: str) -> float:
    """Parse a number of seconds above zero; also `1:30` or `10m`."""
    from stash_cli.core.query.date_parsing import in_seconds

    try:
        value = float(in_seconds(text))
    except ValueError:
        raise StashInputError(f"{text!r} is not a number of seconds") from None
    if not 0 < value < float("inf"):
        raise StashInputError(f"{text!r} is not a number of seconds above zero")
    return value


def length(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """Return a parser of durations: `1:30`, `60m`, or seconds; `parse` parses the seconds."""

    def parse_length(text: str) -> Any:
        from stash_cli.core.query.date_parsing import in_seconds

        in_secs = in_seconds(text)
        return parse(text if in_secs is text else str(in_secs))

    return parse_length


def calendar_date(text: str) -> str:
    """Parse `2024-3` as 2024-03, and `yesterday` or `-2d` as the day.

    Other text that begins with a year is left for the server to validate.
    """
    from datetime import datetime

    from stash_cli.core.query.date_parsing import EXPECTED, days

    date = text.strip()
    if re.match(r"\d{4}", date) or not date:
        return "-".join(part.zfill(2) for part in date.split("-")) if _DATE.fullmatch(date) else text
    try:
        return days(date, datetime.now().astimezone())[0].isoformat()
    except (ValueError, OverflowError):
        raise StashInputError(f"{text!r} is not {EXPECTED}") from None


_DATE = re.compile(r"\d{4}(-\d{1,2}){0,2}", re.ASCII)


def field_list(text: str) -> list[str]:
    """Split `id,title,studio.name` at commas."""
    names = [part.strip() for part in text.split(",") if part.strip()]
    if not names:
        raise StashInputError("give at least one field")
    return names


def row_limit(text: str | None) -> int | None:
    """Parse a number of rows; `all` is None."""
    if text is None or text == "all":
        return None
    return int(bounded(int, (0, None))(text))


def scalar(text: str) -> Any:
    """Parse a JSON number, true, false, null or quoted text; anything else stays text."""
    import json

    try:
        value = json.loads(text)
    except ValueError:
        return text
    return text if isinstance(value, dict | list) else value


def pair(text: str) -> tuple[str, Any]:
    """Parse `height=180` as ("height", 180)."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise StashInputError(f"{text!r} is not NAME=VALUE")
    return name, scalar(value)


def key_values(keys: tuple[str, ...], required: tuple[str, ...] = ()) -> Callable[[str], dict[str, Any]]:
    """Return a parser of `key=value,key=value`; a bare text is the value of the first key."""

    def parse(text: str) -> dict[str, Any]:
        found = parse_any(text)
        missing = [key for key in required if found.get(key) is None]
        if missing:
            raise StashInputError(f"{text!r} lacks {' and '.join(missing)}")
        return found

    def parse_any(text: str) -> dict[str, Any]:
        not_blank(text)
        if text.lstrip().startswith("{"):
            return dict(json_value(text, dict))
        if text.partition("=")[0] not in keys:
            return {keys[0]: text}
        found = dict(pair(part) for part in text.split(","))
        for key in found:
            if key not in keys:
                raise StashInputError(f"no such key: {key}. {did_you_mean(key, keys)}".rstrip())
        return found

    return parse


_ITEM = r'(?s:,(\s*"(?:[^"\\]|\\.)*"\s*(?=,|\Z)|[^,]*))'


def split_list(text: str) -> list[str]:
    """Split a list at commas outside quotes. Raises StashInputError for an empty part.

    >>> split_list('A, "B, C",D')
    ['A', 'B, C', 'D']
    """
    parts = [_unquoted(part.strip()) for part in re.findall(_ITEM, f",{text}")]
    if not all(parts):
        raise StashInputError("a part of the list is empty: write names between commas")
    return parts


def _unquoted(part: str) -> str:
    return str(json_value(part, str)) if len(part) > 1 and part[0] == part[-1] == '"' else part


def list_of(parse: Callable[[str], Any]) -> Callable[[str], list[Any]]:
    """Return a parser of lists: items separated by commas, a JSON array, or one JSON object."""

    def parse_list(text: str) -> list[Any]:
        import json

        start = text.lstrip()[:1]
        items: list[Any] = [json_value(text, dict)] if start == "{" else []
        items = json_value(text, list) if start == "[" else items or split_list(text)
        return [parse(item if isinstance(item, str) else json.dumps(item)) for item in items]

    return parse_list


_JSON = {"list": "array", "dict": "object", "str": "text"}


def json_value(text: str, kind: type) -> Any:
    """Parse a JSON value of a Python type. Raises StashInputError."""
    import json

    try:
        value = json.loads(text)
    except ValueError as error:
        raise StashInputError(f"not JSON: {error}") from None
    if not isinstance(value, kind):
        raise StashInputError(f"not a JSON {_JSON[kind.__name__]}")
    return value


_YES_OR_NO = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}


def yes_or_no(text: str) -> bool:
    """Parse `yes`, `true`, `on` and their opposites."""
    found = _YES_OR_NO.get(text.strip().lower())
    if found is None:
        raise StashInputError(f"{text!r} is not yes or no")
    return found
