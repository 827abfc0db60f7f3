"""Fuzzy dates as inputs carry them: a day, a month or a year."""

from __future__ import annotations

import re
from datetime import datetime
from typing import NamedTuple

from stash_cli.embedded.graphql.errors import Refused

DAY, MONTH, YEAR = 0, 1, 2
_DATED = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ].*)?", re.DOTALL)
_LAYOUTS = {"2006-01": (("2006", r"\d{4}"), ("-", "-"), ("01", r"\d\d")), "2006": (("2006", r"\d{4}"),)}


class FuzzyDate(NamedTuple):
    """First day of the period as `YYYY-MM-DD`, and how much of it is meant."""

    day: str
    precision: int

    def __str__(self) -> str:
        return self.day[: {DAY: 10, MONTH: 7, YEAR: 4}[self.precision]]


def parse_date(text: str, what: str) -> FuzzyDate:
    """The date that `text` names; the refusal is worded as the server's, reasons included."""
    if (day := _whole_day(text)) is not None:
        return FuzzyDate(day, DAY)
    month, year = (_misfit(text, layout) for layout in _LAYOUTS)
    if month is None:
        return FuzzyDate(f"{text}-01", MONTH)
    if year is None:
        return FuzzyDate(f"{text}-01-01", YEAR)
    reasons = f"ParseDateStringAsTime failed: dateString <{text}> {month} {year}"
    raise Refused(f'converting {what}: failed to parse date "{text}": [{reasons}]')


def _whole_day(text: str) -> str | None:
    """The day of a date, of a date and time, or of an RFC 3339 time."""
    found = _DATED.fullmatch(text)
    if found is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    written_as_time = len(text) > len("2006-01-02")
    if written_as_time and ("T" in text) != (moment.tzinfo is not None):
        return None
    return found[1]


def _misfit(text: str, layout: str) -> str | None:
    """Why `text` is not written in `layout`, in the words of the server's date library; None when it is."""
    rest = text
    for element, pattern in _LAYOUTS[layout]:
        found = re.match(pattern, rest)
        if found is None:
            return f'parsing time "{text}" as "{layout}": cannot parse "{rest}" as "{element}"'
        if element == "01" and not 1 <= int(found[0]) <= 12:  # noqa: PLR2004 - months
            return f'parsing time "{text}": month out of range'
        rest = rest[found.end() :]
    return f'parsing time "{text}": extra text: "{rest}"' if rest else None
