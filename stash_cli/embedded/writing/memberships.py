"""Lists with something to each entry: groups of a scene, groups inside groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.sqlite import insert

from stash_cli.embedded.tables import groups_relations, groups_scenes
from stash_cli.embedded.writing.arguments import to_id
from stash_cli.embedded.writing.lists import ADD, REMOVE, SET

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from stash_cli.embedded.writing.lists import ListChange


@dataclass(frozen=True)
class SceneGroups:
    """Groups of a scene: objects `{group_id, scene_index}` (or `movie_id`), or ids alone in a bulk update."""

    def write(self, connection: Connection, owner: int, change: ListChange) -> None:
        columns = groups_scenes.c
        rows = [{"scene_id": owner, **self._row(value)} for value in change.values]
        if change.mode == SET:
            connection.execute(delete(groups_scenes).where(columns.scene_id == owner))
        if change.mode == REMOVE:
            ids = [row["group_id"] for row in rows]
            connection.execute(
                delete(groups_scenes).where(columns.scene_id == owner, columns.group_id.in_(ids))
            )
        elif rows:
            into = insert(groups_scenes)
            connection.execute(into.on_conflict_do_nothing() if change.mode == ADD else into, rows)

    @staticmethod
    def _row(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            return {"group_id": to_id(value, "group ids"), "scene_index": None}
        named = value.get("group_id", value.get("movie_id"))
        return {"group_id": to_id(named, "group id"), "scene_index": value.get("scene_index")}


@dataclass(frozen=True)
class GroupRelations:
    """Groups inside a group, or the groups it is inside of: objects `{group_id, description}`.

    `own` is the column of the group whose list it is. A new entry goes to the end of the containing
    group's order.
    """

    own: str
    other: str

    def write(self, connection: Connection, owner: int, change: ListChange) -> None:
        wanted = {to_id(v["group_id"], "group id"): v.get("description") for v in change.values}
        columns = groups_relations.c
        mine = columns[self.own] == owner
        if change.mode == REMOVE:
            connection.execute(delete(groups_relations).where(mine, columns[self.other].in_(wanted)))
            return
        if change.mode == SET:
            connection.execute(delete(groups_relations).where(mine))
        for other, description in wanted.items():
            ends = {self.own: owner, self.other: other}
            append(connection, ends["containing_id"], ends["sub_id"], description)


def append(connection: Connection, containing: int, sub: int, description: str | None) -> None:
    """Put `sub` at the end of the groups inside `containing`."""
    columns = groups_relations.c
    last = select(func.max(columns.order_index)).where(columns.containing_id == containing)
    row = {
        "containing_id": containing,
        "sub_id": sub,
        "description": description,
        "order_index": (connection.scalar(last) or 0) + 1,
    }
    connection.execute(insert(groups_relations), row)


CONTAINING_GROUPS = GroupRelations("sub_id", "containing_id")
SUB_GROUPS = GroupRelations("containing_id", "sub_id")
