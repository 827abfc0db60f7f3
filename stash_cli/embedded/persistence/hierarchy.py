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
    paths = [[start]]
    seen = {start}
    for path in paths:
        for child in children.get(path[-1], ()):
            if child in ends:
                return [*path, child]
            if child not in seen:
                seen.add(child)
                paths.append([*path, child])
    return None


def _children(connection: Connection, table: Table, parent: str, child: str) -> Children:
    children: Children = defaultdict(list)
    for parent_id, child_id in connection.execute(select(table.c[parent], table.c[child])):
        children[parent_id].append(child_id)
    return children


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
    own_id = change.owner
    path = [own_id] if own_id in parents else path_down(children, own_id, parents)
    if path is None and own_id in children[own_id]:
        path = [own_id]
    if path is None:
        return
    names = dict(
        change.connection.execute(select(t.tags.c.id, t.tags.c.name).where(t.tags.c.id.in_(path))).all()
    )
    upward = "parent_ids" in change.lists
    other = names[path[-1]] if upward else names[path[1] if len(path) > 1 else own_id]
    relation, wrong = ("parent", "a descendant") if upward else ("child", "an ancestor")
    if change.creating:
        raise Refused(f'cannot apply tag "{other}" as a {relation} of tag as it is already {wrong}')
    steps = "->".join(names[tag] for tag in (path if upward else [*path[1:], own_id]))
    raise Refused(
        f'cannot apply tag "{other}" as a {relation} of "{names[own_id]}" as it is already {wrong} ({steps})'
    )


def refuse_tag_below_itself(connection: Connection, tag: int) -> None:
    """Refuse a tag that is its own descendant, for example after a merge."""
    children = _children(connection, t.tags_relations, "parent_id", "child_id")
    path = path_down(children, tag, {tag})
    if path is not None:
        names = dict(
            connection.execute(select(t.tags.c.id, t.tags.c.name).where(t.tags.c.id.in_(path))).all()
        )
        other, steps = names[path[-2]], "->".join(names[step] for step in path[:-1])
        raise Refused(
            f'cannot apply tag "{other}" as a parent of "{names[tag]}" '
            f"as it is already a descendant ({steps})"
        )


def studio_acyclic(change: Change) -> None:
    """Refuse a studio that is its own ancestor."""
    parent_id = change.columns.get("parent_id")
    seen: set[int] = set()
    while parent_id is not None and parent_id not in seen and not change.creating:
        if parent_id == change.owner:
            raise Refused("studio cannot be an ancestor of itself")
        seen.add(parent_id)
        parent_id = change.connection.scalar(select(t.studios.c.parent_id).where(t.studios.c.id == parent_id))


def group_not_own_member(change: Change) -> None:
    """Refuse a group inside itself before the database does, whose error has another wording."""
    for field in ("containing_groups", "sub_groups"):
        values = change.lists[field].values if field in change.lists else ()
        if any(inputs.to_id(value["group_id"], "group id") == change.owner for value in values):
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
