"""What is still held of objects that the server has no longer: they leave all relationships, unasked."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from stash_cli.core.orm.changes import key_of
from stash_cli.core.orm.members import without
from stash_cli.core.orm.mirror import forget
from stash_cli.core.orm.relationship import RelationshipMetadata, relationships
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stash_cli.core.types.entity import StashObject

    Gone = Mapping[str | int, StashObject]


def part(holders: Iterable[StashObject], gone: Iterable[StashObject], type_name: str) -> list[StashObject]:
    """Take objects of a type, which are gone, out of all relationships of `holders`; those that had any.

    What else is changed there stays to be saved.
    """
    by_key = {key_of(obj): obj for obj in gone}
    return [holder for holder in holders if by_key and _part_from(holder, type_name, by_key)]


def _part_from(holder: StashObject, type_name: str, gone: Gone) -> bool:
    ways = _relationships_to(type(holder).__name__, type_name)
    left = [name for name, relation in ways.items() if _part_one(holder, name, relation, gone)]
    return bool(left)


@cache
def _relationships_to(holder: str, type_name: str) -> Mapping[str, RelationshipMetadata]:
    """The relationships that lead from one type to another."""
    return {name: way for name, way in relationships(holder).items() if way.inverse_type == type_name}


def _part_one(holder: StashObject, name: str, relation: RelationshipMetadata, gone: Gone) -> bool:
    if holder.pending is not None and holder.pending.notes(name):
        for obj in gone.values():
            forget(holder, name, obj)
    held = holder.__dict__.get(name, UNSET)
    if not any(key_of(target) in gone for target in relation.targets(held)):
        return False
    server = holder.remember(name)
    if relation.is_list:
        held.show(without(relation, held, gone.values()))
        holder.know(name, without(relation, server, gone.values()))
    else:
        holder.__dict__[name] = None
        holder.know(name, None if server in gone.values() else server)
    return True
