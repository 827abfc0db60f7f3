"""Names in facts, resolved to objects of the library: existing, new, or reported as unknown."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stash_cli.commands.verbs.names import NEW, Names
from stash_cli.core.types.entities import ENTITIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stash_cli.core.client.name_index import NameIndex
    from stash_cli.core.client.session import Session
    from stash_cli.core.sidecars import GroupPlace, Sidecar, SiteId

TYPES = {"studio": "Studio", "performers": "Performer", "tags": "Tag", "groups": "Group"}
"""Fields with names -> the type of their objects."""
_DAY = "2024-05-31"
"""A complete date; a shorter one has no day."""
_NEAR = 20
"""Maximum number of names for which similar ones are searched."""
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass
class FactNames:
    """Resolves names in facts to objects. With `names.create`, missing objects are created."""

    session: Session
    names: Names
    indexes: dict[str, NameIndex] = field(default_factory=dict)
    boxes: list[dict[str, Any]] | None = None
    partial_dates: int = 0
    """Number of dates without a day, which this server does not support."""
    unknown: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(Type, name) of unresolved names -> number of objects with them."""

    async def load(self, fields: Iterable[str]) -> None:
        """Load all names of the fields' types, once."""
        from stash_cli.core.client.name_index import NameIndex

        for target in (TYPES[name] for name in fields if name in TYPES):
            if target not in self.indexes:
                self.indexes[target] = await NameIndex.load(self.session, ENTITIES[target])

    def known(self, name: str, text: str) -> bool:
        """Whether a field has an object of this name."""
        index = self.indexes.get(TYPES[name])
        return index is not None and bool(index.find(text))

    async def values(self, sidecar: Sidecar, fields: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
        """The facts by attribute, with names resolved to ids; and the unresolved names and ids."""
        facts = {name: value for name, value in sidecar.facts.items() if name in fields}
        await self.load(facts)
        unresolved: list[str] = []
        values: dict[str, Any] = {name: value for name, value in facts.items() if name not in (*TYPES, "ids")}
        if "urls" in values:
            values["urls"] = list(values["urls"])
        if (
            len(values.get("date", _DAY)) < len(_DAY)
            and not (await self.session.load_capabilities()).takes_partial_dates
        ):
            unresolved.append(f"date {values.pop('date')}")
            self.partial_dates += 1
        if studio := self._ids("studio", [facts["studio"]] if "studio" in facts else [], unresolved):
            values["studio"] = studio[0]
        for name in ("performers", "tags"):
            values[name] = self._ids(name, facts.get(name, ()), unresolved)
        values["groups"] = self._groups(facts.get("groups", ()), unresolved)
        values["stash_ids"] = await self._stash_ids(facts.get("ids", ()), unresolved)
        return {name: value for name, value in values.items() if value}, unresolved

    def _groups(self, groups: Sequence[GroupPlace], unresolved: list[str]) -> list[dict[str, Any]]:
        links = []
        for each in groups:
            position = {} if each.index is None else {"scene_index": each.index}
            links += [{"group_id": id_, **position} for id_ in self._ids("groups", [each.name], unresolved)]
        return links

    def _ids(self, name: str, texts: Iterable[str], unresolved: list[str]) -> list[str]:
        """The ids of names, each once; missing and ambiguous names are added to `unresolved`."""
        ids: dict[str, None] = {}
        for text in texts:
            id_ = self._id(TYPES[name], text)
            if id_ is None:
                unresolved.append(f"{ENTITIES[TYPES[name]].noun} {text}")
            else:
                ids[id_] = None
        return list(ids)

    def _id(self, target: str, text: str) -> str | None:
        index = self.indexes[target]
        rows = index.find(text)
        if len(rows) == 1:
            object_id = str(rows[0]["id"])
            self.names.labels.setdefault((target, object_id), index.label(rows[0]))
            return object_id
        if rows or not self.names.create:
            self.unknown[target, text] += 1
            return None
        from stash_cli.core.client.name_index import normalized_name

        object_id = f"{NEW}{normalized_name(text) or text.casefold()}"
        self.names.labels.setdefault((target, object_id), text)
        return object_id

    async def _stash_ids(self, ids: Sequence[SiteId], unresolved: list[str]) -> list[dict[str, str]]:
        """The ids at stash-boxes, identified by URL, by name, or as the only stash-box."""
        by_endpoint: dict[str, str] = {}
        for each in ids:
            endpoint = each.site if "://" in each.site else await self._endpoint(each)
            if endpoint:
                by_endpoint.setdefault(endpoint, each.id)
            else:
                unresolved.append(f"id {each.id} at {each.site or 'a site'}")
        return [{"endpoint": endpoint, "stash_id": stash_id} for endpoint, stash_id in by_endpoint.items()]

    async def _endpoint(self, each: SiteId) -> str:
        # Media centres have a fixed list of sites, so ids of stash-boxes may be stored under other names.
        if not _UUID.fullmatch(each.id):
            return ""
        if self.boxes is None:
            from stash_cli.core.scraping.sources import boxes

            self.boxes = await boxes(self.session, ["name", "endpoint"])
        site = each.site.casefold()
        matching = [
            box for box in self.boxes if site and site in (box["name"].casefold(), _host(box["endpoint"]))
        ]
        if not matching and len(self.boxes) == 1:
            matching = self.boxes
        return str(matching[0]["endpoint"]) if matching else ""

    def unknown_rows(self, most: int) -> list[dict[str, Any]]:
        """The unresolved names, the most frequent first; the first ones with similar names."""
        return [
            {
                "type": target,
                "name": text,
                "count": count,
                "candidates": self._candidates(target, text, place),
            }
            for place, ((target, text), count) in enumerate(self.unknown.most_common(most))
        ]

    def _candidates(self, target: str, text: str, place: int) -> list[str]:
        index = self.indexes[target]
        rows: Sequence[Mapping[str, Any]] = index.find(text)
        if rows or place >= _NEAR:  # the search for similar names is slow
            return [f"id:{row['id']} {index.label(row)}" for row in rows]
        return index.near(text)


def _host(endpoint: str) -> str:
    """The name in an address: `stashdb` of https://stashdb.org/graphql."""
    return endpoint.partition("://")[2].partition("/")[0].partition(".")[0].casefold()
