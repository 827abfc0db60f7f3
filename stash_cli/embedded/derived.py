"""Works out the sort keys and the search text of the scenes that a transaction touched."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, select, update

from stash_cli.embedded import sql
from stash_cli.embedded.functions import sort_key
from stash_cli.embedded.tables import scenes, scenes_stale

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

_BATCH = 1000


def refresh(connection: Connection) -> None:
    """Bring what is derived up to date with the rest of the transaction."""
    stale = list(connection.scalars(select(scenes_stale.c.scene_id).distinct()))
    if not stale:
        return
    for start in range(0, len(stale), _BATCH):
        batch = stale[start : start + _BATCH]
        _refresh_keys(connection, batch)
        _refresh_texts(connection, batch)
    connection.execute(delete(scenes_stale))


def _refresh_keys(connection: Connection, ids: Sequence[int]) -> None:
    from stash_cli.embedded.finding import file_sorts  # filters and sorts need the tables first

    shown = select(scenes.c.id, file_sorts.shown_title(scenes), file_sorts.shown_path(scenes))
    found = connection.execute(shown.where(scenes.c.id.in_(sql.id_list(ids)))).all()
    keys = [
        {"scene": number, "by_title": None if title is None else sort_key(title), "by_path": sort_key(path)}
        for number, title, path in found
    ]
    if keys:
        changed = update(scenes).where(scenes.c.id == bindparam("scene"))
        connection.execute(
            changed.values(title_key=bindparam("by_title"), path_key=bindparam("by_path")), keys
        )


def _refresh_texts(connection: Connection, ids: Sequence[int]) -> None:
    from stash_cli.embedded.finding.search import SEARCHED

    id_, joined, columns = SEARCHED["Scene"]()
    texts: dict[int, dict[str, None]] = defaultdict(dict)
    for number, *values in connection.execute(
        select(id_, *columns).select_from(joined).where(id_.in_(sql.id_list(ids)))
    ):
        texts[number].update(dict.fromkeys(value for value in values if value))
    connection.exec_driver_sql("DELETE FROM scenes_search WHERE rowid = ?", [(number,) for number in ids])
    rows = [(number, "\n".join(found)) for number, found in texts.items()]
    if rows:
        connection.exec_driver_sql("INSERT INTO scenes_search (rowid, text) VALUES (?, ?)", rows)
