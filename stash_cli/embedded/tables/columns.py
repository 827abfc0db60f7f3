"""Column types and factories for columns and tables."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, MetaData, Table, Text
from sqlalchemy.types import UserDefinedType

metadata = MetaData()


class Declared(UserDefinedType[Any]):
    """A column type with the declared name `name`, whose values are not converted.

    Values of `date` and `datetime` are text, but the columns have SQLite's numeric affinity, which determines
    how a criterion such as "2021" compares with them. `blob` has no affinity, so that numbers and texts keep
    their type.
    """

    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name

    def get_col_spec(self, **_: Any) -> str:
        return self.name


DATE = Declared("date")
DATETIME = Declared("datetime")
ANY = Declared("blob")


def text(name: str, **options: Any) -> Column[str]:
    return Column(name, Text, **options)


def integer(name: str, **options: Any) -> Column[int]:
    return Column(name, Integer, **options)


def flag(name: str) -> Column[bool]:
    return Column(name, Boolean(create_constraint=False), nullable=False, server_default="0")


def moment(name: str) -> Column[str]:
    """A NOT NULL timestamp (library/timestamps.py)."""
    return Column(name, DATETIME, nullable=False)


def fuzzy_date(name: str) -> tuple[Column[str], Column[int]]:
    """The first day of a period and its precision: NULL or 0 for a day, 1 for a month, 2 for a year."""
    return Column(name, DATE), Column(f"{name}_precision", Integer)


def reference(name: str, target: str, *, ondelete: str = "CASCADE", **options: Any) -> Column[int]:
    """A foreign key to the id of `target`."""
    return Column(name, Integer, ForeignKey(f"{target}.id", ondelete=ondelete), **options)


def entity_table(name: str, *columns: Column[Any], **options: Any) -> Table:
    """A table with an AUTOINCREMENT id, so that ids are never reused."""
    return Table(
        name,
        metadata,
        Column("id", Integer, primary_key=True),
        *columns,
        moment("created_at"),
        moment("updated_at"),
        # Clients store ids in links and caches.
        sqlite_autoincrement=True,
        **options,
    )


def join_table(name: str, left: tuple[str, str], right: tuple[str, str], *columns: Column[Any]) -> Table:
    """A many-to-many table; `left` and `right` are (column, target) and form the primary key."""
    return Table(
        name,
        metadata,
        reference(*left, primary_key=True, nullable=False),
        reference(*right, primary_key=True, nullable=False),
        *columns,
        Index(f"index_{name}_on_{right[0]}", right[0]),
        sqlite_with_rowid=False,
    )
