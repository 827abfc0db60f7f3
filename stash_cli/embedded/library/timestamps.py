"""Times as RFC 3339 text: in whole seconds as stored, with a fraction for jobs and log entries."""

from __future__ import annotations

from datetime import UTC, datetime


def to_text(moment: datetime) -> str:
    """`2024-01-02T03:04:05Z` or with the offset of `moment`; a naive moment counts as local time."""
    aware = moment if moment.tzinfo else moment.astimezone()
    return aware.replace(microsecond=0).isoformat().replace("+00:00", "Z")


def now() -> str:
    """This moment in the machine's own offset: what `created_at`, `updated_at` and `mod_time` hold."""
    return to_text(datetime.now().astimezone())


def utc(moment: datetime | None = None) -> str:
    """`moment` (default: this moment) in UTC: what play and O dates hold."""
    return to_text((moment or datetime.now(UTC)).astimezone(UTC))


def parse(text: str) -> datetime:
    """The moment that a stored text means, always with its offset."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def now_nano() -> str:
    """Now as RFC 3339 with a fraction, in UTC: what jobs and log entries carry."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
