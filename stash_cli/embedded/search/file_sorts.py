"""Sort keys from the files of an object, mostly from its primary file.

Title and path keys of scenes and images, and the search text of scenes, are stored at the end of each
transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Connection, FromClause, Table, bindparam, delete, func, select, update

from stash_cli.embedded import tables as t
from stash_cli.embedded.filters.criteria import counted, pairs
from stash_cli.embedded.library import sql
from stash_cli.embedded.library.functions import sort_key

Entity: TypeAlias = FromClause
Expressions: TypeAlias = list[ColumnElement[Any]]
Key: TypeAlias = Callable[[Entity], Expressions]


# In days, above any age: scenes without performers come last in ascending order, as on the server.
_MAX_AGE_DAYS = 1_000_000


def _primary(link: Table, owner: str, value: Callable[..., ColumnElement[Any]], *tables: Table) -> Any:
    """Expression `value(*tables)` for the primary file of an entity; in `tables`, folders follow files."""

    def make(entity: Entity) -> ColumnElement[Any]:
        files_of_entity = link.alias()
        source, aliases = _joined(files_of_entity, tables)
        is_primary = (files_of_entity.c[owner] == entity.c.id, files_of_entity.c.primary.is_(True))
        statement = select(value(*aliases)).select_from(source).where(*is_primary)
        return statement.correlate(entity).limit(1).scalar_subquery()

    return make


def _joined(link: Any, tables: Sequence[Table]) -> tuple[FromClause, list[Any]]:
    """`link` joined with `tables` by file, and the aliases of these tables."""
    source, aliases, files = link, [], None
    for table in tables:
        alias = table.alias()
        if table is t.files:
            files, condition = alias, alias.c.id == link.c.file_id
        elif table is t.folders and files is not None:
            condition = alias.c.id == files.c.parent_folder_id
        else:
            condition = alias.c.file_id == link.c.file_id
        source = source.join(alias, condition, isouter="file_id" in alias.c)
        aliases.append(alias)
    return source, aliases


def sort_title(entity: Entity, link: Table, owner: str) -> ColumnElement[Any]:
    """The sort title of a scene or image: its title, or the name of its primary file."""
    name = _primary(link, owner, lambda files: files.c.basename, t.files)
    return func.coalesce(entity.c.title, name(entity))


def sort_path(entity: Entity, link: Table, owner: str) -> ColumnElement[Any]:
    """The sort path of a scene or image; "" without files."""
    return func.coalesce(_path(link, owner)(entity), "")


def _path(link: Table, owner: str) -> Any:
    """The path without a separator before the name, as on the server, which sorts deeper paths first."""

    def path(files: Any, folders: Any) -> ColumnElement[Any]:
        return folders.c.path.op("||")(files.c.basename)  # type: ignore[no-any-return]

    return _primary(link, owner, path, t.files, t.folders)


def _keys(link: Table, owner: str) -> dict[str, Key]:
    """Sort keys that scenes, images and galleries share."""
    name = _primary(link, owner, lambda files: files.c.basename, t.files)
    folder = _primary(link, owner, lambda _, folders: folders.c.path, t.files, t.folders)
    path = _path(link, owner)
    mod_time = _primary(link, owner, lambda files: files.c.mod_time, t.files)
    return {
        "title": lambda e: [
            sql.natural_order(func.coalesce(e.c.title, name(e))),
            sql.natural_order(folder(e)),
        ],
        "path": lambda e: [sql.natural_order(func.coalesce(path(e), ""))],
        "file_mod_time": lambda e: [mod_time(e)],
        "file_count": lambda e: [counted(e, pairs(link, owner, "file_id"))],
    }


def _size_keys(link: Table, owner: str) -> dict[str, Key]:
    """Sort keys `filesize` and `resolution`."""
    size = _primary(link, owner, lambda files: files.c.size, t.files)

    def shorter(video: Any, image: Any) -> ColumnElement[Any]:
        width, height = (func.coalesce(video.c[side], image.c[side]) for side in ("width", "height"))
        return func.min(width, height)

    side = _primary(link, owner, shorter, t.video_files, t.image_files)
    return {"filesize": lambda e: [size(e)], "resolution": lambda e: [side(e)]}


def _video_key(column: str) -> Key:
    value = _primary(t.scenes_files, "scene_id", lambda video: video.c[column], t.video_files)
    return lambda e: [value(e)]


def _similarity(entity: Entity) -> Expressions:
    """Sort key that puts equal and similar perceptual hashes next to each other."""
    link, fingerprints = t.scenes_files.alias(), t.files_fingerprints.alias()
    # A subquery per file, because SQLite would plan a join as a scan of all hashes for each scene.
    phash = select(func.min(fingerprints.c.fingerprint)).where(
        fingerprints.c.file_id == link.c.file_id, fingerprints.c.type == "phash"
    )
    least = func.min(phash.correlate(link).scalar_subquery())
    value = select(least).where(link.c.scene_id == entity.c.id)
    return [value.correlate(entity).scalar_subquery()]


def performer_age(entity: Entity, *, descending: bool) -> Expressions:
    """The age of the youngest performer (ascending) or the oldest one on the date of a scene."""
    link, performers = t.performers_scenes.alias(), t.performers.alias()
    age = func.julianday(entity.c.date) - func.julianday(performers.c.birthdate)
    extreme = func.max(age) if descending else func.min(age)
    statement = select(extreme).join(link, link.c.performer_id == performers.c.id)
    value = statement.where(link.c.scene_id == entity.c.id).correlate(entity).scalar_subquery()
    return [value if descending else func.coalesce(value, _MAX_AGE_DAYS)]


def _gallery_keys() -> dict[str, Key]:
    """Sort keys of galleries; a gallery of a folder uses the name, path and time of the folder."""
    keys = _keys(t.galleries_files, "gallery_id")
    name = _primary(t.galleries_files, "gallery_id", lambda files: files.c.basename, t.files)
    path = _path(t.galleries_files, "gallery_id")
    mod_time = _primary(t.galleries_files, "gallery_id", lambda files: files.c.mod_time, t.files)

    def of_folder(column: str) -> Callable[[Entity], ColumnElement[Any]]:
        def make(entity: Entity) -> ColumnElement[Any]:
            folders = t.folders.alias()
            value = select(folders.c[column]).where(folders.c.id == entity.c.folder_id)
            return value.correlate(entity).scalar_subquery()

        return make

    return keys | {
        "title": lambda e: [
            sql.natural_order(func.coalesce(e.c.title, name(e), of_folder("basename")(e))),
            sql.natural_order(func.coalesce(path(e), of_folder("path")(e))),
        ],
        "path": lambda e: [sql.natural_order(func.coalesce(path(e), of_folder("path")(e), ""))],
        "file_mod_time": lambda e: [func.coalesce(mod_time(e), of_folder("mod_time")(e))],
    }


def file_path(entity: Entity) -> Expressions:
    """The path of the folder, then the name."""
    folders = t.folders.alias()
    path = select(folders.c.path).where(folders.c.id == entity.c.parent_folder_id).correlate(entity)
    return [path.scalar_subquery(), entity.c.basename]


_STORED: dict[str, Key] = {"title": lambda e: [e.c.title_key], "path": lambda e: [e.c.path_key]}
"""Sort keys that are stored in columns, updated by `update_search_index`."""

SCENE_SORTS: dict[str, Key] = {
    **_keys(t.scenes_files, "scene_id"),
    **_size_keys(t.scenes_files, "scene_id"),
    **_STORED,
    "bitrate": _video_key("bit_rate"),
    "duration": _video_key("duration"),
    "framerate": _video_key("frame_rate"),
    "interactive": _video_key("interactive"),
    "interactive_speed": _video_key("interactive_speed"),
    "perceptual_similarity": _similarity,
}
IMAGE_SORTS: dict[str, Key] = {
    **_keys(t.images_files, "image_id"),
    **_size_keys(t.images_files, "image_id"),
    **_STORED,
}
GALLERY_SORTS: dict[str, Key] = _gallery_keys()


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
    table = indexed.table
    title = sort_title(table, indexed.link, indexed.owner)
    path = sort_path(table, indexed.link, indexed.owner)
    rows = select(table.c.id, title, path).where(table.c.id.in_(sql.id_list(ids)))
    keys = [
        {"number": number, "by_title": None if title is None else sort_key(title), "by_path": sort_key(path)}
        for number, title, path in connection.execute(rows).all()
    ]
    if keys:
        statement = update(table).where(table.c.id == bindparam("number"))
        connection.execute(
            statement.values(title_key=bindparam("by_title"), path_key=bindparam("by_path")), keys
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
