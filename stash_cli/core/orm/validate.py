"""Hierarchies of tags, studios and groups: ancestors, descendants, and the refusal of cycles.

Loaded relationships are followed in memory; the others are queried from the server at once. No object may
become its own ancestor: a server may accept that and then recurse endlessly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashInputError
from stash_cli.core.orm import state_of
from stash_cli.core.orm.backrefs import pending_items
from stash_cli.core.orm.history import key_of
from stash_cli.core.orm.relationship import relationships
from stash_cli.core.types.entities import ENTITIES
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stash_cli.core.client import StashClient
    from stash_cli.core.orm.flush import FlushPlan
    from stash_cli.core.types.entity import StashObject

HIERARCHIES = {
    "Tag": ("parents", "children"),
    "Studio": ("parent_studio", "child_studios"),
    "Group": ("containing_groups", "sub_groups"),
}
"""Type -> the relationships that lead up and down."""

_LEVELS = 24
"""Levels selected in one document if the server's filter has no depth."""


def refuse_cycle(obj: StashObject, name: str, other: StashObject) -> None:
    """Raise StashInputError if adding `other` at `name` makes `obj` its own ancestor, as far as loaded."""
    if name not in HIERARCHIES.get(type(obj).__name__, ()):
        return
    reached, _ = walk([other], name)
    if obj in reached:
        raise _cycle(obj, other)


async def check(client: StashClient, flushes: Sequence[tuple[StashObject, FlushPlan]]) -> None:
    """Raise StashInputError if a save would make a tag, studio or group its own ancestor.

    Relationships that are not loaded are queried from the server.
    """
    for obj, flush in flushes:
        for name in HIERARCHIES.get(type(obj).__name__, ()):
            targets = _new_targets(obj, name, flush)
            if targets and obj in await _reached(None if obj.is_new() else client, targets, name):
                raise _cycle(obj, targets[0])


def _new_targets(obj: StashObject, name: str, flush: FlushPlan) -> list[StashObject]:
    """The objects that a save adds to a relationship of the hierarchy."""
    relation = relationships(type(obj).__name__)[name]
    queued = flush.pending.members.get(name)
    if queued:
        return relation.targets([*queued.added.values()])
    if name in flush.values:
        before, after = flush.before.get(name, UNSET), obj.__dict__.get(name)
    elif name in flush.side_fields:
        before, after = flush.side_fields[name]
    else:
        return []
    old = relation.targets(before) if isinstance(before, list) else [before]
    return [target for target in relation.targets(after) if target not in old]


async def find_all(obj: StashObject, name: str) -> list[Any]:
    """All objects reachable by relationship `name`, over any number of levels, nearest first.

    Where it is not loaded, the server is queried; that raises StashUsageError for an object in no store.
    """
    _, unread = walk([obj], name)
    reached = await _reached(state_of(obj).client if unread else None, [obj], name)
    return [each for each in reached if each != obj]


def walk(start: Sequence[StashObject], name: str) -> tuple[list[StashObject], list[StashObject]]:
    """All objects reachable from `start` by relationship `name`, and those of them where it is not loaded.

    Where it is not loaded, locally added items are followed.
    """
    reached = {key_of(each): each for each in start}
    unread, queue = [], [*reached.values()]
    for each in queue:
        relation = relationships(type(each).__name__)[name]
        value = each.__dict__.get(name, UNSET)
        if value is UNSET:
            value = pending_items(each, name)
            unread += [] if each.is_new() else [each]
        new = {key_of(target): target for target in relation.targets(value) if key_of(target) not in reached}
        reached |= new
        queue += new.values()
    return queue, unread


async def _reached(client: StashClient | None, start: Sequence[StashObject], name: str) -> list[StashObject]:
    """All objects reachable from `start` by `name`, in memory and (with `client`) on the server."""
    reached, unread = walk(start, name)
    complete: set[str | int] = set()
    while unread and client is not None:
        fetched, incomplete = await _fetch(client, unread, name)
        complete |= {key_of(each) for each in (*unread, *fetched)} - {key_of(each) for each in incomplete}
        reached, unread = walk([*reached, *fetched], name)
        unread = [each for each in unread if key_of(each) not in complete]
    return reached


async def _fetch(
    client: StashClient, start: Sequence[StashObject], name: str
) -> tuple[list[StashObject], list[StashObject]]:
    """The objects reachable by `name` on the server, and those whose own `name` was not selected."""
    cls = type(start[0])
    entity = ENTITIES[cls.__name__]
    back = _opposite(cls.__name__, name)
    if cls.__name__ != "Studio":
        criteria = {back: {"value": [each.id for each in start], "modifier": "INCLUDES", "depth": -1}}
        args = {"filter": {"per_page": -1}, entity.filter_arg: criteria}
        page: Any = await client.call_operation(
            entity.find, [f"{entity.items}.id", f"{entity.items}.name"], **args
        )
        return list(getattr(page, entity.items)), []
    # The studio filter has no depth for parents, so one document selects many levels of links.
    levels = [".".join([*[name] * depth, "id"]) for depth in range(_LEVELS)]
    objects = [await client.find_entity(cls, each.id, levels) for each in start]
    return walk([each for each in objects if each is not None], name)


def _opposite(type_name: str, name: str) -> str:
    up, down = HIERARCHIES[type_name]
    return down if name == up else up


def _cycle(obj: StashObject, other: StashObject) -> StashInputError:
    if obj == other:
        return StashInputError(f"{obj!r} cannot contain itself.")
    return StashInputError(f"{other!r} and {obj!r} would contain each other.")
