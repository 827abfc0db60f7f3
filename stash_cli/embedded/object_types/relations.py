"""Relations of object types: fields that are loaded from other tables."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, CompoundSelect, Connection, Select, Table, distinct, func, select

from stash_cli.embedded.library import context, sql

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from stash_cli.embedded.library.context import Batch, Row


def for_owners(statement: Select[Any]) -> Select[Any]:
    """`statement` limited to the owners in parameter `ids`; its first column is the owner."""
    return statement.where(statement.selected_columns[0].in_(sql.id_list(sql.ids_param())))


def _records(batch: Batch, statement: Select[Any]) -> list[Any]:
    records = list(batch.context.connection.execute(statement, {"ids": batch.ids}))
    batch.context.count_loaded(len(records))
    return records


@dataclass(frozen=True)
class ToOne:
    """The object whose id is in column `key`, or None."""

    target: str
    key: str

    def load(self, batch: Batch, _: Mapping[str, Any]) -> dict[int, Row | None]:
        keys = {row.id: row.values[self.key] for row in batch.rows}
        objects = context.load(
            batch.context, context.object_type(self.target), (key for key in keys.values() if key is not None)
        )
        return {owner: objects.get(key) for owner, key in keys.items()}

    def missing(self) -> None:
        return None


@dataclass(frozen=True)
class ToMany:
    """Objects in the order of `statement` (owner, object id)."""

    target: str
    statement: Select[Any]

    def load(self, batch: Batch, _: Mapping[str, Any]) -> dict[int, list[Row]]:
        pairs = _records(batch, self.statement)
        objects = context.load(batch.context, context.object_type(self.target), (pair[1] for pair in pairs))
        lists: dict[int, list[Row]] = defaultdict(list)
        for owner, key in pairs:
            if key in objects:
                lists[owner].append(objects[key])
        return lists

    def missing(self) -> list[Row]:
        return []


@dataclass(frozen=True)
class Joined:
    """Objects with attributes of the relation: `statement` returns (owner, id, attributes by name)."""

    target: str
    name: str
    statement: Select[Any]

    def load(self, batch: Batch, _: Mapping[str, Any]) -> dict[int, list[dict[str, Any]]]:
        records = _records(batch, self.statement)
        objects = context.load(
            batch.context, context.object_type(self.target), (record[1] for record in records)
        )
        lists: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for record in records:
            extras = dict(list(record._mapping.items())[2:])  # noqa: SLF001 - SQLAlchemy's public name
            lists[record[0]].append({self.name: objects[record[1]], **extras})
        return lists

    def missing(self) -> list[dict[str, Any]]:
        return []


@dataclass(frozen=True)
class Values:
    """A list of values from `statement` (owner, value), or of objects by column name."""

    statement: Select[Any]
    null_when_empty: bool = False

    def load(self, batch: Batch, _: Mapping[str, Any]) -> dict[int, list[Any]]:
        lists: dict[int, list[Any]] = defaultdict(list)
        for record in _records(batch, self.statement):
            lists[record[0]].append(record[1] if len(record) == 2 else _object(record))  # noqa: PLR2004
        return lists

    def missing(self) -> list[Any] | None:
        return None if self.null_when_empty else []


def _object(record: Any) -> dict[str, Any]:
    return dict(list(record._mapping.items())[1:])  # noqa: SLF001 - SQLAlchemy's public name


@dataclass(frozen=True)
class Value:
    """A single value from `statement` (owner, value); the first row of an owner counts."""

    statement: Select[Any]
    default: Any = None

    def load(self, batch: Batch, _: Mapping[str, Any]) -> dict[int, Any]:
        values: dict[int, Any] = {}
        for owner, value in _records(batch, self.statement):
            values.setdefault(owner, self.default if value is None else value)
        return values

    def missing(self) -> Any:
        return self.default


@dataclass(frozen=True)
class Count:
    """The number of objects of an owner and, with argument `depth`, of its descendants; each counts once.

    `links` returns (owner, object): of one table without duplicate pairs, or of joins and unions. With
    `single` an object has at most one owner, so that none is counted twice.
    """

    hierarchy: str
    links: Select[Any] | CompoundSelect[Any]
    single: bool = False

    def load(self, batch: Batch, args: Mapping[str, Any]) -> dict[int, int]:
        depth, roots = args.get("depth"), [row.id for row in batch.rows]
        if not self._is_one_table:
            return self._count_distinct(batch, roots, depth)
        # Counting index ranges is fastest, but correct only if no object has two owners below one root.
        if self.single or sql.levels_of(depth) == 0:
            return self._links_below(batch, roots, depth)
        with_links = self._owners_with_links(batch, depth)
        single = [root for root in roots if len(with_links[root]) == 1]
        several = [root for root in roots if len(with_links[root]) > 1]
        return self._links_below(batch, single, depth) | self._count_distinct(batch, several, depth)

    @property
    def _is_one_table(self) -> bool:
        return isinstance(self.links, Select) and isinstance(self.links.get_final_froms()[0], Table)

    def _owners_with_links(self, batch: Batch, depth: int | None) -> dict[int, list[int]]:
        """Root -> itself and its descendants, if they have links."""
        tree, links = (
            sql.descendants(self.hierarchy, sql.id_list(sql.ids_param()), depth),
            self.links.subquery(),
        )
        has_link = select(1).where(links.c[0] == tree.c.id).correlate(tree).exists()
        owners: dict[int, list[int]] = defaultdict(list)
        statement = select(tree.c.root, tree.c.id).where(has_link)
        for root, owner in batch.context.connection.execute(statement, {"ids": batch.ids}):
            owners[root].append(owner)
        return owners

    def _links_below(self, batch: Batch, roots: list[int], depth: int | None) -> dict[int, int]:
        """The number of links of each root and its descendants, counted by index ranges without a join."""
        tree, links = sql.descendants(self.hierarchy, sql.id_list(roots), depth), self.links.subquery()
        number = select(func.count()).select_from(links).where(links.c[0] == tree.c.id).correlate(tree)
        statement = select(tree.c.root, func.sum(number.scalar_subquery())).group_by(tree.c.root)
        return {record[0]: record[1] for record in _records(batch, statement)}

    def _count_distinct(self, batch: Batch, roots: list[int], depth: int | None) -> dict[int, int]:
        """The number of distinct objects, where several descendants of a root may share one."""
        parts: Any = self.links.selects if isinstance(self.links, CompoundSelect) else (self.links,)
        counted = DistinctCounts(batch.context.connection, tuple(parts), self.hierarchy, depth)
        if counted.highest < MEMORY:
            return counted.count(roots)
        tree, links = sql.descendants(self.hierarchy, sql.id_list(roots), depth), self.links.subquery()
        joined = select(tree.c.root, func.count(distinct(links.c[1]))).join(links, links.c[0] == tree.c.id)
        return {record[0]: record[1] for record in _records(batch, joined.group_by(tree.c.root))}

    def missing(self) -> int:
        return 0


@dataclass(frozen=True)
class Computed:
    """A value computed from the loaded row."""

    make: Callable[[Row], Any]

    def load(self, batch: Batch, _: Mapping[str, Any]) -> dict[int, Any]:
        return {row.id: self.make(row) for row in batch.rows}

    def missing(self) -> None:
        return None


@dataclass(frozen=True)
class Function:
    """A field with arguments: `make(batch, args)` returns the values by owner."""

    make: Callable[[Batch, Mapping[str, Any]], Mapping[int, Any]]

    def load(self, batch: Batch, args: Mapping[str, Any]) -> Mapping[int, Any]:
        return self.make(batch, args)

    def missing(self) -> None:
        return None


def direct_count(owner: ColumnElement[Any], counted: ColumnElement[Any] | None = None) -> Value:
    """The number of rows (or of distinct values of `counted`) for each `owner`."""
    number = func.count() if counted is None else func.count(distinct(counted))
    return Value(for_owners(select(owner, number)).group_by(owner), default=0)


def sum_of(parts: Iterable[Select[Any]]) -> Value:
    """The sum over all `parts` (owner, number)."""
    # Limited before the union, so that nothing is summed for other owners.
    limited = [for_owners(part) for part in parts]
    union = limited[0].union_all(*limited[1:]).subquery() if len(limited) > 1 else limited[0].subquery()
    statement = select(union.c[0], func.sum(union.c[1])).group_by(union.c[0])
    return Value(statement, default=0)


MEMORY = 32_000_000
"""Bytes for the roots that are counted together."""


@dataclass(frozen=True)
class DistinctCounts:
    """Objects linked to the roots of a hierarchy and to their descendants down to `depth` levels.

    Each of `links` returns (owner, object) with an index on the owner; pairs may repeat. SQLite sorts for
    COUNT(DISTINCT), and fetching a row costs more than reading it: so the objects of an owner are fetched as
    one JSON list, and each root has a byte for every object.
    """

    connection: Connection
    links: Sequence[Select[Any]]
    hierarchy: str
    depth: int | None

    @cached_property
    def highest(self) -> int:
        """The highest object id."""
        ids = (select(func.max(each.selected_columns[1])) for each in self.links)
        return max(self.connection.execute(each).scalar_one() or 0 for each in ids)

    def count(self, roots: Sequence[int]) -> dict[int, int]:
        """The number of distinct objects of each root."""
        size = self.highest + 1
        batch_size = max(1, MEMORY // size)
        counts: dict[int, int] = {}
        for start in range(0, len(roots), batch_size):
            marks = {root: bytearray(size) for root in roots[start : start + batch_size]}
            self._mark_linked(marks)
            counts |= {root: mark.count(1) for root, mark in marks.items()}
        return counts

    def _mark_linked(self, marks: dict[int, bytearray]) -> None:
        """Set the bytes of all objects in the marks of their roots."""
        tree = sql.descendants(self.hierarchy, sql.id_list(marks), self.depth)
        marks_of_roots: dict[int, list[bytearray]] = defaultdict(list)
        for root, owner in self.connection.execute(select(tree.c.root, tree.c.id)):
            marks_of_roots[owner].append(marks[root])
        for owner, objects in self._objects(marks_of_roots):
            for mark in marks_of_roots[owner]:
                for number in objects:
                    mark[number] = 1

    def _objects(self, owners: Collection[int]) -> Iterator[tuple[int, list[int]]]:
        """(owner, its objects)."""
        # Twice as fast as the json module of the standard library.
        from pydantic_core import from_json

        for links in self.links:
            owner_ids, pairs = sql.id_list(owners).subquery(), links.subquery()
            # With GROUP BY, SQLite may sort all links first; a subquery reads them from the index.
            object_list = (
                select(func.json_group_array(pairs.c[1]))
                .where(pairs.c[0] == owner_ids.c[0])
                .correlate(owner_ids)
            )
            for owner, json_list in self.connection.execute(
                select(owner_ids.c[0], object_list.scalar_subquery())
            ):
                yield owner, from_json(json_list)
