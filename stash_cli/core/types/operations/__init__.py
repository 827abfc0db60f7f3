"""Signatures of all operations of the API, from which `api.json` and all documents are derived."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from stash_cli.core.types.operations.mutation import Mutation
from stash_cli.core.types.operations.query import Query

if TYPE_CHECKING:
    from stash_cli.core import types as t

__all__ = ["Mutation", "Query", "Subscription"]


class Subscription(Protocol):
    """Fields of the subscription root type; they need a websocket."""

    def jobsSubscribe(self) -> t.JobStatusUpdate: ...
    def loggingSubscribe(self) -> list[t.LogEntry]: ...
    def scanCompleteSubscribe(self) -> bool: ...
