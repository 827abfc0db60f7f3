"""Mutations: `MUTATIONS` has a resolver for everything that an embedded library can change.

Each runs in a write transaction of its own, but for those in `READING`; what it raises rolls everything of
it back.
"""

from stash_cli.embedded.library.context import Resolver
from stash_cli.embedded.mutations import (
    configure,
    contents,
    entities,
    files,
    history,
    merges,
    metadata,
    raw_sql,
    saved_filters,
)

MUTATIONS: dict[str, Resolver] = {
    name: resolver
    for area in (
        configure,
        contents,
        entities,
        files,
        history,
        merges,
        metadata,
        raw_sql,
        saved_filters,
    )
    for name, resolver in area.RESOLVERS.items()
}

READING = frozenset(("exportObjects", "backupDatabase", "anonymiseDatabase", "querySQL"))
"""Those that change nothing: they read one state of the library and keep nobody from writing."""

__all__ = ["MUTATIONS", "READING"]
