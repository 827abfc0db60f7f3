"""Signatures of all subscription fields, with the names and nullability of the schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stash_cli.core import types as t


class Subscription(Protocol):
    """Fields of the subscription root type; they need a websocket."""

    def jobsSubscribe(self) -> t.JobStatusUpdate: ...
    def loggingSubscribe(self) -> list[t.LogEntry]: ...
    def scanCompleteSubscribe(self) -> bool: ...
