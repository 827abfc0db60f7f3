"""References to objects: which objects refer to them, and how many."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from stash_cli.core.orm.relationship import inverses, relationships
from stash_cli.core.types.entities import ENTITIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stash_cli.core.client.session import Session

_OWNED = frozenset({("SceneMarker", "scene")})
"""Fields whose object is deleted together with the object that it refers to."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Objects of `type` that refer to others in `fields`; the `criterion` of their filter finds them."""

    type: str
    criterion: str
    fields: tuple[str, ...]

    @property
    def is_owned(self) -> bool:
        """Whether the objects are deleted with those that they refer to."""
        return any((self.type, name) in _OWNED for name in self.fields)

    def filter(self, ids: Sequence[str]) -> dict[str, Any]:
        """Arguments of the find query for the objects that refer to any of `ids`."""
        criterion = {self.criterion: {"value": list(ids), "modifier": "INCLUDES"}}
        return {ENTITIES[self.type].filter_arg: criterion}


CHILDREN = {
    "Studio": Reference("Studio", "parents", ("parent_studio",)),
    "Tag": Reference("Tag", "parents", ("parents",)),
    "Group": Reference("Group", "containing_groups", ("containing_groups",)),
}
"""Direct children of objects of the same type; `references_to` has only references of other types."""


@cache
def references_to(type_name: str) -> tuple[Reference, ...]:
    """The types whose objects store references to objects of a type."""
    references = []
    for other, criterion in inverses(type_name).values():
        fields = tuple(
            name
            for name, relation in relationships(other).items()
            if relation.inverse_type == type_name and relation.target_field
        )
        if fields:
            references.append(Reference(other, criterion, fields))
    return tuple(references)


async def count_references(session: Session, type_name: str, ids: Sequence[str]) -> dict[Reference, int]:
    """Count the other objects that refer to any of `ids`, child objects included; without zeros."""

    async def count(each: Reference) -> int:
        entity = ENTITIES[each.type]
        if each.type == type_name:
            args = {**each.filter(ids), "filter": {"per_page": -1}}
            rows = (await session.call(entity.find, args, [f"{entity.items}.id"]))[entity.items]
            return len({row["id"] for row in rows}.difference(ids))
        args = {**each.filter(ids), "filter": {"per_page": 0}}
        return int((await session.call(entity.find, args, ["count"]))["count"])

    if not ids:
        return {}
    server = await session.load_capabilities()
    known = [
        each
        for each in (*references_to(type_name), *filter(None, [CHILDREN.get(type_name)]))
        if server.field_name(ENTITIES[each.type].filter_type, each.criterion)
    ]
    counts = await asyncio.gather(*map(count, known))
    return {each: number for each, number in zip(known, counts, strict=True) if number}


async def primary_markers(session: Session, tags: Sequence[str]) -> dict[str, list[str]]:
    """Ids of markers by the id of their primary tag, which servers do not delete."""
    entity, markers = ENTITIES["SceneMarker"], dict[str, list[str]]()
    args = {**Reference("SceneMarker", "tags", ()).filter(tags), "filter": {"per_page": -1}}
    paths = [f"{entity.items}.id", f"{entity.items}.primary_tag.id"]
    answer = await session.call(entity.find, args, paths)
    tag_ids = set(tags)
    for row in answer.get(entity.items) or []:
        if row["primary_tag"]["id"] in tag_ids:
            markers.setdefault(row["primary_tag"]["id"], []).append(row["id"])
    return markers
