"""The time as the API writes it."""

from __future__ import annotations

from datetime import UTC, datetime


def now_nano() -> str:
    """Now as RFC 3339 with a fraction, in UTC: what jobs and log entries carry."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
