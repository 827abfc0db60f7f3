"""Entities that contain their own kind: tags, studios and groups; who is above and below whom.

What was read is walked in memory; of what was not, the server is asked once. No object may become its
own ancestor: a server may accept that and then never stop walking.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashInputError
from stash_cli.core.orm.changes import key_of
from stash_cli.core.orm.mirror import known_items
from stash_cli.core.orm.relationship import relationships
from stash_cli.core.types.entities import ENTITIES
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stash_cli.core.client import StashClient
    from stash_cli.core.edits.flush import FlushPlan
    from stash_cli.core.types.entity import StashObject

HIERARCHIES = {
    "Tag": ("parents", "children"),
    "Studio": ("parent_studio", "child_studios"),
    "Group": ("containing_groups", "sub_groups"),
}
"""Type -> the relationships that lead up and down."""

_LEVELS = 24
"""Levels asked for at once where the server cannot ask for all of them."""


def refuse_cycle(obj: StashObject, name: str, other: StashObject) -> None:
    """Raise StashInputError where `other` at `name` would make `obj` its own ancestor, as far as was read."""
    onward = _direction(obj, name)
    if onward is None:
        return
    found, _ = walk([other], onward)
    if obj in found:
        raise _cycle(obj, other)


async def check(client: StashClient, flushes: Sequence[tuple[StashObject, FlushPlan]]) -> None:
    """Raise StashInputError where a save would make a tag, studio or group its own ancestor.

    The server is asked about objects whose own relationships were never read.
    """
    for obj, flush in flushes:
        for name in HIERARCHIES.get(type(obj).__name__, ()):
            targets = _new_targets(obj, name, flush)
            if targets and obj in await _reached(None if obj.is_new() else client, targets, name):
                raise _cycle(obj, targets[0])


def _new_targets(obj: StashObject, name: str, flush: FlushPlan) -> list[StashObject]:
    """What a save newly puts above (or below) an object."""
    relation = relationships(type(obj).__name__)[name]
    queued = flush.pending.members.get(name)
    if queued:
        return relation.targets([*queued.added.values()])
    if name in flush.values:
        before, after = flush.before.get(name, UNSET), obj.__dict__.get(name)
    elif name in flush.sides:
        before, after = flush.sides[name]
    else:
        return []
    old = relation.targets(before) if isinstance(before, list) else [before]
    return [target for target in relation.targets(after) if target not in old]


async def everyone(obj: StashObject, name: str) -> list[Any]:
    """All objects that relationship `name` leads to, over any number of levels, nearest first.

    What was not read is asked for, once. Raises StashUsageError where that takes a server and `obj` is
    in no store.
    """
    _, unread = walk([obj], name)
    found = await _reached(obj.client if unread else None, [obj], name)
    return [each for each in found if each != obj]


def walk(start: Sequence[StashObject], name: str) -> tuple[list[StashObject], list[StashObject]]:
    """`start` and what relationship `name` leads to from there, and those of them that have it unread.

    What was put in and is not saved yet is followed, too, where the rest is unread.
    """
    found = {key_of(each): each for each in start}
    unread, queue = [], [*found.values()]
    for each in queue:
        relation = relationships(type(each).__name__)[name]
        value = each.__dict__.get(name, UNSET)
        if value is UNSET:
            value = known_items(each, name)
            unread += [] if each.is_new() else [each]
        new = {key_of(target): target for target in relation.targets(value) if key_of(target) not in found}
        found |= new
        queue += new.values()
    return queue, unread


async def _reached(client: StashClient | None, start: Sequence[StashObject], name: str) -> list[StashObject]:
    """`start` and all that `name` leads to from there, here or (with `client`) on the server."""
    found, unread = walk(start, name)
    answered: set[str | int] = set()
    while unread and client is not None:
        answer, beyond = await _ask(client, unread, name)
        answered |= {key_of(each) for each in (*unread, *answer)} - {key_of(each) for each in beyond}
        found, unread = walk([*found, *answer], name)
        unread = [each for each in unread if key_of(each) not in answered]
    return found


async def _ask(
    client: StashClient, start: Sequence[StashObject], name: str
) -> tuple[list[StashObject], list[StashObject]]:
    """What the server says `name` leads to from any of `start`, and those from which it leads on unasked."""
    cls = type(start[0])
    entity = ENTITIES[cls.__name__]
    back = _opposite(cls.__name__, name)
    if cls.__name__ != "Studio":
        wanted = {back: {"value": [each.id for each in start], "modifier": "INCLUDES", "depth": -1}}
        args = {"filter": {"per_page": -1}, entity.filter_arg: wanted}
        answer: Any = await client.ask(entity.find, [f"{entity.items}.id", f"{entity.items}.name"], **args)
        return list(getattr(answer, entity.items)), []
    # Studios cannot be asked for by depth: their links are followed level by level in one document.
    levels = [".".join([*[name] * depth, "id"]) for depth in range(_LEVELS)]
    answers = [await client.find_entity(cls, each.id, levels) for each in start]
    return walk([each for each in answers if each is not None], name)


def _opposite(type_name: str, name: str) -> str:
    up, down = HIERARCHIES[type_name]
    return down if name == up else up


def _direction(obj: StashObject, name: str) -> str | None:
    """`name` itself where it leads up or down a hierarchy."""
    return name if name in HIERARCHIES.get(type(obj).__name__, ()) else None


def _cycle(obj: StashObject, other: StashObject) -> StashInputError:
    if obj == other:
        return StashInputError(f"{obj!r} cannot contain itself.")
    return StashInputError(f"{other!r} and {obj!r} would contain each other.")
