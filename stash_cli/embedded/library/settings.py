"""Settings: one JSON object for each part of the configuration, with the values that were set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from stash_cli.embedded import tables as t

if TYPE_CHECKING:
    from collections.abc import Mapping


def read_part(connection: Connection, part: str) -> dict[str, Any]:
    """The values set in `part` ("general", "ui", ...); empty without any."""
    return dict(connection.scalar(select(t.settings.c.value).where(t.settings.c.key == part)) or {})


def write_part(connection: Connection, part: str, values: Mapping[str, Any]) -> None:
    """Replace the values of `part`."""
    row = insert(t.settings).values(key=part, value=dict(values))
    connection.execute(row.on_conflict_do_update(index_elements=["key"], set_={"value": row.excluded.value}))
