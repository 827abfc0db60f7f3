"""The choice of the matching result for an object; several matches are left to the user."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from stash_cli.core.scraping.evidence import DURATION_DIFF, Confidence, Evidence, evidence_of
from stash_cli.core.scraping.scraped_object import ScrapedObject, parse_scraped

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    Row = Mapping[str, Any]


class Outcome(StrEnum):
    """The outcome of the search for an object; the values are used in the JSON of a plan."""

    TAKEN = "taken"
    """One result matches."""
    NOTHING = "nothing found"
    SEVERAL = "several results"
    UNSURE = "not sure enough"
    OTHER = "another object"
    """The object has an id at this stash-box that none of the results has."""
    FEW = "too few fields"
    REJECTED = "rejected before"
    FAILED = "failed"
    DECLINED = "declined"
    """The user declined; the result is not offered again."""
    SKIPPED = "skipped"
    """The user postponed the decision."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A result with its evidence; `is_known` if the object already has its stash id."""

    found: ScrapedObject
    evidence: Evidence | None = None
    is_known: bool = False
    answer: Mapping[str, Any] = field(default_factory=dict, compare=False)
    """The raw result of the source."""

    @property
    def key(self) -> str:
        """Identity of the result at its source: its id there, else a URL, else the title."""
        urls = self.found.values.get("urls") or [""]
        return self.found.site_id or str(urls[0]) or self.found.label


@dataclass(frozen=True, slots=True)
class Choice:
    """The candidates for an object, the likeliest first, and the outcome."""

    outcome: Outcome
    candidates: tuple[Candidate, ...] = ()
    reason: str = ""

    @property
    def match(self) -> Candidate | None:
        """The matching result; None for other outcomes."""
        return self.candidates[0] if self.outcome is Outcome.TAKEN else None


@dataclass(frozen=True, slots=True)
class Rules:
    """Conditions for a result: `box` is the endpoint of the stash-box, "" for a scraper.

    `is_named` is true if the user gave the search text or URL. `rejected` has (object id, key) of results
    that were rejected before.
    """

    box: str = ""
    confidence: Confidence = Confidence.MEDIUM
    duration_diff: float = DURATION_DIFF
    min_fields: int = 1
    is_named: bool = False
    is_by_name: bool = False
    """Whether the search was by name, so that results may be of other objects with a similar name."""
    rejected: Collection[tuple[str, str]] = field(default_factory=frozenset)


def choose(type_name: str, row: Row, results: Sequence[Row], rules: Rules) -> Choice:
    """Choose among the results for an object; `row` has its names, stash ids and files."""
    if not results:
        return Choice(Outcome.NOTHING)
    candidates = [_candidate(type_name, row, result, rules) for result in results]
    own_id = _id_at(row, rules.box)
    known = [each for each in candidates if each.is_known]
    eligible = known or _ranked([each for each in candidates if not (own_id and each.found.site_id)])
    if not eligible:
        return Choice(Outcome.OTHER, tuple(candidates), f"it has the id {own_id} there")
    not_rejected = [each for each in eligible if (str(row["id"]), each.key) not in rules.rejected]
    if not not_rejected:
        return Choice(Outcome.REJECTED, tuple(eligible))
    sufficient = [each for each in not_rejected if len(each.found.fields) >= rules.min_fields]
    if not sufficient:
        return Choice(
            Outcome.FEW, tuple(not_rejected), f"{len(not_rejected[0].found.fields)} of {rules.min_fields}"
        )
    return _decide(row, sufficient, rules)


def _decide(row: Row, candidates: Sequence[Candidate], rules: Rules) -> Choice:
    matching = [each for each in candidates if each.is_known or _is_sure(row, each, rules)]
    if len(matching) == 1:
        return Choice(Outcome.TAKEN, tuple(matching))
    if matching:
        return Choice(Outcome.SEVERAL, tuple(matching), ", ".join(_summary(each) for each in matching[:5]))
    return Choice(Outcome.UNSURE, tuple(candidates), _summary(candidates[0]))


def _candidate(type_name: str, row: Row, answer: Row, rules: Rules) -> Candidate:
    found = parse_scraped(type_name, answer)
    # Only stash-boxes return fingerprints; a scraper searched for this object, so no evidence is needed.
    evidence = evidence_of(row, answer, rules.duration_diff) if type_name == "Scene" and rules.box else None
    own_id = _id_at(row, rules.box)
    return Candidate(found, evidence, bool(own_id) and own_id == found.site_id, answer)


def _ranked(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Sort candidates by confidence, the surest first; a stable sort."""
    return sorted(
        candidates, key=lambda each: each.evidence.confidence() if each.evidence else 0, reverse=True
    )


def _is_sure(row: Row, candidate: Candidate, rules: Rules) -> bool:
    if rules.is_named:
        return True
    if rules.is_by_name:
        return has_name_of(row, candidate.found)
    if candidate.evidence is None:
        return True
    return candidate.evidence.confidence(rules.duration_diff) >= rules.confidence


def has_name_of(row: Row, found: ScrapedObject) -> bool:
    """Whether name or aliases of result and object match, and disambiguation and birthdate agree."""
    names = {found.label, *_as_list(found.values.get("alias_list") or found.values.get("aliases"))}
    own = {str(row.get("name") or ""), *_as_list(row.get("alias_list") or row.get("aliases"))}
    if not {name.casefold() for name in names if name} & {name.casefold() for name in own if name}:
        return False
    return not any(
        row.get(key) and found.values.get(key) and not _are_compatible(str(row[key]), str(found.values[key]))
        for key in ("disambiguation", "birthdate")
    )


def _are_compatible(one: str, other: str) -> bool:
    """Whether one value is a prefix of the other, case-insensitive: a year agrees with its days."""
    left, right = one.casefold(), other.casefold()
    return left.startswith(right) or right.startswith(left)


def _as_list(value: Any) -> list[str]:
    """Aliases as a list; groups have them as one text with commas."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",")]
    return [str(each) for each in value or ()]


def _id_at(row: Row, box: str) -> str:
    """The id of an object at a stash-box; "" if it has none."""
    ids = (each["stash_id"] for each in row.get("stash_ids") or () if box and each["endpoint"] == box)
    return str(next(ids, ""))


def _summary(candidate: Candidate) -> str:
    """A result in a few words, for messages."""
    found = candidate.found
    date = str(found.values.get("date") or found.values.get("birthdate") or "")
    facts = [f'"{found.label}"', date, str(candidate.evidence) if candidate.evidence else ""]
    return " ".join(fact for fact in facts if fact)
