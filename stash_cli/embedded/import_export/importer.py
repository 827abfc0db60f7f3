"""Import of entities from an archive, each in a transaction of its own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, insert, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from stash_cli.embedded import tables as t
from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.import_export import archive, references
from stash_cli.embedded.import_export.file_entries import folder_at, parents_before, write_entry
from stash_cli.embedded.import_export.references import write_nested_lists
from stash_cli.embedded.library import timestamps
from stash_cli.embedded.persistence import changeset
from stash_cli.embedded.persistence.constraints import explained
from stash_cli.embedded.persistence.entity_mapper import MAPPERS
from stash_cli.embedded.persistence.files import FILES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from stash_cli.embedded.import_export.archive import Entries
    from stash_cli.embedded.jobs.job import Progress
    from stash_cli.embedded.library.database import Database

_IMPORT_ERRORS = (Refused, DBAPIError, KeyError, TypeError, ValueError, AttributeError)
"""Errors of an entity that cannot be imported; archives may come from anywhere."""


@dataclass(frozen=True)
class Import:
    """One import; an entity that fails is logged and skipped."""

    database: Database
    progress: Progress
    duplicates: str = references.FAIL
    missing: str = references.FAIL

    def run(self, entries: Entries) -> None:
        """Import all entries, referenced types first."""
        self.progress.total(sum(map(len, entries.values())))
        for layout in archive.LAYOUTS:
            if layout is archive.GALLERY:
                self._each(archive.FILES, _in_order(entries[archive.FILES]), write_entry)
            objects = _parents_first(entries[layout.folder], layout.parents_member)
            self._each(layout.folder, objects, partial(self._object, layout))
        self._each(archive.SAVED_FILTERS, entries[archive.SAVED_FILTERS], _saved_filter)

    def _each(
        self, kind: str, entries: Mapping[str, Any], write: Callable[[Connection, Mapping[str, Any]], object]
    ) -> None:
        for path, found in entries.items():
            self.progress.check()
            try:
                # One transaction for each entity: a failure affects only this one, and other writers are not
                # blocked for long.
                with self.database.write() as connection:
                    write(connection, found)
            except IntegrityError as failure:
                with self.database.read() as connection:
                    reason: object = explained(failure, connection)
                self.progress.library_log.error(f"[{kind}] <{path}> import failed: {reason}")
            except _IMPORT_ERRORS as failure:
                reason = getattr(failure, "orig", None) or failure
                self.progress.library_log.error(f"[{kind}] <{path}> import failed: {reason}")
            self.progress.step()

    def _object(self, layout: archive.Layout, connection: Connection, found: Mapping[str, Any]) -> None:
        existing = _find(connection, layout, found)
        if existing is not None:
            if self.duplicates == references.FAIL:
                shown = found.get("name") or found.get("title") or ""
                raise Refused(f"existing object found with name '{shown}'")
            if self.duplicates == references.IGNORE:
                return
        number = _insert_new(connection, layout, found) if existing is None else existing
        given = {member.given: self._given(connection, member, found) for member in layout.members}
        changeset.update_one(connection, MAPPERS[layout.type], number, {"id": number, **given})
        write_nested_lists(connection, layout, number, found, self.missing)
        table = MAPPERS[layout.type].table
        now = timestamps.now()
        values = {name: found.get(name) or now for name in ("created_at", "updated_at")}
        values |= {name: found.get(name) or 0 for name in layout.direct}
        connection.execute(update(table).where(table.c.id == number).values(values))

    def _given(self, connection: Connection, member: archive.Member, found: Mapping[str, Any]) -> Any:
        """The value of an input field; members that the archive omits are empty."""
        value = found.get(member.name)
        if member.kind == archive.NAMES:
            return references.ids_of(connection, member.target, value or (), self.missing)
        if member.kind == archive.NAME:
            ids = references.ids_of(connection, member.target, [value] if value else [], self.missing)
            return ids[0] if ids else None
        return _CONVERTERS.get(member.kind, _MEMBER_CONVERTERS.get(member.name, _same))(value)


def _same(value: Any) -> Any:
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


def _in_order(entries: Mapping[str, Any]) -> dict[str, Any]:
    paths = {id(entry): path for path, entry in entries.items()}
    return {paths[id(entry)]: entry for entry in parents_before(entries.values())}


def _parents_first(entries: Mapping[str, Any], member: str) -> dict[str, Any]:
    """Entries ordered so that the parents named in `member` come first."""
    by_name = {str(found.get("name")).lower(): path for path, found in entries.items()} if member else {}
    ordered: dict[str, Any] = {}
    for start in entries:
        waiting, seen = [start], {start}
        while waiting:
            path = waiting[-1]
            first = [by_name.get(name.lower(), "") for name in _names(entries[path].get(member))]
            missing = [other for other in first if other and other not in ordered and other not in seen]
            seen.update(missing)
            if missing:
                waiting.extend(missing)
            else:
                ordered.setdefault(path, entries[waiting.pop()])
    return ordered


def _names(value: Any) -> Iterable[str]:
    if not value:
        return []
    values = value if isinstance(value, list) else [value]
    return [str(one.get("name")) if isinstance(one, dict) else str(one) for one in values]


def _find(connection: Connection, layout: archive.Layout, found: Mapping[str, Any]) -> int | None:
    """The id of the entity that an entry describes, by name, files, folder or title; None if it is new."""
    if layout.by_name:
        disambiguation = found.get("disambiguation") or ""
        return references.find_by_name(connection, layout.type, found["name"], disambiguation)
    if layout is archive.GALLERY:
        return references.gallery(connection, found)
    files = references.files(connection, found.get("files") or (), layout.type.lower())
    return references.owner_of(connection, FILES[layout.type].table, files) if files else None


def _insert_new(connection: Connection, layout: archive.Layout, found: Mapping[str, Any]) -> int:
    """Insert an entity with its identity: its name, or its files or folder."""
    mapper = MAPPERS[layout.type]
    if layout.by_name:
        names = {name: found[name] for name in ("name", "disambiguation") if found.get(name)}
        return changeset.create(connection, mapper, names)
    now = timestamps.now()
    row = {"created_at": now, "updated_at": now}
    if found.get("folder_path"):
        row["folder_id"] = _required_folder(connection, found["folder_path"])
    key: Any = connection.execute(insert(mapper.table).values(row)).inserted_primary_key
    paths = found.get("zip_files" if layout is archive.GALLERY else "files") or ()
    for file in references.files(connection, paths, mapper.noun):
        FILES[layout.type].assign(connection, int(key[0]), file)
    return int(key[0])


def _required_folder(connection: Connection, path: str) -> Any:
    folder = folder_at(connection, path)
    if folder is None:
        raise Refused(f"gallery folder '{path}' not found")
    return folder


def _saved_filter(connection: Connection, found: Mapping[str, Any]) -> None:
    names = ("name", "mode", "find_filter", "object_filter", "ui_options")
    connection.execute(insert(t.saved_filters).values({name: found.get(name) for name in names}))
