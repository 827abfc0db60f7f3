"""Validators that keep hierarchies acyclic: tags and groups (graphs), studios (a tree)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Table, select

from stash_cli.embedded import tables as t
from stash_cli.embedded.graphql import inputs
from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.persistence.lists import ManyToMany

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stash_cli.embedded.persistence.entity_mapper import Change

Children = dict[int, list[int]]

_GROUP_CYCLE = "a group cannot be contained by one of its subgroups"


def path_down(children: Mapping[int, Iterable[int]], start: int, ends: set[int]) -> list[int] | None:
    """The shortest path from `start` down to one of `ends`, both included, or None."""
    ways = [[start]]
    seen = {start}
    for way in ways:
        for child in children.get(way[-1], ()):
            if child in ends:
                return [*way, child]
            if child not in seen:
                seen.add(child)
                ways.append([*way, child])
    return None


def _children(connection: Connection, table: Table, parent: str, child: str) -> Children:
    found: Children = defaultdict(list)
    for above, below in connection.execute(select(table.c[parent], table.c[child])):
        found[above].append(below)
    return found


def tags_acyclic(change: Change) -> None:
    """Refuse parents that are descendants and children that are ancestors; the message names the path."""
    given = {name: change.lists.get(name) for name in ("parent_ids", "child_ids")}
    if not any(given.values()):
        return
    children = _children(change.connection, t.tags_relations, "parent_id", "child_id")
    parents = _final_ids(change, "parent_ids", [p for p, below in children.items() if change.owner in below])
    below = _final_ids(change, "child_ids", children.get(change.owner, []))
    for parent in list(children):
        children[parent] = [tag for tag in children[parent] if tag != change.owner]
    children[change.owner] = below
    _refuse_tag_cycle(change, children, set(parents))


def _final_ids(change: Change, field: str, current: list[int]) -> list[int]:
    link = change.mapper.lists[field]
    if field in change.lists and isinstance(link, ManyToMany):
        return link.final(change.connection, change.owner, change.lists[field])
    return current


def _refuse_tag_cycle(change: Change, children: Children, parents: set[int]) -> None:
    own = change.owner
    way = [own] if own in parents else path_down(children, own, parents)
    if way is None and own in children[own]:
        way = [own]
    if way is None:
        return
    names = dict(
        change.connection.execute(select(t.tags.c.id, t.tags.c.name).where(t.tags.c.id.in_(way))).all()
    )
    upward = "parent_ids" in change.lists
    other = names[way[-1]] if upward else names[way[1] if len(way) > 1 else own]
    relation, wrong = ("parent", "a descendant") if upward else ("child", "an ancestor")
    if change.creating:
        raise Refused(f'cannot apply tag "{other}" as a {relation} of tag as it is already {wrong}')
    steps = "->".join(names[tag] for tag in (way if upward else [*way[1:], own]))
    raise Refused(
        f'cannot apply tag "{other}" as a {relation} of "{names[own]}" as it is already {wrong} ({steps})'
    )


def refuse_tag_below_itself(connection: Connection, tag: int) -> None:
    """Refuse a tag that is its own descendant, as a merge may make it."""
    children = _children(connection, t.tags_relations, "parent_id", "child_id")
    way = path_down(children, tag, {tag})
    if way is not None:
        names = dict(connection.execute(select(t.tags.c.id, t.tags.c.name).where(t.tags.c.id.in_(way))).all())
        other, steps = names[way[-2]], "->".join(names[step] for step in way[:-1])
        raise Refused(
            f'cannot apply tag "{other}" as a parent of "{names[tag]}" '
            f"as it is already a descendant ({steps})"
        )


def studio_acyclic(change: Change) -> None:
    """Refuse a studio whose parents lead back to it."""
    above = change.columns.get("parent_id")
    seen: set[int] = set()
    while above is not None and above not in seen and not change.creating:
        if above == change.owner:
            raise Refused("studio cannot be an ancestor of itself")
        seen.add(above)
        above = change.connection.scalar(select(t.studios.c.parent_id).where(t.studios.c.id == above))


def group_not_own_member(change: Change) -> None:
    """Refuse a group inside itself, before the database does so in other words."""
    for field in ("containing_groups", "sub_groups"):
        given = change.lists[field].values if field in change.lists else ()
        if any(inputs.to_id(value["group_id"], "group id") == change.owner for value in given):
            raise Refused(_GROUP_CYCLE)


def groups_acyclic(change: Change) -> None:
    """Refuse a cycle of groups, after the relations are written."""
    if {"containing_groups", "sub_groups"} & change.lists.keys():
        refuse_group_cycle(change.connection, change.owner)


def refuse_group_cycle(connection: Connection, group: int) -> None:
    """Refuse a group that is its own descendant."""
    children = _children(connection, t.groups_relations, "containing_id", "sub_id")
    if path_down(children, group, {group}) is not None:
        raise Refused(_GROUP_CYCLE)
