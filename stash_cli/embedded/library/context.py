"""The context of resolvers (library, connection, base URL of links), and the rows that they load.

A row belongs to the batch it was loaded with. The first access to a relation loads it for the whole batch
with one statement, so a page of any size costs as many statements as it has relations (the N+1 problem does
not arise).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.library import settings

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from stash_cli.embedded.library.library import Library
    from stash_cli.embedded.object_types.fields import ObjectType


MAX_LOADED = 2_000_000
"""Objects and links that one request may load, so that a recursive query ends."""


class RequestContext:
    """The context of the resolvers of one query, or of one mutation field.

    A mutation resolver runs inside the write transaction; the selection on its result is read after the
    commit, through another connection.
    """

    def __init__(self, library: Library, connection: Connection, base_url: str) -> None:
        self.library = library
        self.connection = connection
        self.base_url = base_url
        # The transaction may still be rolled back while resolvers run, so effects outside of it wait for the
        # commit.
        self.after_commit: list[Callable[[], object]] = []
        self._loaded = 0

    @cached_property
    def api_key(self) -> str:
        """The API key of the library; empty without one."""
        return str(settings.read_part(self.connection, "general").get("apiKey") or "")

    def fetch(self, type_name: str, id_: int | str) -> Row | None:
        """The object with a type and id, or None."""
        number = int(id_)
        return load(self, object_type(type_name), [number]).get(number)

    def fetch_many(self, type_name: str, ids: Iterable[int | str]) -> list[Row]:
        """The objects with `ids` in that order; unknown ids are skipped."""
        numbers = [int(id_) for id_ in ids]
        rows = load(self, object_type(type_name), numbers)
        return [rows[number] for number in numbers if number in rows]

    def on_commit(self, action: Callable[[], object]) -> None:
        """Run `action` after the commit of the write transaction."""
        self.after_commit.append(action)

    def count_loaded(self, count: int) -> None:
        """Count loaded objects. Raises Refused past MAX_LOADED."""
        self._loaded += count
        if self._loaded > MAX_LOADED:
            raise Refused(f"the query asks for more than {MAX_LOADED} objects: ask for fewer levels or pages")


Resolver = Callable[..., Any]
"""Called with the context and the arguments by name."""
Input = dict[str, Any]
"""An input object: a missing key was omitted, None is an explicit null."""


class Batch:
    """The rows of one object type that were loaded together."""

    __slots__ = ("context", "object_type", "rows")

    def __init__(self, context: RequestContext, object_type: ObjectType) -> None:
        self.context = context
        self.object_type = object_type
        self.rows: list[Row] = []

    @property
    def ids(self) -> str:
        """The ids as a JSON list, the parameter of prepared statements."""
        return json.dumps([row.id for row in self.rows])

    def fill(self, name: str, args: Mapping[str, Any], key: Any) -> None:
        """Load field `name` for every row and store it under `key`."""
        relation = self.object_type.relations.get(name)
        if relation is None:
            raise Refused(f"{self.object_type.type}.{name} is not available in an embedded library")
        found = relation.load(self, args)
        for row in self.rows:
            row.values[key] = found[row.id] if row.id in found else relation.missing()


class Row:
    """One object: `values` holds the loaded fields by API name."""

    __slots__ = ("batch", "id", "type", "values")

    def __init__(self, batch: Batch, id_: int, values: dict[Any, Any]) -> None:
        self.batch = batch
        self.id = id_
        self.type: str = values.get("__typename") or batch.object_type.type
        self.values = values

    def get(self, name: str, args: Mapping[str, Any] | None = None) -> Any:
        """The value of an API field, loaded for the whole batch on first use."""
        key = (name, *sorted(args.items())) if args else name
        values = self.values
        if key not in values:
            self.batch.fill(name, args or {}, key)
        return values[key]

    def __repr__(self) -> str:
        return f"<{self.type} {self.id}>"


def object_type(name: str) -> ObjectType:
    """The object type called `name`."""
    # Object types load rows, and rows load objects of other types.
    from stash_cli.embedded.object_types import OBJECT_TYPES

    return OBJECT_TYPES[name]


def load(context: RequestContext, of_type: ObjectType, ids: Iterable[int]) -> dict[int, Row]:
    """The rows with `ids`, by id, as one batch; unknown ids are skipped."""
    unique_ids = list(dict.fromkeys(ids))
    if not unique_ids:
        return {}
    batch = Batch(context, of_type)
    result = context.connection.execute(of_type.by_ids, {"ids": json.dumps(unique_ids)})
    names = list(result.keys())
    rows = {}
    for record in result:
        row = Row(batch, record[0], dict(zip(names, record, strict=True)))
        rows[row.id] = row
        batch.rows.append(row)
    context.count_loaded(len(rows))
    return rows
