"""Export of entities to the files of an archive."""

from __future__ import annotations

import base64
import json
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from stash_cli.embedded import tables as t
from stash_cli.embedded.graphql import inputs
from stash_cli.embedded.import_export import archive
from stash_cli.embedded.import_export.archive import without_empty
from stash_cli.embedded.import_export.file_entries import entry_name, file_entry, folder_entry
from stash_cli.embedded.object_types import OBJECT_TYPES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from stash_cli.embedded.library.context import RequestContext, Row


def _paths(row: Row) -> list[str]:
    return [file.get("path") for file in row.get("visual_files" if row.type == "Image" else "files")]


def gallery_reference(row: Row) -> dict[str, Any]:
    """The reference to a gallery in other entities: its folder, its zip files, or its title."""
    folder = row.get("folder")
    if folder is not None:
        return {"folder_path": folder.get("path")}
    files = _paths(row)
    return {"zip_files": files} if files else {"title": row.get("title")}


def _marker(row: Row) -> dict[str, Any]:
    end = row.get("end_seconds")
    return without_empty(
        {
            "title": row.get("title"),
            "end_seconds": None if end is None else str(end),
            "primary_tag": row.get("primary_tag").get("name"),
            "tags": [tag.get("name") for tag in row.get("tags")],
            "created_at": row.get("created_at"),
            "updated_at": row.get("updated_at"),
        }
    ) | {"seconds": str(row.get("seconds"))}


def _chapter(row: Row) -> dict[str, Any]:
    return without_empty(
        {name: row.get(name) for name in ("title", "image_index", "created_at", "updated_at")}
    )


def _movie(entry: dict[str, Any]) -> dict[str, Any]:
    return without_empty({"movieName": entry["group"].get("name"), "scene_index": entry["scene_index"]})


def _sub_group(entry: dict[str, Any]) -> dict[str, Any]:
    return without_empty({"name": entry["group"].get("name"), "description": entry["description"]})


def _folder_path(row: Row) -> str | None:
    folder = row.get("folder")
    return None if folder is None else folder.get("path")


EXTRAS: dict[str, Callable[[Row], Any]] = {
    "files": _paths,
    "zip_files": _paths,
    "folder_path": _folder_path,
    "galleries": lambda row: [gallery_reference(gallery) for gallery in row.get("galleries")],
    "movies": lambda row: [_movie(entry) for entry in row.get("groups")],
    "sub_groups": lambda row: [_sub_group(entry) for entry in row.get("sub_groups")],
    "markers": lambda row: [_marker(marker) for marker in row.get("scene_markers")],
    "chapters": lambda row: [_chapter(chapter) for chapter in row.get("chapters")],
    "play_history": lambda row: row.get("play_history"),
    "o_history": lambda row: row.get("o_history"),
}
"""Values of the nested lists, by member."""


_BATCH = 500
_UNSAFE = re.compile(r'[\x00-\x1f/\\:*?"<>|]+')
_DEPENDENCIES = {
    "Scene": {"studio": "Studio", "tags": "Tag", "performers": "Performer", "galleries": "Gallery"},
    "Image": {"studio": "Studio", "tags": "Tag", "performers": "Performer", "galleries": "Gallery"},
    "Gallery": {"studio": "Studio", "tags": "Tag", "performers": "Performer"},
    "Group": {"studio": "Studio", "tags": "Tag"},
    "Performer": {"tags": "Tag"},
    "Studio": {"tags": "Tag", "parent_studio": "Studio"},
    "Tag": {"parents": "Tag"},
}
"""Fields of each type that refer to other entities."""


class Export:
    """The files of one archive, as (path, text); `options` select entities, None selects everything.

    The images of a gallery are always included, the scenes of a group only with dependencies.
    """

    def __init__(self, context: RequestContext, options: Mapping[str, Any] | None = None) -> None:
        self._context = context
        self._everything = options is None
        self._dependencies = bool((options or {}).get("includeDependencies"))
        self._names: dict[str, set[str]] = defaultdict(set)
        self._files: dict[str, Row] = {}
        self._folders: dict[str, Row] = {}
        self._ids = {layout.type: self._selected_ids(layout, options) for layout in archive.LAYOUTS}

    def files(self) -> Iterator[tuple[str, str]]:
        """All files of the archive."""
        self._add_dependencies()
        for layout in archive.LAYOUTS:
            ids = list(self._ids[layout.type])
            for start in range(0, len(ids), _BATCH):
                for row in self._context.fetch_many(layout.type, ids[start : start + _BATCH]):
                    yield self._path(layout, row), _text(self._object(layout, row))
                    self._collect_files(row)
        yield from self._file_entries()
        if self._everything:
            yield from self._saved_filters()

    def _selected_ids(self, layout: archive.Layout, options: Mapping[str, Any] | None) -> dict[int, None]:
        if options is None:
            return dict.fromkeys(self._all_ids(layout.type))
        selection = options.get(layout.argument) or {}
        if layout is archive.GROUP and not selection:
            selection = options.get("movies") or {}
        ids = (
            self._all_ids(layout.type) if selection.get("all") else inputs.to_ids(selection.get("ids"), "ids")
        )
        return dict.fromkeys(ids)

    def _all_ids(self, type_name: str) -> list[int]:
        table = OBJECT_TYPES[type_name].table
        return list(self._context.connection.scalars(select(table.c.id).order_by(table.c.id)))

    def _add_dependencies(self) -> None:
        """Add referenced entities until there are no new ones."""
        if self._everything:
            return
        if self._dependencies:
            self._add_referenced("Group", "scenes", "Scene", self._ids["Group"])
        self._add_images()
        new = {type_name: list(ids) for type_name, ids in self._ids.items()} if self._dependencies else {}
        while any(new.values()):
            before = {type_name: len(ids) for type_name, ids in self._ids.items()}
            for type_name, ids in new.items():
                self._add_references(type_name, ids)
            self._add_images()
            new = {name: list(ids)[before[name] :] for name, ids in self._ids.items()}

    def _add_images(self) -> None:
        link = t.galleries_images.c
        for gallery in self._ids["Gallery"]:
            images = select(link.image_id).where(link.gallery_id == gallery).order_by(link.image_id)
            self._ids["Image"].update(dict.fromkeys(self._context.connection.scalars(images)))

    def _add_references(self, type_name: str, ids: list[int]) -> None:
        for field, target in _DEPENDENCIES[type_name].items():
            self._add_referenced(type_name, field, target, ids)
        if type_name == "Scene":
            for row in self._context.fetch_many("Scene", ids):
                self._ids["Group"].update({entry["group"].id: None for entry in row.get("groups")})
                for marker in row.get("scene_markers"):
                    tags = [marker.get("primary_tag"), *marker.get("tags")]
                    self._ids["Tag"].update({tag.id: None for tag in tags})

    def _add_referenced(self, type_name: str, field: str, target: str, ids: Any) -> None:
        for row in self._context.fetch_many(type_name, list(ids)):
            value = row.get(field)
            others = value if isinstance(value, list) else [value] if value else []
            self._ids[target].update({other.id: None for other in others})

    def _object(self, layout: archive.Layout, row: Row) -> dict[str, Any]:
        members = {member.name: self._member(layout, member, row) for member in layout.members}
        members |= {name: EXTRAS[name](row) for name in layout.extras}
        members |= {name: row.get(name) for name in (*layout.direct, "created_at", "updated_at")}
        return without_empty(members)

    def _member(self, layout: archive.Layout, member: archive.Member, row: Row) -> Any:
        if member.kind == archive.PICTURE:
            return self._picture(layout, member.shown, row.id)
        value = row.get(member.shown)
        if member.kind == archive.NAMES:
            return [other.get("name") for other in value]
        if member.kind == archive.NAME:
            return value and value.get("name")
        if member.kind == archive.TEXT_AS_LIST:
            return [part.strip() for part in value.split(",")] if value else []
        return str(value) if member.kind == archive.NUMBER_AS_TEXT and value is not None else value

    def _picture(self, layout: archive.Layout, column: str, id_: int) -> str:
        table = OBJECT_TYPES[layout.type].table
        stored = select(t.blobs.c.blob).join(table, table.c[column] == t.blobs.c.checksum)
        content = self._context.connection.scalar(stored.where(table.c.id == id_))
        return base64.b64encode(content).decode() if content else ""

    def _path(self, layout: archive.Layout, row: Row) -> str:
        """The path of an entity's file: name or title, with a hash or number if needed, as on the server."""
        files = [] if layout.by_name else row.get("visual_files" if row.type == "Image" else "files")
        if layout.by_name:
            parts = [row.get("name"), row.get("disambiguation") if layout is archive.PERFORMER else ""]
            name = "_".join(filter(None, parts))
        else:
            kind = "oshash" if layout is archive.SCENE else "md5"
            title = row.get("title") or (files[0].get("basename") if files else "")
            fingerprint = files[0].get("fingerprint", {"type": kind}) if files else None
            name = f"{title}.{fingerprint or row.id}"
        return f"{layout.folder}/{self._unique(layout.folder, name)}.json"

    def _unique(self, folder: str, name: str) -> str:
        safe_name = _UNSAFE.sub("-", name).strip(". ")[:150] or "-"
        used_names, number = self._names[folder], 1
        unique_name = safe_name
        # File systems may ignore case, so names that differ only in case get a number.
        while unique_name.lower() in used_names:
            number += 1
            unique_name = f"{safe_name}-{number}"
        used_names.add(unique_name.lower())
        return unique_name

    def _collect_files(self, row: Row) -> None:
        if row.type not in ("Scene", "Image", "Gallery"):
            return
        for file in row.get("visual_files" if row.type == "Image" else "files"):
            self._files[file.get("path")] = file
            zip_file = file.get("zip_file")
            if zip_file is not None:
                self._files[zip_file.get("path")] = zip_file
        folder = row.get("folder") if row.type == "Gallery" else None
        if folder is not None:
            self._folders[folder.get("path")] = folder

    def _file_entries(self) -> Iterator[tuple[str, str]]:
        entries = [file_entry(file) for file in self._files.values()]
        entries += [folder_entry(folder) for folder in self._folders.values()]
        for entry in entries:
            yield f"{archive.FILES}/{entry_name(entry)}", _text(entry)

    def _saved_filters(self) -> Iterator[tuple[str, str]]:
        names = ("mode", "name", "find_filter", "object_filter", "ui_options")
        for row in self._context.fetch_many("SavedFilter", self._all_ids("SavedFilter")):
            name = self._unique(archive.SAVED_FILTERS, f"{row.get('mode').lower()}.{row.get('name')}")
            yield (
                f"{archive.SAVED_FILTERS}/{name}.json",
                _text(without_empty({member: row.get(member) for member in names})),
            )


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
