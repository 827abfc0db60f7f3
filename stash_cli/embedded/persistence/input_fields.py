"""Conversion of input fields to column values: deprecated fields, fuzzy dates, single values."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Boolean, Column, Float, Text

from stash_cli.embedded.graphql import inputs
from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.persistence.entity_mapper import COLUMN_NAMES, Change
from stash_cli.embedded.persistence.lists import SET, TextList

if TYPE_CHECKING:
    from collections.abc import Mapping

DAY, MONTH, YEAR = 0, 1, 2
_DATED = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ].*)?", re.DOTALL)
_LAYOUTS = {"2006-01": (("2006", r"\d{4}"), ("-", "-"), ("01", r"\d\d")), "2006": (("2006", r"\d{4}"),)}


class FuzzyDate(NamedTuple):
    """The first day of a period as `YYYY-MM-DD`, and its precision."""

    day: str
    precision: int

    def __str__(self) -> str:
        return self.day[: {DAY: 10, MONTH: 7, YEAR: 4}[self.precision]]


def parse_date(text: str, what: str) -> FuzzyDate:
    """Parse a fuzzy date. Raises Refused with the server's wording."""
    if (day := _whole_day(text)) is not None:
        return FuzzyDate(day, DAY)
    month, year = (_layout_error(text, layout) for layout in _LAYOUTS)
    if month is None:
        return FuzzyDate(f"{text}-01", MONTH)
    if year is None:
        return FuzzyDate(f"{text}-01-01", YEAR)
    reasons = f"ParseDateStringAsTime failed: dateString <{text}> {month} {year}"
    raise Refused(f'converting {what}: failed to parse date "{text}": [{reasons}]')


def _whole_day(text: str) -> str | None:
    """The day of a date, of a date and time, or of an RFC 3339 time; None for other text."""
    found = _DATED.fullmatch(text)
    if found is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    # Go's RFC 3339 layout demands a zone after `T`; its layout with a blank has none.
    written_as_time = len(text) > len("2006-01-02")
    if written_as_time and ("T" in text) != (moment.tzinfo is not None):
        return None
    return found[1]


def _layout_error(text: str, layout: str) -> str | None:
    """The server's error message for `text` in `layout`; None when it fits."""
    rest = text
    for element, pattern in _LAYOUTS[layout]:
        found = re.match(pattern, rest)
        if found is None:
            return f'parsing time "{text}" as "{layout}": cannot parse "{rest}" as "{element}"'
        if element == "01" and not 1 <= int(found[0]) <= 12:  # noqa: PLR2004 - months
            return f'parsing time "{text}": month out of range'
        rest = rest[found.end() :]
    return f'parsing time "{text}": extra text: "{rest}"' if rest else None


_NOT_FIELDS = frozenset({"id", "created_at", "updated_at"})


def column_for(change: Change, field: str) -> Column[Any] | None:
    """The column of an input field, or None if it is not a single value."""
    if field in _NOT_FIELDS or field in change.mapper.ignored:
        return None
    return change.mapper.table.c.get(COLUMN_NAMES.get(field, field))


def set_column(change: Change, field: str, column: Column[Any], value: Any) -> None:
    """Convert `value` and set it in `change.columns`."""
    if f"{column.name}_precision" in column.table.c:
        _set_date(change, field, column, value)
    elif column.foreign_keys:
        what = field.replace("_", " ")
        number = inputs.to_reference(value, what, creating=change.creating)
        change.columns[column.name] = _required(change, column, number)
    elif isinstance(column.type, Text):
        change.columns[column.name] = _text(change, field, column, value)
    else:
        change.columns[column.name] = _required(change, column, value)


def _set_date(change: Change, field: str, column: Column[Any], value: str | None) -> None:
    date = parse_date(value, field.replace("_", " ")) if value else None
    change.columns[column.name] = date.day if date else None
    change.columns[f"{column.name}_precision"] = date.precision if date else None


def _text(change: Change, field: str, column: Column[Any], value: Any) -> str | None:
    as_given = field in change.mapper.untrimmed and not change.creating
    text = ("" if value is None else str(value)) if as_given else inputs.trimmed(value)
    return None if text == "" and column.nullable else text


def _required(change: Change, column: Column[Any], value: Any) -> Any:
    """Refuse null for a NOT NULL column; a create uses the column's default."""
    if value is not None or column.nullable:
        return value
    if change.creating and column.server_default is not None:
        return False if isinstance(column.type, Boolean) else 0
    if isinstance(column.type, Boolean):
        raise inputs.null_refused("bool")
    raise inputs.null_refused("float64" if isinstance(column.type, Float) else "int")


_HANDLES = {"twitter": "https://twitter.com/", "instagram": "https://instagram.com/"}
_OLDER_NAMES = {"movies": "groups", "movie_ids": "group_ids"}
_EXCLUSIVE = frozenset({"Performer", "Studio"})


def without_deprecated(change: Change) -> dict[str, Any]:
    """The input with deprecated fields replaced by the current ones."""
    given = dict(change.given)
    for old, new in _OLDER_NAMES.items():
        if old in given:
            given.setdefault(new, given.pop(old))
    old_links = {name: given.pop(name) for name in ("url", *_HANDLES) if name in given}
    if old_links and "urls" in change.mapper.lists:
        urls = _urls(change, given, old_links)
        if urls is not None:
            given["urls"] = urls
    return given


def _urls(change: Change, given: Mapping[str, Any], old: Mapping[str, Any]) -> Any:
    """The new value of `urls`, or None to leave it unchanged."""
    # The server refuses `url` beside `urls` for these types; for the others `urls` wins.
    exclusive = change.mapper.type in _EXCLUSIVE
    if exclusive and change.creating:
        return [*filter(None, (_as_url(*item) for item in old.items())), *(given.get("urls") or ())]
    if "urls" in given:
        if exclusive:
            raise Refused(f"{next(iter(old))} field must not be included if urls is included")
        return None
    if exclusive:
        return _replace_urls(change, old)
    links = [old["url"]] if old.get("url") else []
    return {"mode": SET, "values": links}


def _as_url(name: str, value: str | None) -> str:
    text = inputs.trimmed(value)
    prefix = _HANDLES.get(name, "")
    return text if not text or "://" in text or not prefix else prefix + text


def _replace_urls(change: Change, old: Mapping[str, Any]) -> dict[str, Any]:
    """The current urls, with the one of each deprecated field replaced, added or removed."""
    field = change.mapper.lists["urls"]
    urls = field.current(change.connection, change.owner) if isinstance(field, TextList) else []
    for name, value in old.items():
        place = next((i for i, url in enumerate(urls) if _matches_site(name, url)), len(urls))
        urls[place : place + 1] = filter(None, [_as_url(name, value)])
    return {"mode": SET, "values": urls}


def _matches_site(name: str, url: str) -> bool:
    hosts = {other: f"{other}.com" for other in _HANDLES}
    if name in hosts:
        return hosts[name] in url
    return not any(host in url for host in hosts.values())
