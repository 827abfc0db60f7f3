"""The result that is meant, of those that a source has for an object; several are a question."""

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
    """The outcome of the question for an object; the values are those of the JSON of a plan."""

    TAKEN = "taken"
    """One result is meant."""
    NOTHING = "nothing found"
    SEVERAL = "several results"
    UNSURE = "not sure enough"
    OTHER = "another object"
    """The object has another id at this stash-box than all that was found."""
    FEW = "too few fields"
    REJECTED = "rejected before"
    FAILED = "failed"
    DECLINED = "declined"
    """A person said no; the result is not offered again."""
    SKIPPED = "skipped"
    """A person left it for later."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A result, with the reasons to believe in it; `is_known` where the object has its id already."""

    found: ScrapedObject
    evidence: Evidence | None = None
    is_known: bool = False
    answer: Mapping[str, Any] = field(default_factory=dict, compare=False)
    """The result as the source gave it."""

    @property
    def key(self) -> str:
        """Identity of the result at its source: the id there, else an address, else the title."""
        urls = self.found.values.get("urls") or [""]
        return self.found.site_id or str(urls[0]) or self.found.label


@dataclass(frozen=True, slots=True)
class Choice:
    """The candidates for an object, the likeliest first, and what is to be done about them."""

    outcome: Outcome
    candidates: tuple[Candidate, ...] = ()
    reason: str = ""

    @property
    def taken(self) -> Candidate | None:
        """The result that is meant."""
        return self.candidates[0] if self.outcome is Outcome.TAKEN else None


@dataclass(frozen=True, slots=True)
class Rules:
    """Conditions for a result: `box` is the endpoint of the stash-box that is asked, "" for a scraper.

    `is_named` says that a person gave the text or address that was asked for. `rejected` are keys of results
    that were refused before.
    """

    box: str = ""
    confidence: Confidence = Confidence.MEDIUM
    duration_diff: float = DURATION_DIFF
    min_fields: int = 1
    is_named: bool = False
    is_by_name: bool = False
    """Whether the source was asked for a name, and so may tell of others that are called alike."""
    rejected: Collection[tuple[str, str]] = field(default_factory=frozenset)


def choose(type_name: str, row: Row, results: Sequence[Row], rules: Rules) -> Choice:
    """The choice among the results for an object; `row` has its names, stash ids and files."""
    if not results:
        return Choice(Outcome.NOTHING)
    candidates = [_candidate(type_name, row, result, rules) for result in results]
    held = _id_at(row, rules.box)
    known = [each for each in candidates if each.is_known]
    left = known or _ranked([each for each in candidates if not (held and each.found.site_id)])
    if not left:
        return Choice(Outcome.OTHER, tuple(candidates), f"it has the id {held} there")
    new = [each for each in left if (str(row["id"]), each.key) not in rules.rejected]
    if not new:
        return Choice(Outcome.REJECTED, tuple(left))
    enough = [each for each in new if len(each.found.fields) >= rules.min_fields]
    if not enough:
        return Choice(Outcome.FEW, tuple(new), f"{len(new[0].found.fields)} of {rules.min_fields}")
    return _decide(row, enough, rules)


def _decide(row: Row, candidates: Sequence[Candidate], rules: Rules) -> Choice:
    sure = [each for each in candidates if each.is_known or _is_sure(row, each, rules)]
    if len(sure) == 1:
        return Choice(Outcome.TAKEN, tuple(sure))
    if sure:
        return Choice(Outcome.SEVERAL, tuple(sure), ", ".join(_summary(each) for each in sure[:5]))
    return Choice(Outcome.UNSURE, tuple(candidates), _summary(candidates[0]))


def _candidate(type_name: str, row: Row, answer: Row, rules: Rules) -> Candidate:
    found = parse_scraped(type_name, answer)
    # Only stash-boxes tell fingerprints; of a scraper the object itself was asked.
    evidence = evidence_of(row, answer, rules.duration_diff) if type_name == "Scene" and rules.box else None
    held = _id_at(row, rules.box)
    return Candidate(found, evidence, bool(held) and held == found.site_id, answer)


def _ranked(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The surest first; those that are equally sure as they came."""
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
    """Whether a result is called as an object, or by one of its aliases, and nothing speaks against it."""
    names = {found.label, *_listed(found.values.get("alias_list") or found.values.get("aliases"))}
    own = {str(row.get("name") or ""), *_listed(row.get("alias_list") or row.get("aliases"))}
    if not {name.casefold() for name in names if name} & {name.casefold() for name in own if name}:
        return False
    return not any(
        row.get(key) and found.values.get(key) and not _agree(str(row[key]), str(found.values[key]))
        for key in ("disambiguation", "birthdate")
    )


def _agree(one: str, other: str) -> bool:
    """Whether two values are the same, as far as the shorter one goes: a year agrees with its days."""
    left, right = one.casefold(), other.casefold()
    return left.startswith(right) or right.startswith(left)


def _listed(value: Any) -> list[str]:
    """Aliases, which groups have as one text."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",")]
    return [str(each) for each in value or ()]


def _id_at(row: Row, box: str) -> str:
    """The id of an object at a stash-box, "" for none."""
    found = (each["stash_id"] for each in row.get("stash_ids") or () if box and each["endpoint"] == box)
    return str(next(found, ""))


def _summary(candidate: Candidate) -> str:
    """A result in a few words."""
    found = candidate.found
    date = str(found.values.get("date") or found.values.get("birthdate") or "")
    facts = [f'"{found.label}"', date, str(candidate.evidence) if candidate.evidence else ""]
    return " ".join(fact for fact in facts if fact)
