"""Objects of the library that results name: by stash id, by alias, by name; several are ambiguous.

An alias comes before a name, because somebody has said with it that this object is meant; the same name may
be that of somebody else. Neither is enough where the object is another one at the stash-box.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stash_cli.core.client.resolver import Name, Policy, aliases_of, name_fields, resolve
from stash_cli.core.types.entities import ENTITIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stash_cli.core.client.session import Session
    from stash_cli.core.scraping.scraped_object import ScrapedReference

    Row = Mapping[str, Any]

_ALL = Policy("all", "omit", every=True)
MOST = 10_000
"""Names that are held in memory."""


@dataclass(frozen=True, slots=True)
class Match:
    """The objects that may be meant: one is, several are candidates, none is missing.

    `namesakes` are ids of others that are called just so, because of which none can be made of this name.
    """

    ids: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    namesakes: tuple[str, ...] = ()

    @property
    def id(self) -> str | None:
        """The id, where one object is meant."""
        return self.ids[0] if len(self.ids) == 1 else None


@dataclass
class Matcher:
    """Resolver of the objects that results name; each name is looked up once.

    `box` is the endpoint of the stash-box that is asked, "" for a scraper.
    """

    session: Session
    box: str = ""
    matches: dict[ScrapedReference, Match] = field(default_factory=dict)

    def trim(self) -> None:
        """Drop the names that were looked up, where they are many: they are looked up again where needed."""
        if len(self.matches) > MOST:
            self.matches.clear()

    async def resolve(self, links: Iterable[ScrapedReference]) -> None:
        """Look up names that are not known yet: two or three requests a type, however many they are."""
        wanted: dict[str, list[ScrapedReference]] = {}
        for each in dict.fromkeys(links):
            if each not in self.matches:
                wanted.setdefault(each.type, []).append(each)
        for type_name, many in wanted.items():
            await self._resolve_type(type_name, many)

    async def taken_aliases(self, type_name: str, aliases: Iterable[str]) -> dict[str, set[str]]:
        """Alias, in lower case -> ids of the objects that are called so already."""
        names = [Name.literal(alias) for alias in dict.fromkeys(aliases)]
        if not names:
            return {}
        found = await resolve(self.session, ENTITIES[type_name], names, _ALL)
        return {name.name.casefold(): set(ids) for name, ids in found.ids.items() if ids}

    async def _resolve_type(self, type_name: str, links: Sequence[ScrapedReference]) -> None:
        names = {each: Name.literal(each.name) for each in links}
        # Also of those that the server has matched: it takes a name where the id at the box is another.
        found = await resolve(self.session, ENTITIES[type_name], names.values(), _ALL)
        ids = {each: list(found.ids.get(name, ())) for each, name in names.items()}
        for each in links:
            ids[each] += [each.stored_id] if each.stored_id and each.stored_id not in ids[each] else []
        rows = await self._rows(type_name, {one for many in ids.values() for one in many})
        for each in links:
            self.matches[each] = self._match(each, [rows[one] for one in ids[each] if one in rows])

    async def _rows(self, type_name: str, ids: Iterable[str]) -> dict[str, Row]:
        server, entity = await self.session.learn(), ENTITIES[type_name]
        paths = [entity.label, *name_fields(entity), "stash_ids.endpoint", "stash_ids.stash_id"]
        known = ["id", *(path for path in paths if server.has_path(type_name, path))]
        wanted = sorted(ids, key=int)
        if not wanted:
            return {}
        return {row["id"]: row async for row in self.session.rows_by_id(type_name, wanted, known)}

    def _match(self, link: ScrapedReference, rows: Sequence[Row]) -> Match:
        """The objects of `rows` that a link may mean."""
        left = list(rows)
        if link.site_id and self.box:
            same = [row for row in rows if _id_at(row, self.box) == link.site_id]
            left = same or [row for row in rows if not _id_at(row, self.box)]
        label = ENTITIES[link.type].label
        fitting = _first_called([row for row in left if _may_be(link, row)], link.name, label)
        called = link.label.casefold()
        return Match(
            tuple(str(row["id"]) for row in fitting),
            tuple(_label(row, label) for row in fitting),
            tuple(str(row["id"]) for row in rows if not fitting and _label(row, label).casefold() == called),
        )


def _id_at(row: Row, box: str) -> str:
    return next((str(each["stash_id"]) for each in row.get("stash_ids") or () if each["endpoint"] == box), "")


def _first_called(rows: Sequence[Row], name: str, label: str) -> list[Row]:
    """The objects with this alias, else of this name, else in another case; else those the server matched."""
    folded = name.strip().casefold()
    aliased = [row for row in rows if folded in aliases_of(row)]
    named = [row for row in rows if str(row.get(label) or "").casefold() == folded]
    exact = [row for row in named if row.get(label) == name.strip()]
    return aliased or exact or named or list(rows)


def _may_be(link: ScrapedReference, row: Row) -> bool:
    """Whether nothing speaks against a performer of the same name."""
    own = str(row.get("disambiguation") or "").casefold()
    return not link.disambiguation or not own or own == link.disambiguation.casefold()


def _label(row: Row, label: str) -> str:
    more = row.get("disambiguation")
    return f"{row.get(label) or ''} ({more})" if more else str(row.get(label) or "")
