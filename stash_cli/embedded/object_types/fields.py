"""Object types, and factories for their columns and relations."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import ColumnElement, FromClause, Select, Table, Text, cast, select

from stash_cli.embedded import tables as t
from stash_cli.embedded.library import sql, timestamps
from stash_cli.embedded.object_types.relations import Computed, ToMany, Value, Values, for_owners

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stash_cli.embedded.library.context import Batch, Row


class Relation(Protocol):
    """A field that is loaded from other tables, for a whole batch at once."""

    def load(self, batch: Batch, args: Mapping[str, Any]) -> Mapping[int, Any]:
        """Values by row id."""
        ...

    def missing(self) -> Any:
        """The value of a row that `load` returned nothing for."""
        ...


@dataclass(frozen=True)
class ObjectType:
    """An object type of the API.

    `columns` maps API fields to SQL; names with a leading underscore are internal to relations. `source` is
    the FROM clause if it is more than the table. `noun` is the name in error messages.
    """

    type: str
    table: Table
    columns: Mapping[str, ColumnElement[Any]]
    relations: Mapping[str, Relation] = field(default_factory=dict)
    source: FromClause | None = None
    noun: str = ""

    @cached_property
    def by_ids(self) -> Select[Any]:
        """The statement for the rows of parameter `ids`; its first column is the integer id."""
        id_ = self.table.c.id
        columns = [column.label(name) for name, column in self.columns.items()]
        statement = select(id_.label("_id"), cast(id_, Text).label("id"), *columns)
        source = self.table if self.source is None else self.source
        return statement.select_from(source).where(id_.in_(sql.id_list(sql.ids_param())))


def plain(table: Table, names: str) -> dict[str, ColumnElement[Any]]:
    """Columns that are shown unchanged."""
    return {name: table.c[name] for name in names.split()}


def texts(table: Table, names: str) -> dict[str, ColumnElement[Any]]:
    """Text columns that show NULL as ""."""
    # The server answers "" for a text that was never set, and clients rely on it.
    return {name: sql.or_empty(table.c[name]) for name in names.split()}


def dates(table: Table, names: str) -> dict[str, ColumnElement[Any]]:
    """Fuzzy dates, cut to their precision."""
    # The first day of the period is stored, because filters and sort orders compare it.
    return {name: sql.fuzzy_date(table.c[name], table.c[f"{name}_precision"]) for name in names.split()}


def owner_of(table: Table) -> ColumnElement[Any]:
    """The foreign key column of a value table."""
    return next(iter(table.c))


def links(table: Table, owner: str, other: str) -> Select[Any]:
    """(owner, other) of a join table."""
    return select(table.c[owner], table.c[other])


def many(target: str, table: Table, owner: str, other: str) -> ToMany:
    """Objects over a join table, ordered by id."""
    return ToMany(target, for_owners(links(table, owner, other)).order_by(table.c[other]))


def tags_over(table: Table, owner: str, other: str = "tag_id") -> ToMany:
    """Tags over a join table, ordered by sort name or name."""
    statement = links(table, owner, other).join(t.tags, t.tags.c.id == table.c[other])
    return ToMany("Tag", for_owners(statement).order_by(sql.tag_order(), t.tags.c.id.desc()))


def referencing(target: str, table: Table, owner: str) -> ToMany:
    """Objects of `table` that refer to the owner by a foreign key."""
    return ToMany(target, for_owners(select(table.c[owner], table.c.id)).order_by(table.c.id))


def url_fields(table: Table) -> dict[str, Relation]:
    """`urls`, and the deprecated `url`: the first of them."""
    owner = owner_of(table)
    statement = for_owners(select(owner, table.c.url)).order_by(owner, table.c.position)
    return {"urls": Values(statement), "url": Value(statement)}


def alias_list(table: Table) -> Values:
    """Aliases in byte order, the order of their primary key, not in the order of input."""
    return Values(for_owners(select(owner_of(table), table.c.alias)).order_by(table.c.alias))


def stash_ids(table: Table) -> Values:
    statement = select(owner_of(table), table.c.endpoint, table.c.stash_id, table.c.updated_at)
    return Values(for_owners(statement))


class CustomFields:
    """Custom fields as one map for each object, sorted by name."""

    def __init__(self, table: Table) -> None:
        owner = owner_of(table)
        self._statement = for_owners(select(owner, table.c.field, table.c.value)).order_by(table.c.field)

    def load(self, batch: Batch, _: Mapping[str, Any]) -> dict[int, dict[str, Any]]:
        maps: dict[int, dict[str, Any]] = defaultdict(dict)
        for owner, name, value in batch.context.connection.execute(self._statement, {"ids": batch.ids}):
            maps[owner][name] = _json_value(value)
        return maps

    def missing(self) -> dict[str, Any]:
        return {}


def _json_value(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return int(value) if isinstance(value, float) and value.is_integer() else value


def changed_at(row: Row) -> int:
    """The `t=` parameter of a link: the time of the last change, in epoch seconds."""
    return int(timestamps.parse(row.values["updated_at"]).timestamp())


def picture_url(path: str, blob: str = "_image_blob") -> Computed:
    """The URL of the object's picture, marked if it is the default picture."""

    def make(row: Row) -> str:
        default = "" if row.values[blob] else "&default=true"
        return f"{row.batch.context.base_url}/{path}?t={changed_at(row)}{default}".replace(
            "{id}", str(row.id)
        )

    return Computed(make)
