"""Simplification: lookups of a conjunction or disjunction merged into one, where a criterion can express it.

As two conditions, `tags=A and tags=B` would share a join in the server's SQL, and one would be tested row by
row; merged they are one criterion. So are the parts of a disjunction of related objects, choices or many
texts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from stash_cli.core.query.criteria.relations import is_to_one
from stash_cli.core.query.criteria.text import TEXT_LOOKUPS
from stash_cli.core.query.filter_builder import is_column
from stash_cli.core.query.model import FilterField, is_given
from stash_cli.core.query.parse_lookup import canonical_lookups, parse_lookup
from stash_cli.core.query.q import Q

_MANY = 8
"""A disjunction of more texts becomes one regular expression, even where single terms could be sent."""


def simplified(type_name: str, q: Q) -> Q:
    """`q`, in negation normal form, with nested operators flattened and lookups merged."""
    if q.lookups or q.negated:
        return q
    parts = [inner for part in q.parts for inner in _flat(simplified(type_name, part), q.op)]
    gathered = list(_merge_all(type_name, parts) if q.op == "all" else _merge_any(type_name, parts))
    if len(gathered) == 1:
        return gathered[0]
    result = Q(*gathered)
    result.op = q.op
    return result


def _flat(q: Q, op: str) -> Sequence[Q]:
    return q.parts if q.op == op and not q.lookups and not q.negated and len(q.parts) > 1 else [q]


Leaf = tuple["FilterField", str, Any, int]
"""Field, lookup, value, and levels of a hierarchy."""


def _single(type_name: str, q: Q) -> Leaf | None:
    """A positive leaf with one lookup of the object itself, perhaps with levels; else None."""
    if q.negated or q.parts or not q.lookups:
        return None
    asked = dict(canonical_lookups(type_name, q.lookups))
    levels = {key: value for key, value in asked.items() if key.endswith("__depth")}
    rest = {key: value for key, value in asked.items() if key not in levels}
    if len(rest) != 1:
        return None
    [(key, value)] = rest.items()
    field, lookup, inner = parse_lookup(type_name, key)
    # A criterion in the API's own shape is sent unchanged.
    if (
        isinstance(value, Mapping)
        or is_given(value)
        or inner
        or not lookup
        or levels.keys() - {f"{field.name}__depth"}
    ):
        return None
    return field, lookup, value, next(iter(levels.values()), 0)


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple | set | frozenset) else [value]


def _merge_all(type_name: str, parts: list[Q]) -> Iterator[Q]:
    """The parts of a conjunction, with the lookups of one relation merged."""
    relations: dict[str, list[Leaf]] = {}
    names: dict[int, str] = {}
    for part in parts:
        found = _single(type_name, part)
        if found and found[0].target and "includes" in found[0].lookups and found[1] not in ("null", "depth"):
            relations.setdefault(found[0].name, []).append(found)
            names[id(part)] = found[0].name
    merged = {name: _merged_relation(many) if len(many) > 1 else None for name, many in relations.items()}
    done: set[str] = set()
    for part in parts:
        name = names.get(id(part), "")
        one = merged.get(name)
        if one is None:
            yield part
        elif name not in done:
            done.add(name)
            yield one


def _merged_relation(many: list[Leaf]) -> Q | None:
    """All of them merged into one `Q`; None where no lookups express them."""
    field, depth = many[0][0], many[0][3]
    if any(levels != depth for *_, levels in many):
        return None
    groups: dict[str, list[list[Any]]] = {"every": [], "some": [], "none": []}
    for _, lookup, value, _ in many:
        groups[_quantifier(field, lookup, _as_list(value))].append(_as_list(value))
    every, none = (list(dict.fromkeys(chain(*groups[name]))) for name in ("every", "none"))
    found = {
        "includes_all" if len(every) > 1 else "includes": every,
        "excludes": none,
        **({"includes": groups["some"][0]} if groups["some"] else {}),
        "depth": depth,
    }
    all_of_several = len(every) > 1 and (is_to_one(field) or "includes_all" not in field.lookups)
    if all_of_several or len(groups["some"]) > 1 or (len(every) == 1 and groups["some"]):
        return None
    return Q(**{f"{field.name}__{name}": value for name, value in found.items() if value})


def _quantifier(field: FilterField, lookup: str, values: list[Any]) -> str:
    """Whether a lookup requires every value, some of the values, or none."""
    if lookup in ("excludes", "ne"):
        return "none"
    all_of = lookup == "includes_all" or (lookup == "eq" and not is_to_one(field)) or len(values) == 1
    return "every" if all_of else "some"


Family = tuple[str, str, int]
"""Name of a field, lookup and levels of alternatives that one lookup can express."""


def _merge_any(type_name: str, parts: list[Q]) -> Iterator[Q]:
    """The parts of a disjunction, with the alternatives of one field merged."""
    groups: dict[Family, list[Any]] = {}
    owner: dict[int, Family] = {}
    for part in parts:
        found = _single(type_name, part)
        family = _family(*found[:3]) if found else ""
        if found and family:
            owner[id(part)] = key = (found[0].name, family, found[3])
            groups.setdefault(key, []).extend(_as_list(found[2]))
    done: set[Family] = set()
    for part in parts:
        known = owner.get(id(part))
        if known is None or not _is_worth_merging(type_name, known, len(groups[known])):
            yield part
        elif known not in done:
            done.add(known)
            yield _alternatives(known, list(dict.fromkeys(groups[known])))


def _family(field: FilterField, lookup: str, value: Any) -> str:
    """The lookup that can express several alternatives of this one; "" for none."""
    if field.target and "includes" in field.lookups:
        single = lookup == "eq" and (is_to_one(field) or len(_as_list(value)) == 1)
        return "includes" if lookup in ("includes", "in") or single else ""
    if field.kind == "q":
        return "in" if lookup == "in" else ""
    if field.choices and field.kind != "is_missing" and "excludes" in field.lookups:
        return "in" if lookup in ("eq", "in") else ""
    if field.kind == "StringCriterionInput" and isinstance(value, str) and value:
        return {"eq": "in", "contains": "contains"}.get(lookup, "")
    return ""


def _is_worth_merging(type_name: str, key: Family, number: int) -> bool:
    field, _, _ = parse_lookup(type_name, f"{key[0]}__{key[1]}")
    return number > 1 and (field.kind != "StringCriterionInput" or not is_column(field) or number > _MANY)


def _alternatives(key: Family, values: list[Any]) -> Q:
    name, family, depth = key
    if family != "contains":
        return Q(**{f"{name}__{family}": values} | ({f"{name}__depth": depth} if depth else {}))
    if len(values) == 1:
        return Q(**{f"{name}__contains": values[0]})
    pattern = TEXT_LOOKUPS["contains"].pattern
    inner = "|".join(pattern(value).removeprefix("(?i)") for value in values)
    return Q(**{f"{name}__regex": f"(?i)({inner})"})
