"""References of an imported entity to others, by name or path, and its nested lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Table, delete, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from stash_cli.embedded import tables as t
from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.import_export.file_entries import file_at, folder_at
from stash_cli.embedded.library import timestamps
from stash_cli.embedded.object_types import OBJECT_TYPES
from stash_cli.embedded.persistence import changeset
from stash_cli.embedded.persistence.entity_mapper import MAPPERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from stash_cli.embedded.import_export.archive import Layout

FAIL, IGNORE, CREATE, OVERWRITE = "FAIL", "IGNORE", "CREATE", "OVERWRITE"


def find_by_name(
    connection: Connection, type_name: str, name: str, disambiguation: str | None = None
) -> int | None:
    """The id of the entity with a name, compared without case; for performers also by disambiguation."""
    table = OBJECT_TYPES[type_name].table
    statement = select(table.c.id).where(table.c.name.collate("NOCASE") == name.strip()).order_by(table.c.id)
    if type_name == "Performer" and disambiguation is not None:
        wanted = disambiguation.strip() or None
        statement = statement.where(table.c.disambiguation.is_not_distinct_from(wanted))
    return connection.scalar(statement.limit(1))


def ids_of(connection: Connection, type_name: str, names: Iterable[str], missing: str) -> list[int]:
    """The ids of entities by name; missing ones are created, skipped or refused, as `missing` says."""
    found = {name: find_by_name(connection, type_name, name) for name in names}
    absent = [name for name, number in found.items() if number is None]
    if absent and missing == FAIL:
        raise Refused(f"{OBJECT_TYPES[type_name].noun}s [{', '.join(absent)}] not found")
    if missing == CREATE:
        found |= {name: changeset.create(connection, MAPPERS[type_name], {"name": name}) for name in absent}
    return [number for number in found.values() if number is not None]


def owner_of(connection: Connection, link: Any, files: Iterable[int]) -> int | None:
    """The id of the entity that owns one of `files`, or None."""
    owner, file, *_ = link.c
    return connection.scalar(select(owner).where(file.in_(list(files))).order_by(owner).limit(1))


def gallery(connection: Connection, reference: Mapping[str, Any]) -> int | None:
    """The gallery of a folder or zip file, or the user-created one with a title."""
    if reference.get("folder_path"):
        folder = folder_at(connection, reference["folder_path"])
        return connection.scalar(select(t.galleries.c.id).where(t.galleries.c.folder_id == folder))
    if reference.get("zip_files"):
        files = [file_at(connection, path) for path in reference["zip_files"]]
        return owner_of(connection, t.galleries_files, [file for file in files if file is not None])
    made = select(t.galleries.c.id).where(
        t.galleries.c.title == (reference.get("title") or ""),
        t.galleries.c.folder_id.is_(None),
        t.galleries.c.id.not_in(select(t.galleries_files.c.gallery_id)),
    )
    return connection.scalar(made.order_by(t.galleries.c.id).limit(1))


def galleries(connection: Connection, references: Iterable[Mapping[str, Any]], missing: str) -> list[int]:
    """The ids of galleries; a missing one can be created if it only has a title."""
    found = []
    for reference in references:
        number = gallery(connection, reference)
        if number is None and missing == FAIL:
            raise Refused(f"gallery {dict(reference)} not found")
        if number is None and missing == CREATE and reference.get("title"):
            number = changeset.create(connection, MAPPERS["Gallery"], {"title": reference["title"]})
        if number is not None:
            found.append(number)
    return found


def files(connection: Connection, paths: Iterable[str], noun: str) -> list[int]:
    """The ids of files by path. Raises Refused for a missing one."""
    found = {path: file_at(connection, path) for path in paths}
    for path, number in found.items():
        if number is None:
            raise Refused(f"{noun} file '{path}' not found")
    return [number for number in found.values() if number is not None]


def write_nested_lists(
    connection: Connection, layout: Layout, number: int, found: Mapping[str, Any], missing: str
) -> None:
    """Replace the nested lists that the layout names; `missing` is the policy for unknown names."""
    for name in layout.extras:
        if (layout.type, name) in _WRITERS:
            _WRITERS[layout.type, name](connection, number, found.get(name) or [], missing)


def _scene_galleries(connection: Connection, number: int, given: Any, missing: str) -> None:
    ids = galleries(connection, given, missing)
    changeset.update_one(connection, MAPPERS["Scene"], number, {"gallery_ids": ids})


def _image_galleries(connection: Connection, number: int, given: Any, missing: str) -> None:
    """Add an image to galleries; those of its zip file or folder included, which no input could set."""
    rows = [{"image_id": number, "gallery_id": gallery} for gallery in galleries(connection, given, missing)]
    if rows:
        connection.execute(upsert(t.galleries_images).on_conflict_do_nothing(), rows)


def _groups(connection: Connection, number: int, given: Any, missing: str) -> None:
    groups = [
        {"group_id": group, "scene_index": entry.get("scene_index")}
        for entry in given
        for group in ids_of(connection, "Group", [entry["movieName"]], missing)
    ]
    changeset.update_one(connection, MAPPERS["Scene"], number, {"groups": groups})


def _sub_groups(connection: Connection, number: int, given: Any, missing: str) -> None:
    groups = [
        {"group_id": group, "description": entry.get("description")}
        for entry in given
        for group in ids_of(connection, "Group", [entry["name"]], missing)
    ]
    changeset.update_one(connection, MAPPERS["Group"], number, {"sub_groups": groups})


def _markers(connection: Connection, number: int, given: Any, missing: str) -> None:
    connection.execute(delete(t.scene_markers).where(t.scene_markers.c.scene_id == number))
    for entry in given:
        primary = ids_of(connection, "Tag", [entry["primary_tag"]], missing)
        if not primary:
            continue
        end = entry.get("end_seconds")
        marker = {
            "scene_id": number,
            "title": entry.get("title") or "",
            "seconds": float(entry.get("seconds") or 0),
            "end_seconds": float(end) if end else None,
            "primary_tag_id": primary[0],
            "tag_ids": ids_of(connection, "Tag", entry.get("tags") or (), missing),
        }
        _stamped(
            connection, t.scene_markers, changeset.create(connection, MAPPERS["SceneMarker"], marker), entry
        )


def _chapters(connection: Connection, number: int, given: Any, _: str) -> None:
    """Insert chapters without validation, because the images of the gallery are imported later."""
    connection.execute(delete(t.galleries_chapters).where(t.galleries_chapters.c.gallery_id == number))
    for entry in given:
        row = {"gallery_id": number, "title": entry.get("title") or "", "image_index": entry["image_index"]}
        now = timestamps.now()
        stamps = {name: entry.get(name) or now for name in ("created_at", "updated_at")}
        connection.execute(insert(t.galleries_chapters).values(row | stamps))


def _stamped(connection: Connection, table: Table, number: int, entry: Mapping[str, Any]) -> None:
    stamps = {name: entry[name] for name in ("created_at", "updated_at") if entry.get(name)}
    if stamps:
        connection.execute(update(table).where(table.c.id == number).values(stamps))


def _history(table: Table, column: str) -> Callable[[Connection, int, Any, str], None]:
    def write(connection: Connection, number: int, given: Any, _: str) -> None:
        connection.execute(delete(table).where(table.c.scene_id == number))
        rows = [
            {"scene_id": number, column: timestamps.utc(timestamps.parse(moment))}
            for moment in reversed(given)
        ]
        if rows:
            connection.execute(insert(table), rows)

    return write


_WRITERS: dict[tuple[str, str], Callable[[Connection, int, Any, str], None]] = {
    ("Scene", "galleries"): _scene_galleries,
    ("Image", "galleries"): _image_galleries,
    ("Scene", "movies"): _groups,
    ("Scene", "markers"): _markers,
    ("Scene", "play_history"): _history(t.scenes_view_dates, "view_date"),
    ("Scene", "o_history"): _history(t.scenes_o_dates, "o_date"),
    ("Group", "sub_groups"): _sub_groups,
    ("Gallery", "chapters"): _chapters,
}
