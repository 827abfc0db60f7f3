"""Dates and times as users write them: `2024`, `2024-03`, `2024-03-15 10:30`, `-2d`, `2 days ago`.

A partial date or time stands for the whole period. A time without an offset is wall time in the zone of
`now`; where it occurs twice, because the clock was set back, the first is meant. A timedelta is that long
ago, regardless of its sign.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashInputError, StashIntegrationError
from stash_cli.core.types.fuzzy_date import FuzzyDate

if TYPE_CHECKING:
    from collections.abc import Callable

# Patterns are text, so that they are compiled when a time is read, not at every start of the program.
_CLOCK = r"(\d{4}-\d{2}-\d{2})[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?"
_RELATIVE = r"([+-])(\d+)(s|mo|m|h|d|w|y)"
_LENGTH = r"(?a:(?:(\d+):)?(\d+):([0-5]?\d(?:\.\d+)?))"
_LENGTH_UNITS = r"(?a:(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m(?:in)?)?(?:(\d+(?:\.\d+)?)s)?)"
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AGO = r"(?i:(\d+|an?) (second|minute|hour|day|week|month|year)s? ago)"
_DAY_WORDS = {"yesterday": -1, "today": 0, "tomorrow": 1}
_SECOND = timedelta(seconds=1)
_LAST_SECOND = datetime(9999, 12, 31, 23, 59, 59)  # noqa: DTZ001 - wall time

EXPECTED = "a date such as 2024, 2024-03, 2024-03-15 or yesterday, or a time ago such as -2d"


def relative(text: str, now: datetime) -> datetime | None:
    """A relative time such as `-2d` or `2 days ago`; None for any other text.

    Seconds to weeks are exact durations, also across a change of daylight saving time; months and years are
    calendar units.
    """
    if text.lower() == "now":
        return now
    found = re.fullmatch(_RELATIVE, _short(text))
    if not found:
        return None
    sign, unit = (-1 if found[1] == "-" else 1), found[3]
    amount = sign * int(found[2])
    if unit in _UNITS:
        return _after(now, timedelta(**{_UNITS[unit]: amount}))
    return _months(now, amount * (12 if unit == "y" else 1))


def _short(text: str) -> str:
    """`2 days ago` as `-2d`; any other text unchanged."""
    found = re.fullmatch(_AGO, " ".join(text.split()))
    if not found:
        return text
    unit = found[2].lower()
    return f"-{found[1] if found[1].isdecimal() else 1}{'mo' if unit == 'month' else unit[0]}"


def _after(now: datetime, length: timedelta) -> datetime:
    """The moment an exact duration after `now`; without a time zone by wall time."""
    # Python adds to wall time, which is an hour off across a change of daylight saving time.
    if now.tzinfo is None:
        return now + length
    return (now.astimezone(UTC) + length).astimezone(now.tzinfo)


def in_seconds(value: object) -> Any:
    """Seconds of `1:30`, `1:02:03`, `60m`, `1h30m` or a timedelta; any other value unchanged."""
    if isinstance(value, timedelta):
        return value.total_seconds()
    text = value.strip().lower() if isinstance(value, str) else ""
    found = (re.fullmatch(_LENGTH, text) or re.fullmatch(_LENGTH_UNITS, text)) if text else None
    if not found:
        return value
    hours, minutes, rest = (float(part or 0) for part in found.groups())
    total = (hours * 60 + minutes) * 60 + rest
    return int(total) if total.is_integer() else total


def length_or(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """A parser that returns durations such as `1:30` unchanged, and parses other texts as seconds."""

    def read(text: str) -> Any:
        if isinstance(in_seconds(text), int | float):
            return text
        try:
            return parse(text)
        except StashInputError:
            raise StashInputError(f"expected a length such as 90, 1:30 or 60m, not {text!r}.") from None

    return read


def _months(now: datetime, amount: int) -> datetime:
    index = now.year * 12 + now.month - 1 + amount
    year, month = divmod(index, 12)
    return now.replace(year=year, month=month + 1, day=min(now.day, monthrange(year, month + 1)[1]))


def period(text: str) -> tuple[date, date]:
    """First and last day of `2024`, `2024-03` or `2024-03-15`; raises ValueError."""
    try:
        # Users may leave out zeros; the API's dates have two digits for month and day.
        found = FuzzyDate("-".join(part.zfill(2) for part in text.strip().split("-")))
    except StashIntegrationError as error:
        raise ValueError(text) from error
    return found.first_day, found.last_day


def days(value: object, now: datetime) -> tuple[date, date]:
    """First and last day of `value`; raises ValueError."""
    wall = now.replace(tzinfo=None)
    if isinstance(value, timedelta):
        value = wall - abs(value)
    if isinstance(value, datetime):
        return value.date(), value.date()
    if isinstance(value, date):
        return value, value
    text = str(value).strip()
    moment = relative(text, wall)
    return (moment.date(), moment.date()) if moment else _named_days(text, now)


def seconds(value: object, now: datetime) -> tuple[datetime, datetime]:
    """First and last second of `value`, with a zone; raises ValueError."""
    if isinstance(value, timedelta):
        value = _after(now, -abs(value))
    if isinstance(value, datetime):
        moment: datetime | None = value if value.tzinfo else value.replace(tzinfo=now.tzinfo)
    elif isinstance(value, date):
        return _day_seconds(value, value, now)
    else:
        moment = relative(str(value).strip(), now)
    return (moment, moment) if moment else _text_seconds(str(value).strip(), now)


def _text_seconds(text: str, now: datetime) -> tuple[datetime, datetime]:
    """First and last second of a date, of a minute, or of a time with seconds, which is one second."""
    clock = re.fullmatch(_CLOCK, text)
    if not clock:
        return _day_seconds(*_named_days(text, now), now)
    start = datetime.fromisoformat(
        f"{clock[1]}T{int(clock[2]):02}:{clock[3]}:{clock[4] or '00'}{clock[5] or ''}"
    )
    start = start if start.tzinfo else start.replace(tzinfo=now.tzinfo)
    return start, start if clock[4] else start + timedelta(seconds=59)


def _named_days(text: str, now: datetime) -> tuple[date, date]:
    """First and last day of `today`, `yesterday`, `tomorrow` or a date; raises ValueError."""
    if text.lower() not in _DAY_WORDS:
        return period(text)
    day = now.date() + timedelta(days=_DAY_WORDS[text.lower()])
    return day, day


def _day_seconds(first: date, last: date, now: datetime) -> tuple[datetime, datetime]:
    """From the first midnight to the last second; a day may have 23 or 25 hours."""
    start = datetime(first.year, first.month, first.day, tzinfo=now.tzinfo)
    if last == date.max:
        return start, _LAST_SECOND.replace(tzinfo=now.tzinfo)
    midnight = datetime(last.year, last.month, last.day, tzinfo=now.tzinfo) + timedelta(days=1)
    return start, _before(midnight)


def _before(midnight: datetime) -> datetime:
    """The second before `midnight`, which is not 23:59:59 where the clock was changed at midnight."""
    return (midnight.astimezone(UTC) if midnight.year > 1 else midnight) - _SECOND
