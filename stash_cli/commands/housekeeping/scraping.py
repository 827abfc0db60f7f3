"""One scrape on the command line: results become a draft of edits; missing results are reported."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar

from stash_cli.commands.common.outcomes import Outcomes
from stash_cli.commands.common.plan_output import write_edits
from stash_cli.commands.housekeeping.fill_covers import FIRST_COVER
from stash_cli.commands.housekeeping.scrape_report import Report, unmatched_lines
from stash_cli.commands.housekeeping.scrape_review import restore, review
from stash_cli.commands.verbs.changes import label_paths, labels_of
from stash_cli.commands.verbs.editing import Editing
from stash_cli.commands.verbs.names import NEW, Names
from stash_cli.core.edits.drafts.draft import ObjectEdits
from stash_cli.core.many_keys import Ids
from stash_cli.core.orm.edit import Change
from stash_cli.core.orm.input import create_input
from stash_cli.core.scraping.choice import Outcome
from stash_cli.core.texts import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stash_cli.commands.common.noun import Noun
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.commands.housekeeping.scrape import ScrapeOptions
    from stash_cli.commands.verbs.targets import Selection
    from stash_cli.core.client.session import Session
    from stash_cli.core.edits.drafts.draft import Draft
    from stash_cli.core.orm.edit import Edit
    from stash_cli.core.scraping.edits import Unmatched
    from stash_cli.core.scraping.run import ScrapeOutcome, ScrapeRun
    from stash_cli.core.scraping.scraped_object import ScrapedReference

    Row = Mapping[str, Any]

_MAX_SUBMITTED = 100
"""Number of scenes whose fingerprints are sent in one request."""


class _ScrapeEditing(Editing):
    """Edits of scraped values, which the user has not typed: even a single object needs confirmation."""

    @property
    def is_single(self) -> bool:
        return False


@dataclass
class Scraping:
    """The run of one command."""

    session: Session
    runtime: Runtime
    noun: Noun
    options: ScrapeOptions
    draft: Draft
    unmatched: Unmatched
    report: Report = field(default_factory=Report)
    run: ScrapeRun = field(init=False)
    editing: Editing = field(init=False)
    new: dict[str, ScrapedReference] = field(default_factory=dict)
    """Objects that may be created, by provisional id."""

    creatable: ClassVar[tuple[str, ...]] = ("Tag", "Performer", "Studio", "Group")

    def __post_init__(self) -> None:
        entity = self.noun.entity
        outcomes = Outcomes(entity, "updated", [])
        names = Names(self.session)
        self.editing = _ScrapeEditing(
            self.session, self.runtime, entity, self.options, self.draft, names, outcomes
        )

    def new_id(self, link: ScrapedReference) -> str | None:
        """The provisional id of an object to create; None if its type is not created."""
        if not self._is_created(link.type):
            return None
        id_ = f"{NEW}{link.site_id or link.label.casefold()}"
        self.new[id_] = link
        return id_

    async def fill(self, selection: Selection) -> None:
        """Scrape all objects, and draft the edits of those with a result."""
        entity, server = self.noun.entity, await self.session.load_capabilities()
        names = (path for attr in self.run.planner.attributes for path in label_paths(entity, attr))
        label_paths_read = [path for path in names if server.has_path(entity.type, path)]
        with self._bar() as show:
            async for rows in selection.pages([*self.run.paths(server), *label_paths_read]):
                for start in range(0, len(rows), self._size):
                    await self._scrape_rows(rows[start : start + self._size])
                    show(self.report.counts.total())
                    if self._is_over:
                        break
                if self._is_over:
                    break
        self.editing.outcomes.problems |= selection.problems
        asked = self.editing.outcomes.asked
        asked += Ids(self.editing.outcomes.problems).without(asked)
        if not self.report.counts:
            selection.raise_missing()

    is_quit: bool = False
    """Whether the user has quit the review."""
    takes_all: bool = False
    """Whether the user accepts all further results without review."""

    @property
    def _size(self) -> int:
        """Number of objects per step; one during a review, so that the user does not wait for a batch."""
        return 1 if self.options.interactive and not self.run.client.source.box else self.run.size

    @property
    def _is_json(self) -> bool:
        return self.runtime.options.output == "json"

    @property
    def _is_over(self) -> bool:
        return self.is_quit or self.run.client.stopped is not None

    async def _scrape_rows(self, rows: Sequence[Row]) -> None:
        """Scrape some objects, review the results, and draft the edits."""
        read_at, page = monotonic(), []
        for each in await self.run.scrape(rows):
            self._collect_labels(each)
            if self.options.interactive and not self.is_quit:
                await review(self, each)
            else:
                await restore(self, each)
            if self.is_quit and each.choice.outcome is Outcome.SKIPPED:
                continue
            page += self._record(each)
        self.draft.add(page, read_at)
        self.editing.outcomes.asked += [each.id for each in page]
        self.editing.names.trim_labels()
        self.runtime.streams.on_many_rows()

    def _record(self, each: ScrapeOutcome) -> list[ObjectEdits]:
        """Count the outcome of an object, and return its edits, if any."""
        self.report.add(each, self.noun.entity.noun, is_kept=self.options.dry_run and self._is_json)
        if each.error is not None:
            self.editing.outcomes.fail([each.id], each.error)
        taken = each.choice.match
        if taken is None:
            return []
        self.run.planner.note_unmatched(each.row, taken)
        if not each.edits:
            self.editing.unchanged.append(each.id)
            return []
        for edit in each.edits:
            self._register_new(edit)
        label = str(each.row.get(self.noun.entity.label) or "")
        return [ObjectEdits(each.id, label, tuple(each.edits))]

    def _register_new(self, edit: Edit) -> None:
        """Register the new objects that an edit refers to."""
        for id_ in _ids(edit.after):
            link = self.new.get(id_)
            if link is None or (link.type, id_) in self.editing.names.labels:
                continue
            self.editing.names.labels[link.type, id_] = link.label
            self.editing.names.inputs[link.type, id_] = self._input(link)

    def _input(self, link: ScrapedReference) -> dict[str, Any]:
        """The create input of an object that a result names."""
        planner = self.run.planner
        facts = {"name": link.name, **link.facts}
        if link.disambiguation:
            facts["disambiguation"] = link.disambiguation
        if planner.box and link.site_id:
            facts["stash_ids"] = [{"endpoint": planner.box, "stash_id": link.site_id}]
        valid = {name: value for name, value in facts.items() if planner.fits(name, value)}
        name = f"{link.type}CreateInput"
        return {
            key: value
            for key, value in create_input(link.type, valid).items()
            if key == "urls" or planner.server.field_name(name, key)
        }

    def _collect_labels(self, each: ScrapeOutcome) -> None:
        """Add the names of related objects of a row and of its results to the labels."""
        labels = self.editing.names.labels
        for attr in self.run.planner.attributes:
            for key, name in labels_of(self.noun.entity, attr, each.row):
                labels.setdefault(key, name)
        for candidate in each.choice.candidates:
            for link in (link for many in candidate.found.links.values() for link in many):
                match = self.run.matcher.matches.get(link)
                if match is not None and match.id is not None:
                    labels.setdefault((link.type, match.id), match.labels[0])

    @property
    def labels(self) -> dict[tuple[str, str], str]:
        """Names of related objects, including new ones."""
        new = {(link.type, id_): link.label for id_, link in self.new.items()}
        return {**new, **self.editing.names.labels}

    def _bar(self) -> Any:
        """Return a callback that shows the number of scraped objects."""
        from contextlib import contextmanager

        from stash_cli.output.progress import open_progress

        streams = self.runtime.streams
        is_shown = streams.animated and not self.options.interactive

        @contextmanager
        def opened() -> Iterator[Any]:
            bar = open_progress(streams, "bar" if is_shown else "none")
            try:
                yield lambda count: bar.update(f"asked about {self.editing.count(count)}", None)
            finally:
                bar.close()

        return opened()

    def note_results(self) -> None:
        """Print notes about results, missing results, and unmatched names."""
        lines = [*self.report.lines(self.noun.entity), *unmatched_lines(self.unmatched, self._is_created)]
        if self.draft.totals.by_field["cover_image", "set"] and not self.options.overwrite:
            lines.append(FIRST_COVER)
        for line in filter(None, lines):
            self.runtime.streams.note(line)

    def _is_created(self, type_name: str) -> bool:
        return self.options.create_missing and type_name in self.creatable

    async def carry_out(self) -> None:
        """Report the results; show the edits, or ask and send them."""
        from stash_cli.commands.verbs.update import other_edits, print_outcome

        self.note_results()
        stopped = self.run.client.stopped
        if stopped is not None and not len(self.draft) and not self.report.counts[Outcome.TAKEN]:
            raise stopped
        if self.options.plan_out is not None or self.options.dry_run:
            await self._write_plan()
            self._raise_problems()
            return
        if len(self.draft):
            asked = await self._consent(partial(other_edits, self.editing))
            await self.editing.apply(asked=asked)
        self._end()
        await self._submit()
        if self.editing.outcomes.asked:
            await print_outcome(self.session, self.runtime, self.noun, self.editing)
        else:
            self.note_unchanged()

    async def _write_plan(self) -> None:
        """Write the edits to the file of `--plan-out`, or print those of a dry run."""
        if self.options.plan_out is not None:
            await write_edits(self.editing, self.options.plan_out)
        elif len(self.draft) or self._is_json:
            self.editing.more = self.report.as_json(self.unmatched)
            self.editing.print_plan(await self.session.load_capabilities())
        else:
            self.note_unchanged()

    def _raise_problems(self) -> None:
        """Raise the first error of an object."""
        for error in self.editing.outcomes.problems.values():
            raise error

    def note_unchanged(self) -> None:
        """Print a note that nothing is changed."""
        entity, count = self.noun.entity, len(self.editing.unchanged)
        suffix = f": {entity.counted(count)} unchanged" if count else ""
        self.runtime.streams.note(f"nothing to change{suffix}")

    async def _consent(self, edited: Any) -> bool:
        """Ask for confirmation, unless each object was reviewed."""
        if self.options.interactive:
            self.editing.check_count()
            return True
        return await self.editing.consent(edited)

    def _end(self) -> None:
        """Mark the run as ended, unless objects remain to be scraped or sent."""
        outcomes, run = self.editing.outcomes, self.run
        skipped = self.report.counts[Outcome.SKIPPED]
        if run.number is None:
            return
        if self._is_over or skipped or outcomes.not_sent or outcomes.problems:
            self.note_resume()
        else:
            run.decisions.end(run.number)

    def note_resume(self) -> None:
        """Print how to resume the rest."""
        if self.run.number is not None:
            plural = self.noun.entity.plural
            self.runtime.streams.note(f"go on with what is left: stash {plural} scrape --resume")

    async def _submit(self) -> None:
        """Submit the fingerprints of changed and unchanged scenes to the stash-box."""
        if not self.options.submit_fingerprints:
            return
        ids = [*self.editing.outcomes.done, *self.editing.unchanged]
        for start in range(0, len(ids), _MAX_SUBMITTED):
            submission = {
                "scene_ids": ids[start : start + _MAX_SUBMITTED],
                "stash_box_endpoint": self.run.client.source.box,
            }
            await self.session.call("submitStashBoxFingerprints", {"input": submission})
        if ids:
            name = self.run.client.source.name
            scenes = counted(len(ids), "scene")
            self.runtime.streams.note(f"sent the fingerprints of {scenes} to {name}")


def _ids(after: Any) -> Iterator[str]:
    """The ids in the new value of a link."""
    items = after.added if isinstance(after, Change) else after if isinstance(after, list) else [after]
    for item in items:
        yield from (
            (value for value in item.values() if isinstance(value, str))
            if isinstance(item, dict)
            else [item]
            if isinstance(item, str)
            else []
        )
