"""The reading of `fill`: facts about the chosen objects, a page at a time, and the edits that they make."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashSidecarError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stash_cli.commands.common.noun import Noun
    from stash_cli.commands.housekeeping.fill import Filling
    from stash_cli.commands.housekeeping.fill_sources import Found, MediaPath, Source
    from stash_cli.commands.verbs.targets import Selection
    from stash_cli.core.capabilities import ServerCapabilities
    from stash_cli.core.edits.draft import ObjectEdits

    Row = Mapping[str, Any]


@dataclass
class Reading:
    """The reading of the chosen objects: facts, names, edits."""

    noun: Noun
    editing: Filling
    source: Source
    fields: Sequence[str]
    overwrite: bool

    async def run(self, selection: Selection) -> None:
        """Draft the edits of all objects; those without a match are only told."""
        from time import monotonic

        editing, server = self.editing, await self.editing.session.learn()
        await editing.facts.load(self.source.named_fields)
        paths, read_at = self._paths(server), monotonic()
        try:
            async for rows in selection.pages(paths):
                read = {row["id"]: await self._read(row) for row in rows}
                edits: dict[str, ObjectEdits] = {}
                editing.draft_page(
                    [row for row in rows if read[row["id"]].found],
                    partial(self._edits, read, edits),
                    server,
                    read_at,
                )
                for row in rows:
                    self._report(row, read[row["id"]], edits)
                read_at = monotonic()
        finally:
            await self.source.close()
        outcomes = editing.outcomes
        outcomes.problems |= selection.problems
        outcomes.asked += [one for one in outcomes.problems if one not in outcomes.asked]
        if not editing.report.counts:
            selection.raise_missing()

    def _paths(self, server: ServerCapabilities) -> list[str]:
        """Paths to read: those of files, and what may be filled with the names that it has."""
        from stash_cli.commands.verbs.changes import label_paths
        from stash_cli.core.edits.before_values import paths_of
        from stash_cli.core.edits.fill import ATTRS

        entity = self.noun.entity
        attrs = [ATTRS.get(name, name) for name in self.fields]
        labels = [
            path for attr in attrs for path in label_paths(entity, attr) if server.has_path(entity.type, path)
        ]
        return list(
            dict.fromkeys(
                ["id", entity.label, *self.noun.files, *paths_of(entity.type, attrs, server), *labels]
            )
        )

    async def _read(self, row: Row) -> ReadFacts:
        """The facts about one object, with ids for names."""
        from stash_cli.commands.housekeeping.fill_sources import media_paths
        from stash_cli.core.sidecars.path_pattern import NoMatch

        paths = media_paths(row, self.noun.files)
        facts = self.editing.facts
        try:
            found = await self.source.read(paths, facts.known)
            values, lost = await facts.values(found.sidecar, self.fields)
        except NoMatch as error:
            return ReadFacts(paths, reason=str(error))
        except StashSidecarError as error:
            self.editing.outcomes.fail([row["id"]], error)
            return ReadFacts(paths, reason=error.message)
        return ReadFacts(paths, found, values, lost)

    def _edits(self, read: Mapping[str, ReadFacts], drafted: dict[str, ObjectEdits], row: Row) -> ObjectEdits:
        from stash_cli.commands.verbs.changes import labels_of
        from stash_cli.core.edits.draft import ObjectEdits
        from stash_cli.core.edits.fill import fill_edits
        from stash_cli.core.texts import basename

        entity, each = self.noun.entity, read[row["id"]]
        for attr in each.values:
            self.editing.names.labels |= labels_of(entity, attr, row)
        edits = fill_edits(entity.type, row, each.values, overwrite=self.overwrite)
        label = str(row.get(entity.label) or "") or (basename(each.paths[0].path) if each.paths else "")
        drafted[row["id"]] = ObjectEdits(str(row["id"]), label, tuple(edits))
        return drafted[row["id"]]

    def _report(self, row: Row, read: ReadFacts, edits: Mapping[str, ObjectEdits]) -> None:
        from stash_cli.commands.housekeeping.fill_report import Result, facts_of

        problem = self.editing.outcomes.problems.get(row["id"])
        result = Result.NO_MATCH
        if problem is not None:
            result = Result.REFUSED
        elif read.found is not None:
            result = Result.FILLED if edits[row["id"]].edits else Result.SO_ALREADY
        found = read.found
        self.editing.report.add(
            {
                "id": row["id"],
                "path": read.paths[0].path if read.paths else "",
                "result": result,
                "reason": problem.message if problem is not None else read.reason,
                "source": found.place if found else "",
                "found": facts_of(found.sidecar) if found else {},
                "unknown": list(read.lost),
                "unused": list(found.sidecar.unused) if found else [],
            }
        )


@dataclass(frozen=True, slots=True)
class ReadFacts:
    """Facts about one object: `found`, its `values` by attribute, and what is `lost`; or the reason."""

    paths: Sequence[MediaPath]
    found: Found | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    lost: Sequence[str] = ()
    reason: str = ""
