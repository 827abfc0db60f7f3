"""Every subscription: one line each, with the names and nullability of the schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stash_cli.core.types import (
        JobStatusUpdate,
        LogEntry,
    )


class Subscription(Protocol):
    """Streams over a websocket."""

    def jobsSubscribe(self) -> JobStatusUpdate: ...
    def loggingSubscribe(self) -> list[LogEntry]: ...
    def scanCompleteSubscribe(self) -> bool: ...
