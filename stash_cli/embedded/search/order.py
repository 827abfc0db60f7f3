"""ORDER BY of a find query: sort key, direction, tie breakers, and the id."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, ColumnElement, FromClause, case, func, select
from sqlalchemy.sql import operators

from stash_cli.embedded import tables as t
from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.search.file_sorts import performer_age
from stash_cli.embedded.search.sorts import DEFAULTS, SORTS, TIE_BREAKERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    Expressions = list[ColumnElement[Any]]

_SEEDS, _LARGEST_SEED = 100_000_000, 1 << 64


def order_by(
    type_name: str, entity: FromClause, find: Mapping[str, Any], given: Mapping[str, Any] | None
) -> Expressions:
    """The expressions of ORDER BY; `given` is the filter of the query. Raises Refused for an unknown key."""
    key = sort_key_of(type_name, find)
    descending = find.get("direction") == "DESC"
    keys = _expressions(type_name, entity, key, given or {}, descending=descending)
    tie_breakers = (
        TIE_BREAKERS[type_name](entity)
        if type_name in TIE_BREAKERS and not _needs_no_tie_breaker(type_name, key)
        else []
    )
    return _with_directions(
        [(each, descending) for each in keys] + [(each, False) for each in tie_breakers], entity
    )


def sort_key_of(type_name: str, find: Mapping[str, Any]) -> str:
    """The sort key of the find arguments, or the default of the type."""
    key = find.get("sort")
    if key is None or (key == "" and type_name not in DEFAULTS):
        return DEFAULTS.get(type_name, "id")
    return str(key)


def _needs_no_tie_breaker(type_name: str, key: str) -> bool:
    """Whether a key needs no tie breaker: it is unique, or the tie breaker itself."""
    return key == "id" or (key == "title" and type_name in ("Scene", "Image"))


def _with_directions(keys: list[tuple[ColumnElement[Any], bool]], entity: FromClause) -> Expressions:
    """The keys with their directions, followed by the id.

    The server's natural collation treats the first of two equal texts as the greater one: equal rows come
    newest first (oldest first when descending), and later keys only apply to rows without text.
    """
    ordered: Expressions = []
    for expression, descending in keys:
        ordered.append(expression.desc() if descending else expression.asc())
        if _is_natural(expression):
            place = case((expression.is_not(None), entity.c.id))
            ordered.append(place.asc() if descending else place.desc())
    return [*ordered, entity.c.id.asc()]


def _is_natural(expression: ColumnElement[Any]) -> bool:
    """Whether an expression sorts naturally: by collation, or as a stored sort key."""
    named = isinstance(expression, Column) and expression.name in ("title_key", "path_key")
    return named or getattr(expression, "operator", None) is operators.collate


def _expressions(
    type_name: str, entity: FromClause, key: str, given: Mapping[str, Any], *, descending: bool
) -> Expressions:
    if key.startswith("random"):
        return [_random_order(entity, key)]
    if type_name == "Scene" and key in ("group_scene_number", "movie_scene_number"):
        return [_scene_number(entity, given)]
    if type_name == "Scene" and key == "performer_age":
        return performer_age(entity, descending=descending)
    if key == "sub_group_order" and type_name in ("Group", "Movie"):
        return _sub_group_order(entity, given)
    make = SORTS[type_name].get(key)
    if make is None:
        raise Refused(f"invalid sort: {key}")
    return make(entity)


def _random_order(entity: FromClause, key: str) -> ColumnElement[Any]:
    """The server's pseudo-random order, so that a seed gives the same order on both."""
    text = key.removeprefix("random").removeprefix("_")
    if key != "random" and not (text.isdecimal() and key == f"random_{text}" and int(text) < _LARGEST_SEED):
        raise Refused(f"invalid random seed: {text}" if key.startswith("random_") else f"invalid sort: {key}")
    seed = int(text) % _SEEDS if text else random.randrange(_SEEDS)  # noqa: S311 - a shuffle, no secret
    # The constants are the server's, so that a seed gives the same order on both.
    place = entity.c.id + seed
    return func.mod(place * place * 52959209 + place * 1047483763, 2147483647)


def _single_id(criterion: Mapping[str, Any] | None) -> str | None:
    """The id of a criterion with exactly one, or None."""
    value = (criterion or {}).get("value") or []
    return str(value[0]) if len(value) == 1 else None


def _scene_number(entity: FromClause, given: Mapping[str, Any]) -> ColumnElement[Any]:
    """The index of a scene in the group that the filter names, or in any group."""
    link = t.groups_scenes.alias()
    place = select(func.min(link.c.scene_index)).where(link.c.scene_id == entity.c.id)
    group = _single_id(given.get("groups") or given.get("movies"))
    if group is not None:
        place = place.where(link.c.group_id == group)
    return place.correlate(entity).scalar_subquery()


def _sub_group_order(entity: FromClause, given: Mapping[str, Any]) -> Expressions:
    """The index in the containing group that the filter names, or in any group."""
    containing = _single_id(given.get("containing_groups"))
    link = t.groups_relations.alias()
    place = select(func.min(link.c.order_index)).where(link.c.sub_id == entity.c.id)
    if containing is not None:
        place = place.where(link.c.containing_id == containing)
    return [place.correlate(entity).scalar_subquery()]
