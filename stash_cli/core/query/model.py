"""The data model of queries: lookups, filter fields, conditions in conjunctive normal form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Protocol, Self

from stash_cli.core.errors import StashInputError

if TYPE_CHECKING:
    from datetime import datetime

    from stash_cli.core.query.extractors import Extractor

Arity = Literal["value", "range", "list", "none", "flag"]
"""Values of a lookup: one, a range `from..to`, a list, none, or yes/no."""

Row = Mapping[str, Any]
"""An object as the server sends it."""

Term = tuple[str, Any]
"""A filter field and its criterion: the literal of a clause."""

Clause = list[Term]
"""A disjunction: at least one of the terms holds."""

Test = Callable[[list[Any]], bool]
"""A predicate on the values of a field, without nulls."""


class Reference(str):
    """A word that names a related object: a name or alias, `id:12`, or `name:12`; digits may be id or name.

    `written` is the whole word where its end was parsed as levels (`Fate/2`): if an object has that name, the
    word is ambiguous.
    """

    __slots__ = ("written",)

    written: str

    def __new__(cls, word: str, written: str = "") -> Self:
        reference = super().__new__(cls, word)
        reference.written = written
        return reference


@dataclass(frozen=True, slots=True)
class Lookup:
    """A comparison of a field; `parse` converts command-line text to a value for `compile`.

    `parse` raises StashInputError that names the expected form.
    """

    name: str
    arity: Arity
    metavar: str
    help: str
    parse: Callable[[str], Any] = str


@dataclass(frozen=True)
class FilterField:
    """A field of a filter type, with its lookups.

    `kind` is the criterion input type; `target` the type of the related objects; `choices` the permitted
    words where these are limited; `range` the bounds of its numbers.
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
        """Type and field, the key of the tables in `server_quirks`."""
        return self.owner, self.name

    def refuse(self, value: Any, expected: str) -> NoReturn:
        """Raise StashInputError with this field, the value, and the expected form."""
        raise StashInputError(f"{self.owner}.{self.name} takes {expected}, not {value!r}.")


@dataclass(frozen=True, slots=True)
class Split:
    """The clauses of a condition as two disjoint parts: objects that meet `certain` need no test."""

    certain: list[Clause]
    doubtful: list[Clause]


@dataclass(frozen=True)
class Condition:
    """The lookups of one field, compiled.

    `clauses` are a conjunction for the server. Where `exact` is False, the server may return objects that do
    not match, and `test` is applied to the values that `extractor` (None: the field's) reads from each row.
    `test` is None where rows lack the values. `given` marks a criterion in the API's own shape.
    `without_rows` is the closest condition that needs no test on rows, for rows that lack the values. `split`
    divides the clauses by whether their objects need the test; None where that is not possible.
    """

    field: FilterField
    clauses: list[Clause]
    test: Test | None = None
    exact: bool = True
    note: str = ""
    extractor: Extractor | None = None
    given: bool = False
    without_rows: Condition | None = None
    split: Split | None = None

    @property
    def is_positive(self) -> bool:
        """Whether objects without a value never match."""
        return self.test is not None and not self.test([])


class Criterion(Protocol):
    """The lookups of one kind of filter field: which there are, and what they compile to."""

    def lookups(self, field: FilterField) -> dict[str, Lookup]:
        """The lookups of `field`."""

    def compile(self, field: FilterField, given: Mapping[str, Any], now: datetime) -> Condition:
        """Compile all lookups of `field`; `now` anchors relative times, and its zone is the default."""


def is_given(value: Any) -> bool:
    """Whether `value` is a criterion in the API's own shape, or a list of these, as for custom fields."""
    if isinstance(value, list):
        return bool(value) and all(map(is_given, value))
    if isinstance(value, Mapping):
        return "modifier" in value
    return hasattr(value, "to_graphql") and not hasattr(value, "id")


def with_modifier(modifier: str, value: Any = None, **more: Any) -> dict[str, Any]:
    """A criterion input: `with_modifier("EQUALS", 5)` -> `{"value": 5, "modifier": "EQUALS"}`."""
    return {"value": value, "modifier": modifier, **more}
