"""Rows of entities that load relations for all their siblings at once.

A row belongs to the batch it was loaded with. The first access to a relation loads it for the whole batch
with one statement, so a page of any size costs as many statements as it has relations (the N+1 problem does
not arise).
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


def load(context: RequestContext, object_type: ObjectType, ids: Iterable[int]) -> dict[int, Row]:
    """The rows with `ids`, by id, as one batch; unknown ids are skipped."""
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
