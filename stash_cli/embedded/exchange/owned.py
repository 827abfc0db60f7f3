"""Lists of an imported object that are objects themselves: written anew, whatever was there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, update
from sqlalchemy.dialects.sqlite import insert as upsert

from stash_cli.embedded import tables as t
from stash_cli.embedded.exchange import references
from stash_cli.embedded.library import timestamps
from stash_cli.embedded.persistence.changeset import change_one, create
from stash_cli.embedded.persistence.entity_mapper import BLUEPRINTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Connection, Table

    from stash_cli.embedded.exchange.layout import Layout


def write_owned(
    connection: Connection, layout: Layout, number: int, found: Mapping[str, Any], missing: str
) -> None:
    """Write every list of `found` that the layout names; `missing` is what becomes of unknown names."""
    for name in layout.extras:
        if (layout.type, name) in _WRITERS:
            _WRITERS[layout.type, name](connection, number, found.get(name) or [], missing)


def _scene_galleries(connection: Connection, number: int, given: Any, missing: str) -> None:
    ids = references.galleries(connection, given, missing)
    change_one(connection, BLUEPRINTS["Scene"], number, {"gallery_ids": ids})


def _image_galleries(connection: Connection, number: int, given: Any, missing: str) -> None:
    """An image may also be in the gallery of its zip file or folder, which no input could put it in."""
    rows = [
        {"image_id": number, "gallery_id": gallery}
        for gallery in references.galleries(connection, given, missing)
    ]
    if rows:
        connection.execute(upsert(t.galleries_images).on_conflict_do_nothing(), rows)


def _groups(connection: Connection, number: int, given: Any, missing: str) -> None:
    groups = [
        {"group_id": group, "scene_index": entry.get("scene_index")}
        for entry in given
        for group in references.ids_of(connection, "Group", [entry["movieName"]], missing)
    ]
    change_one(connection, BLUEPRINTS["Scene"], number, {"groups": groups})


def _sub_groups(connection: Connection, number: int, given: Any, missing: str) -> None:
    groups = [
        {"group_id": group, "description": entry.get("description")}
        for entry in given
        for group in references.ids_of(connection, "Group", [entry["name"]], missing)
    ]
    change_one(connection, BLUEPRINTS["Group"], number, {"sub_groups": groups})


def _markers(connection: Connection, number: int, given: Any, missing: str) -> None:
    connection.execute(delete(t.scene_markers).where(t.scene_markers.c.scene_id == number))
    for entry in given:
        primary = references.ids_of(connection, "Tag", [entry["primary_tag"]], missing)
        if not primary:
            continue
        end = entry.get("end_seconds")
        marker = {
            "scene_id": number,
            "title": entry.get("title") or "",
            "seconds": float(entry.get("seconds") or 0),
            "end_seconds": float(end) if end else None,
            "primary_tag_id": primary[0],
            "tag_ids": references.ids_of(connection, "Tag", entry.get("tags") or (), missing),
        }
        _stamped(connection, t.scene_markers, create(connection, BLUEPRINTS["SceneMarker"], marker), entry)


def _chapters(connection: Connection, number: int, given: Any, _: str) -> None:
    """Written as they are: their images are imported later."""
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
