"""The store: objects with identity, read through a cache and found by Django-style lookups."""

from stash_cli.core.query.q import Q
from stash_cli.core.store.cache import CacheStats
from stash_cli.core.store.store import StashEntityStore

__all__ = ["CacheStats", "Q", "StashEntityStore"]
