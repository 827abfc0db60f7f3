"""Stale rows, triggers and indexes for sorting and searching scenes and images.

Triggers insert the ids of rows that need new sort keys or search text into `scenes_stale` and `images_stale`;
`search.file_sorts` updates these rows before the transaction ends.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Index, Table, case, func, literal_column

from stash_cli.embedded.tables.columns import integer, metadata

scenes_stale = Table("scenes_stale", metadata, integer("scene_id", nullable=False))
"""Scenes that changed in this transaction, with duplicates."""
images_stale = Table("images_stale", metadata, integer("image_id", nullable=False))

SORTED_BY = ("date", "created_at", "updated_at", "rating")
"""Columns of scenes and images that have an index, with `title_order` as its second key."""


def title_order(entity: FromClause) -> ColumnElement[Any]:
    """The tie breaker of scenes and images: the sort key of the title, or the id in the form of such a key.

    The numbers are literals, because SQLite uses an index on an expression only for the same expression
    without parameters.
    """
    length = func.char(func.length(entity.c.id) + literal_column("32"))
    start = func.char(literal_column("1"))
    number = start.op("||")(length).op("||")(entity.c.id).op("||")(length)
    return case((entity.c.title.is_(None), number), else_=entity.c.title_key)


def sort_indexes(table: Table) -> list[Index]:
    """An index for each of SORTED_BY, attached to `table`."""
    return [
        Index(f"index_{table.name}_on_{column}_and_title", table.c[column], title_order(table))
        for column in SORTED_BY
    ]


SEARCH = "CREATE VIRTUAL TABLE scenes_search USING fts5(text, tokenize='trigram', columnsize=0)"
"""The search text of scenes by rowid, indexed by trigrams."""

_ROWS = {"INSERT": ("new",), "UPDATE": ("old", "new"), "DELETE": ("old",)}
_Watched = tuple[tuple[str, str, str], ...]


_OWNER = "SELECT {row}.{owner}"
_FILE = "SELECT {owner} FROM {link} WHERE file_id = {row}.{column}"
_IN_FOLDER = (
    "SELECT {owner} FROM {link} JOIN files ON files.id = {link}.file_id"
    " WHERE files.parent_folder_id = {row}.id"
)


def _of_files(link: str, owner: str) -> _Watched:
    """Watched tables for the names and paths of an object's files."""
    names = {"link": link, "owner": owner, "row": "{row}"}
    return (
        (link, f'{owner}, file_id, "primary"', _OWNER.format(**names)),
        ("files", "basename, parent_folder_id", _FILE.format(column="id", **names)),
        ("folders", "path", _IN_FOLDER.format(**names)),
    )


_WATCHED: dict[str, _Watched] = {
    "scenes": (
        ("scenes", "title, details", "SELECT {row}.id"),
        ("scene_markers", "title, scene_id", "SELECT {row}.scene_id"),
        (
            "files_fingerprints",
            "file_id, fingerprint",
            _FILE.format(link="scenes_files", owner="scene_id", row="{row}", column="file_id"),
        ),
        *_of_files("scenes_files", "scene_id"),
    ),
    "images": (("images", "title", "SELECT {row}.id"), *_of_files("images_files", "image_id")),
}
"""By table: the watched table, its relevant columns, and the owners of one of its rows."""


def triggers(kind: str) -> list[str]:
    """The CREATE TRIGGER statements for "scenes" or "images"."""
    return [
        f"CREATE TRIGGER stale_{kind}_{event.lower()}_{table} AFTER {event}"
        f"{f' OF {columns}' if event == 'UPDATE' else ''} ON {table} BEGIN "
        + "".join(f"INSERT INTO {kind}_stale {owners.format(row=row)}; " for row in rows)
        + "END"
        for table, columns, owners in _WATCHED[kind]
        for event, rows in _ROWS.items()
    ]
