"""Mutations: `MUTATIONS` has a resolver for everything that an embedded library can change.

Each runs in a write transaction of its own, but for those in `READING`; what it raises rolls everything of
it back.
"""

from stash_cli.embedded.mutations import (
    configure,
    destroy,
    entities,
    exchange,
    files,
    galleries,
    history,
    merges,
    metadata,
    plugins,
    raw_sql,
    saved_filters,
    subgroups,
)
from stash_cli.embedded.mutations.resolver import Resolver

MUTATIONS: dict[str, Resolver] = {
    name: resolver
    for area in (
        configure,
        destroy,
        entities,
        exchange,
        files,
        galleries,
        history,
        merges,
        metadata,
        plugins,
        raw_sql,
        saved_filters,
        subgroups,
    )
    for name, resolver in area.RESOLVERS.items()
}

READING = frozenset(("exportObjects", "backupDatabase", "anonymiseDatabase", "querySQL"))
"""Those that change nothing: they read one state of the library and keep nobody from writing."""

__all__ = ["MUTATIONS", "READING"]
