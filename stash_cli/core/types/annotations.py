"""Types for field annotations: nullability, scalars, ranges.

`Maybe[T]` is the API's `T!`, `Nullable[T]` its `T`; both may be UNSET, because a query need not select
every field and an update need not change every field.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar, Union

from pydantic import BeforeValidator, Field

from stash_cli.core.errors import StashInputError
from stash_cli.core.orm.images import as_input
from stash_cli.core.types.fuzzy_date import FuzzyDate
from stash_cli.core.unset import UnsetType

T = TypeVar("T")

Maybe = Union[T, UnsetType]
Nullable = Union[T, UnsetType, None]


@dataclass(frozen=True)
class Scalar:
    """Name of the GraphQL scalar that a Python type stands for."""

    name: str


ID = Annotated[str, Field(coerce_numbers_to_str=True), Scalar("ID")]
"""Decimal number of an object as text; an int is accepted."""

Time = Annotated[datetime, Scalar("Time")]
"""RFC 3339 time with the server's offset."""

_WITHOUT_ZONE = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2})?)?")


def with_zone(value: Any) -> Any:
    """A time (object or text) with the local offset if it has none, because servers would read it as UTC."""
    if isinstance(value, str) and _WITHOUT_ZONE.fullmatch(value):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:  # sent unchanged, so that the server reports the error
            return value
    if isinstance(value, datetime) and value.tzinfo is None:
        value = value.astimezone()
    return value.isoformat() if isinstance(value, datetime) else value


ReadTimestamp = Annotated[datetime, Scalar("Timestamp")]
"""Time in a response, in the scalar that inputs use for times."""

Timestamp = Annotated[str | datetime, BeforeValidator(with_zone), Scalar("Timestamp")]
"""Time to send: RFC 3339, a date or time of this machine, or `<4h` (ago) and `>5m` (ahead)."""

Int64 = Annotated[int, Scalar("Int64")]
"""Whole number beyond 32 bits, such as a file size in bytes."""

# Servers read numbers with an exponent as 0 in here, so none is ever sent (`transport.http.encode`).
Map = Annotated[dict[str, Any], Scalar("Map")]
"""JSON object with values of any kind."""

BoolMap = Annotated[dict[str, bool], Scalar("BoolMap")]
"""JSON object whose values are all booleans."""

PluginConfigMap = Annotated[dict[str, dict[str, Any]], Scalar("PluginConfigMap")]
"""Settings by plugin id."""


def as_upload(source: Any) -> Any:
    """The file at a path; raises StashInputError if there is none."""
    if not isinstance(source, str | Path):
        return source
    path = Path(source).expanduser()
    if not path.is_file():
        raise StashInputError(f"There is no file {path} to upload.")
    return path


Upload = Annotated[Any, BeforeValidator(as_upload), Scalar("Upload")]
"""File uploaded with the document: a path or a binary file object."""

Picture = Annotated[str, BeforeValidator(as_input)]
"""Image to send: a URL for the server to fetch, a data URI, or the path of a file that becomes one."""


def as_date(value: Any) -> Any:
    """A date or FuzzyDate as text."""
    if isinstance(value, datetime):
        return value.date().isoformat()
    return str(value) if isinstance(value, date | FuzzyDate) else value


Date = Annotated[str, BeforeValidator(as_date)]
"""Date with a precision of a year, month or day: `2024`, `2024-03`, `2024-03-15`, a date or a FuzzyDate."""

Rating100 = Annotated[int, Field(ge=0, le=100)]
"""Rating from 0 to 100; the server itself accepts any number, so the range is checked here."""
