"""Matching of names in results to objects of the library: by stash id, by alias, by name.

An alias takes precedence over a name, because the user has set it for this object, while the same name may
belong to another one. An object with another id at the stash-box never matches.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stash_cli.core.client.named_rows import aliases_of
from stash_cli.core.client.resolver import Name, Policy, name_fields, resolve
from stash_cli.core.types.entities import ENTITIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stash_cli.core.client.session import Session
    from stash_cli.core.scraping.scraped_object import ScrapedReference

    Row = Mapping[str, Any]

_ALL = Policy("all", "omit", every=True)
MOST = 10_000
"""Maximum number of names in memory."""


@dataclass(frozen=True, slots=True)
class Match:
    """The matching objects: one is a match, several are ambiguous, none is missing.

    `namesakes` are ids of other objects with exactly this name; because of them, none can be created.
    """

    ids: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    namesakes: tuple[str, ...] = ()

    @property
    def id(self) -> str | None:
        """The id if exactly one object matches."""
        return self.ids[0] if len(self.ids) == 1 else None


@dataclass
class Matcher:
    """Resolves the objects that results name; each name is looked up once.

    `box` is the endpoint of the stash-box, "" for a scraper.
    """

    session: Session
    box: str = ""
    matches: dict[ScrapedReference, Match] = field(default_factory=dict)

    def trim(self) -> None:
        """Evict the resolved names when there are more than MOST; they are resolved again when needed."""
        if len(self.matches) > MOST:
            self.matches.clear()

    async def resolve(self, links: Iterable[ScrapedReference]) -> None:
        """Resolve names that are not resolved yet, with two or three requests per type."""
        unresolved: dict[str, list[ScrapedReference]] = {}
        for each in dict.fromkeys(links):
            if each not in self.matches:
                unresolved.setdefault(each.type, []).append(each)
        for type_name, type_links in unresolved.items():
            await self._resolve_type(type_name, type_links)

    async def alias_owners(self, type_name: str, aliases: Iterable[str]) -> dict[str, set[str]]:
        """Map of alias in lower case -> ids of the objects that already have this name or alias."""
        names = [Name.literal(alias) for alias in dict.fromkeys(aliases)]
        if not names:
            return {}
        found = await resolve(self.session, ENTITIES[type_name], names, _ALL)
        return {name.name.casefold(): set(ids) for name, ids in found.ids.items() if ids}

    async def _resolve_type(self, type_name: str, links: Sequence[ScrapedReference]) -> None:
        names = {each: Name.literal(each.name) for each in links}
        # Also for names that the server has matched: it matches by name even if the id at the box differs.
        found = await resolve(self.session, ENTITIES[type_name], names.values(), _ALL)
        ids = {each: list(found.ids.get(name, ())) for each, name in names.items()}
        for each in links:
            ids[each] += [each.stored_id] if each.stored_id and each.stored_id not in ids[each] else []
        rows = await self._rows(type_name, {id_ for many in ids.values() for id_ in many})
        for each in links:
            self.matches[each] = self._match(each, [rows[id_] for id_ in ids[each] if id_ in rows])

    async def _rows(self, type_name: str, ids: Iterable[str]) -> dict[str, Row]:
        server, entity = await self.session.load_capabilities(), ENTITIES[type_name]
        paths = [entity.label, *name_fields(entity), "stash_ids.endpoint", "stash_ids.stash_id"]
        readable = ["id", *(path for path in paths if server.has_path(type_name, path))]
        sorted_ids = sorted(ids, key=int)
        if not sorted_ids:
            return {}
        return {row["id"]: row async for row in self.session.rows_by_id(type_name, sorted_ids, readable)}

    def _match(self, link: ScrapedReference, rows: Sequence[Row]) -> Match:
        """Select the objects of `rows` that match a link."""
        eligible = list(rows)
        if link.site_id and self.box:
            same = [row for row in rows if _id_at(row, self.box) == link.site_id]
            eligible = same or [row for row in rows if not _id_at(row, self.box)]
        label = ENTITIES[link.type].label
        matching = _best_named([row for row in eligible if _is_compatible(link, row)], link.name, label)
        folded_label = link.label.casefold()
        return Match(
            tuple(str(row["id"]) for row in matching),
            tuple(_label(row, label) for row in matching),
            tuple(
                str(row["id"])
                for row in rows
                if not matching and _label(row, label).casefold() == folded_label
            ),
        )


def _id_at(row: Row, box: str) -> str:
    return next((str(each["stash_id"]) for each in row.get("stash_ids") or () if each["endpoint"] == box), "")


def _best_named(rows: Sequence[Row], name: str, label: str) -> list[Row]:
    """The objects with this alias; else with this name, exact or case-insensitive; else all."""
    folded = name.strip().casefold()
    aliased = [row for row in rows if folded in aliases_of(row)]
    named = [row for row in rows if str(row.get(label) or "").casefold() == folded]
    exact = [row for row in named if row.get(label) == name.strip()]
    return aliased or exact or named or list(rows)


def _is_compatible(link: ScrapedReference, row: Row) -> bool:
    """Whether the disambiguations do not contradict each other."""
    own = str(row.get("disambiguation") or "").casefold()
    return not link.disambiguation or not own or own == link.disambiguation.casefold()


def _label(row: Row, label: str) -> str:
    disambiguation = row.get("disambiguation")
    return f"{row.get(label) or ''} ({disambiguation})" if disambiguation else str(row.get(label) or "")
