"""One scrape on the command line: what is found becomes a draft of edits; what is not is told."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar

from stash_cli.commands.common.outcomes import Outcomes, listed
from stash_cli.commands.verbs.changes import NEW, Names, label_paths, labels_of
from stash_cli.commands.verbs.editing import Editing
from stash_cli.core.edits.draft import ObjectEdits
from stash_cli.core.orm.edit import Change
from stash_cli.core.orm.input import create_input
from stash_cli.core.scraping.choice import Outcome
from stash_cli.core.types.entities import ENTITIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stash_cli.commands.common.noun import Noun
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.commands.verbs.scrape import ScrapeOptions
    from stash_cli.commands.verbs.targets import Selection
    from stash_cli.core.client.session import Session
    from stash_cli.core.edits.draft import Draft
    from stash_cli.core.orm.edit import Edit
    from stash_cli.core.scraping.found import Linked
    from stash_cli.core.scraping.run import Scraped, ScrapeRun
    from stash_cli.core.types.entities import Entity

    Row = Mapping[str, Any]

_TOLD = (
    *(Outcome.SEVERAL, Outcome.UNSURE, Outcome.OTHER, Outcome.FEW, Outcome.REJECTED),
    *(Outcome.DECLINED, Outcome.SKIPPED),
)
"""Outcomes whose objects are listed; of those of which nothing was found the number says enough."""
_LISTED = 10
_SENT = 100
"""Scenes whose fingerprints are sent in one request."""


@dataclass
class Report:
    """Counts of outcomes, with the first objects of each and the first reason."""

    counts: Counter[Outcome] = field(default_factory=Counter)
    first: dict[Outcome, list[str]] = field(default_factory=dict)
    reasons: dict[Outcome, str] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)

    def add(self, each: Scraped, noun: str) -> None:
        """Count one object."""
        outcome = each.choice.outcome
        self.counts[outcome] += 1
        ids = self.first.setdefault(outcome, [])
        if len(ids) < _LISTED:
            ids.append(each.id)
        self.reasons.setdefault(outcome, each.choice.reason)
        taken = each.choice.taken
        if taken is not None and len(self.unused) < _LISTED:
            self.unused += [f"{noun} {each.id}: {text}" for text in taken.found.unused]

    def lines(self, entity: Entity) -> Iterator[str]:
        """What was found, a line for each outcome that needs a look."""
        counts = [(outcome, self.counts[outcome]) for outcome in Outcome if self.counts[outcome]]
        told = [f"{count:,} {'found' if each is Outcome.TAKEN else each}" for each, count in counts]
        total = self.counts.total()
        named = f"{total:,} {entity.noun if total == 1 else entity.plural}"
        yield f"asked about {named}: {', '.join(told)}" if told else ""
        for outcome in _TOLD:
            if count := self.counts[outcome]:
                more = f" and {count - _LISTED:,} more" if count > _LISTED else ""
                reason = f", such as: {self.reasons[outcome]}" if self.reasons[outcome] else ""
                yield f"{outcome}: {listed(self.first[outcome])}{more}{reason}"
        yield from (f"not used: {text}" for text in self.unused[:_LISTED])


@dataclass
class Scraping:
    """The run of one command."""

    session: Session
    runtime: Runtime
    noun: Noun
    options: ScrapeOptions
    draft: Draft
    report: Report = field(default_factory=Report)
    run: ScrapeRun = field(init=False)
    editing: Editing = field(init=False)
    new: dict[str, Linked] = field(default_factory=dict)
    """Objects that may be made, by their provisional ids."""

    creatable: ClassVar[tuple[str, ...]] = ("Tag", "Performer", "Studio", "Group")

    def __post_init__(self) -> None:
        entity = self.noun.entity
        outcomes = Outcomes(entity, "updated", [])
        names = Names(self.session)
        self.editing = Editing(
            self.session, self.runtime, entity, self.options, self.draft, names, outcomes, []
        )

    def new_id(self, link: Linked) -> str | None:
        """The provisional id of an object that is to be made; None where none is."""
        if not self.options.create_missing or link.type not in self.creatable:
            return None
        one = f"{NEW}{link.site_id or link.label.casefold()}"
        self.new[one] = link
        return one

    async def fill(self, selection: Selection) -> None:
        """Ask about all objects, and draft the edits of those of which something is found."""
        entity, server = self.noun.entity, await self.session.learn()
        names = (path for attr in self.run.planner.attributes for path in label_paths(entity, attr))
        known = [path for path in names if server.has_path(entity.type, path)]
        with self._bar() as show:
            async for rows in selection.pages([*self.run.paths(server), *known]):
                for start in range(0, len(rows), self.run.size):
                    await self._take(rows[start : start + self.run.size])
                    show(self.report.counts.total())
                    if self._is_over:
                        break
                if self._is_over:
                    break
        self.editing.outcomes.problems |= selection.problems
        asked = self.editing.outcomes.asked
        asked += [one for one in self.editing.outcomes.problems if one not in asked]
        if not self.report.counts:
            selection.raise_missing()

    is_quit: bool = False
    """Whether a person left the rest."""
    takes_all: bool = False
    """Whether a person takes all that follows without a look."""

    @property
    def _is_over(self) -> bool:
        return self.is_quit or self.run.asker.stopped is not None

    async def _take(self, rows: Sequence[Row]) -> None:
        """Ask about some objects, review what was found, and draft it."""
        read_at, page = monotonic(), []
        for each in await self.run.scrape(rows):
            self._learn_labels(each.row)
            if self.options.interactive and not self.is_quit:
                from stash_cli.commands.verbs.scrape_review import review

                await review(self, each)
            else:
                self._decided(each)
            if self.is_quit and each.choice.outcome is Outcome.SKIPPED:
                continue
            page += self._noted(each)
        self.draft.add(page, read_at)
        self.editing.outcomes.asked += [each.id for each in page]

    def _decided(self, each: Scraped) -> None:
        """Apply what a person decided in the run that was cut off."""
        from stash_cli.commands.verbs.scrape_review import apply_decision

        apply_decision(each, each.decision)

    def _noted(self, each: Scraped) -> list[ObjectEdits]:
        """Count the outcome of an object: its edits, if there are any."""
        self.report.add(each, self.noun.entity.noun)
        if each.error is not None:
            self.editing.outcomes.fail([each.id], each.error)
        taken = each.choice.taken
        if taken is None:
            return []
        self.run.planner.note_unmatched(each.row, taken)
        if not each.edits:
            self.editing.unchanged.append(each.id)
            return []
        for edit in each.edits:
            self._use_new(edit)
        label = str(each.row.get(self.noun.entity.label) or "")
        return [ObjectEdits(each.id, label, tuple(each.edits))]

    def _use_new(self, edit: Edit) -> None:
        """Note the objects that an edit needs, and that are to be made."""
        for one in _ids(edit.after):
            link = self.new.get(one)
            if link is None or (link.type, one) in self.editing.names.labels:
                continue
            self.editing.names.labels[link.type, one] = link.label
            self.editing.names.inputs[link.type, one] = self._input(link)

    def _input(self, link: Linked) -> dict[str, Any]:
        """The create input of an object that an answer names."""
        planner = self.run.planner
        given = {"name": link.name, **link.facts}
        if link.disambiguation:
            given["disambiguation"] = link.disambiguation
        if planner.box and link.site_id:
            given["stash_ids"] = [{"endpoint": planner.box, "stash_id": link.site_id}]
        kept = {name: value for name, value in given.items() if planner.fits(name, value)}
        name = f"{link.type}CreateInput"
        return {
            key: value
            for key, value in create_input(link.type, kept).items()
            if key == "urls" or planner.server.field_name(name, key)
        }

    def _learn_labels(self, row: Row) -> None:
        """Note the names of what an object leads to, and of what was matched, for people."""
        labels = self.editing.names.labels
        for attr in self.run.planner.attributes:
            for key, name in labels_of(self.noun.entity, attr, row):
                labels.setdefault(key, name)
        for link, match in self.run.matcher.known.items():
            if match.id is not None:
                labels.setdefault((link.type, match.id), match.labels[0])

    @property
    def labels(self) -> dict[tuple[str, str], str]:
        """Names of linked objects, also of those that may be made."""
        new = {(link.type, one): link.label for one, link in self.new.items()}
        return {**new, **self.editing.names.labels}

    def _bar(self) -> Any:
        """A function that shows how many objects were asked about."""
        from contextlib import contextmanager

        from stash_cli.output.progress import open_progress

        streams, plural = self.runtime.streams, self.noun.entity.plural
        is_shown = streams.animated and not self.options.interactive

        @contextmanager
        def opened() -> Iterator[Any]:
            bar = open_progress(streams, "bar" if is_shown else "none")
            try:
                yield lambda count: bar.update(f"asked about {count:,} {plural}", None)
            finally:
                bar.close()

        return opened()

    def tell_found(self) -> None:
        """Note what was found and what was not, and the names that no object has."""
        note, unmatched = self.runtime.streams.note, self.run.planner.unmatched
        for line in filter(None, self.report.lines(self.noun.entity)):
            note(line)
        for link, match in unmatched.several.items():
            noun = ENTITIES[link.type].noun
            if match.namesakes:
                others = ", ".join(f"id:{one}" for one in match.namesakes)
                note(
                    f"the {noun} {link.label!r} is another one than {others}, who has another id: not applied"
                )
                continue
            shown = ", ".join(
                f"id:{one} {label}" for one, label in zip(match.ids[:5], match.labels, strict=False)
            )
            note(f"the {noun} {link.label!r} may be {shown}: not applied")
        missing = [(link, count) for link, count in unmatched.missing.most_common() if not self._makes(link)]
        for link, count in missing[:_LISTED]:
            times = f" ({count:,} times)" if count > 1 else ""
            note(f"there is no {ENTITIES[link.type].noun} {link.label!r}{times}")
        if missing:
            more = (
                f"{len(missing) - _LISTED:,} other names are not there, too; "
                if len(missing) > _LISTED
                else ""
            )
            note(f"{more}--create-missing makes what is not there")
        for why, count in unmatched.pictures.items():
            note(f"left {count} picture{'s' if count != 1 else ''}: {why}")

    def _makes(self, link: Linked) -> bool:
        return self.options.create_missing and link.type in self.creatable

    async def carry_out(self) -> None:
        """Tell what was found; show the edits, or ask and make them."""
        from stash_cli.commands.verbs.update import other_edits, tell

        self.tell_found()
        stopped = self.run.asker.stopped
        if stopped is not None and not len(self.draft) and not self.report.counts[Outcome.TAKEN]:
            raise stopped
        if self.options.dry_run:
            self.editing.print_plan(await self.session.learn())
            for error in self.editing.outcomes.problems.values():
                raise error
            return
        if len(self.draft):
            asked = await self._consent(partial(other_edits, self.session, self.noun.entity))
            await self.editing.apply(asked=asked)
        self._end()
        await self._submit()
        await tell(self.session, self.runtime, self.noun, self.editing)

    async def _consent(self, edited: Any) -> bool:
        """Ask, unless each object was looked at."""
        if self.options.interactive:
            self.editing.check_count()
            return True
        return await self.editing.consent(edited)

    def _end(self) -> None:
        """Store that the run is over, unless something is left to be asked or sent."""
        outcomes, run = self.editing.outcomes, self.run
        skipped = self.report.counts[Outcome.SKIPPED]
        if run.number is None:
            return
        if self._is_over or skipped or outcomes.left or outcomes.problems:
            self.runtime.streams.note(
                f"go on with what is left: stash {self.noun.entity.plural} scrape --resume"
            )
        else:
            run.decisions.end(run.number)

    async def _submit(self) -> None:
        """Tell the stash-box the fingerprints of the scenes that were changed or are so already."""
        if not self.options.submit_fingerprints:
            return
        ids = [*self.editing.outcomes.done, *self.editing.unchanged]
        for start in range(0, len(ids), _SENT):
            given = {
                "scene_ids": ids[start : start + _SENT],
                "stash_box_endpoint": self.run.asker.source.box,
            }
            await self.session.call("submitStashBoxFingerprints", {"input": given})
        if ids:
            name = self.run.asker.source.name
            scenes = f"{len(ids):,} scene{'s' if len(ids) != 1 else ''}"
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
