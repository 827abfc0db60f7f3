"""Q: lookups put together by and, or and not.

    Q(rating100__gte=80) | Q(tags=["Outdoor"]) & ~Q(organized=True)

Lookups in one `Q` are those of one call of `compile`: all must hold, and those of one field speak of one
value. `~` is exactly what is left: objects without a value are in `~Q(rating100__gt=80)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from stash_cli.core.query.facts import MANY, holds
from stash_cli.core.query.fields import find_field

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

Op = Literal["all", "any"]

OPPOSITES = {
    "eq": "ne",
    "contains": "excludes",
    "between": "not_between",
    "regex": "not_regex",
    "includes": "excludes",
    "in": "excludes",
}
"""Lookups of which an object meets exactly one."""
OPPOSITES |= {opposite: name for name, opposite in OPPOSITES.items() if name not in ("contains", "in")}

BEYOND = {"gt": "lte", "lte": "gt", "lt": "gte", "gte": "lt"}
"""Lookups of which an object with one value meets exactly one, and one without a value none."""


class Q:
    """Lookups that must all hold, and other `Q`s; combine them with `&`, `|` and `~`."""

    __slots__ = ("lookups", "negated", "op", "parts")

    def __init__(self, *parts: Q, **lookups: Any) -> None:
        self.op: Op = "all"
        self.parts = parts
        self.lookups: Mapping[str, Any] = lookups
        self.negated = False

    def __and__(self, other: Q) -> Q:
        return Q(self, other)

    def __or__(self, other: Q) -> Q:
        made = Q(self, other)
        made.op = "any"
        return made

    def __invert__(self) -> Q:
        made = Q(*self.parts, **self.lookups)
        made.op, made.negated = self.op, not self.negated
        return made

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in self.lookups.items())
        members = [f"({part!r})" if part.is_either else repr(part) for part in self.parts]
        members += [f"Q({given})"] if given or not members else []
        text = (" & " if self.op == "all" else " | ").join(members)
        if not self.negated:
            return text
        return f"~({text})" if len(members) > 1 else f"~{text}"

    @property
    def is_either(self) -> bool:
        """Whether it is alternatives."""
        return self.op == "any" and len(self.parts) > 1 and not self.negated

    async def resolved(self, resolve: Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any]]]) -> Q:
        """The same with the lookups that `resolve` makes of its own: names become ids."""
        made = Q(*[await part.resolved(resolve) for part in self.parts], **await resolve(self.lookups))
        made.op, made.negated = self.op, self.negated
        return made


def positive(type_name: str, q: Q, *, negated: bool = False) -> Q:
    """`q` with every negation moved down to its lookups; what has no opposite stays a negated leaf."""
    negated ^= q.negated
    parts = [positive(type_name, part, negated=negated) for part in q.parts]
    parts += _leaves(type_name, q.lookups, negated=negated)
    if len(parts) == 1:
        return parts[0]
    made = Q(*parts)
    made.op = ("any" if q.op == "all" else "all") if negated else q.op
    return made


def _leaves(type_name: str, lookups: Mapping[str, Any], *, negated: bool) -> Iterator[Q]:
    if not lookups:
        return
    if not negated:
        yield Q(**lookups)
        return
    for group in _by_field(type_name, lookups):
        yield _opposite(type_name, group)


def _by_field(type_name: str, lookups: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Lookups of one field together: they speak of one value."""
    groups: dict[str, dict[str, Any]] = {}
    for key, value in lookups.items():
        field = find_field(type_name, key.partition("__")[0])
        groups.setdefault(field.name if field else key, {})[key] = value
    yield from groups.values()


def _opposite(type_name: str, lookups: Mapping[str, Any]) -> Q:
    """What is left of the lookups of one field, by lookups of their own if that can be said."""
    [(key, value), *more] = lookups.items()
    name, _, lookup = key.partition("__")
    field = find_field(type_name, name)
    lookup = lookup or "eq"
    if more or field is None or lookup not in field.lookups or isinstance(value, dict):
        return ~Q(**lookups)
    if lookup == "null" and isinstance(value, bool):
        return Q(**{f"{name}__null": not value})
    if value is None or value == "":
        return ~Q(**lookups)
    if lookup in BEYOND and not holds(MANY, field.key):
        beyond = Q(**{f"{name}__{BEYOND[lookup]}": value})
        return beyond | Q(**{f"{name}__null": True}) if "null" in field.lookups else beyond
    opposite = OPPOSITES.get(lookup)
    several = lookup in ("eq", "excludes", "ne") and isinstance(value, list | tuple | set)
    if opposite is None or opposite not in field.lookups or several:
        return ~Q(**lookups)
    return Q(**{f"{name}__{opposite}": value})
