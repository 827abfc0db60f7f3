"""Timestamps as RFC 3339 text: whole seconds in the database, with a fraction for jobs and log entries."""

from __future__ import annotations

from datetime import UTC, datetime


def to_text(moment: datetime) -> str:
    """RFC 3339 text in whole seconds; a naive `moment` counts as local time."""
    aware = moment if moment.tzinfo else moment.astimezone()
    return aware.replace(microsecond=0).isoformat().replace("+00:00", "Z")


def now() -> str:
    """The current time with the local offset, for `created_at`, `updated_at` and `mod_time`."""
    return to_text(datetime.now().astimezone())


def utc(moment: datetime | None = None) -> str:
    """`moment` (default: now) in UTC, for play and O dates."""
    return to_text((moment or datetime.now(UTC)).astimezone(UTC))


def parse(text: str) -> datetime:
    """The aware datetime of a stored text."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def now_nano() -> str:
    """The current time in UTC with microseconds, for jobs and log entries."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
