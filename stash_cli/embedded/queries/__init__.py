"""Queries: `QUERIES` has a resolver for everything that an embedded library can answer."""

from collections.abc import Callable
from typing import Any

from stash_cli.embedded.queries import configuration, duplicates, filenames, finders, scenes, single, system

QUERIES: dict[str, Callable[..., Any]] = {
    name: resolver
    for area in (configuration, duplicates, filenames, finders, scenes, single, system)
    for name, resolver in area.RESOLVERS.items()
}

__all__ = ["QUERIES"]
