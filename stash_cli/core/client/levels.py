"""Replacement of `depth` lookups by ids, for queries that no server filter can express.

Rows hold the tags of an object but not their ancestors, so only the server can evaluate `depth`. Its filter
cannot express `depth` under `or`, nor two different depths. In these cases the objects within the depth are
queried first, one request per level, and the query names their ids.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.client.paging import FindQuery, iter_rows
from stash_cli.core.query import lookups
from stash_cli.core.query.criteria.relations import is_to_one
from stash_cli.core.query.parse_lookup import parse_lookup
from stash_cli.core.query.q import Q
from stash_cli.core.types.entities import ENTITIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stash_cli.core.client.session import Session
    from stash_cli.core.query.model import FilterField

_DEPTH = "__depth"
_ABOVE = {"Tag": "parents", "Studio": "parents", "Group": "containing_groups"}
"""Type -> its relation to the level above."""
_ANY_OF = frozenset({"includes", "in", "excludes", "ne"})
"""Lookups whose values may be merged into one set of ids."""
_BELOW = {"children": "children", "sub_groups": "sub_groups"}
"""Relations to the level below; their `depth` leads upwards."""


def has_levels(query: Q | Mapping[str, Any]) -> bool:
    """Whether a query has a `depth` lookup other than 0."""
    leaves = query.leaves() if isinstance(query, Q) else [query]
    return any(key.endswith(_DEPTH) and value for leaf in leaves for key, value in leaf.items())


async def without_levels(session: Session, type_name: str, query: Q) -> Q:
    """`query` with each `depth` lookup replaced by the ids of all objects within that depth."""
    leaves = [leaf for leaf in query.leaves() if has_levels(leaf)]
    known: dict[tuple[str, str, int], list[str]] = {}
    for leaf in leaves:
        for relation, depth in _relations(leaf):
            for one in _ids(leaf, relation):
                target, link = _hierarchy(type_name, relation)
                if target in _ABOVE and (key := (relation, one, depth)) not in known:
                    known[key] = await _ids_within(session, target, link, one, depth)
    return _expanded(type_name, query, known)


def _relations(leaf: Mapping[str, Any]) -> list[tuple[str, int]]:
    """The relations of a leaf with a `depth` lookup other than 0, each with its depth."""
    pairs = ((key.removesuffix(_DEPTH), value) for key, value in leaf.items() if key.endswith(_DEPTH))
    return [(relation, depth) for relation, depth in pairs if depth]


def _ids(leaf: Mapping[str, Any], relation: str) -> list[str]:
    return [str(one) for key in leaf if _is_of(key, relation) for one in _listed(leaf[key])]


def _is_of(key: str, relation: str) -> bool:
    head, _, lookup = key.rpartition("__")
    return relation in (key, head) and lookup not in ("depth", "null")


def _lookup(key: str, relation: str) -> str:
    return "eq" if key == relation else key.rpartition("__")[2]


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple | set | frozenset) else [value]


def _field(type_name: str, relation: str) -> FilterField:
    """The field of a relation, which may be nested: `scenes__tags`."""
    field, _, inner = parse_lookup(type_name, f"{relation}__depth")
    while inner:
        field, _, inner = parse_lookup(field.target or "", inner)
    return field


def _hierarchy(type_name: str, relation: str) -> tuple[str, str]:
    """The type that a relation leads to, and that type's relation to its next level."""
    field = _field(type_name, relation)
    target = field.target or ""
    return target, _BELOW.get(field.name, _ABOVE.get(target, ""))


async def _ids_within(session: Session, target: str, link: str, one: str, depth: int) -> list[str]:
    """The id, and the ids of the objects up to `depth` levels from it (-1: all levels)."""
    ids, current = {one: None}, [one]
    level = 0
    while current and level != depth:
        compiled = lookups.compile(target, Q(**{f"{link}__includes": current}))
        rows = iter_rows(session, FindQuery(ENTITIES[target], compiled.filter), ["id"])
        current = [row["id"] async for row in rows if row["id"] not in ids]
        ids |= dict.fromkeys(current)
        level += 1
    return list(ids)


def _expanded(type_name: str, q: Q, known: Mapping[tuple[str, str, int], list[str]]) -> Q:
    parts = [_expanded(type_name, part, known) for part in q.parts]
    rest = dict(q.lookups)
    for relation, depth in _relations(q.lookups):
        ids = _ids(q.lookups, relation)
        any_of = _ANY_OF | ({"eq"} if is_to_one(_field(type_name, relation)) else frozenset())
        # Several values that must all hold for one related object cannot become separate lookups.
        lookups_here = {_lookup(key, relation) for key in rest if _is_of(key, relation)}
        one_object = "__" in relation and len(ids) > 1 and not lookups_here <= any_of
        if one_object or not all((relation, one, depth) in known for one in ids):
            continue
        del rest[relation + _DEPTH]
        for key in [key for key in rest if _is_of(key, relation)]:
            sets = [known[relation, str(one), depth] for one in _listed(rest.pop(key))]
            lookup = _lookup(key, relation)
            if lookup in any_of:
                sets = [list(dict.fromkeys(one for each in sets for one in each))]
            name = "excludes" if lookup in ("excludes", "ne") else "includes"
            parts += [Q(**{f"{relation}__{name}": each}) for each in sets[1:]]
            rest[f"{relation}__{name}"] = sets[0]
    expanded = Q(*parts, **rest)
    expanded.op, expanded.negated, expanded.text = q.op, q.negated, q.text
    return expanded
