"""Q: lookups put together by and, or and not.

    Q(rating100__gte=80) | Q(tags=["Outdoor"]) & ~Q(organized=True)

Lookups in one `Q` are those of one call of `compile`: all must hold, and those of one field, of one
relation or of files speak of one value, object or file. `~` is exactly what is left: objects without a
value are in `~Q(rating100__gt=80)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from stash_cli.core.query.words import lasting

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

Op = Literal["all", "any"]


class Q:
    """Lookups that must all hold, and other `Q`s; combine them with `&`, `|` and `~`."""

    __slots__ = ("lookups", "negated", "op", "parts")

    def __init__(self, *parts: Q, **lookups: Any) -> None:
        self.op: Op = "all"
        self.parts = parts
        self.lookups: Mapping[str, Any] = {name: lasting(value) for name, value in lookups.items()}
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
