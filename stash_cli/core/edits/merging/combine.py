"""Values of the destination of a merge: one table per type has the rule for each field."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashInputError
from stash_cli.core.orm.edit import Edit, key_of
from stash_cli.core.orm.input import before_of
from stash_cli.core.orm.relationship import relationships
from stash_cli.core.types.entities import ENTITIES
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Row = Mapping[str, Any]


class Rule(StrEnum):
    """Rule that combines the values of a field."""

    KEEP = "the destination's stays"
    FILL = "the destination's stays; where it is empty, the first source's that is not"
    UNITE = "everything that any of them has, each once"
    NAMES = "united, with the names of the sources"
    ANY = "yes where any of them is"
    KEYS = "the destination's keys stay, those it lacks come from the sources"
    ENDPOINTS = "an id for each endpoint: the destination's, else the first source's"
    ONE_PERSON = "as for endpoints; two different ids of one endpoint stop the merge"
    SUM = "the sum"


_COMMON = {"urls": Rule.UNITE, "tags": Rule.UNITE, "custom_fields": Rule.KEYS, "rating100": Rule.KEEP}
_MEDIA = {
    "title": Rule.FILL,
    "code": Rule.FILL,
    "details": Rule.FILL,
    "date": Rule.FILL,
    "organized": Rule.KEEP,
    "studio": Rule.FILL,
    "performers": Rule.UNITE,
}

RULES: dict[str, dict[str, Rule]] = {
    "Scene": {
        **_MEDIA,
        **_COMMON,
        "director": Rule.FILL,
        "galleries": Rule.UNITE,
        "groups": Rule.UNITE,
        "stash_ids": Rule.ENDPOINTS,
        "play_duration": Rule.SUM,
        "resume_time": Rule.KEEP,
    },
    "Image": {**_MEDIA, **_COMMON, "photographer": Rule.FILL, "galleries": Rule.UNITE},
    "Gallery": {**_MEDIA, **_COMMON, "photographer": Rule.FILL, "scenes": Rule.UNITE},
    "Performer": {
        **_COMMON,
        **dict.fromkeys(
            (
                "disambiguation",
                "gender",
                "birthdate",
                "death_date",
                "ethnicity",
                "country",
                "eye_color",
                "hair_color",
                "height_cm",
                "weight",
                "measurements",
                "fake_tits",
                "penis_length",
                "circumcised",
                "career_start",
                "career_end",
                "tattoos",
                "piercings",
                "details",
            ),
            Rule.FILL,
        ),
        "name": Rule.KEEP,
        "alias_list": Rule.NAMES,
        "favorite": Rule.ANY,
        "ignore_auto_tag": Rule.KEEP,
        "stash_ids": Rule.ONE_PERSON,
    },
    "Studio": {
        **_COMMON,
        "name": Rule.KEEP,
        "aliases": Rule.NAMES,
        "details": Rule.FILL,
        "parent_studio": Rule.FILL,
        "favorite": Rule.ANY,
        "organized": Rule.KEEP,
        "ignore_auto_tag": Rule.KEEP,
        "stash_ids": Rule.ENDPOINTS,
    },
    "Tag": {
        "name": Rule.KEEP,
        "sort_name": Rule.FILL,
        "aliases": Rule.NAMES,
        "description": Rule.FILL,
        "favorite": Rule.ANY,
        "ignore_auto_tag": Rule.KEEP,
        "parents": Rule.UNITE,
        "children": Rule.UNITE,
        "stash_ids": Rule.ENDPOINTS,
        "custom_fields": Rule.KEYS,
    },
    "Group": {
        **_COMMON,
        "name": Rule.KEEP,
        "aliases": Rule.NAMES,
        "director": Rule.FILL,
        "duration": Rule.FILL,
        "date": Rule.FILL,
        "synopsis": Rule.FILL,
        "studio": Rule.FILL,
        "containing_groups": Rule.UNITE,
        "sub_groups": Rule.UNITE,
    },
    "SceneMarker": {
        "title": Rule.FILL,
        "seconds": Rule.KEEP,
        "end_seconds": Rule.FILL,
        "scene": Rule.KEEP,
        "primary_tag": Rule.KEEP,
        "tags": Rule.UNITE,
    },
}
"""Type -> field -> rule. Pictures stay those of the destination."""


@dataclass
class Combination:
    """Objects of a type to merge, as rows of the API; earlier `sources` take precedence.

    `takes` maps fields to the id of the source whose value is taken. Fields that rows lack are left alone.
    """

    type: str
    destination: Row
    sources: Sequence[Row]
    takes: Mapping[str, str] = field(default_factory=dict)

    def edits(self) -> list[Edit]:
        """The edits of the destination. Raises StashInputError if the objects cannot be merged."""
        found = []
        for name, rule in RULES[self.type].items():
            before, others = self._values(name)
            if before is UNSET:
                continue
            after = (
                self._value_of_source(name) if name in self.takes else self._after(name, rule, before, others)
            )
            if not _is_same(before, after):
                found.append(Edit(self.type, str(self.destination["id"]), name, before, after))
        return found

    def _values(self, name: str) -> tuple[Any, list[Any]]:
        """The destination's value and the sources', in the shape of the update input."""
        values = [before_of(self.type, name, row) for row in (self.destination, *self.sources)]
        if self.type == "Group" and name == "aliases" and values[0] is not UNSET:
            values = [_split(value) for value in values]
        return values[0], [value for value in values[1:] if value is not UNSET]

    def _value_of_source(self, name: str) -> Any:
        row = next(row for row in self.sources if str(row["id"]) == self.takes[name])
        return before_of(self.type, name, row)

    def _after(self, name: str, rule: Rule, before: Any, others: list[Any]) -> Any:
        """The value of a field after the merge, by its rule."""
        if rule is Rule.FILL:
            first_set = next((value for value in (before, *others) if is_set(value)), before)
            return self._without_merged(name, first_set)
        if rule in (Rule.UNITE, Rule.NAMES):
            return self._united(name, rule, before, others)
        if rule is Rule.ANY:
            return bool(before or any(others))
        if rule is Rule.KEYS:
            from_sources = {
                key: value for each in reversed([before, *others]) for key, value in (each or {}).items()
            }
            return {**from_sources, **(before or {})}
        if rule in (Rule.ENDPOINTS, Rule.ONE_PERSON):
            return self._stash_ids(rule, before, others)
        return sum(value or 0 for value in (before, *others)) if rule is Rule.SUM else before

    def _without_merged(self, name: str, value: Any) -> Any:
        """A link, unless it refers to an object of this merge; then the link of that source, or None."""
        relation = relationships(self.type).get(name)
        if relation is None or relation.inverse_type != self.type or value not in self._ids:
            return value
        for row in self.sources:  # if the parent is a source, use the parent of a source
            link = before_of(self.type, name, row)
            if link and link not in self._ids:
                return link
        return None

    @property
    def _ids(self) -> set[str]:
        return {str(row["id"]) for row in (self.destination, *self.sources)}

    def _united(self, name: str, rule: Rule, before: Any, others: list[Any]) -> Any:
        """The items of all objects, each once, without links to objects of this merge."""
        items = [item for value in (before, *others) for item in value or ()]
        relation = relationships(self.type).get(name)
        if relation is not None and relation.inverse_type == self.type:
            items = [item for item in items if str(key_of(item)) not in self._ids]
        if rule is Rule.NAMES:
            items += [row[ENTITIES[self.type].label] for row in self.sources]
            return self._names(items)
        by_key: dict[Any, Any] = {}
        for item in items:
            by_key.setdefault(key_of(item), item)
        return list(by_key.values())

    def _names(self, items: list[str]) -> Any:
        """Aliases, each once regardless of case, without the destination's own name."""
        own = str(self.destination.get(ENTITIES[self.type].label) or "").casefold()
        by_folded_name: dict[str, str] = {}
        for item in items:
            if item and item.casefold() != own:
                by_folded_name.setdefault(item.casefold(), item)
        return list(by_folded_name.values())

    def _stash_ids(self, rule: Rule, before: Any, others: list[Any]) -> list[Any]:
        """One id for each endpoint; with ONE_PERSON two different ones raise StashInputError."""
        by_endpoint: dict[str, Any] = {}
        for item in [each for value in (before, *others) for each in value or ()]:
            first = by_endpoint.setdefault(item["endpoint"], item)
            if rule is Rule.ONE_PERSON and first["stash_id"] != item["stash_id"]:
                raise StashInputError(
                    f"they have two different ids at {item['endpoint']}: {first['stash_id']} and"
                    f" {item['stash_id']}, so they are probably two {ENTITIES[self.type].plural}",
                    hint="Take off the wrong one first, or choose with --take stash_ids=ID.",
                )
        return list(by_endpoint.values())


def is_set(value: Any) -> bool:
    """Whether a value is not empty."""
    return value is not None and value not in ("", [], {})


def _is_same(before: Any, after: Any) -> bool:
    if isinstance(before, list) and isinstance(after, list):
        return {str(key_of(each)) for each in before} == {str(key_of(each)) for each in after}
    return bool(before == after) or not (is_set(before) or is_set(after))


def _split(value: Any) -> Any:
    """The aliases of a group, one text in the API, as a list."""
    return (
        [part.strip() for part in (value or "").split(",") if part.strip()] if value is not UNSET else value
    )


def joined(edit: Edit) -> Edit:
    """Convert an edit of a group's aliases to one text, as the API takes them."""
    if (edit.type, edit.field) != ("Group", "aliases"):
        return edit
    before, after = (", ".join(value or ()) or None for value in (edit.before, edit.after))
    return Edit(edit.type, edit.id, edit.field, before, after)


def conflicting(type_name: str, edits: Sequence[Edit]) -> Iterator[Edit]:
    """Edits that can be made only after the sources are deleted: their names are in use until then."""
    late = {"Tag": ("aliases", "parents", "children"), "Studio": ("aliases",)}.get(type_name, ())
    return (edit for edit in edits if edit.field in late)
