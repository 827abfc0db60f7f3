"""The auto-tag task: assigns performers, studios and tags whose names occur in a file's path."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Select, Table, select, union_all, update
from sqlalchemy.dialects.sqlite import insert

from stash_cli.embedded import tables as t
from stash_cli.embedded.library import functions
from stash_cli.embedded.library.file_access import is_within

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from stash_cli.core.types.re2 import Expression
    from stash_cli.embedded.jobs.queue import Progress
    from stash_cli.embedded.library.database import Database

_SEPARATORS = r"[.\-_ ]*"
_NO_LETTER = r"[^\p{L}\p{N}]"
_START, _END = f"(?i)(?:^|{_NO_LETTER})", f"(?:{_NO_LETTER}|$)"
_BATCH = 100


@dataclass(frozen=True)
class _Target:
    """A type of object to be tagged, with its tables."""

    table: Table
    files: Table
    own: str
    performers: Table
    tags: Table


_TARGETS = (
    _Target(t.scenes, t.scenes_files, "scene_id", t.performers_scenes, t.scenes_tags),
    _Target(t.images, t.images_files, "image_id", t.performers_images, t.images_tags),
    _Target(
        t.galleries,
        t.galleries_files,
        "gallery_id",
        t.performers_galleries,
        t.galleries_tags,
    ),
)


@dataclass(frozen=True)
class _Named:
    """A performer, studio or tag by name or alias; `kind` is the field of the input."""

    kind: str
    id: int
    name: str

    def is_in(self, path: str, lowered: str) -> bool:
        """Whether `path` contains the name; `lowered` is the lower-case path, a cheap first test."""
        return self.name.split()[0].lower() in lowered and name_pattern(self.name).matches(path)


@lru_cache(maxsize=1_000)
def name_pattern(name: str) -> Expression:
    """Pattern for `name` as whole words, separated by any of `. - _` and space."""
    words = [re.escape(word) for word in name.split()]
    return functions.compile_pattern(_START + _SEPARATORS.join(words) + _END)


@dataclass(frozen=True)
class AutoTagger:
    """One run by an AutoTagMetadataInput: ["*"] selects all, an empty or missing list none."""

    database: Database
    options: Mapping[str, Any]
    progress: Progress

    def run(self) -> None:
        with self.database.read() as connection:
            names = [
                named for kind in ("performers", "studios", "tags") for named in self._names(connection, kind)
            ]
            work = [(target, list(self._objects(connection, target))) for target in _TARGETS]
        self.progress.total(sum(len(objects) for _, objects in work))
        for target, objects in work:
            for start in range(0, len(objects), _BATCH):
                self.progress.check()
                self._tag(target, names, objects[start : start + _BATCH])

    def _names(self, connection: Connection, kind: str) -> Iterator[_Named]:
        """The selected names, with the aliases of studios and tags."""
        chosen = [str(word) for word in self.options.get(kind) or ()]
        if not chosen:
            return
        for number, name in connection.execute(_names_of(kind)):
            if name.strip() and ("*" in chosen or str(number) in chosen):
                yield _Named(kind, number, name)

    def _objects(self, connection: Connection, target: _Target) -> Iterator[tuple[int, str]]:
        """(id, path) of objects that are not organized, once per file."""
        paths = self.options.get("paths") or ()
        for number, path in connection.execute(_paths_of(target)):
            if not paths or any(is_within(path, chosen) for chosen in paths):
                yield number, str(PurePath(path).with_suffix(""))

    def _tag(self, target: _Target, names: Iterable[_Named], objects: list[tuple[int, str]]) -> None:
        matches = [
            (number, named)
            for number, path, lowered in ((number, path, path.lower()) for number, path in objects)
            for named in names
            if named.is_in(path, lowered)
        ]
        if matches:
            with self.database.write() as connection:
                for number, named in matches:
                    _apply(connection, target, number, named)
        self.progress.step(len(objects))


def _names_of(kind: str) -> Select[Any]:
    table = t.metadata.tables[kind]
    direct = select(table.c.id, table.c.name).where(~table.c.ignore_auto_tag)
    if kind == "performers":
        return direct
    own = kind.removesuffix("s") + "_id"
    aliases = t.metadata.tables[kind.removesuffix("s") + "_aliases"]
    others = select(table.c.id, aliases.c.alias).join(aliases, aliases.c[own] == table.c.id)
    both = union_all(direct, others.where(~table.c.ignore_auto_tag)).subquery()
    return select(both)


def _paths_of(target: _Target) -> Select[Any]:
    files, folders = t.files, t.folders
    path = folders.c.path + "/" + files.c.basename
    return (
        select(target.table.c.id, path)
        .join(target.files, target.files.c[target.own] == target.table.c.id)
        .join(files, files.c.id == target.files.c.file_id)
        .join(folders, folders.c.id == files.c.parent_folder_id)
        .where(~target.table.c.organized)
    )


def _apply(connection: Connection, target: _Target, number: int, named: _Named) -> None:
    """Add a performer or tag, or set the studio of an object that has none."""
    if named.kind == "studios":
        columns = target.table.c
        # A studio that is already set is not replaced.
        is_without_studio = (columns.id == number) & columns.studio_id.is_(None)
        connection.execute(update(target.table).where(is_without_studio).values(studio_id=named.id))
        return
    table, column = (
        (target.performers, "performer_id") if named.kind == "performers" else (target.tags, "tag_id")
    )
    connection.execute(insert(table).values({target.own: number, column: named.id}).on_conflict_do_nothing())
