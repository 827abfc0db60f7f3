"""Parsers of values as users write them: numbers, yes/no, ranges, lists, dates and times.

Dates and times are `2024`, `2024-03`, `2024-03-15 10:30`, `-2d` or objects; a partial one is a whole period.
"""

from __future__ import annotations

import csv
import re
from calendar import monthrange
from collections.abc import Callable, Iterator, KeysView, ValuesView
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from stash_cli.core.errors import StashInputError, StashIntegrationError
from stash_cli.core.types.fuzzy_date import FuzzyDate

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


def truth(text: str) -> bool:
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


def several(one: Parse = str) -> Parse:
    """`'a, "b, c"'` -> ["a", "b, c"]: comma-separated, with quotes around an item that has a comma."""

    def parse(text: str) -> list[Any]:
        try:
            [words] = csv.reader([text], skipinitialspace=True)
        except csv.Error:
            raise StashInputError(f"expected words between commas, on one line, not {text!r}.") from None
        return [one(word.strip()) for word in words if word.strip()]

    return parse


def names(text: str) -> list[str]:
    """One name or id, or comma-separated ids; a name may contain commas."""
    # Names may hold commas, ids cannot, so only ids can be listed.
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


_CLOCK = re.compile(r"(\d{4}-\d{2}-\d{2})[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?")
_RELATIVE = re.compile(r"([+-])(\d+)(s|mo|m|h|d|w|y)")
_LENGTH = re.compile(r"(?:(\d+):)?(\d{1,2}):(\d{2})")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SECOND = timedelta(seconds=1)
LAST_SECOND = datetime(9999, 12, 31, 23, 59, 59)  # noqa: DTZ001 - wall time

EXPECTED = "a date such as 2024, 2024-03 or 2024-03-15, or a time ago such as -2d"


def relative(text: str, now: datetime) -> datetime | None:
    """A relative time such as `-2d`: s, m, h, d, w, mo (calendar months) or y before or after `now`."""
    found = _RELATIVE.fullmatch(text)
    if not found:
        return None
    sign, unit = (-1 if found[1] == "-" else 1), found[3]
    amount = sign * int(found[2])
    if unit in _UNITS:
        return now + timedelta(**{_UNITS[unit]: amount})
    return _months(now, amount * (12 if unit == "y" else 1))


def in_seconds(value: object) -> Any:
    """Seconds of `1:30`, `1:02:03` or a timedelta; any other value unchanged."""
    if isinstance(value, timedelta):
        return value.total_seconds()
    found = _LENGTH.fullmatch(value) if isinstance(value, str) else None
    if not found:
        return value
    return (int(found[1] or 0) * 60 + int(found[2])) * 60 + int(found[3])


def _months(now: datetime, amount: int) -> datetime:
    index = now.year * 12 + now.month - 1 + amount
    year, month = divmod(index, 12)
    return now.replace(year=year, month=month + 1, day=min(now.day, monthrange(year, month + 1)[1]))


def period(text: str) -> tuple[date, date]:
    """First and last day of `2024`, `2024-03` or `2024-03-15`; raises ValueError."""
    try:
        # The API's dates have two digits for month and day, users leave zeros out.
        found = FuzzyDate("-".join(part.zfill(2) for part in text.strip().split("-")))
    except StashIntegrationError as error:
        raise ValueError(text) from error
    return found.first_day, found.last_day


def days(value: object, now: datetime) -> tuple[date, date]:
    """First and last day of `value`; raises ValueError."""
    if isinstance(value, timedelta):
        value = now + value
    if isinstance(value, datetime):
        return value.date(), value.date()
    if isinstance(value, date):
        return value, value
    text = str(value).strip()
    moment = relative(text, now)
    return (moment.date(), moment.date()) if moment else period(text)


def seconds(value: object, now: datetime, zone: tzinfo | None) -> tuple[datetime, datetime]:
    """First and last second of `value` as wall time in `zone`; raises ValueError."""
    if isinstance(value, timedelta):
        value = now + value
    if isinstance(value, datetime):
        return _wall(value, zone), _wall(value, zone)
    if isinstance(value, date):
        return _day_seconds(value, value)
    text = str(value).strip()
    moment = relative(text, now)
    if moment:
        return _wall(moment, zone), _wall(moment, zone)
    clock = _CLOCK.fullmatch(text)
    return _clock_period(clock, zone) if clock else _day_seconds(*period(text))


def _clock_period(clock: re.Match[str], zone: tzinfo | None) -> tuple[datetime, datetime]:
    """The period of a time: a minute, or a second where seconds are given."""
    text = f"{clock[1]}T{int(clock[2]):02}:{clock[3]}:{clock[4] or '00'}{clock[5] or ''}"
    start = _wall(datetime.fromisoformat(text), zone)
    # `10:30` names the whole minute, as a partial date names its period.
    return start, start if clock[4] else start + timedelta(seconds=59)


def _day_seconds(first: date, last: date) -> tuple[datetime, datetime]:
    start = datetime(first.year, first.month, first.day)  # noqa: DTZ001 - wall time
    # The day after the last one cannot be represented.
    if last == date.max:
        return start, LAST_SECOND
    return start, datetime(last.year, last.month, last.day) + timedelta(days=1) - _SECOND  # noqa: DTZ001 - wall time


def _wall(moment: datetime, zone: tzinfo | None) -> datetime:
    """Wall time in `zone` without microseconds; a naive time is taken as wall time already."""
    local = moment.astimezone(zone) if moment.tzinfo else moment
    return local.replace(tzinfo=None, microsecond=0)
