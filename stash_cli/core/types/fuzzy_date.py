"""Fuzzy dates: a day, a month or a year, as the server stores them since 0.30."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property

from stash_cli.core.errors import StashIntegrationError

# Two digits for month and day: servers refuse fewer.
_SHAPE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


class DatePrecision(StrEnum):
    """Precision of a date."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True)
class FuzzyDate:
    """`2024`, `2024-03` or `2024-03-15`; equal when written alike.

    Raises StashIntegrationError for anything that is not such a date of the calendar.
    """

    value: str

    def __post_init__(self) -> None:
        parse_date_precision(self.value)

    def __str__(self) -> str:
        return self.value

    @cached_property
    def precision(self) -> DatePrecision:
        return parse_date_precision(self.value)

    @cached_property
    def first_day(self) -> date:
        """The day that filters and sorts of the server see."""
        year, month, day = (*map(int, self.value.split("-")), 1, 1)[:3]
        return date(year, month, day)

    @cached_property
    def last_day(self) -> date:
        """The last day of the period."""
        first = self.first_day
        month = 12 if self.precision is DatePrecision.YEAR else first.month
        last = monthrange(first.year, month)[1]
        return first if self.precision is DatePrecision.DAY else date(first.year, month, last)


def parse_date_precision(value: str) -> DatePrecision:
    """The precision of a date; raises StashIntegrationError for a text that is no date."""
    match = _SHAPE.fullmatch(value)
    if match is None:
        raise StashIntegrationError(f"{value!r} is no date: write YYYY, YYYY-MM or YYYY-MM-DD.")
    year, month, day = match.groups()
    try:
        date(int(year), int(month or 1), int(day or 1))
    except ValueError as error:
        raise StashIntegrationError(f"{value!r} is no date: {error}.") from error
    if day:
        return DatePrecision.DAY
    return DatePrecision.MONTH if month else DatePrecision.YEAR


def validate_fuzzy_date(value: str) -> bool:
    """Whether `value` is a date of any precision."""
    try:
        parse_date_precision(value)
    except StashIntegrationError:
        return False
    return True


def normalize_date(value: str, target_precision: DatePrecision = DatePrecision.DAY) -> str:
    """`value` in another precision: truncated, or extended with the first month and day of the period.

    >>> normalize_date("2024-03-15", DatePrecision.MONTH)
    '2024-03'
    >>> normalize_date("2024")
    '2024-01-01'
    """
    first = FuzzyDate(value).first_day.isoformat()
    return first[: {DatePrecision.YEAR: 4, DatePrecision.MONTH: 7, DatePrecision.DAY: 10}[target_precision]]
