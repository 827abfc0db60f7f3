"""Resolution of names in queries to ids, and compilation of queries for a server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stash_cli.core.client.resolver import NAMED, resolve_words
from stash_cli.core.errors import StashLookupError
from stash_cli.core.log import logger
from stash_cli.core.query import lookups
from stash_cli.core.query.model import Reference
from stash_cli.core.query.parse_lookup import canonical_lookups, parse_lookup
from stash_cli.core.query.q import Q

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stash_cli.core.capabilities import ServerCapabilities
    from stash_cli.core.client.session import Session

_TAKES_IDS = frozenset({"eq", "ne", "in", "includes", "includes_all", "excludes"})


async def resolve_lookups(session: Session, type_name: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Lookups with the names of related objects replaced by ids, one request per type.

    Ids and objects are unchanged. Raises as `resolve_words`.
    """
    return (await resolve_query(session, type_name, Q(**given))).lookups


@dataclass(frozen=True, slots=True)
class ResolvedNames:
    """Names in a query: type -> word -> id, and the type that each lookup names objects of."""

    ids: dict[str, dict[str, str]]
    targets: dict[str, str]

    def replaced(self, query: Q) -> Q:
        """The query with ids for its names."""

        def with_ids(leaf: Mapping[str, Any]) -> Mapping[str, Any]:
            named = {key: self.targets[key] for key in leaf if key in self.targets}
            ids = {key: _replaced(_listed(leaf[key]), self.ids[target]) for key, target in named.items()}
            return {**leaf, **ids}

        return query.replaced(with_ids) if self.targets else query


async def resolve_names(session: Session, type_name: str, query: Q) -> ResolvedNames:
    """Resolve all names of related objects in a query, with one request per type.

    Raises as `resolve_words`.
    """
    words: dict[str, dict[str, None]] = {}
    targets: dict[str, str] = {}
    for key, value in (item for leaf in query.leaves() for item in leaf.items()):
        names = [item for item in _listed(value) if _is_name(item)]
        if names and (target := targets.get(key) or _names_of(type_name, key, value)):
            targets[key] = target
            words.setdefault(target, {}).update(dict.fromkeys(names))
    return ResolvedNames(await resolve_words(session, words) if words else {}, targets)


async def resolve_query(session: Session, type_name: str, query: Q) -> Q:
    """`query` with ids for the names of related objects, and with the criteria of saved filters.

    Raises as `resolve_words`, and StashInputError for a saved filter that cannot be translated completely.
    """
    if query.uses_saved:
        from stash_cli.core.client.saved_terms import with_saved

        query = await with_saved(session, type_name, query, tell=logger.info, changing=True)
    return (await resolve_names(session, type_name, query)).replaced(query)


async def compile_for(
    session: Session,
    type_name: str,
    query: Q | Mapping[str, Any],
    server: ServerCapabilities | None = None,
) -> lookups.Compiled:
    """Compile `query` for a server (None: the session's); an invalid lookup raises before any request.

    Parts that neither the server's filter nor a test of rows can evaluate are queried first and replaced by
    ids: depths in a hierarchy, and subqueries.
    """
    try:
        lookups.compile(type_name, query)
    except StashLookupError:
        if not isinstance(query, Q):
            raise
        # Each leaf must compile on its own. Imported here: most queries need no subqueries.
        from stash_cli.core.client.subqueries import compilable

        for leaf in query.leaves():
            lookups.compile(type_name, leaf)
        query = await compilable(session, type_name, query)
    return lookups.compile(type_name, query, server=server or await session.load_capabilities())


def _names_of(type_name: str, key: str, value: Any) -> str | None:
    """The type of related objects that a lookup accepts by name, also through nested relations; else None."""
    [(name, _)] = canonical_lookups(type_name, {key: value})
    field, lookup, inner = parse_lookup(type_name, name)
    if inner and field.target:
        return _names_of(field.target, inner, value)
    return field.target if field.target in NAMED and lookup in _TAKES_IDS else None


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple | set | frozenset) else [value]


def _is_name(item: Any) -> bool:
    return isinstance(item, Reference) or (isinstance(item, str) and not item.isdecimal())


def _replaced(many: list[Any], ids: Mapping[str, str]) -> list[Any]:
    """The values with names replaced by ids; ids and objects come first."""
    others = [item for item in many if not _is_name(item)]
    return [*others, *dict.fromkeys(ids[item] for item in many if _is_name(item))]
