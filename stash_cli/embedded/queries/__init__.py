"""Query resolvers: `QUERIES` by field name."""

from collections.abc import Callable
from typing import Any

from stash_cli.embedded.queries import filenames, find, scenes, scrapers, system

QUERIES: dict[str, Callable[..., Any]] = {
    name: resolver
    for area in (filenames, find, scenes, scrapers, system)
    for name, resolver in area.RESOLVERS.items()
}

__all__ = ["QUERIES"]
