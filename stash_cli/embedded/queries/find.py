"""The find queries: one object by id, hash or path; pages; all objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Table, select

from stash_cli.core.types.entities import ENTITIES
from stash_cli.embedded import tables as t
from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.library import settings, sql
from stash_cli.embedded.object_types import OBJECT_TYPES
from stash_cli.embedded.search.page import FoundPage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stash_cli.embedded.library.context import RequestContext, Row


def by_id(type_name: str) -> Callable[..., Row | None]:
    """Resolver of a query for the object with an id, or null."""

    def resolve(context: RequestContext, *, id: Any) -> Row | None:  # noqa: A002 - the API's own name
        return context.fetch(type_name, parse_id(id))

    return resolve


def by_fingerprint(
    context: RequestContext, type_name: str, link: Table, owner: str, kind: str, value: str
) -> Row | None:
    """The object with a file of that fingerprint, or None."""
    fingerprints = t.files_fingerprints
    statement = (
        select(link.c[owner])
        .join(fingerprints, fingerprints.c.file_id == link.c.file_id)
        .where(fingerprints.c.type == kind, fingerprints.c.fingerprint == value)
        .order_by(link.c[owner])
        .limit(1)
    )
    object_id = context.connection.execute(statement).scalar()
    return None if object_id is None else context.fetch(type_name, object_id)


def find_scene(context: RequestContext, *, id: Any = None, checksum: str | None = None) -> Row | None:  # noqa: A002 - the API's own name
    """The scene with an id, or with a file of that md5."""
    if id is not None:
        return context.fetch("Scene", parse_id(id))
    return by_fingerprint(context, "Scene", t.scenes_files, "scene_id", "md5", checksum) if checksum else None


def find_image(context: RequestContext, *, id: Any = None, checksum: str | None = None) -> Row | None:  # noqa: A002 - the API's own name
    if id is not None:
        return context.fetch("Image", parse_id(id))
    return by_fingerprint(context, "Image", t.images_files, "image_id", "md5", checksum) if checksum else None


def find_scene_by_hash(context: RequestContext, *, input: dict[str, Any]) -> Row | None:  # noqa: A002 - the API's own name
    """The scene with a file of that oshash or md5, or None."""
    for name, kind in (("oshash", "oshash"), ("checksum", "md5")):
        if input.get(name):
            return by_fingerprint(context, "Scene", t.scenes_files, "scene_id", kind, input[name])
    return None


def find_file(context: RequestContext, *, id: Any = None, path: str | None = None) -> Row:  # noqa: A002 - the API's own name
    """The file with an id or path. Raises Refused if there is none."""
    if id is not None:
        file = context.fetch("BaseFile", parse_id(id))
        if file is None:
            raise Refused(f"getting file by id {id}: sql: no rows in result set")
        return file
    files = select(t.files.c.id).join(t.folders, t.folders.c.id == t.files.c.parent_folder_id)
    return _at_path(context, "BaseFile", files.where(sql.full_path() == path), path)


def find_folder(context: RequestContext, *, id: Any = None, path: str | None = None) -> Row:  # noqa: A002 - the API's own name
    if id is not None:
        folder = context.fetch("Folder", parse_id(id))
        if folder is None:
            raise Refused(f"getting folder by id {id}: sql: no rows in result set")
        return folder
    return _at_path(context, "Folder", select(t.folders.c.id).where(t.folders.c.path == path), path)


def _at_path(context: RequestContext, type_name: str, statement: Any, path: str | None) -> Row:
    if path is None:
        raise Refused("either id or path must be provided")
    number = context.connection.execute(statement.limit(1)).scalar()
    row = None if number is None else context.fetch(type_name, number)
    if row is None:
        raise Refused("file not found" if type_name == "BaseFile" else "folder not found")
    return row


def find_saved_filters(context: RequestContext, *, mode: str | None = None) -> list[Row]:
    """Saved filters, by name for a mode, otherwise by id; GROUPS and MOVIES are one mode."""
    saved = t.saved_filters
    statement = select(saved.c.id).order_by(saved.c.id)
    if mode is not None:
        modes = ("GROUPS", "MOVIES") if mode in ("GROUPS", "MOVIES") else (mode,)
        statement = select(saved.c.id).where(saved.c.mode.in_(modes)).order_by(saved.c.name, saved.c.id)
    return context.fetch_many("SavedFilter", context.connection.execute(statement).scalars().all())


def find_default_filter(context: RequestContext, *, mode: str) -> dict[str, Any] | None:
    """The default filter of a view, which is stored in the interface settings."""
    stored = (settings.read_part(context.connection, "ui").get("defaultFilters") or {}).get(mode.lower())
    if not stored:
        return None
    parts = {name: stored.get(name) for name in ("find_filter", "object_filter", "ui_options")}
    return {"id": "0", "name": "", "mode": mode, "filter": "", **parts}


_INT64 = 1 << 63


def parse_id(value: Any, prefix: str = "") -> int:
    """The integer of an id. Raises Refused with the server's wording."""
    text = str(value)
    if not (text.isascii() and text.removeprefix("-").removeprefix("+").isdecimal()):
        raise Refused(f'{prefix}strconv.Atoi: parsing "{text}": invalid syntax')
    if not -_INT64 <= int(text) < _INT64:
        raise Refused(f'{prefix}strconv.Atoi: parsing "{text}": value out of range')
    return int(text)


def _requested_ids(ids: Sequence[Any] | None, *, unique: bool) -> list[int] | None:
    """The requested ids in order, or None for a search."""
    if not ids:
        return None
    numbers = [parse_id(id_, "converting ids: ") for id_ in ids]
    seen: set[int] = set()
    for number in numbers:
        # The server refuses repeated ids, except in findFiles.
        if unique and number in seen:
            raise Refused(f"validating ids: duplicate id found: {number}")
        seen.add(number)
    return numbers


def page_finder(
    type_name: str, items: str, filter_arg: str, older: str | None = None
) -> Callable[..., FoundPage]:
    """Resolver of a find query; `older` is the deprecated argument for `ids`."""

    def resolve(context: RequestContext, **args: Any) -> FoundPage:
        ids = args.get("ids") or (args.get(older) if older else None)
        numbers = _requested_ids(ids, unique=type_name != "BaseFile")
        page = FoundPage(context, type_name, items, args.get("filter"), args.get(filter_arg), ids=numbers)
        page.check()
        return page

    return resolve


def _everything(type_name: str, sort: str) -> Callable[[RequestContext], list[Row]]:
    def resolve(context: RequestContext) -> list[Row]:
        return FoundPage(context, type_name, "items", {"per_page": -1, "sort": sort}).rows

    return resolve


def _by_name(type_name: str) -> Callable[[RequestContext], list[Row]]:
    """Resolver for all objects by name, in byte order instead of the natural order of the find queries."""

    def resolve(context: RequestContext) -> list[Row]:
        table = OBJECT_TYPES[type_name].table
        statement = select(table.c.id).order_by(table.c.name, table.c.id)
        return context.fetch_many(type_name, context.connection.execute(statement).scalars().all())

    return resolve


def wall(type_name: str, column: str) -> Callable[..., list[Row]]:
    """Resolver for eighty random objects whose `column` contains `q`."""

    def resolve(context: RequestContext, *, q: str | None = None) -> list[Row]:
        object_filter = {column: {"value": f'"{q}"', "modifier": "INCLUDES"}} if q else None
        find = {"per_page": 80, "sort": "random"}
        return FoundPage(context, type_name, "items", find, object_filter).rows

    return resolve


_OLDER = {"Scene": "scene_ids", "Image": "image_ids", "Performer": "performer_ids"}

RESOLVERS: dict[str, Callable[..., Any]] = {
    "findScene": find_scene,
    "findImage": find_image,
    **{
        f"find{name}": by_id(name)
        for name in ("Gallery", "Performer", "Studio", "Tag", "Group", "Movie", "SavedFilter")
    },
    "findSceneByHash": find_scene_by_hash,
    "findFile": find_file,
    "findFolder": find_folder,
    "findSavedFilters": find_saved_filters,
    "findDefaultFilter": find_default_filter,
    **{
        entity.find: page_finder(entity.type, entity.items, entity.filter_arg, _OLDER.get(entity.type))
        for entity in ENTITIES.values()
        if entity.type in OBJECT_TYPES
    },
    "findMovies": page_finder("Movie", "movies", "movie_filter"),
    "findFiles": page_finder("BaseFile", "files", "file_filter"),
    "findFolders": page_finder("Folder", "folders", "folder_filter"),
    "allScenes": _everything("Scene", "path"),
    "allImages": _everything("Image", "path"),
    "allGalleries": _everything("Gallery", "path"),
    "allPerformers": _by_name("Performer"),
    "allStudios": _by_name("Studio"),
    "allTags": _by_name("Tag"),
    "allMovies": _by_name("Movie"),
    "allSceneMarkers": _everything("SceneMarker", "title"),
}
