"""The contents of a mirror by type: the fields to read, and the conversion of answers to rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Integer,
    Numeric,
    Table,
    Text,
    bindparam,
    delete,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert

from stash_cli.embedded import tables as t
from stash_cli.embedded.filters.special import parse_phash
from stash_cli.embedded.library import sql
from stash_cli.embedded.library.file_access import name as base_name
from stash_cli.embedded.persistence.changeset import DAY, MONTH, YEAR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    Answer = dict[str, Any]
    Rows = Iterable[dict[str, Any]]

_TAGS = {
    "scene": t.scenes_tags,
    "image": t.images_tags,
    "gallery": t.galleries_tags,
    "performer": t.performers_tags,
    "studio": t.studios_tags,
    "group": t.groups_tags,
}
_ALIASES = {"performer": t.performer_aliases, "studio": t.studio_aliases, "tag": t.tag_aliases}
_MEDIA = {"VideoFile": t.video_files, "ImageFile": t.image_files}
_SCENE_FIELDS = ("interactive", "interactive_speed")
"""Columns of video files that are fields of scenes in the API."""
_WITHOUT_FIELD = frozenset({"recognised", "title_key", "path_key"})
"""Columns without a field. `recognised` remains unset, so that no local file is served instead."""
_FIELDS = {"rating": "rating100", "height": "height_cm", "parent_id": "parent_studio"}
"""Column -> the field, if the names differ."""


@dataclass(frozen=True)
class Part:
    """Rows of another table that belong to one object: column `owner` is the object's id.

    `make` computes them from a response, `reads` are the paths that it needs. Columns in `kept` are written
    with objects of another type, and are preserved when the rows are replaced.
    """

    table: Table
    owner: str
    reads: tuple[str, ...]
    make: Callable[[Answer], Rows]
    kept: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kind:
    """One type of the API in a mirror.

    `changing` are the paths by which a changed object is detected; () for all paths. `updated_at` alone is
    not enough, because servers change some values without it. `after` writes to rows of other types.
    """

    type: str
    table: Table
    changing: tuple[str, ...]
    parts: tuple[Part, ...] = ()
    more: tuple[str, ...] = ()
    """Paths that `changing` and `after` need beside those of columns and parts."""
    after: Callable[[Connection, Sequence[Answer]], object] | None = None

    @cached_property
    def columns(self) -> dict[str, tuple[Column[Any], str]]:
        """Column name -> column and field."""
        skipped = _WITHOUT_FIELD | {column.name for column in self.table.c if _is_internal(column.name)}
        return {c.name: (c, _field(self.table, c)) for c in self.table.c if c.name not in skipped}

    @cached_property
    def paths(self) -> list[str]:
        """All paths to read."""
        own = [f"{field}.id" if c.foreign_keys else field for c, field in self.columns.values()]
        return list(dict.fromkeys([*own, *(path for part in self.parts for path in part.reads), *self.more]))

    @cached_property
    def dates(self) -> frozenset[str]:
        """The columns of fuzzy dates."""
        return frozenset(name for name in self.columns if f"{name}_precision" in self.table.c)

    @property
    def compared(self) -> list[str]:
        """The paths by which a changed object is detected."""
        return list(self.changing) or self.paths

    def row(self, answer: Answer) -> dict[str, Any]:
        """The row of an object; fields that the server lacks are empty."""
        row: dict[str, Any] = {}
        for name, (column, field) in self.columns.items():
            value = answer.get(field)
            if name in self.dates:
                row |= _date(name, value)
            else:
                row[name] = stored(column, value)
        if self.table is t.folders and not row["basename"]:  # a field since 0.31
            row["basename"] = base_name(row["path"])
        return row


def _is_internal(name: str) -> bool:
    return name.endswith(("_blob", "_precision"))


def _field(table: Table, column: Column[Any]) -> str:
    if table is t.groups and column.name == "description":
        return "synopsis"
    name = _FIELDS.get(column.name, column.name)
    return name.removesuffix("_id") if column.foreign_keys else name


def _date(name: str, text: str | None) -> dict[str, Any]:
    """The columns of a fuzzy date: `2024` is stored as its first day."""
    precision = {4: YEAR, 7: MONTH}.get(len(text or ""), DAY)
    day = f"{text}{'-01' * precision}" if text else None
    return {name: day, f"{name}_precision": precision if text else None}


def stored(column: Column[Any], value: Any) -> Any:
    """Convert a value of the API to the stored one; the empty value of its type for a missing one."""
    if column.foreign_keys or column.name == "id":
        value = value.get("id") if isinstance(value, dict) else value
        return None if value is None else int(value)
    if value is None and not column.nullable:
        return 0 if isinstance(column.type, Integer | Numeric | Boolean) else ""
    return None if value == "" and column.nullable and isinstance(column.type, Text) else value


def _link(table: Table, owner: str, field: str, other: str) -> Part:
    """A join table with the ids of the objects in list `field`."""
    return Part(table, owner, (f"{field}.id",), lambda found: ({other: int(x["id"])} for x in found[field]))


def _objects(table: Table, owner: str, field: str, *names: str) -> Part:
    """The objects in list `field`, with columns of the same names."""

    def make(found: Answer) -> Rows:
        return ({name: each.get(name) for name in names} for each in found.get(field) or ())

    return Part(table, owner, tuple(f"{field}.{name}" for name in names), make)


def _files(table: Table, owner: str, field: str = "files") -> Part:
    """The files of an object, the primary one first."""

    def make(found: Answer) -> Rows:
        return ({"file_id": int(x["id"]), "primary": n == 0} for n, x in enumerate(found[field]))

    return Part(table, owner, (f"{field}.id",), make)


def _common(noun: str) -> Iterator[Part]:
    """The parts that several types have, each in its own table."""
    owner, type_name = f"{noun}_id", noun.title()
    yield Part(t.CUSTOM_FIELDS[type_name], owner, ("custom_fields",), _custom_fields)
    if type_name in t.URLS:
        yield Part(t.URLS[type_name], owner, ("urls",), _urls)
    if type_name in t.STASH_IDS:
        yield _objects(t.STASH_IDS[type_name], owner, "stash_ids", "endpoint", "stash_id", "updated_at")
    if noun in _TAGS:
        yield _link(_TAGS[noun], owner, "tags", "tag_id")
    if noun in _ALIASES:
        field = "alias_list" if noun == "performer" else "aliases"
        yield Part(_ALIASES[noun], owner, (field,), lambda found: ({"alias": x} for x in found[field]))


def _custom_fields(found: Answer) -> Rows:
    fields = found.get("custom_fields") or {}
    return ({"field": name, "value": value} for name, value in fields.items())


def _urls(found: Answer) -> Rows:
    return ({"position": place, "url": url} for place, url in enumerate(found.get("urls") or ()))


def _history(table: Table, field: str, column: str) -> Part:
    """Dates, stored oldest first, because of equal dates the last row is returned first."""
    return Part(table, "scene_id", (field,), lambda found: ({column: x} for x in reversed(found[field])))


def _media(type_name: str) -> Part:
    """The media properties of a file, if it is of this type."""
    table = _MEDIA[type_name]
    columns = [column for column in table.c if column.name not in ("file_id", *_SCENE_FIELDS)]

    def make(found: Answer) -> Rows:
        if found["__typename"] == type_name:
            yield {column.name: stored(column, found.get(column.name)) for column in columns}

    kept = tuple(name for name in _SCENE_FIELDS if name in table.c)
    return Part(table, "file_id", tuple(column.name for column in columns), make, kept)


def _fingerprints(found: Answer) -> Rows:
    for each in found["fingerprints"]:
        value = parse_phash(each["value"]) if each["type"] == "phash" else each["value"]
        yield {"type": each["type"], "fingerprint": value}


def _groups(found: Answer) -> Rows:
    return ({"group_id": int(x["group"]["id"]), "scene_index": x["scene_index"]} for x in found["groups"])


def _sub_groups(found: Answer) -> Rows:
    for place, each in enumerate(found["sub_groups"], 1):
        yield {"sub_id": int(each["group"]["id"]), "order_index": place, "description": each["description"]}


def _write_scene_files(connection: Connection, scenes: Sequence[Answer]) -> None:
    """Write captions and interactivity of primary files, which the API shows in their scenes."""
    videos, captions = t.video_files.c, t.video_captions
    scene_by_file = {int(scene["files"][0]["id"]): scene for scene in scenes if scene["files"]}
    existing = connection.scalars(
        select(videos.file_id).where(videos.file_id.in_(sql.id_list(scene_by_file)))
    ).all()
    if not existing:
        return
    parameters = [
        {"file": n, **{f"new_{name}": scene_by_file[n].get(name) for name in _SCENE_FIELDS}} for n in existing
    ]
    statement = update(t.video_files).where(videos.file_id == bindparam("file"))
    connection.execute(
        statement.values({name: bindparam(f"new_{name}") for name in _SCENE_FIELDS}), parameters
    )
    connection.execute(delete(captions).where(captions.c.file_id.in_(sql.id_list(existing))))
    rows = [
        {"file_id": n, "filename": "", **x} for n in existing for x in scene_by_file[n].get("captions") or ()
    ]
    if rows:
        connection.execute(insert(captions).prefix_with("OR REPLACE"), rows)


def _write_covers(connection: Connection, galleries: Sequence[Answer]) -> None:
    """Mark the image that each gallery shows as its cover, whether it was chosen or is the first."""
    links = t.galleries_images
    numbers = [int(gallery["id"]) for gallery in galleries]
    of_galleries = links.c.gallery_id.in_(sql.id_list(numbers))
    connection.execute(update(links).where(of_galleries).values(cover=False))
    covers = [{"gallery": int(g["id"]), "image": int(g["cover"]["id"])} for g in galleries if g.get("cover")]
    if covers:
        is_cover = (links.c.gallery_id == bindparam("gallery")) & (links.c.image_id == bindparam("image"))
        connection.execute(update(links).where(is_cover).values(cover=True), covers)


_ID_AND_TIME = ("id", "updated_at")
_CHAPTER = ("id", "title", "image_index", "created_at", "updated_at")
_SUB_GROUPS = ("sub_groups.group.id", "sub_groups.description")
_ACTIVITY = ("resume_time", "play_duration", "play_history", "o_history")

KINDS = (
    Kind("Folder", t.folders, ()),
    Kind(
        "BaseFile",
        t.files,
        (*_ID_AND_TIME, "parent_folder.id", "basename", "size", "mod_time", "fingerprints"),
        (
            Part(t.files_fingerprints, "file_id", ("fingerprints",), _fingerprints),
            *map(_media, _MEDIA),
        ),
    ),
    Kind(
        "Tag",
        t.tags,
        (*_ID_AND_TIME, "aliases", "parents.id"),
        (*_common("tag"), _link(t.tags_relations, "child_id", "parents", "parent_id")),
    ),
    Kind("Studio", t.studios, _ID_AND_TIME, tuple(_common("studio"))),
    Kind("Performer", t.performers, _ID_AND_TIME, tuple(_common("performer"))),
    Kind(
        "Group",
        t.groups,
        (*_ID_AND_TIME, *_SUB_GROUPS),
        (*_common("group"), Part(t.groups_relations, "containing_id", _SUB_GROUPS, _sub_groups)),
    ),
    Kind(
        "Scene",
        t.scenes,
        (*_ID_AND_TIME, *_ACTIVITY, *_SCENE_FIELDS, "files.id"),
        (
            *_common("scene"),
            _files(t.scenes_files, "scene_id"),
            _link(t.performers_scenes, "scene_id", "performers", "performer_id"),
            _link(t.scenes_galleries, "scene_id", "galleries", "gallery_id"),
            Part(t.groups_scenes, "scene_id", ("groups.group.id", "groups.scene_index"), _groups),
            _history(t.scenes_view_dates, "play_history", "view_date"),
            _history(t.scenes_o_dates, "o_history", "o_date"),
        ),
        (*_SCENE_FIELDS, "captions"),
        _write_scene_files,
    ),
    Kind(
        "Image",
        t.images,
        (*_ID_AND_TIME, "o_counter", "visual_files.id"),
        (
            *_common("image"),
            _files(t.images_files, "image_id", "visual_files"),
            _link(t.performers_images, "image_id", "performers", "performer_id"),
            replace(_link(t.galleries_images, "image_id", "galleries", "gallery_id"), kept=("cover",)),
        ),
    ),
    Kind(
        "Gallery",
        t.galleries,
        (*_ID_AND_TIME, "image_count", "files.id", "chapters.id", "chapters.updated_at"),
        (
            *_common("gallery"),
            _files(t.galleries_files, "gallery_id"),
            _link(t.performers_galleries, "gallery_id", "performers", "performer_id"),
            _link(t.scenes_galleries, "gallery_id", "scenes", "scene_id"),
            _objects(t.galleries_chapters, "gallery_id", "chapters", *_CHAPTER),
        ),
        ("cover.id", "image_count"),
        _write_covers,
    ),
    Kind(
        "SceneMarker",
        t.scene_markers,
        _ID_AND_TIME,
        (_link(t.scene_markers_tags, "scene_marker_id", "tags", "tag_id"),),
    ),
    Kind("SavedFilter", t.saved_filters, ()),
)
"""In reading order: types whose rows are written by `after` of other types come first."""
