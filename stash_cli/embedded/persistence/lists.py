"""List fields of an entity, and the modes SET, ADD and REMOVE of a bulk update."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import Connection, Table, delete, func, select
from sqlalchemy.dialects.sqlite import insert

from stash_cli.embedded import tables as t
from stash_cli.embedded.graphql import inputs
from stash_cli.embedded.library import timestamps

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SET, ADD, REMOVE = "SET", "ADD", "REMOVE"


@dataclass(frozen=True)
class ListChange:
    """A change of a list: a mode and the raw values."""

    mode: str
    values: list[Any] = field(default_factory=list)

    @classmethod
    def read(cls, raw: Any) -> ListChange:
        """Read an input: a plain list replaces, a bulk input has a mode, null clears."""
        if isinstance(raw, dict):
            values = raw.get("ids", raw.get("values", raw.get("groups")))
            return cls(raw["mode"], list(values or ()))
        return cls(SET, list(raw or ()))


class ListField(Protocol):
    """A list field of an input."""

    def write(self, connection: Connection, owner: int, change: ListChange) -> None: ...


def combine(change: ListChange, current: Iterable[Any], values: Iterable[Any]) -> list[Any]:
    """The list after `change`; ADD ignores present items, REMOVE absent ones."""
    if change.mode == SET:
        return list(values)
    present, changed = list(current), list(values)
    if change.mode == REMOVE:
        return [item for item in present if item not in changed]
    return present + [item for item in changed if item not in present]


@dataclass(frozen=True)
class ManyToMany:
    """A many-to-many relation, given as ids; unchanged rows keep their other columns."""

    table: Table
    own: str
    other: str
    what: str

    def ids(self, connection: Connection, owner: int) -> list[int]:
        """The current ids."""
        columns = self.table.c
        return list(connection.scalars(select(columns[self.other]).where(columns[self.own] == owner)))

    def final(self, connection: Connection, owner: int, change: ListChange) -> list[int]:
        """The ids after `change`."""
        return combine(change, self.ids(connection, owner), inputs.to_ids(change.values, self.what))

    def write(self, connection: Connection, owner: int, change: ListChange) -> None:
        ids = inputs.to_ids(change.values, self.what)
        columns = self.table.c
        # Existing rows are not replaced, because they may have other columns, such as the cover of a gallery.
        if change.mode == ADD:
            return self.add(connection, owner, ids)
        is_removed = (
            columns[self.other].in_(ids) if change.mode == REMOVE else columns[self.other].not_in(ids)
        )
        connection.execute(delete(self.table).where(columns[self.own] == owner, is_removed))
        if change.mode == SET:
            self.add(connection, owner, ids)
        return None

    def add(self, connection: Connection, owner: int, ids: Sequence[int]) -> None:
        rows = [{self.own: owner, self.other: other} for other in ids]
        if rows:
            connection.execute(insert(self.table).on_conflict_do_nothing(), rows)


@dataclass(frozen=True)
class TextList:
    """A list of texts in a value table, ordered (urls) or not (aliases)."""

    table: Table
    own: str
    column: str

    @property
    def ordered(self) -> bool:
        return "position" in self.table.c

    def current(self, connection: Connection, owner: int) -> list[str]:
        order = self.table.c["position" if self.ordered else self.column]
        query = select(self.table.c[self.column]).where(self.table.c[self.own] == owner).order_by(order)
        return list(connection.scalars(query))

    def final(self, connection: Connection, owner: int, change: ListChange) -> list[str]:
        """The texts after `change`."""
        return combine(change, self.current(connection, owner), map(inputs.trimmed, change.values))

    def write(self, connection: Connection, owner: int, change: ListChange) -> None:
        values = self.final(connection, owner, change)
        connection.execute(delete(self.table).where(self.table.c[self.own] == owner))
        rows = [{self.own: owner, self.column: text} for text in values]
        if self.ordered:
            # Rewritten completely, because the position of each text depends on the preceding ones.
            rows = [{**row, "position": position} for position, row in enumerate(rows)]
        if rows:
            connection.execute(insert(self.table), rows)


@dataclass(frozen=True)
class StashIds:
    """Ids at other services: `[{endpoint, stash_id, updated_at}]`."""

    table: Table
    own: str

    def write(self, connection: Connection, owner: int, change: ListChange) -> None:
        connection.execute(delete(self.table).where(self.table.c[self.own] == owner))
        # If an id is given twice, the last one is used.
        distinct = {(value["endpoint"], value["stash_id"]): value for value in change.values}
        rows = [
            {
                self.own: owner,
                "endpoint": endpoint,
                "stash_id": stash_id,
                "updated_at": _moment(value.get("updated_at")),
            }
            for (endpoint, stash_id), value in distinct.items()
        ]
        if rows:
            connection.execute(insert(self.table), rows)


def _moment(value: Any) -> str:
    if value is None:
        return timestamps.utc()
    return value if isinstance(value, str) else timestamps.to_text(value)


@dataclass(frozen=True)
class SceneGroups:
    """Groups of a scene: `{group_id, scene_index}` (or `movie_id`), or plain ids in a bulk update."""

    def write(self, connection: Connection, owner: int, change: ListChange) -> None:
        columns = t.groups_scenes.c
        rows = [{"scene_id": owner, **self._row(value)} for value in change.values]
        if change.mode == SET:
            connection.execute(delete(t.groups_scenes).where(columns.scene_id == owner))
        if change.mode == REMOVE:
            ids = [row["group_id"] for row in rows]
            connection.execute(
                delete(t.groups_scenes).where(columns.scene_id == owner, columns.group_id.in_(ids))
            )
        elif rows:
            statement = insert(t.groups_scenes)
            # As on the server: ADD leaves the index of a present group unchanged; SET fails for a group that
            # is given twice.
            connection.execute(statement.on_conflict_do_nothing() if change.mode == ADD else statement, rows)

    @staticmethod
    def _row(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            return {"group_id": inputs.to_id(value, "group ids"), "scene_index": None}
        group = value.get("group_id", value.get("movie_id"))
        return {"group_id": inputs.to_id(group, "group id"), "scene_index": value.get("scene_index")}


@dataclass(frozen=True)
class GroupRelations:
    """Groups inside a group, or the groups that contain it: `{group_id, description}`.

    `own` is the column of the edited group. New entries are appended to the order of the containing group.
    """

    own: str
    other: str

    def write(self, connection: Connection, owner: int, change: ListChange) -> None:
        descriptions = {inputs.to_id(v["group_id"], "group id"): v.get("description") for v in change.values}
        columns = t.groups_relations.c
        of_owner = columns[self.own] == owner
        if change.mode == REMOVE:
            connection.execute(
                delete(t.groups_relations).where(of_owner, columns[self.other].in_(descriptions))
            )
            return
        if change.mode == SET:
            connection.execute(delete(t.groups_relations).where(of_owner))
        for other, description in descriptions.items():
            columns_of_row = {self.own: owner, self.other: other}
            append(connection, columns_of_row["containing_id"], columns_of_row["sub_id"], description)


def append(connection: Connection, containing: int, sub: int, description: str | None) -> None:
    """Append `sub` to the groups inside `containing`."""
    columns = t.groups_relations.c
    last = select(func.max(columns.order_index)).where(columns.containing_id == containing)
    row = {
        "containing_id": containing,
        "sub_id": sub,
        "description": description,
        "order_index": (connection.scalar(last) or 0) + 1,
    }
    connection.execute(insert(t.groups_relations), row)


CONTAINING_GROUPS = GroupRelations("sub_id", "containing_id")
SUB_GROUPS = GroupRelations("containing_id", "sub_id")
