"""Mutation resolvers: `MUTATIONS` by field name.

Each runs in a write transaction of its own, except those in `READING`; an exception rolls the transaction
back.
"""

from stash_cli.embedded.library.context import Resolver
from stash_cli.embedded.mutations import configure, entities, files, history, merges, metadata, raw_sql

MUTATIONS: dict[str, Resolver] = {
    name: resolver
    for area in (configure, entities, files, history, merges, metadata, raw_sql)
    for name, resolver in area.RESOLVERS.items()
}

READING = frozenset(("exportObjects", "backupDatabase", "anonymiseDatabase", "querySQL"))
"""Mutations that only read: they use one snapshot and do not block writers."""

__all__ = ["MUTATIONS", "READING"]
