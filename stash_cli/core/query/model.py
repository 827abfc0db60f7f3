"""What a lookup is made of: its description, the server criteria it becomes, and its local test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Protocol

from stash_cli.core.errors import StashInputError

if TYPE_CHECKING:
    from datetime import datetime

    from stash_cli.core.query.extractors import Extractor

Arity = Literal["value", "range", "list", "none", "flag"]
"""How many words a lookup takes: one, `from..to`, several, none at all, or yes/no."""

Row = Mapping[str, Any]
"""An object as the server sends it."""

Term = tuple[str, Any]
"""Filter field and what is sent for it."""

Clause = list[Term]
"""Alternatives: at least one of these criteria holds."""

Test = Callable[[list[Any]], bool]
"""Whether an object whose field holds these values (none of them null) matches."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """One way to compare a field; `parse` turns command-line text into a value for `compile`.

    `parse` raises StashInputError that says what is expected; the caller knows the flag's name.
    """

    name: str
    arity: Arity
    metavar: str
    help: str
    parse: Callable[[str], Any] = str


@dataclass(frozen=True)
class FilterField:
    """A field of a filter type, and the lookups it offers.

    `kind` is the criterion input type; `target` is the type whose ids or fields it takes; `choices` are
    the words it takes where these are limited; `range` bounds its numbers.
    """

    owner: str
    name: str
    kind: str
    lookups: Mapping[str, Lookup] = field(default_factory=dict)
    target: str | None = None
    choices: tuple[str, ...] = ()
    range: tuple[float | None, float | None] | None = None
    deprecated: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Type and field, as the tables of server facts are keyed."""
        return self.owner, self.name

    def refuse(self, value: Any, expected: str) -> NoReturn:
        """Raise the error that names this field, the value and what it takes instead."""
        raise StashInputError(f"{self.owner}.{self.name} takes {expected}, not {value!r}.")


@dataclass(frozen=True)
class Condition:
    """What all lookups of one field ask for.

    `clauses` is what the server is asked, all of them to hold. Where `exact` is False the server's
    answer may hold more than was asked for, and `test` decides, on the values that `extractor` (None: the
    field's own) finds in a row. `test` is None where rows do not tell.
    """

    field: FilterField
    clauses: list[Clause]
    test: Test | None = None
    exact: bool = True
    note: str = ""
    extractor: Extractor | None = None
    given: bool = False

    @property
    def is_positive(self) -> bool:
        """Whether only an object with a value can meet it."""
        return self.test is not None and not self.test([])


class Criterion(Protocol):
    """A kind of criterion: which lookups a field of it offers, and what they become."""

    def lookups(self, field: FilterField) -> dict[str, Lookup]:
        """The lookups that `field` offers."""

    def compile(self, field: FilterField, given: Mapping[str, Any], now: datetime) -> Condition:
        """All lookups given for `field`; `now` anchors relative times and names the server's zone."""


def with_modifier(modifier: str, value: Any = None, **more: Any) -> dict[str, Any]:
    """A criterion: `with_modifier("EQUALS", 5)` -> `{"value": 5, "modifier": "EQUALS"}`."""
    return {"value": value, "modifier": modifier, **more}
