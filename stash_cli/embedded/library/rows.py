"""Rows: objects of the answer that load what is asked of them for all their siblings at once.

A row belongs to the batch it was loaded with. The first row of a batch that is asked for a relation
loads it for the whole batch with one statement, so a page of any size costs as many statements as it
has relations.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from stash_cli.embedded.graphql.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stash_cli.embedded.library.context import RequestContext
    from stash_cli.embedded.object_types.fields import ObjectType


class Batch:
    """The rows of one object_type that were loaded together."""

    __slots__ = ("context", "object_type", "rows")

    def __init__(self, context: RequestContext, object_type: ObjectType) -> None:
        self.context = context
        self.object_type = object_type
        self.rows: list[Row] = []

    @property
    def ids(self) -> str:
        """The ids as the JSON list that prepared statements take."""
        return json.dumps([row.id for row in self.rows])

    def fill(self, name: str, args: Mapping[str, Any], key: Any) -> None:
        """Load field `name` for every row and keep it under `key`."""
        relation = self.object_type.relations.get(name)
        if relation is None:
            raise Refused(f"{self.object_type.type}.{name} is not available in an embedded library")
        found = relation.load(self, args)
        for row in self.rows:
            row.values[key] = found[row.id] if row.id in found else relation.missing()


class Row:
    """One object: `values` holds what is loaded, by API field name."""

    __slots__ = ("batch", "id", "type", "values")

    def __init__(self, batch: Batch, id_: int, values: dict[Any, Any]) -> None:
        self.batch = batch
        self.id = id_
        self.type: str = values.get("__typename") or batch.object_type.type
        self.values = values

    def get(self, name: str, args: Mapping[str, Any] | None = None) -> Any:
        """The value of an API field, loaded with those of its siblings on first use."""
        key = (name, *sorted(args.items())) if args else name
        values = self.values
        if key not in values:
            self.batch.fill(name, args or {}, key)
        return values[key]

    def __repr__(self) -> str:
        return f"<{self.type} {self.id}>"


def load(context: RequestContext, object_type: ObjectType, ids: Iterable[int]) -> dict[int, Row]:
    """The rows with these ids, by id, as one batch; an id without row is left out."""
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        return {}
    batch = Batch(context, object_type)
    found = context.connection.execute(object_type.by_ids, {"ids": json.dumps(wanted)})
    names = list(found.keys())
    rows = {}
    for record in found:
        row = Row(batch, record[0], dict(zip(names, record, strict=True)))
        rows[row.id] = row
        batch.rows.append(row)
    context.count_loaded(len(rows))
    return rows
