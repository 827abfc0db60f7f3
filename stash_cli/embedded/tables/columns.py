"""Column types and the few shapes that columns of a library come in."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, MetaData, Table, Text
from sqlalchemy.types import UserDefinedType

metadata = MetaData()


class Declared(UserDefinedType[Any]):
    """A column declared under `name`, whose values pass through untouched.

    `date` and `datetime` hold text and have SQLite's numeric affinity, which decides how a criterion
    such as "2021" compares with them; `blob` has none, so that numbers and texts keep their type.
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
    """A required time (timestamps.py)."""
    return Column(name, DATETIME, nullable=False)


def fuzzy_date(name: str) -> tuple[Column[str], Column[int]]:
    """First day of the period, and how much of it is meant: NULL or 0 the day, 1 the month, 2 the year."""
    return Column(name, DATE), Column(f"{name}_precision", Integer)


def reference(name: str, target: str, *, ondelete: str = "CASCADE", **options: Any) -> Column[int]:
    """A foreign key to `target`'s id; `ondelete` as in SQL."""
    return Column(name, Integer, ForeignKey(f"{target}.id", ondelete=ondelete), **options)


def entity_table(name: str, *columns: Column[Any], **options: Any) -> Table:
    """A table whose ids count up from 1 and are never given twice."""
    return Table(
        name,
        metadata,
        Column("id", Integer, primary_key=True),
        *columns,
        moment("created_at"),
        moment("updated_at"),
        sqlite_autoincrement=True,
        **options,
    )


def join_table(name: str, left: tuple[str, str], right: tuple[str, str], *columns: Column[Any]) -> Table:
    """A many-to-many table; `left` and `right` are (column, target) and together the key."""
    return Table(
        name,
        metadata,
        reference(*left, primary_key=True, nullable=False),
        reference(*right, primary_key=True, nullable=False),
        *columns,
        Index(f"index_{name}_on_{right[0]}", right[0]),
        sqlite_with_rowid=False,
    )
