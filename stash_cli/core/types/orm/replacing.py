"""Fields assigned without having been read that are sent as a difference: what they replace is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.types.entities import ENTITIES
from stash_cli.core.types.orm.relationship import RelationshipMetadata, relationships
from stash_cli.core.types.orm.sides import COUNTED
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stash_cli.core.client import StashClient
    from stash_cli.core.types.entity import StashObject

_COUNTS = frozenset({*COUNTED, *COUNTED.values()})


async def read_replaced(client: StashClient, objects: Iterable[StashObject]) -> None:
    """Ask what the server has in such fields of `objects`: one request for each type and field."""
    groups: dict[tuple[type[StashObject], str], list[StashObject]] = {}
    for obj in objects:
        for name, before in list(obj.server_fields().items()):
            if before is UNSET and not obj.is_new() and _is_difference(type(obj).__name__, name):
                groups.setdefault((type(obj), name), []).append(obj)
    for (cls, name), group in groups.items():
        relation = relationships(cls.__name__).get(name)
        await (_read_field(client, group, name) if relation is None else _read_members(client, group, name))


def _is_difference(type_name: str, name: str) -> bool:
    relation = relationships(type_name).get(name)
    if relation is None:
        return name in _COUNTS
    return relation.query_strategy == "filter_query" and relation.is_written


async def _read_field(client: StashClient, objects: list[StashObject], name: str) -> None:
    entity = ENTITIES[type(objects[0]).__name__]
    paths, ids = [f"{entity.items}.id", f"{entity.items}.{name}"], [obj.id for obj in objects]
    answer: Any = await client.ask(entity.find, paths, ids=ids, filter={"per_page": -1})
    found = {each.id: _theirs(each, name) for each in getattr(answer, entity.items)}
    for obj in objects:
        if obj.id in found:
            obj.merge_answer({name: found[obj.id]})


async def _read_members(client: StashClient, objects: list[StashObject], name: str) -> None:
    relation = relationships(type(objects[0]).__name__)[name]
    entity, back = ENTITIES[relation.inverse_type], relation.inverse_field or ""
    paths = [f"{entity.items}.id", f"{entity.items}.{_path(relation, back)}"]
    wanted = {relation.filter_field: {"value": [obj.id for obj in objects], "modifier": "INCLUDES"}}
    answer: Any = await client.ask(entity.find, paths, filter={"per_page": -1}, **{entity.filter_arg: wanted})
    other = relationships(relation.inverse_type)[back]
    found = [(each, other.targets(_theirs(each, back))) for each in getattr(answer, entity.items)]
    for obj in objects:
        obj.merge_answer({name: [each for each, targets in found if obj in targets]})


def _path(relation: RelationshipMetadata, back: str) -> str:
    """Where an object that the relation leads to names those that it leads back to."""
    link = relationships(relation.inverse_type)[back].link
    return f"{back}.{link}.id" if link else f"{back}.id"


def _theirs(obj: StashObject, name: str) -> Any:
    """What the server has in a field that was read just now."""
    return obj.server_fields().get(name, getattr(obj, name))
