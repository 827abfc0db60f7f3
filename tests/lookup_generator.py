"""Random lookups for a random library, with present, neighbouring and absent values."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import lookup_semantics as semantics
import random_rows
from lookup_oracle import TABLES, LookupOracle

from stash_cli.core.query.lookups import FilterField, fields

PATTERNS = ["^a", "[0-9]", "a|b", "c$", "(?i)ALPHA", "x*", r"\.", "^.$", "(?i)é", "%", "_"]
Lookups = dict[str, Any]


class LookupGenerator:
    """Generates lookups for the library of `oracle`."""

    def __init__(self, rng: Random, oracle: LookupOracle) -> None:
        self.rng = rng
        self.oracle = oracle

    def lookup_of(self, type_name: str, field: FilterField, lookup: str) -> Lookups:
        """A lookup of one field, with the lookups that narrow it."""
        lookups = {f"{field.name}__{lookup}": self.value(type_name, field, lookup)}
        if lookup in NARROWING:
            names = [name for name in field.lookups if name not in NARROWING and name != "null"]
            beside = self.rng.choice(names)
            lookups[f"{field.name}__{beside}"] = self.value(type_name, field, beside)
        return lookups

    def lookups(self, type_name: str, most: int = 3) -> Lookups:
        """Lookups of some fields, and of related objects."""
        lookups: Lookups = {}
        for _ in range(self.rng.randint(1, most)):
            field = self.rng.choice(list(fields(type_name).values()))
            if field.lookups:
                for _ in range(self.rng.choice([1, 1, 2])):
                    lookups |= self.lookup_of(type_name, field, self.rng.choice(list(field.lookups)))
            else:
                lookups |= self.related_lookup(field)
        return lookups

    def related_lookup(self, field: FilterField) -> Lookups:
        """A lookup of related objects."""
        target = field.target or ""
        plain = [one for one in fields(target).values() if one.lookups]
        chosen = self.rng.choice(plain)
        found = self.lookup_of(target, chosen, self.rng.choice(list(chosen.lookups)))
        return {f"{field.name.removesuffix('_filter')}__{key}": value for key, value in found.items()}

    def each_lookup(self, type_name: str) -> Iterator[Lookups]:
        """Each lookup of each field once, and one of each type of related object."""
        for field in fields(type_name).values():
            for lookup in field.lookups:
                yield self.lookup_of(type_name, field, lookup)
            if not field.lookups:
                yield self.related_lookup(field)

    # values

    def value(self, type_name: str, field: FilterField, lookup: str) -> Any:
        if lookup == "null" and field.kind != "CustomFieldCriterionInput":
            return self.rng.choice([True, False])
        if lookup in NARROWING:
            return self.rng.choice(NARROWING[lookup])
        if field.kind in SPECIAL:
            return SPECIAL[field.kind](self, lookup)
        if field.target or field.name == "is_missing":
            return self.ids(field) if field.target else self.rng.choice(field.choices)
        return self.comparison_value(type_name, field, lookup)

    def comparison_value(self, type_name: str, field: FilterField, lookup: str) -> Any:
        """Values to compare with: one, two bounds, or a list."""
        held = self.stored_values(type_name, field)
        if lookup in ("between", "not_between"):
            ends = sorted(
                [self.nearby_value(field, lookup, held) for _ in range(2)], key=self.sort_key(field)
            )
            return self.rng.choice([tuple(ends), tuple(ends), (None, ends[1]), (ends[0], None)])
        if field.lookups[lookup].arity == "list" or (lookup == "excludes" and field.choices):
            return [self.nearby_value(field, lookup, held) for _ in range(self.rng.randint(1, 3))]
        return self.nearby_value(field, lookup, held)

    @staticmethod
    def sort_key(field: FilterField) -> Any:
        """Sort key of values; periods by their start."""
        if field.choices:
            return field.choices.index
        if field.kind in ("DateCriterionInput", "TimestampCriterionInput"):
            return lambda text: semantics.STRETCHES["time"](text)[0]
        return None

    def stored_values(self, type_name: str, field: FilterField) -> list[Any]:
        """Values of the field in the library."""
        rows = self.oracle.rows[TABLES[type_name]] if type_name in TABLES else []
        return [one for row in rows for one in self.oracle.values(type_name, field.name, row)]

    def ids(self, field: FilterField) -> list[int] | list[str]:
        many = len(self.oracle.rows[TABLES.get(field.target or "", "files")])
        found = self.rng.sample(range(1, many + 1), min(many, self.rng.choice([1, 1, 2, 3])))
        return self.rng.choice([found, [str(one) for one in found]])

    def nearby_value(self, field: FilterField, lookup: str, held: list[Any]) -> Any:
        """A value of the library, or a neighbouring one."""
        if field.choices:
            return self.rng.choice(field.choices)
        spare = SPARE[field.kind]
        value = self.rng.choice(held if held and self.rng.random() < 0.7 else spare)
        if field.kind == "StringCriterionInput":
            return self.text(lookup, value)
        if field.kind == "DateCriterionInput":
            return value[: self.rng.choice([4, 7, 10])]
        if field.kind == "TimestampCriterionInput":
            return value[: self.rng.choice([4, 7, 10, 16, 19])]
        if field.kind == "IntCriterionInput":
            value = int(value) + self.rng.choice([-1, 0, 0, 1])
            low, high = field.range or (None, None)
            return max(
                int(low) if low is not None else value, min(int(high) if high is not None else value, value)
            )
        return value

    def text(self, lookup: str, value: str) -> str:
        if "regex" in lookup:
            return self.rng.choice(PATTERNS)
        if lookup not in ("eq", "ne", "in"):
            start = self.rng.randrange(len(value))
            value = value[start : start + self.rng.randint(1, 6)].strip() or value.strip()
        return self.rng.choice([value, value, value.swapcase(), value.upper()])

    def custom(self, lookup: str) -> Any:
        name = self.rng.choice(["a", "b", "Größe", "none"])
        pick = self.rng.choice
        if lookup == "null":
            return {name: pick([True, False])}
        if lookup in ("between", "not_between"):
            kind = pick([str, (int, float)])
            alike = [one for one in random_rows.CUSTOM if isinstance(one, kind)]
            low, high = sorted([pick(alike), pick(alike)])
            return {name: pick([(low, high), (None, high), (low, None)])}
        if lookup == "in":
            return {name: [pick(random_rows.CUSTOM), pick(random_rows.CUSTOM)]}
        if "regex" in lookup:
            return {name: pick(PATTERNS)}
        return {
            name: pick(
                ["x", "%", "É", "y", "1", "5_"] if lookup in ("contains", "excludes") else random_rows.CUSTOM
            )
        }

    def stash_id(self, lookup: str) -> Any:
        if lookup == "endpoint":
            return self.rng.choice(random_rows.BOXES)
        if lookup == "regex":
            return self.rng.choice(["^aa", "[0-9]$", "_"])
        if lookup == "in":
            return self.stash_ids(lookup)
        one = self.rng.choice(random_rows.BOX_IDS)
        return one[1:] if lookup == "contains" else one

    def stash_ids(self, lookup: str) -> Any:
        if lookup == "endpoint":
            return self.rng.choice(random_rows.BOXES)
        return self.rng.sample(random_rows.BOX_IDS, self.rng.randint(1, 2))

    def hash(self, _: str) -> str:
        return f"{(self.rng.choice(random_rows.HASHES) ^ self.rng.choice([0, 0, 1, 2])) & (2**64 - 1):016x}"


NARROWING = {"depth": [-1, 0, 1, 2], "distance": [0, 1, 2, 3, 4]}
SPARE: dict[str, list[Any]] = {
    "StringCriterionInput": random_rows.WORDS,
    "IntCriterionInput": [0, 1, 2, 3, 50],
    "FloatCriterionInput": random_rows.LENGTHS,
    "DateCriterionInput": [day for day, _ in random_rows.DATES],
    "TimestampCriterionInput": random_rows.TIMES,
}
SPECIAL = {
    "Boolean": lambda pick, _: pick.rng.choice([True, False]),
    "String": lambda pick, _: pick.rng.choice([True, False]),
    "DuplicationCriterionInput": lambda pick, _: pick.rng.choice([True, False]),
    "FileDuplicationCriterionInput": lambda pick, _: pick.rng.choice([True, False]),
    "PhashDistanceCriterionInput": LookupGenerator.hash,
    "phash": LookupGenerator.hash,
    "StashIDCriterionInput": LookupGenerator.stash_id,
    "StashIDsCriterionInput": LookupGenerator.stash_ids,
    "CustomFieldCriterionInput": LookupGenerator.custom,
    "FingerprintFilterInput": lambda pick, lookup: {"phash": pick.hash(lookup)},
}
