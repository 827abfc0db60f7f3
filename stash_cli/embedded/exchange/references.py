"""From the names, paths and titles that an archive uses to the ids of this library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from stash_cli.embedded import tables as t
from stash_cli.embedded.exchange.file_entries import file_at, folder_at
from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.kinds import KINDS
from stash_cli.embedded.persistence.changeset import create
from stash_cli.embedded.persistence.entity_mapper import BLUEPRINTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection

FAIL, IGNORE, CREATE, OVERWRITE = "FAIL", "IGNORE", "CREATE", "OVERWRITE"


def named(connection: Connection, type_name: str, name: str, disambiguation: str | None = None) -> int | None:
    """The object with a name, letters compared without case; a performer's disambiguation as well."""
    table = KINDS[type_name].table
    statement = select(table.c.id).where(table.c.name.collate("NOCASE") == name.strip()).order_by(table.c.id)
    if type_name == "Performer" and disambiguation is not None:
        wanted = disambiguation.strip() or None
        statement = statement.where(table.c.disambiguation.is_not_distinct_from(wanted))
    return connection.scalar(statement.limit(1))


def ids_of(connection: Connection, type_name: str, names: Iterable[str], missing: str) -> list[int]:
    """The ids of objects by their names; what is not there is made, left out or refused."""
    found = {name: named(connection, type_name, name) for name in names}
    absent = [name for name, number in found.items() if number is None]
    if absent and missing == FAIL:
        raise Refused(f"{KINDS[type_name].noun}s [{', '.join(absent)}] not found")
    if missing == CREATE:
        found |= {name: create(connection, BLUEPRINTS[type_name], {"name": name}) for name in absent}
    return [number for number in found.values() if number is not None]


def owner_of(connection: Connection, link: Any, files: Iterable[int]) -> int | None:
    """The object that one of `files` belongs to."""
    owner, file, *_ = link.c
    return connection.scalar(select(owner).where(file.in_(list(files))).order_by(owner).limit(1))


def gallery(connection: Connection, reference: Mapping[str, Any]) -> int | None:
    """The gallery made of a folder or zip file, or the one that a user gave a title."""
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
    """The ids of galleries; one that only has a title can be made."""
    found = []
    for reference in references:
        number = gallery(connection, reference)
        if number is None and missing == FAIL:
            raise Refused(f"gallery {dict(reference)} not found")
        if number is None and missing == CREATE and reference.get("title"):
            number = create(connection, BLUEPRINTS["Gallery"], {"title": reference["title"]})
        if number is not None:
            found.append(number)
    return found


def files(connection: Connection, paths: Iterable[str], noun: str) -> list[int]:
    """The ids of files by their paths; all have to be there."""
    found = {path: file_at(connection, path) for path in paths}
    for path, number in found.items():
        if number is None:
            raise Refused(f"{noun} file '{path}' not found")
    return [number for number in found.values() if number is not None]
