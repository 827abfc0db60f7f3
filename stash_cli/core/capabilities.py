"""What one server knows; the public place of ServerCapabilities."""

from __future__ import annotations

from stash_cli.core.graphql.capability import ServerCapabilities

__all__ = ["ServerCapabilities"]
