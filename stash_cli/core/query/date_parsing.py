"""Dates and times as users write them: `2024`, `2024-03`, `2024-03-15 10:30`, `-2d`, or objects.

A partial date or time is the whole period that it names.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from stash_cli.core.errors import StashIntegrationError
from stash_cli.core.types.fuzzy_date import FuzzyDate

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
    return start, start if clock[4] else start + timedelta(seconds=59)


def _day_seconds(first: date, last: date) -> tuple[datetime, datetime]:
    start = datetime(first.year, first.month, first.day)  # noqa: DTZ001 - wall time
    if last == date.max:
        return start, LAST_SECOND
    return start, datetime(last.year, last.month, last.day) + timedelta(days=1) - _SECOND  # noqa: DTZ001 - wall time


def _wall(moment: datetime, zone: tzinfo | None) -> datetime:
    """Wall time in `zone` without microseconds; a naive time is taken as wall time already."""
    local = moment.astimezone(zone) if moment.tzinfo else moment
    return local.replace(tzinfo=None, microsecond=0)
