"""The identify task: fills in scenes from files beside their videos, without the internet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Connection, select

from stash_cli.core.sidecars import FORMATS, StashSidecarError
from stash_cli.embedded import tables as t
from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.import_export.importer import CREATE, IGNORE, ids_of
from stash_cli.embedded.jobs import sidecars
from stash_cli.embedded.library import settings
from stash_cli.embedded.library.file_access import is_within, parent
from stash_cli.embedded.persistence import changeset
from stash_cli.embedded.persistence.entity_mapper import MAPPERS
from stash_cli.embedded.scan.rules import read_rules

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stash_cli.embedded.jobs.queue import Progress
    from stash_cli.embedded.library.library import Library

    Values = dict[str, Any]

_SINGLE = {
    "title": "title",
    "code": "code",
    "details": "details",
    "director": "director",
    "date": "date",
    "rating100": "rating",
}
"""Field of a single value -> its column."""
_LISTS = {
    "performers": ("Performer", "performer_ids", t.performers_scenes.c.performer_id),
    "tags": ("Tag", "tag_ids", t.scenes_tags.c.tag_id),
}
"""Field of several objects -> their type, the field of the input, and the column of their ids."""


@dataclass(frozen=True)
class _Strategy:
    """Treatment of one field; as on the server, existing values are kept by default."""

    strategy: str = "MERGE"
    create_missing: bool = False


@dataclass(frozen=True)
class Identifier:
    """One run by an IdentifyMetadataInput; the first source with a file beside the video is used."""

    library: Library
    options: Mapping[str, Any]
    progress: Progress

    def run(self) -> None:
        sources = [(self._source(each), each.get("options") or {}) for each in self.options["sources"]]
        with self.library.database.read() as connection:
            general = settings.read_part(connection, "general")
            single = sidecars.folders_of_one_video(connection)
            scenes = [(scene, path, parent(path) in single) for scene, path in self._scenes(connection)]
        warn, limits = self.progress.library_log.warning, self.library.limits
        roots = [root.path for root in read_rules(general, {}, warn, any_folder=limits.any_folder).roots]
        self.progress.total(len(scenes))
        for number, path, is_only in scenes:
            self.progress.check()
            with self.progress.task(f"Identifying {path}"):
                self._identify(number, path, sources, roots, is_only_video=is_only)
            self.progress.step()

    def _source(self, source_input: Mapping[str, Any]) -> str:
        source = source_input["source"]
        name = str(source.get("scraper_id") or "")
        if name not in FORMATS:
            requested = name or source.get("stash_box_endpoint") or "a stash-box"
            known = ", ".join(FORMATS)
            raise Refused(f"scraper with id {requested!r} not found: an embedded library has {known}")
        return name

    def _scenes(self, connection: Connection) -> Iterator[tuple[int, str]]:
        """(id, path of the primary file) of the selected scenes, or of all that are not organized."""
        path = t.folders.c.path + "/" + t.files.c.basename
        query = (
            select(t.scenes.c.id, path)
            .join(t.scenes_files, t.scenes_files.c.scene_id == t.scenes.c.id)
            .join(t.files, t.files.c.id == t.scenes_files.c.file_id)
            .join(t.folders, t.folders.c.id == t.files.c.parent_folder_id)
            # A member of an archive has no files beside it.
            .where(t.scenes_files.c.primary, t.files.c.zip_file_id.is_(None))
            .order_by(path)
        )
        chosen, paths = self.options.get("sceneIDs"), self.options.get("paths") or ()
        query = query.where(t.scenes.c.id.in_(map(int, chosen)) if chosen else ~t.scenes.c.organized)
        for number, video in connection.execute(query):
            if not paths or any(is_within(video, each) for each in paths):
                yield number, video

    def _identify(
        self,
        number: int,
        path: str,
        sources: Sequence[tuple[str, Mapping[str, Any]]],
        roots: Sequence[str],
        *,
        is_only_video: bool,
    ) -> None:
        library_log = self.progress.library_log
        for source, source_options in sources:
            try:
                sidecar = sidecars.read([source], path, roots, is_only_video=is_only_video)
            except StashSidecarError as error:
                library_log.error(f"Error encountered identifying {path}: {error}")
                continue
            if sidecar is None:
                continue
            is_changed = self._update(number, sidecar.facts, source_options)
            library_log.info(
                f"Successfully identified {path} using {source}"
                if is_changed
                else f"Nothing to set for {path}"
            )
            return
        library_log.write("Debug", f"Unable to identify {path}")

    def _update(self, number: int, facts: Mapping[str, Any], source_options: Mapping[str, Any]) -> bool:
        """Set the fields of a scene from its sidecar; returns whether any has changed."""
        options = {**(self.options.get("options") or {}), **source_options}
        # One transaction per scene: a stopped task keeps its results, and other writers wait less.
        with self.library.database.write() as connection:
            values = _Changes(connection, number, facts, options).values()
            if values:
                changeset.update_one(connection, MAPPERS["Scene"], number, values)
        return bool(values)


@dataclass(frozen=True)
class _Changes:
    """Additions of facts to one scene, as the input of an update."""

    connection: Connection
    scene: int
    facts: Mapping[str, Any]
    options: Mapping[str, Any]

    def values(self) -> Values:
        """The fields to set; empty if the facts add nothing."""
        statement = select(t.scenes).where(t.scenes.c.id == self.scene)
        row = self.connection.execute(statement).mappings().one()
        new_values = {
            field: self.facts[field]
            for field, column in _SINGLE.items()
            if field in self.facts and self._may_set(field, row[column])
        }
        if "studio" in self.facts and self._may_set("studio", row["studio_id"]):
            ids = self._ids("Studio", "studio", [self.facts["studio"]])
            new_values |= {"studio_id": ids[0]} if ids else {}
        for field, (kind, name, column) in _LISTS.items():
            ids = self._ids(kind, field, self.facts.get(field) or [])
            new_values |= self._merged(field, name, column, ids)
        new_values |= self._merged("urls", "urls", t.URLS["Scene"].c.url, self.facts.get("urls") or [])
        return new_values | (
            {"organized": True} if self.options.get("setOrganized") and not row["organized"] else {}
        )

    def _strategy_of(self, field: str) -> _Strategy:
        for each in self.options.get("fieldOptions") or ():
            if each["field"] == field:
                return _Strategy(each["strategy"], bool(each.get("createMissing")))
        return _Strategy()

    def _may_set(self, field: str, old: Any) -> bool:
        strategy = self._strategy_of(field).strategy
        return strategy == "OVERWRITE" or (strategy == "MERGE" and old in (None, ""))

    def _ids(self, kind: str, field: str, names: Sequence[str]) -> list[int]:
        """The ids of named objects; missing ones are created if the options of the field request it."""
        treatment = self._strategy_of(field)
        if treatment.strategy == "IGNORE":
            return []
        return ids_of(self.connection, kind, names, CREATE if treatment.create_missing else IGNORE)

    def _merged(self, field: str, name: str, column: Column[Any], new: Sequence[Any]) -> Values:
        """The merged list of a field; empty if it does not change."""
        treatment = self._strategy_of(field).strategy
        if not new or treatment == "IGNORE":
            return {}
        query = select(column).where(column.table.c.scene_id == self.scene)
        old = list(self.connection.scalars(query))
        merged = list(dict.fromkeys([*(old if treatment == "MERGE" else []), *new]))
        return {name: merged} if merged != old else {}
