"""A kind of object: its table, the columns of its fields and what has to be loaded apart."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import ColumnElement, FromClause, Select, Table, Text, cast, select

from stash_cli.embedded.library import sql

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stash_cli.embedded.library.rows import Batch


class Relation(Protocol):
    """How a field that is no column of its own table is loaded for a whole batch."""

    def load(self, batch: Batch, args: Mapping[str, Any]) -> Mapping[int, Any]:
        """The value for each row's id."""
        ...

    def missing(self) -> Any:
        """The value of a row that `load` had nothing for."""
        ...


@dataclass(frozen=True)
class Kind:
    """`columns` maps API fields to SQL; names with a leading underscore are for relations only.

    `source` is what to select from where that is more than the table. `noun` is what errors call it.
    """

    type: str
    table: Table
    columns: Mapping[str, ColumnElement[Any]]
    relations: Mapping[str, Relation] = field(default_factory=dict)
    source: FromClause | None = None
    noun: str = ""

    @cached_property
    def by_ids(self) -> Select[Any]:
        """Statement for the rows of parameter `ids`; the first column is the number of the id."""
        id_ = self.table.c.id
        columns = [column.label(name) for name, column in self.columns.items()]
        statement = select(id_.label("_id"), cast(id_, Text).label("id"), *columns)
        source = self.table if self.source is None else self.source
        return statement.select_from(source).where(id_.in_(sql.id_list(sql.ids_param())))


def plain(table: Table, names: str) -> dict[str, ColumnElement[Any]]:
    """Columns that are shown as they are."""
    return {name: table.c[name] for name in names.split()}


def texts(table: Table, names: str) -> dict[str, ColumnElement[Any]]:
    """Text columns that read "" when nothing is stored."""
    return {name: sql.filled(table.c[name]) for name in names.split()}


def dates(table: Table, names: str) -> dict[str, ColumnElement[Any]]:
    """Fuzzy dates, cut to their precision."""
    return {name: sql.fuzzy(table.c[name], table.c[f"{name}_precision"]) for name in names.split()}
