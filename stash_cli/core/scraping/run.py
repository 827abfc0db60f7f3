"""One scrape of many objects in windows: request, choose and match results, with constant memory."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from stash_cli.core.client.paging import FindQuery, iter_rows
from stash_cli.core.edits.before_values import is_readable
from stash_cli.core.edits.journal.pictures import PICTURES as ADDRESSES
from stash_cli.core.edits.journal.pictures import is_default
from stash_cli.core.errors import StashError
from stash_cli.core.many_keys import IdSet
from stash_cli.core.orm.edit import Edit
from stash_cli.core.orm.input import field_paths
from stash_cli.core.scraping.choice import Candidate, Choice, Outcome, Rules, choose
from stash_cli.core.scraping.covers import data_of, is_improved
from stash_cli.core.scraping.edits import Unmatched
from stash_cli.core.scraping.scraped_object import PICTURES, parse_scraped
from stash_cli.core.types.entities import ENTITIES
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stash_cli.core.capabilities import ServerCapabilities
    from stash_cli.core.client.session import Session
    from stash_cli.core.scraping.decisions import Decisions
    from stash_cli.core.scraping.edits import Planner
    from stash_cli.core.scraping.matching import Matcher
    from stash_cli.core.scraping.requests import ScrapeClient

    Row = Mapping[str, Any]

WINDOW = 20
"""Number of objects whose results are matched together, if they are requested one by one."""


@dataclass(slots=True)
class ScrapeOutcome:
    """The outcome for one object, and the edits of its matching result."""

    row: Row
    choice: Choice
    edits: list[Edit] = field(default_factory=list)
    error: StashError | None = None
    decision: Mapping[str, Any] = field(default_factory=dict)
    """The user's decision in an interrupted run."""

    @property
    def id(self) -> str:
        return str(self.row["id"])


@dataclass
class ScrapeRun:
    """Requests results and plans edits; `number` is that of the run in `decisions`, None if not stored."""

    session: Session
    client: ScrapeClient
    planner: Planner
    matcher: Matcher
    rules: Rules
    decisions: Decisions
    number: int | None = None
    again: bool = False
    """Whether rejected results are offered again."""
    without_cover: IdSet | None = None
    """Ids of scenes without a cover, if only those get one."""

    @property
    def size(self) -> int:
        """Number of objects in one window."""
        return max(self.client.batch_size, WINDOW)

    def paths(self, server: ServerCapabilities) -> list[str]:
        """Paths to read: fields that may change, fields for matching, and URLs of pictures."""
        entity, attrs = ENTITIES[self.planner.type], {*self.planner.attributes, "stash_ids", "urls"}
        declared = (each for each in entity.api.fields.values() if each.attr in attrs)
        paths = ["id", entity.label, *(path for each in declared for path in field_paths(each))]
        paths += [path for (kind, _), path in ADDRESSES.items() if kind == entity.type]
        if entity.type == "Scene":
            paths += [
                "files.duration",
                "files.basename",
                "files.fingerprints.type",
                "files.fingerprints.value",
            ]
        return [path for path in dict.fromkeys(paths) if is_readable(entity.type, path, server)]

    async def scrape(self, rows: Sequence[Row]) -> list[ScrapeOutcome]:
        """Request the results for some objects, and plan the edits of objects with one matching result."""
        self.matcher.trim()
        ids = [str(row["id"]) for row in rows]
        stored = self.decisions.saved(self.number, ids) if self.number is not None else {}
        results: dict[str, Any] = {id_: saved.results for id_, saved in stored.items()}
        results |= await self._results_of([row for row in rows if str(row["id"]) not in stored])
        rejected = self.decisions.rejected(self.planner.type, self.client.source.key, ids)
        rules = replace(self.rules, rejected=frozenset() if self.again else rejected)
        outcomes = [
            self._choose(row, results[str(row["id"])], rules) for row in rows if str(row["id"]) in results
        ]
        for each in outcomes:
            each.decision = stored[each.id].decision if each.id in stored else {}
            if each.choice.match is not None and not each.decision:
                await self._detail(each)
        await self.resolve_names(candidate for each in outcomes for candidate in each.choice.candidates)
        for each in outcomes:
            if (taken := each.choice.match) is not None:
                each.edits = await self.edits(each.row, taken)
        return outcomes

    async def resolve_names(self, candidates: Iterable[Candidate]) -> None:
        """Resolve the objects that results name."""
        many = list(candidates)
        links = [
            link
            for each in many
            for attr, references in each.found.links.items()
            if self.planner.may_change(attr)
            for link in references
        ]
        await self.matcher.resolve(links)
        if self.planner.type in ("Studio", "Tag"):  # their names and aliases are unique
            aliases = [alias for each in many for alias in each.found.values.get("aliases", ())]
            self.planner.alias_owners |= await self.matcher.alias_owners(self.planner.type, aliases)

    async def edits(self, row: Row, candidate: Candidate) -> list[Edit]:
        """Plan the edits of an object from a result, including its picture."""
        found = self.planner.edits(row, candidate)
        for attr, picture in candidate.found.pictures.items():
            if await self._uses_picture(row, attr, picture):
                found.append(Edit(self.planner.type, str(row["id"]), attr, UNSET, picture))
        return found

    async def all_edits(self, row: Row, candidate: Candidate) -> list[Edit]:
        """Plan all edits that the user may choose from, including those that replace values."""
        planner = replace(self.planner, overwrite=True, unmatched=Unmatched())
        return await replace(self, planner=planner).edits(row, candidate)

    async def detailed(self, candidate: Candidate) -> Candidate:
        """Complete a search result with all details of its source."""
        answer = await self.client.detail(candidate.answer, with_pictures=self._wants_pictures)
        return replace(candidate, found=parse_scraped(self.planner.type, answer), answer=answer)

    async def _detail(self, each: ScrapeOutcome) -> None:
        first, *others = each.choice.candidates
        each.choice = replace(each.choice, candidates=(await self.detailed(first), *others))
        if self.number is not None:
            self.decisions.save(
                self.number, {each.id: [candidate.answer for candidate in each.choice.candidates]}
            )

    async def _results_of(self, rows: Sequence[Row]) -> dict[str, Any]:
        """Request results or errors by object id, one request at a time; store results as they arrive."""
        found: dict[str, Any] = {}
        for start in range(0, len(rows), self.client.batch_size):
            batch = rows[start : start + self.client.batch_size]
            if self.client.stopped is not None:
                break
            with_pictures = self._wants_pictures and any(self._may_get_picture(row) for row in batch)
            async for results in self.client.results(batch, with_pictures=with_pictures):
                if self.number is not None:
                    usable = {id_: each for id_, each in results.items() if not isinstance(each, StashError)}
                    self.decisions.save(self.number, usable)
                found |= results
        return found

    def _choose(self, row: Row, results: Any, rules: Rules) -> ScrapeOutcome:
        if isinstance(results, StashError):
            return ScrapeOutcome(row, Choice(Outcome.FAILED, reason=results.message), error=results)
        return ScrapeOutcome(row, choose(self.planner.type, row, results, rules))

    @property
    def _wants_pictures(self) -> bool:
        own = (attr for kind, attr in ADDRESSES if kind == self.planner.type)
        return any(self.planner.may_change(attr) for attr in own)

    def _may_get_picture(self, row: Row) -> bool:
        """Whether an object may get a picture."""
        own = (attr for kind, attr in ADDRESSES if kind == self.planner.type)
        return any(self.planner.may_change(attr) and self._accepts_picture(row, attr) for attr in own)

    def _accepts_picture(self, row: Row, attr: str) -> bool:
        """Whether the object has no picture, or its picture may be replaced."""
        if self.planner.overwrite:
            return True
        if self.without_cover is not None:
            return str(row["id"]) in self.without_cover
        return is_default(_value_at(row, ADDRESSES[self.planner.type, attr]))

    async def _uses_picture(self, row: Row, attr: str, picture: str) -> bool:
        """Whether to use a picture: if there is none, or with `overwrite` in place of a smaller one."""
        if attr not in PICTURES or not self.planner.may_change(attr) or not self._accepts_picture(row, attr):
            return False
        if not self.planner.overwrite:  # there is none
            return True
        address = _value_at(row, ADDRESSES[self.planner.type, attr])
        is_better, reason = await is_improved(self.session, address, data_of(picture))
        if not is_better:
            self.planner.unmatched.pictures[reason] += 1
        return is_better


def _value_at(row: Row, path: str) -> str | None:
    value: Any = row
    for name in path.split("."):
        value = (value or {}).get(name)
    return None if value is None else str(value)


async def scenes_without_cover(session: Session) -> IdSet:
    """Read the ids of all scenes without a cover."""
    ids = IdSet()
    query = FindQuery(ENTITIES["Scene"], filter={"is_missing": "cover"}, sort="id")
    async for row in iter_rows(session, query, ["id"]):
        ids.is_new(str(row["id"]))
    return ids
