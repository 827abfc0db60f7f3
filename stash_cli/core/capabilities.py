"""Public module of ServerCapabilities, the schema of one server."""

from __future__ import annotations

from stash_cli.core.graphql.capability import ServerCapabilities

__all__ = ["ServerCapabilities"]
