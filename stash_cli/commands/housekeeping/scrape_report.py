"""The report of a scrape: numbers of outcomes, and the objects that need a decision."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from heapq import nlargest
from itertools import islice
from typing import TYPE_CHECKING, Any

from stash_cli.commands.common.outcomes import listed
from stash_cli.core.scraping.choice import Outcome
from stash_cli.core.texts import counted
from stash_cli.core.types.entities import ENTITIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from stash_cli.core.scraping.edits import Unmatched, UnmatchedName
    from stash_cli.core.scraping.run import ScrapeOutcome
    from stash_cli.core.types.entities import Entity

_DETAILED = (
    *(Outcome.SEVERAL, Outcome.UNSURE, Outcome.OTHER, Outcome.FEW, Outcome.REJECTED),
    *(Outcome.DECLINED, Outcome.SKIPPED),
)
"""Outcomes whose objects are listed; objects without results are only counted."""
_COUNTED = {Outcome.TAKEN: "{:,} found", Outcome.NOTHING: "nothing found for {:,}"}
"""Texts of outcomes, if they differ from number and value."""
_MAX_LISTED = 10
_MAX_AMBIGUOUS = 50


@dataclass
class Report:
    """Counts of outcomes, with the first objects of each and the first reason."""

    counts: Counter[Outcome] = field(default_factory=Counter)
    first: dict[Outcome, list[str]] = field(default_factory=dict)
    reasons: dict[Outcome, str] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    """The outcome of each object, for the JSON of a plan."""

    def add(self, each: ScrapeOutcome, noun: str, *, is_kept: bool = False) -> None:
        """Count one object; with `is_kept` store its outcome."""
        if is_kept:
            self.rows.append(_row(each))
        outcome = each.choice.outcome
        self.counts[outcome] += 1
        ids = self.first.setdefault(outcome, [])
        if len(ids) < _MAX_LISTED:
            ids.append(each.id)
        self.reasons.setdefault(outcome, each.choice.reason)
        taken = each.choice.match
        if taken is not None and len(self.unused) < _MAX_LISTED:
            self.unused += [f"{noun} {each.id}: {text}" for text in taken.found.unused]

    def lines(self, entity: Entity) -> Iterator[str]:
        """Yield a line for each outcome that needs a decision."""
        counts = [(outcome, self.counts[outcome]) for outcome in Outcome if self.counts[outcome]]
        parts = [_COUNTED.get(each, f"{{:,}} {each}").format(count) for each, count in counts]
        total = self.counts.total()
        objects = entity.counted(total)
        yield f"asked about {objects}: {', '.join(parts)}" if parts else ""
        for outcome in _DETAILED:
            if count := self.counts[outcome]:
                more = f" and {count - _MAX_LISTED:,} more" if count > _MAX_LISTED else ""
                reason = f", such as: {self.reasons[outcome]}" if self.reasons[outcome] else ""
                yield f"{outcome}: {listed(self.first[outcome])}{more}{reason}"
        yield from (f"not used: {text}" for text in self.unused[:_MAX_LISTED])

    def as_json(self, unmatched: Unmatched) -> dict[str, Any]:
        """The outcome of each object, and the names that match no object or several."""
        ambiguous = [
            {"type": each.type, "name": each.label, "ids": each.match.ids, "namesakes": each.match.namesakes}
            for each in unmatched
            if not each.is_missing
        ]
        missing = [
            {"type": each.type, "name": each.label, "count": each.results}
            for each in sorted(unmatched, key=lambda each: -each.results)
            if each.is_missing
        ]
        return {"results": self.rows, "missing": missing, "candidates": ambiguous, "unused": self.unused}


def _row(each: ScrapeOutcome) -> dict[str, Any]:
    """The outcome of one object, as JSON."""
    row: dict[str, Any] = {"id": each.id, "outcome": each.choice.outcome}
    if each.choice.reason:
        row["reason"] = each.choice.reason
    results = [
        {
            "label": result.found.label,
            "site_id": result.found.site_id or None,
            "evidence": None if result.evidence is None else str(result.evidence),
            "confidence": None if result.evidence is None else result.evidence.confidence().name.lower(),
        }
        for result in each.choice.candidates
    ]
    return {**row, "results": results}


def unmatched_lines(unmatched: Unmatched, is_created: Callable[[str], bool]) -> Iterator[str]:
    """Yield lines about names that match no object or several, and about skipped pictures.

    `is_created` returns whether objects of a type are created.
    """
    ambiguous = (each for each in unmatched if not each.is_missing)
    yield from map(_ambiguous_line, islice(ambiguous, _MAX_AMBIGUOUS))
    if (more := sum(1 for _ in ambiguous)) > 0:
        yield f"{more:,} other names may be those of several objects, too: not applied"
    yield from _missing_lines(each for each in unmatched if each.is_missing and not is_created(each.type))
    for reason, count in unmatched.pictures.items():
        yield f"left {counted(count, 'picture')}: {reason}"


def _ambiguous_line(each: UnmatchedName) -> str:
    """A line with the objects that may match a name."""
    noun, match = ENTITIES[each.type].noun, each.match
    if match.namesakes:
        others = ", ".join(f"id:{id_}" for id_ in match.namesakes)
        return f"the {noun} {each.label!r} is another one than {others}, who has another id: not applied"
    pairs = zip(match.ids[:5], match.labels, strict=False)
    shown = ", ".join(f"id:{id_} {label}" for id_, label in pairs)
    return f"the {noun} {each.label!r} may be {shown}: not applied"


def _missing_lines(missing: Iterable[UnmatchedName]) -> Iterator[str]:
    """Yield the most frequent names without an object, and the number of the others."""
    total = 0

    def counted() -> Iterator[UnmatchedName]:
        nonlocal total
        for each in missing:
            total += 1
            yield each

    for each in nlargest(_MAX_LISTED, counted(), key=lambda each: each.results):
        times = f" ({each.results:,} times)" if each.results > 1 else ""
        yield f"there is no {ENTITIES[each.type].noun} {each.label!r}{times}"
    if total:
        more = f"{total - _MAX_LISTED:,} other names are not there, too; " if total > _MAX_LISTED else ""
        yield f"{more}--create-missing makes what is not there"
