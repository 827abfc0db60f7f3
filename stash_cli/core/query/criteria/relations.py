"""Relations.

| lookup | meaning |
|---|---|
| eq, includes_all | all of them (`tags=[1, 2]`); for a relation to one object `eq` is `includes` |
| includes, in | any of them |
| excludes, ne | none of them; includes objects without any |
| null | True: without any; False: with some |
| depth | levels of descendants that count as the given object (-1: all), beside another lookup |

Values are ids (numbers or digits) or saved objects; `resolve` turns names into ids.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stash_cli.core.query import server_quirks as quirks
from stash_cli.core.query import value_parsers
from stash_cli.core.query.extractors import extractor
from stash_cli.core.query.model import Clause, Condition, FilterField, Lookup, Reference
from stash_cli.core.query.server_quirks import is_listed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_HELP = {
    "eq": "each of these",
    "includes_all": "each of these",
    "includes": "any of these",
    "in": "any of these",
    "excludes": "none of these",
    "ne": "none of these",
}


def ids(field: FilterField, value: Any) -> list[str]:
    """Ids of one or several ids or saved objects, without duplicates."""
    many = value if isinstance(value, list | tuple | set | frozenset) else [value]
    return list(dict.fromkeys(_id(field, item) for item in many))


def _id(field: FilterField, item: Any) -> str:
    # For a malformed id servers return nothing, or an SQL error where the relation is a hierarchy.
    found = str(getattr(item, "id", item)).strip()
    if isinstance(item, bool | Reference) or not found.isdecimal():
        field.refuse(item, f"ids or saved objects of {field.target or 'the other type'}")
    return str(int(found))


@dataclass
class RelationLookups:
    """All lookups of one relation."""

    every: list[str] = field(default_factory=list)
    some: list[list[str]] = field(default_factory=list)
    none: list[str] = field(default_factory=list)
    null: bool | None = None
    depth: int = 0

    def test(self, values: list[Any]) -> bool:
        """Whether an object related to these ids matches, ignoring depth."""
        related = {str(value) for value in values}
        if self.null is not None and self.null == bool(related):
            return False
        if any(related.isdisjoint(some) for some in self.some):
            return False
        return related.issuperset(self.every) and related.isdisjoint(self.none)


@dataclass(frozen=True)
class Relation:
    """Relations; `levels` marks hierarchies, which have a `depth`."""

    levels: bool = False

    def lookups(self, field: FilterField) -> dict[str, Lookup]:
        names = ["eq", "includes", "in"]
        if not is_listed(quirks.NEGATION_UNSUPPORTED, field.key):
            names += ["excludes", "ne"]
        if not is_to_one(field) and _supports_all(field):
            names.append("includes_all")
        metavar = (field.target or "ID").upper()
        known = {name: Lookup(name, "list", metavar, _HELP[name], value_parsers.names) for name in names}
        if not is_listed(quirks.NULL_UNSUPPORTED, field.key):
            known["null"] = Lookup("null", "none", "", "none at all", value_parsers.parse_bool)
        if self.levels and not is_listed(quirks.DEPTH_UNSUPPORTED, field.key):
            known["depth"] = Lookup(
                "depth", "value", "N", "levels below that count too (-1: all)", value_parsers.whole
            )
        return known

    def compile(self, field: FilterField, given: Mapping[str, Any], _now: datetime) -> Condition:
        wanted = self._parse_relation(field, given)
        criterion, exact = self._criterion(field, wanted)
        if criterion is None:
            return Condition(field, [], wanted.test)
        if wanted.depth and self.levels and criterion["modifier"] not in ("IS_NULL", "NOT_NULL"):
            criterion["depth"] = wanted.depth
        clause: Clause = [(field.name, criterion)]
        if criterion["modifier"] == "EXCLUDES" and is_listed(quirks.EXCLUDES_DROPS_EMPTY, field.key):
            clause.append((field.name, {"modifier": "IS_NULL"}))
        # Rows contain the related objects but not their ancestors, so levels cannot be tested on them.
        return Condition(field, [clause], None if wanted.depth else wanted.test, exact=exact)

    def _parse_relation(self, field: FilterField, given: Mapping[str, Any]) -> RelationLookups:
        found = RelationLookups()
        for name, value in given.items():
            if name == "null":
                found.null = bool(value)
            elif name == "depth":
                found.depth = _depth(field, value)
            else:
                self._gather(field, found, name, ids(field, value))
        if found.null and (found.every or found.some):
            field.refuse(dict(given), "either null or ids")
        if given.keys() == {"depth"}:
            field.refuse(dict(given), f"ids beside {field.name}__depth")
        return found

    def _gather(self, field: FilterField, found: RelationLookups, name: str, named: list[str]) -> None:
        if name in ("excludes", "ne"):
            found.none += named
            return
        if not named:
            field.refuse(named, f"at least one id (for none at all say {field.name}__null=True)")
        any_of = name in ("includes", "in") or (name == "eq" and is_to_one(field))
        if name == "eq" and len(named) > 1 and not _supports_all(field):
            field.refuse(named, f"one id (any of several is {field.name}__includes)")
        if any_of and len(named) > 1:
            found.some.append(named)
        else:
            found.every += [one for one in named if one not in found.every]

    def _criterion(self, field: FilterField, wanted: RelationLookups) -> tuple[dict[str, Any] | None, bool]:
        """The closest criterion, and whether it is exact."""
        if wanted.null:
            return {"modifier": "IS_NULL"}, not is_listed(quirks.NULL_OF_ANY, field.key)
        if wanted.every or wanted.some:
            return self._positive(field, wanted)
        if wanted.none:
            if is_listed(quirks.EXCLUDES_IGNORED, field.key):
                return {"modifier": "INCLUDES", "value": [], "excludes": wanted.none}, wanted.null is None
            return {"modifier": "EXCLUDES", "value": wanted.none}, wanted.null is None
        return ({"modifier": "NOT_NULL"} if wanted.null is False else None), True

    @staticmethod
    def _positive(field: FilterField, wanted: RelationLookups) -> tuple[dict[str, Any], bool]:
        if len(wanted.every) > 1 and is_to_one(field):
            field.refuse(wanted.every, "ids of which an object can have one")
        not_all = len(wanted.every) > 1 and is_listed(quirks.INCLUDES_ALL_IGNORED, field.key)
        # One id narrows the result; the others are tested on rows.
        every = wanted.every[:1] if not_all else wanted.every
        modifier = "INCLUDES_ALL" if len(every) > 1 else "INCLUDES"
        criterion = {"modifier": modifier, "value": every or wanted.some[0]}
        takes_excludes = not is_listed(quirks.EXCLUDES_IGNORED_BESIDE, field.key)
        # `excludes` in the same criterion, because a second criterion on the field would need another level
        # and share the join.
        if wanted.none and takes_excludes:
            criterion["excludes"] = wanted.none
        is_single = len(wanted.some) + bool(wanted.every) == 1
        return criterion, is_single and not not_all and (takes_excludes or not wanted.none)


def is_to_one(field: FilterField) -> bool:
    """Whether an object has at most one of these."""
    return is_listed(quirks.TO_ONE, field.key) and field.key not in quirks.INCLUDES_ALL_IGNORED


def _supports_all(field: FilterField) -> bool:
    """Whether "all of these" can be answered, by the server or from rows."""
    return (
        not is_listed(quirks.INCLUDES_ALL_IGNORED, field.key)
        or extractor(field.owner, field.name) is not None
    )


def _depth(field: FilterField, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < -1:
        field.refuse(value, "a depth of 0 or more, or -1 for all levels")
    return value
