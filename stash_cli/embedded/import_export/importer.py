"""Import of entities from an archive, each in its own transaction, with references by name or path."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Table, delete, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.exc import DBAPIError, IntegrityError

from stash_cli.embedded import tables as t
from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.import_export import archive
from stash_cli.embedded.import_export.file_entries import file_at, folder_at, parents_before, write_entry
from stash_cli.embedded.library import timestamps
from stash_cli.embedded.object_types import OBJECT_TYPES
from stash_cli.embedded.persistence import changeset
from stash_cli.embedded.persistence.constraints import explained
from stash_cli.embedded.persistence.entity_mapper import MAPPERS
from stash_cli.embedded.persistence.files import FILES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from stash_cli.embedded.import_export.archive import Entries, Layout
    from stash_cli.embedded.jobs.queue import Progress
    from stash_cli.embedded.library.database import Database


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
    by_name = {name: find_by_name(connection, type_name, name) for name in names}
    absent = [name for name, number in by_name.items() if number is None]
    if absent and missing == FAIL:
        raise Refused(f"{OBJECT_TYPES[type_name].noun}s [{', '.join(absent)}] not found")
    if missing == CREATE:
        by_name |= {name: changeset.create(connection, MAPPERS[type_name], {"name": name}) for name in absent}
    return [number for number in by_name.values() if number is not None]


def owner_of(connection: Connection, link: Any, files: Iterable[int]) -> int | None:
    """The id of the entity that owns one of `files`, or None."""
    owner, file, *_ = link.c
    return connection.scalar(select(owner).where(file.in_(list(files))).order_by(owner).limit(1))


def gallery_id(connection: Connection, reference: Mapping[str, Any]) -> int | None:
    """The gallery of a folder or zip file, or the user-created one with a title."""
    if reference.get("folder_path"):
        folder = folder_at(connection, reference["folder_path"])
        return connection.scalar(select(t.galleries.c.id).where(t.galleries.c.folder_id == folder))
    if reference.get("zip_files"):
        files = [file_at(connection, path) for path in reference["zip_files"]]
        return owner_of(connection, t.galleries_files, [file for file in files if file is not None])
    user_created = select(t.galleries.c.id).where(
        t.galleries.c.title == (reference.get("title") or ""),
        t.galleries.c.folder_id.is_(None),
        t.galleries.c.id.not_in(select(t.galleries_files.c.gallery_id)),
    )
    return connection.scalar(user_created.order_by(t.galleries.c.id).limit(1))


def galleries(connection: Connection, references: Iterable[Mapping[str, Any]], missing: str) -> list[int]:
    """The ids of galleries; a missing one can be created if it only has a title."""
    ids = []
    for reference in references:
        number = gallery_id(connection, reference)
        if number is None and missing == FAIL:
            raise Refused(f"gallery {dict(reference)} not found")
        if number is None and missing == CREATE and reference.get("title"):
            number = changeset.create(connection, MAPPERS["Gallery"], {"title": reference["title"]})
        if number is not None:
            ids.append(number)
    return ids


def file_ids(connection: Connection, paths: Iterable[str], noun: str) -> list[int]:
    """The ids of files by path. Raises Refused for a missing one."""
    by_path = {path: file_at(connection, path) for path in paths}
    for path, number in by_path.items():
        if number is None:
            raise Refused(f"{noun} file '{path}' not found")
    return [number for number in by_path.values() if number is not None]


def write_nested_lists(
    connection: Connection, layout: Layout, number: int, entry: Mapping[str, Any], missing: str
) -> None:
    """Replace the nested lists that the layout names; `missing` is the policy for unknown names."""
    for name in layout.extras:
        if (layout.type, name) in _WRITERS:
            _WRITERS[layout.type, name](connection, number, entry.get(name) or [], missing)


def _scene_galleries(connection: Connection, number: int, entries: Any, missing: str) -> None:
    ids = galleries(connection, entries, missing)
    changeset.update_one(connection, MAPPERS["Scene"], number, {"gallery_ids": ids})


def _image_galleries(connection: Connection, number: int, entries: Any, missing: str) -> None:
    """Add an image to galleries; those of its zip file or folder included, which no input could set."""
    rows = [
        {"image_id": number, "gallery_id": gallery} for gallery in galleries(connection, entries, missing)
    ]
    if rows:
        connection.execute(upsert(t.galleries_images).on_conflict_do_nothing(), rows)


def _groups(connection: Connection, number: int, entries: Any, missing: str) -> None:
    groups = [
        {"group_id": group, "scene_index": entry.get("scene_index")}
        for entry in entries
        for group in ids_of(connection, "Group", [entry["movieName"]], missing)
    ]
    changeset.update_one(connection, MAPPERS["Scene"], number, {"groups": groups})


def _sub_groups(connection: Connection, number: int, entries: Any, missing: str) -> None:
    groups = [
        {"group_id": group, "description": entry.get("description")}
        for entry in entries
        for group in ids_of(connection, "Group", [entry["name"]], missing)
    ]
    changeset.update_one(connection, MAPPERS["Group"], number, {"sub_groups": groups})


def _markers(connection: Connection, number: int, entries: Any, missing: str) -> None:
    connection.execute(delete(t.scene_markers).where(t.scene_markers.c.scene_id == number))
    for entry in entries:
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
        _set_timestamps(
            connection, t.scene_markers, changeset.create(connection, MAPPERS["SceneMarker"], marker), entry
        )


def _chapters(connection: Connection, number: int, entries: Any, _: str) -> None:
    """Insert chapters without validation, because the images of the gallery are imported later."""
    connection.execute(delete(t.galleries_chapters).where(t.galleries_chapters.c.gallery_id == number))
    for entry in entries:
        row = {"gallery_id": number, "title": entry.get("title") or "", "image_index": entry["image_index"]}
        now = timestamps.now()
        stamps = {name: entry.get(name) or now for name in ("created_at", "updated_at")}
        connection.execute(insert(t.galleries_chapters).values(row | stamps))


def _set_timestamps(connection: Connection, table: Table, number: int, entry: Mapping[str, Any]) -> None:
    stamps = {name: entry[name] for name in ("created_at", "updated_at") if entry.get(name)}
    if stamps:
        connection.execute(update(table).where(table.c.id == number).values(stamps))


def _history(table: Table, column: str) -> Callable[[Connection, int, Any, str], None]:
    def write(connection: Connection, number: int, entries: Any, _: str) -> None:
        connection.execute(delete(table).where(table.c.scene_id == number))
        rows = [
            {"scene_id": number, column: timestamps.utc(timestamps.parse(moment))}
            for moment in reversed(entries)
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


_IMPORT_ERRORS = (Refused, DBAPIError, KeyError, TypeError, ValueError, AttributeError)
"""Errors of an entity that cannot be imported; archives may come from anywhere."""


@dataclass(frozen=True)
class Import:
    """One import; an entity that fails is logged and skipped."""

    database: Database
    progress: Progress
    duplicates: str = FAIL
    missing: str = FAIL

    def run(self, entries: Entries) -> None:
        """Import all entries, referenced types first."""
        self.progress.total(sum(map(len, entries.values())))
        for layout in archive.LAYOUTS:
            if layout is archive.GALLERY:
                self._import_each(archive.FILES, _zips_first(entries[archive.FILES]), write_entry)
            objects = _parents_first(entries[layout.folder], layout.parents_member)
            self._import_each(layout.folder, objects, partial(self._object, layout))
        self._import_each(archive.SAVED_FILTERS, entries[archive.SAVED_FILTERS], _saved_filter)

    def _import_each(
        self, kind: str, entries: Mapping[str, Any], write: Callable[[Connection, Mapping[str, Any]], object]
    ) -> None:
        for path, entry in entries.items():
            self.progress.check()
            try:
                # One transaction for each entity: a failure affects only this one, and other writers are not
                # blocked for long.
                with self.database.write() as connection:
                    write(connection, entry)
            except IntegrityError as failure:
                with self.database.read() as connection:
                    reason: object = explained(failure, connection)
                self.progress.library_log.error(f"[{kind}] <{path}> import failed: {reason}")
            except _IMPORT_ERRORS as failure:
                reason = getattr(failure, "orig", None) or failure
                self.progress.library_log.error(f"[{kind}] <{path}> import failed: {reason}")
            self.progress.step()

    def _object(self, layout: archive.Layout, connection: Connection, entry: Mapping[str, Any]) -> None:
        existing = _find(connection, layout, entry)
        if existing is not None:
            if self.duplicates == FAIL:
                label = entry.get("name") or entry.get("title") or ""
                raise Refused(f"existing object found with name '{label}'")
            if self.duplicates == IGNORE:
                return
        number = _insert_new(connection, layout, entry) if existing is None else existing
        values_of_members = {
            member.given: self._input_value(connection, member, entry) for member in layout.members
        }
        changeset.update_one(connection, MAPPERS[layout.type], number, {"id": number, **values_of_members})
        write_nested_lists(connection, layout, number, entry, self.missing)
        table = MAPPERS[layout.type].table
        now = timestamps.now()
        values = {name: entry.get(name) or now for name in ("created_at", "updated_at")}
        values |= {name: entry.get(name) or 0 for name in layout.direct}
        connection.execute(update(table).where(table.c.id == number).values(values))

    def _input_value(self, connection: Connection, member: archive.Member, entry: Mapping[str, Any]) -> Any:
        """The value of an input field; members that the archive omits are empty."""
        value = entry.get(member.name)
        if member.kind == archive.NAMES:
            return ids_of(connection, member.target, value or (), self.missing)
        if member.kind == archive.NAME:
            ids = ids_of(connection, member.target, [value] if value else [], self.missing)
            return ids[0] if ids else None
        return _CONVERTERS.get(member.kind, _MEMBER_CONVERTERS.get(member.name, _unchanged))(value)


def _unchanged(value: Any) -> Any:
    return value


_CONVERTERS: dict[str, Callable[[Any], Any]] = {
    archive.FLAG: bool,
    archive.PICTURE: lambda value: f"data:image/jpeg;base64,{value}" if value else None,
    archive.NUMBER_AS_TEXT: lambda value: int(value) if value else None,
    archive.TEXT_AS_LIST: lambda value: ", ".join(value) if isinstance(value, list) else value,
}
_MEMBER_CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "custom_fields": lambda value: {"full": value or {}},
    "play_duration": lambda value: value or 0,
    "stash_ids": lambda value: value or [],
}
"""Conversions of members whose input has another shape."""


def _zips_first(entries: Mapping[str, Any]) -> dict[str, Any]:
    paths = {id(entry): path for path, entry in entries.items()}
    return {paths[id(entry)]: entry for entry in parents_before(entries.values())}


def _parents_first(entries: Mapping[str, Any], member: str) -> dict[str, Any]:
    """Entries ordered so that the parents named in `member` come first."""
    by_name = {str(entry.get("name")).lower(): path for path, entry in entries.items()} if member else {}
    ordered: dict[str, Any] = {}
    for start in entries:
        pending, seen = [start], {start}
        while pending:
            path = pending[-1]
            parents = [by_name.get(name.lower(), "") for name in _names(entries[path].get(member))]
            missing = [other for other in parents if other and other not in ordered and other not in seen]
            seen.update(missing)
            if missing:
                pending.extend(missing)
            else:
                ordered.setdefault(path, entries[pending.pop()])
    return ordered


def _names(value: Any) -> Iterable[str]:
    if not value:
        return []
    values = value if isinstance(value, list) else [value]
    return [str(one.get("name")) if isinstance(one, dict) else str(one) for one in values]


def _find(connection: Connection, layout: archive.Layout, entry: Mapping[str, Any]) -> int | None:
    """The id of the entity that an entry describes, by name, files, folder or title; None if it is new."""
    if layout.by_name:
        disambiguation = entry.get("disambiguation") or ""
        return find_by_name(connection, layout.type, entry["name"], disambiguation)
    if layout is archive.GALLERY:
        return gallery_id(connection, entry)
    files = file_ids(connection, entry.get("files") or (), layout.type.lower())
    return owner_of(connection, FILES[layout.type].table, files) if files else None


def _insert_new(connection: Connection, layout: archive.Layout, entry: Mapping[str, Any]) -> int:
    """Insert an entity with its identity: its name, or its files or folder."""
    mapper = MAPPERS[layout.type]
    if layout.by_name:
        names = {name: entry[name] for name in ("name", "disambiguation") if entry.get(name)}
        return changeset.create(connection, mapper, names)
    now = timestamps.now()
    row = {"created_at": now, "updated_at": now}
    if entry.get("folder_path"):
        row["folder_id"] = _required_folder(connection, entry["folder_path"])
    key: Any = connection.execute(insert(mapper.table).values(row)).inserted_primary_key
    paths = entry.get("zip_files" if layout is archive.GALLERY else "files") or ()
    for file in file_ids(connection, paths, mapper.noun):
        FILES[layout.type].assign(connection, int(key[0]), file)
    return int(key[0])


def _required_folder(connection: Connection, path: str) -> Any:
    folder = folder_at(connection, path)
    if folder is None:
        raise Refused(f"gallery folder '{path}' not found")
    return folder


def _saved_filter(connection: Connection, entry: Mapping[str, Any]) -> None:
    names = ("name", "mode", "find_filter", "object_filter", "ui_options")
    connection.execute(insert(t.saved_filters).values({name: entry.get(name) for name in names}))
