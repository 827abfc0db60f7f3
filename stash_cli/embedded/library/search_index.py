"""Sort keys and search text of scenes and images, updated at the end of each transaction."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Table, bindparam, delete, select, update

from stash_cli.embedded import tables as t
from stash_cli.embedded.library import sql
from stash_cli.embedded.library.functions import sort_key

if TYPE_CHECKING:
    from collections.abc import Sequence

_BATCH = 1000


@dataclass(frozen=True)
class _Indexed:
    """A table with sort keys: its table of stale ids, and its join table with files."""

    table: Table
    stale: Table
    link: Table
    owner: str


INDEXED = (
    _Indexed(t.scenes, t.scenes_stale, t.scenes_files, "scene_id"),
    _Indexed(t.images, t.images_stale, t.images_files, "image_id"),
)


def update_search_index(connection: Connection) -> None:
    """Update the sort keys and the search text of stale rows."""
    for indexed in INDEXED:
        stale = list(connection.scalars(select(indexed.stale.c[0]).distinct()))
        for start in range(0, len(stale), _BATCH):
            batch = stale[start : start + _BATCH]
            _update_keys(connection, indexed, batch)
            if indexed.table is t.scenes:
                _update_texts(connection, batch)
        if stale:
            connection.execute(delete(indexed.stale))


def mark_all_stale(connection: Connection) -> None:
    """Mark all rows as stale for the next `update_search_index`."""
    for indexed in INDEXED:
        connection.execute(
            indexed.stale.insert().from_select([indexed.stale.c[0]], select(indexed.table.c.id))
        )


def _update_keys(connection: Connection, indexed: _Indexed, ids: Sequence[int]) -> None:
    # Sort keys are built on the tables, which import this module's triggers first.
    from stash_cli.embedded.search import file_sorts

    table = indexed.table
    title = file_sorts.sort_title(table, indexed.link, indexed.owner)
    path = file_sorts.sort_path(table, indexed.link, indexed.owner)
    shown = select(table.c.id, title, path).where(table.c.id.in_(sql.id_list(ids)))
    keys = [
        {"number": number, "by_title": None if title is None else sort_key(title), "by_path": sort_key(path)}
        for number, title, path in connection.execute(shown).all()
    ]
    if keys:
        changed = update(table).where(table.c.id == bindparam("number"))
        connection.execute(
            changed.values(title_key=bindparam("by_title"), path_key=bindparam("by_path")), keys
        )


def _update_texts(connection: Connection, ids: Sequence[int]) -> None:
    from stash_cli.embedded.search.text_search import SEARCH_COLUMNS

    id_, joined, columns = SEARCH_COLUMNS["Scene"]()
    texts: dict[int, dict[str, None]] = defaultdict(dict)
    for number, *values in connection.execute(
        select(id_, *columns).select_from(joined).where(id_.in_(sql.id_list(ids)))
    ):
        texts[number].update(dict.fromkeys(value for value in values if value))
    connection.exec_driver_sql("DELETE FROM scenes_search WHERE rowid = ?", [(number,) for number in ids])
    rows = [(number, "\n".join(found)) for number, found in texts.items()]
    if rows:
        connection.exec_driver_sql("INSERT INTO scenes_search (rowid, text) VALUES (?, ?)", rows)
