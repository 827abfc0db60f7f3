"""The client: a session with one server, and a typed method per operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stash_cli.core.client.client import StashClient
    from stash_cli.core.client.session import Session
    from stash_cli.core.graphql.batch import BatchOperation, BatchResult, Outcome

__all__ = ["BatchOperation", "BatchResult", "Outcome", "Session", "StashClient"]

_MODULES = {
    "BatchOperation": "stash_cli.core.graphql.batch",
    "BatchResult": "stash_cli.core.graphql.batch",
    "Outcome": "stash_cli.core.graphql.batch",
    "Session": "stash_cli.core.client.session",
    "StashClient": "stash_cli.core.client.client",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_MODULES[name]), name)
