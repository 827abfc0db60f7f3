"""What is worked out from other tables, so that finding scenes needs no walk over all of them.

Triggers note in `scenes_stale` whose sort key or search text may have changed; `embedded.derived`
works both out again before the transaction ends.
"""

from __future__ import annotations

from sqlalchemy import Table

from stash_cli.embedded.tables.columns import integer, metadata

scenes_stale = Table("scenes_stale", metadata, integer("scene_id", nullable=False))
"""Scenes that changed in this transaction, some of them more than once."""

SEARCH = "CREATE VIRTUAL TABLE scenes_search USING fts5(text, tokenize='trigram', columnsize=0)"
"""The texts that `q` looks at, by the id of the scene: every three letters in a row are indexed."""

_FILE = "SELECT scene_id FROM scenes_files WHERE file_id = {row}.{column}"
_IN_FOLDER = (
    "SELECT scene_id FROM scenes_files JOIN files ON files.id = scenes_files.file_id"
    " WHERE files.parent_folder_id = {row}.id"
)
_ROWS = {"INSERT": ("new",), "UPDATE": ("old", "new"), "DELETE": ("old",)}
_WATCHED: tuple[tuple[str, str, str], ...] = (
    ("scenes", "title, details", "SELECT {row}.id"),
    ("scenes_files", 'scene_id, file_id, "primary"', "SELECT {row}.scene_id"),
    ("scene_markers", "title, scene_id", "SELECT {row}.scene_id"),
    ("files_fingerprints", "file_id, fingerprint", _FILE.format(row="{row}", column="file_id")),
    ("files", "basename, parent_folder_id", _FILE.format(row="{row}", column="id")),
    ("folders", "path", _IN_FOLDER),
)
"""Table, the columns that matter, and the scenes that a row of it belongs to."""


def triggers() -> list[str]:
    """The statements that make every trigger."""
    return [
        f"CREATE TRIGGER stale_scenes_{event.lower()}_{table} AFTER {event}"
        f"{f' OF {columns}' if event == 'UPDATE' else ''} ON {table} BEGIN "
        + "".join(f"INSERT INTO scenes_stale {scenes.format(row=row)}; " for row in rows)
        + "END"
        for table, columns, scenes in _WATCHED
        for event, rows in _ROWS.items()
    ]
