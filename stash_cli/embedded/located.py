"""Where the content of files lies, and opening it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from stash_cli.embedded import tables as t
from stash_cli.embedded.library import sql
from stash_cli.embedded.library.settings import read_part
from stash_cli.embedded.library.timestamps import parse
from stash_cli.embedded.media.servable import Located, ServableFile
from stash_cli.embedded.scan.rules import Rules, read_rules

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

    from stash_cli.embedded.library.limits import Limits


@dataclass(frozen=True)
class MediaAccess:
    """Opens files by the settings of one moment."""

    rules: Rules
    follow_links: bool

    @classmethod
    def of(cls, connection: Connection, limits: Limits) -> MediaAccess:
        general = read_part(connection, "general")
        rules = read_rules(general, {}, lambda _: None, any_folder=limits.any_folder)
        return cls(rules, limits.follow_links)

    def open(self, place: Located, *, beside: str | None = None) -> ServableFile:
        """Raises OSError or BrokenFileError."""
        return ServableFile(place, self.rules, follow_links=self.follow_links, beside=beside)


@dataclass(frozen=True)
class Media:
    """A file and the access to it, for whoever opens it later."""

    access: MediaAccess
    place: Located

    @property
    def name(self) -> str:
        return self.place.name

    def open(self, *, beside: str | None = None) -> ServableFile:
        """Raises OSError or BrokenFileError."""
        return self.access.open(self.place, beside=beside)


def locate(connection: Connection, ids: Collection[int]) -> dict[int, Located]:
    """Where the rows of these files say that they lie: anywhere, because they can be imported."""
    zips, zip_folders = t.files.alias(), t.folders.alias()
    on_disk = [func.coalesce(zips.c[name], t.files.c[name]) for name in ("size", "mod_time")]
    recognised = t.files.c.recognised & func.coalesce(zips.c.recognised, True)
    statement = (
        select(t.files.c.id, sql.full_path(), sql.full_path(zip_folders, zips), *on_disk, recognised)
        .join(t.folders, t.folders.c.id == t.files.c.parent_folder_id)
        .outerjoin(zips, zips.c.id == t.files.c.zip_file_id)
        .outerjoin(zip_folders, zip_folders.c.id == zips.c.parent_folder_id)
        .where(t.files.c.id.in_(sql.id_list(ids)))
    )
    return {row[0]: _located(*row[1:]) for row in connection.execute(statement)}


def _located(path: str, zip_path: str | None, size: int, mod_time: str, recognised: bool) -> Located:
    facts = (size, int(parse(mod_time).timestamp()), bool(recognised))
    if zip_path is None:
        return Located(Path(path), None, *facts)
    return Located(Path(zip_path), path.removeprefix(zip_path + os.sep).replace(os.sep, "/"), *facts)
