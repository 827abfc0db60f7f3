"""Settings: one JSON object for each part of the configuration, with the values that were set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from stash_cli.core.texts import is_text
from stash_cli.embedded import tables as t

if TYPE_CHECKING:
    from collections.abc import Mapping


def read_part(connection: Connection, part: str) -> dict[str, Any]:
    """The values set in `part` ("general", "ui", ...); empty without any.

    Library folders whose names are no text, which earlier releases stored, are left out.
    """
    found = dict(connection.scalar(select(t.settings.c.value).where(t.settings.c.key == part)) or {})
    if found.get("stashes"):
        found["stashes"] = [stash for stash in found["stashes"] if is_text(stash["path"])]
    return found


def write_part(connection: Connection, part: str, values: Mapping[str, Any]) -> None:
    """Replace the values of `part`."""
    row = insert(t.settings).values(key=part, value=dict(values))
    connection.execute(row.on_conflict_do_update(index_elements=["key"], set_={"value": row.excluded.value}))
