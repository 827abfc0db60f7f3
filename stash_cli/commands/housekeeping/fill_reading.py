"""Reading phase of `fill`: facts about the selected objects, page by page, and the resulting edits."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from stash_cli.commands.housekeeping.fill_covers import ADDRESS, AT_A_TIME
from stash_cli.core.errors import StashSidecarError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stash_cli.commands.common.noun import Noun
    from stash_cli.commands.housekeeping.fill import Filling
    from stash_cli.commands.housekeeping.fill_covers import Cover, Covers
    from stash_cli.commands.housekeeping.fill_report import Result
    from stash_cli.commands.housekeeping.fill_sources import Found, MediaPath, Source
    from stash_cli.commands.verbs.targets import Selection
    from stash_cli.core.capabilities import ServerCapabilities
    from stash_cli.core.edits.drafts.draft import ObjectEdits

    Row = Mapping[str, Any]


@dataclass
class Reading:
    """Reads facts about the selected objects, resolves names, and drafts edits."""

    noun: Noun
    editing: Filling
    source: Source
    fields: Sequence[str]
    overwrite: bool
    covers: Covers | None = None

    async def run(self, selection: Selection) -> None:
        """Draft the edits of all objects; those without a match are only reported."""
        from time import monotonic

        editing, server = self.editing, await self.editing.session.load_capabilities()
        await editing.facts.load(self.source.named_fields)
        paths, read_at = self._paths(server), monotonic()
        async for rows in selection.pages(paths):
            size = AT_A_TIME if self.covers is not None else len(rows)
            for start in range(0, len(rows), size or 1):
                await self._draft(rows[start : start + size], server, read_at)
            read_at = monotonic()
        outcomes = editing.outcomes
        outcomes.problems |= selection.problems
        outcomes.asked += [id_ for id_ in outcomes.problems if id_ not in outcomes.asked]
        if not editing.report.counts:
            selection.raise_missing()

    async def _draft(self, rows: Sequence[Row], server: ServerCapabilities, read_at: float) -> None:
        """Draft the edits of some objects."""
        read = {row["id"]: await self._read(row) for row in rows}
        edits: dict[str, ObjectEdits] = {}
        matched = [row for row in rows if read[row["id"]].has_match]
        self.editing.draft_page(matched, partial(self._edits, read, edits), server, read_at)
        for row in rows:
            self._report(row, read[row["id"]], edits)

    def _paths(self, server: ServerCapabilities) -> list[str]:
        """Paths to read: paths of files, and the fields that may be filled."""
        from stash_cli.commands.verbs.changes import label_paths
        from stash_cli.core.edits.before_values import paths_of
        from stash_cli.core.edits.merging.fill import ATTRS

        entity = self.noun.entity
        attrs = [ATTRS.get(name, name) for name in self.fields]
        labels = [
            path for attr in attrs for path in label_paths(entity, attr) if server.has_path(entity.type, path)
        ]
        return list(
            dict.fromkeys(
                [
                    *("id", entity.label, *self.noun.files),
                    *(paths_of(entity.type, attrs, server)),
                    *labels,
                    *([ADDRESS] if self.covers is not None else []),
                ]
            )
        )

    async def _read(self, row: Row) -> ReadFacts:
        """Read the facts about one object, with names resolved to ids."""
        from stash_cli.commands.housekeeping.fill_sources import media_paths
        from stash_cli.core.sidecars.path_pattern import NoMatch

        paths = media_paths(row, self.noun.files)
        facts = self.editing.facts
        try:
            found = await self.source.read(paths, facts.known)
            values, unresolved = await facts.values(found.sidecar, self.fields)
        except NoMatch as error:
            reason = str(error) or self._without_facts(row)
            return ReadFacts(paths, reason=reason, cover=await self._cover(row, paths))
        except StashSidecarError as error:
            self.editing.outcomes.fail([row["id"]], error)
            return ReadFacts(paths, reason=error.message)
        cover = await self._cover(row, paths, found.sidecar.cover)
        return ReadFacts(paths, found, values, unresolved, cover=cover)

    def _without_facts(self, row: Row) -> str:
        """The reason why an object gets no cover, if only covers are read."""
        return "no cover" if self.covers is None or self.covers.may_replace(row) else "has a cover"

    async def _cover(self, row: Row, paths: Sequence[MediaPath], named: str = "") -> Cover | None:
        """Find the cover for an object; `named` is the one in its sidecar."""
        if self.covers is None:
            return None
        return await self.covers.find(row, [each.path for each in paths], named)

    def _edits(self, read: Mapping[str, ReadFacts], drafted: dict[str, ObjectEdits], row: Row) -> ObjectEdits:
        from stash_cli.commands.verbs.changes import labels_of
        from stash_cli.core.edits.drafts.draft import ObjectEdits
        from stash_cli.core.edits.merging.fill import fill_edits
        from stash_cli.core.texts import basename

        entity, each = self.noun.entity, read[row["id"]]
        for attr in each.values:
            self.editing.names.labels |= labels_of(entity, attr, row)
        edits = [*fill_edits(entity.type, row, each.values, overwrite=self.overwrite)]
        if each.cover is not None and each.cover.edit is not None:
            edits.append(each.cover.edit)
        label = str(row.get(entity.label) or "") or (basename(each.paths[0].path) if each.paths else "")
        drafted[row["id"]] = ObjectEdits(str(row["id"]), label, tuple(edits))
        return drafted[row["id"]]

    def _report(self, row: Row, read: ReadFacts, edits: Mapping[str, ObjectEdits]) -> None:
        """Add the outcome of an object to the report."""
        from stash_cli.commands.housekeeping.fill_report import facts_of

        problem = self.editing.outcomes.problems.get(row["id"])
        found, cover = read.found, read.cover
        self.editing.report.add(
            {
                "id": row["id"],
                "path": read.paths[0].path if read.paths else "",
                "result": self._result(row, read, edits),
                "reason": problem.message if problem is not None else read.reason,
                "source": found.place if found else "",
                "found": facts_of(found.sidecar) if found else {},
                "unknown": list(read.lost),
                "unused": list(found.sidecar.unused) if found else [],
            }
            | ({"cover": cover.place, "cover_left": cover.reason} if cover is not None else {})
        )

    def _result(self, row: Row, read: ReadFacts, edits: Mapping[str, ObjectEdits]) -> Result:
        from stash_cli.commands.housekeeping.fill_report import Result

        if row["id"] in self.editing.outcomes.problems:
            return Result.REFUSED
        if not read.has_match:
            return Result.NO_MATCH
        return Result.FILLED if edits[row["id"]].edits else Result.SO_ALREADY


@dataclass(frozen=True, slots=True)
class ReadFacts:
    """Facts about one object: `found`, `values` by attribute, unresolved names (`lost`); or a `reason`."""

    paths: Sequence[MediaPath]
    found: Found | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    lost: Sequence[str] = ()
    reason: str = ""
    cover: Cover | None = None

    @property
    def has_match(self) -> bool:
        """Whether there are facts, or a usable cover."""
        return self.found is not None or (self.cover is not None and self.cover.edit is not None)
