"""Lookups such as `rating100__gte=80` compiled to what the server is asked.

The name is a field, then perhaps fields of related objects, then perhaps a lookup:

    compile("Scene", {"rating100__gte": 80, "tags": [1, 2], "performers__country": "JP"})

What each lookup means is written in the tables of `kinds`, once for all fields of a kind. The server
is asked what it answers exactly; where it has no such question, it is asked for more and `remainder`
tests its rows (`explain` tells). A negation keeps objects without a value.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from stash_cli.core.errors import StashLookupError
from stash_cli.core.query.compose import compose
from stash_cli.core.query.conditions import conditions_of
from stash_cli.core.query.fields import fields, nests
from stash_cli.core.query.joins import apart
from stash_cli.core.query.model import Condition, FilterField, Lookup, Row
from stash_cli.core.query.rows import where_read

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stash_cli.core.query.rows import Reader

__all__ = ["Compiled", "FilterField", "Lookup", "Remainder", "compile", "fields", "matches"]


@dataclass(frozen=True)
class Remainder:
    """What the server was not asked: a test of rows that hold `fields`."""

    conditions: list[tuple[Condition, Reader]]

    @property
    def fields(self) -> tuple[str, ...]:
        """Paths that rows must hold to be tested."""
        return tuple(dict.fromkeys(path for _, reader in self.conditions for path in reader.paths))

    def __call__(self, row: Row) -> bool:
        """Whether `row`, as the server sent it, matches."""
        return all(
            condition.test is not None and condition.test(reader.read(row))
            for condition, reader in self.conditions
        )


class RowTest(Protocol):
    """A test of rows, as the server sends them."""

    @property
    def fields(self) -> tuple[str, ...]:
        """Paths that rows must hold to be tested."""

    def __call__(self, row: Row) -> bool:
        """Whether `row` matches."""


@dataclass(frozen=True)
class Compiled:
    """A question to the server: its `filter`, and the test its rows have to pass, if any."""

    type: str
    filter: dict[str, Any]
    remainder: RowTest | None = None
    notes: list[str] = field(default_factory=list)

    def explain(self) -> str:
        """The filter as JSON, and what is tested here, line by line."""
        return "\n".join([json.dumps(self.filter, indent=2, ensure_ascii=False), *self.notes])


def compile(  # noqa: A001 - what it does to a query
    type_name: str, lookups: Mapping[str, Any], *, now: datetime | None = None
) -> Compiled:
    """The server filter for `lookups`, all of which must hold.

    `now` anchors relative times such as `-2d`, and its zone is taken for the server's. Raises
    StashLookupError for a field or lookup that does not exist or cannot be asked, with near matches,
    and StashInputError for a value that the field does not take.
    """
    conditions = conditions_of(type_name, lookups, now or this_moment())
    asked = apart(type_name, conditions, {})
    server_filter, left = compose(asked, nests=nests(type_name))
    notes = [condition.note for condition in asked if condition.note]
    if not left:
        return Compiled(type_name, server_filter, None, notes)
    notes.append(tested_here(condition.field.name for condition in left))
    return Compiled(type_name, server_filter, Remainder([readable(type_name, one) for one in left]), notes)


def matches(type_name: str, lookups: Mapping[str, Any], *, now: datetime | None = None) -> Remainder:
    """The same question answered from rows alone, for what is held already.

    Raises StashLookupError where rows do not tell.
    """
    conditions = conditions_of(type_name, lookups, now or this_moment())
    return Remainder([readable(type_name, condition) for condition in conditions])


def this_moment() -> datetime:
    """Now, in the zone that is taken for the server's."""
    return datetime.now().astimezone()


def tested_here(names: Iterable[str]) -> str:
    """How people are told what the server was not asked."""
    return f"Tested row by row here, as no server filter says it exactly: {', '.join(dict.fromkeys(names))}."


def readable(type_name: str, condition: Condition) -> tuple[Condition, Reader]:
    """A condition with what reads its values from rows; raises StashLookupError where rows do not tell."""
    found = where_read(type_name, condition)
    if found is None:
        raise StashLookupError(
            f"{condition.field.owner}.{condition.field.name} cannot be asked this way:"
            " no filter of the server says it, and its answers do not tell.",
            hint="Ask for less, or for each part in a query of its own.",
        )
    return condition, found
