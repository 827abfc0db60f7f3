"""From a result to the edits of an object: fill empty fields, add to lists, keep one id per stash-box."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from stash_cli.core.edits.drafts.recheck import is_noop
from stash_cli.core.edits.merging.combine import RULES, Rule
from stash_cli.core.many_keys import KeyFile
from stash_cli.core.orm.edit import Change, Edit, key_of
from stash_cli.core.orm.input import before_of, input_field
from stash_cli.core.scraping.matching import Match
from stash_cli.core.types.entities import ENTITIES
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from stash_cli.core.capabilities import ServerCapabilities
    from stash_cli.core.scraping.choice import Candidate
    from stash_cli.core.scraping.scraped_object import ScrapedObject, ScrapedReference

    Row = Mapping[str, Any]

STASH_IDS = "stash_ids"
_MEDIA_OF_IMAGES = "Gallery"
"""The type whose rules also apply to images."""


class UnmatchedName(NamedTuple):
    """A name, the number of results with it, and the objects that may match."""

    type: str
    label: str
    results: int
    match: Match

    @property
    def is_missing(self) -> bool:
        """Whether no object has this name."""
        return not (self.match.ids or self.match.namesakes)


@dataclass
class Unmatched:
    """Names in results with no match or several, stored in a file because each result may have others."""

    pictures: Counter[str] = field(default_factory=Counter)
    """Reasons for skipped pictures, with their numbers."""
    _names: KeyFile = field(default_factory=KeyFile, init=False)

    def add(self, link: ScrapedReference, match: Match) -> None:
        """Count a name in one more result."""
        key = f"{link.type}\0{link.label}"
        stored = self._names.get(key)
        count = 1 + (json.loads(stored)[0] if stored else 0)
        self._names[key] = json.dumps([count, match.ids, match.labels, match.namesakes])

    def close(self) -> None:
        """Delete the file of names."""
        self._names.close()

    def __iter__(self) -> Iterator[UnmatchedName]:
        for key, value in self._names.items():
            type_name, _, label = key.partition("\0")
            count, *match = json.loads(value)
            yield UnmatchedName(type_name, label, count, Match(*map(tuple, match)))


@dataclass
class Planner:
    """Plans the edits of objects of a type.

    `matches` maps names to objects; `new` returns the provisional id of an object to create, or None. `only`
    are the attributes that may change; with `overwrite` results replace existing values.
    """

    type: str
    server: ServerCapabilities
    matches: Mapping[ScrapedReference, Match]
    new: Callable[[ScrapedReference], str | None]
    box: str = ""
    only: Collection[str] = ()
    overwrite: bool = False
    unmatched: Unmatched = field(default_factory=Unmatched)
    alias_owners: dict[str, set[str]] = field(default_factory=dict)
    """Aliases in lower case -> ids of the objects that have them, for types with unique aliases."""

    @property
    def attributes(self) -> list[str]:
        """The attributes to read before planning."""
        from stash_cli.core.scraping.scraped_object import PICTURES, targets

        attrs = [each.attr for each in targets(self.type) if each.attr not in PICTURES]
        return [attr for attr in (*attrs, STASH_IDS) if input_field(self.type, "Update", attr)]

    def edits(self, row: Row, candidate: Candidate, only: Collection[str] = ()) -> list[Edit]:
        """Return the edits of an object from a result, without pictures, limited to attributes in `only`."""
        found, edits = candidate.found, []
        for attr, value in found.values.items():
            edits += self._edit(row, attr, self._value(row, attr, value))
        for attr, links in found.links.items():
            edits += self._edit(row, attr, self._link_change(row, attr, links))
        edits += self._edit(row, STASH_IDS, self._stash_ids(row, found))
        return [edit for edit in edits if not only or edit.field in only]

    def may_change(self, attr: str) -> bool:
        """Whether a field may change; a field such as the name only if it is chosen explicitly."""
        if self._rule(attr) is Rule.KEEP:
            return attr in self.only and self.overwrite
        return not self.only or attr in self.only

    def _rule(self, attr: str) -> Rule:
        table = RULES[_MEDIA_OF_IMAGES if self.type == "Image" else self.type]
        return table.get(attr, Rule.FILL)

    def _edit(self, row: Row, attr: str, after: Any) -> list[Edit]:
        before = before_of(self.type, attr, row)
        if after is UNSET or before is UNSET or not self.may_change(attr):
            return []
        edit = Edit(self.type, str(row["id"]), attr, before, after)
        return [] if is_noop(edit) or edit.after == Change() else [edit]

    def _value(self, row: Row, attr: str, value: Any) -> Any:
        """The new value of a text, a number or a list of texts; UNSET for no change."""
        before = before_of(self.type, attr, row)
        if isinstance(value, list):
            return self._missing_items(row, attr, before, value)
        if not self.fits(attr, value):
            return UNSET
        return value if self.overwrite or before in (None, "", UNSET) else UNSET

    def fits(self, attr: str, value: Any) -> bool:
        """Whether this server stores a value: dates without a day are supported since 0.30."""
        is_partial = attr.endswith("date") and isinstance(value, str) and len(value) < len("2024-05-31")
        return not is_partial or self.server.is_since("0.30")

    def _missing_items(self, row: Row, attr: str, before: Any, items: Iterable[Any]) -> Any:
        """The items that a list lacks, compared case-insensitively; the own name is not added as an alias."""
        existing = {str(key_of(item)).casefold() for item in (before if isinstance(before, list) else ())}
        if self._rule(attr) is Rule.NAMES:
            existing.add(str(row.get(ENTITIES[self.type].label) or "").casefold())
            existing |= {alias for alias, ids in self.alias_owners.items() if ids != {str(row["id"])}}
        new = {str(item).casefold(): item for item in items if str(item).casefold() not in existing}
        return Change(tuple(new.values())) if new else UNSET

    def _may_link(self, row: Row, attr: str) -> bool:
        """Whether a relationship field may be changed by a result."""
        before = before_of(self.type, attr, row)
        is_full = not isinstance(before, list) and before not in (None, "")
        return self.may_change(attr) and before is not UNSET and (self.overwrite or not is_full)

    def note_unmatched(self, row: Row, candidate: Candidate) -> None:
        """Count the names in a result with no match or several."""
        for attr, links in candidate.found.links.items():
            for link in links if self._may_link(row, attr) else ():
                match = self.matches[link]
                if len(match.ids) != 1:
                    self.unmatched.add(link, match)

    def _link_change(self, row: Row, attr: str, links: Iterable[ScrapedReference]) -> Any:
        """The change of a relationship field by the objects that a result names; UNSET for no change."""
        if not self._may_link(row, attr):
            return UNSET
        before = before_of(self.type, attr, row)
        if not isinstance(before, list):
            return next((id_ for link in links if (id_ := self._id(link))), UNSET)
        existing = {str(key_of(item)) for item in before}
        ids = dict.fromkeys(id_ for link in links if (id_ := self._id(link)))
        own = str(row["id"]) if attr == "parents" else ""
        added = [id_ for id_ in ids if id_ not in existing and id_ != own]
        is_item = self.type == "Scene" and attr == "groups"
        return Change(tuple({"group_id": id_, "scene_index": None} if is_item else id_ for id_ in added))

    def _id(self, link: ScrapedReference) -> str | None:
        """The id of the matching object, or the provisional id of a new one; None without either."""
        match = self.matches[link]
        return match.id if match.ids or match.namesakes else self.new(link)

    def _stash_ids(self, row: Row, found: ScrapedObject) -> Any:
        """The stash ids with that of this stash-box added; an existing one is not replaced."""
        before = before_of(self.type, STASH_IDS, row)
        if not (self.box and found.site_id) or not isinstance(before, list):
            return UNSET
        if any(each["endpoint"] == self.box for each in before):
            return UNSET
        return [*before, {"endpoint": self.box, "stash_id": found.site_id}]
