"""What sets one entity apart when it is written: its tables, lists, pictures, checks and messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stash_cli.embedded.tables import CUSTOM_FIELDS

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

    from stash_cli.embedded.writing.lists import ListChange, ListField

COLUMN_NAMES = {"rating100": "rating", "height_cm": "height", "synopsis": "description"}
"""Input fields whose column has another name."""


@dataclass
class Change:
    """One object's change on its way to the database; `id` is None until it is created."""

    connection: Connection
    blueprint: Blueprint
    given: Mapping[str, Any]
    id: int | None
    columns: dict[str, Any] = field(default_factory=dict)
    lists: dict[str, ListChange] = field(default_factory=dict)

    @property
    def creating(self) -> bool:
        return self.id is None

    @property
    def owner(self) -> int:
        """The id; 0, which no object has, before it is created."""
        return self.id or 0


Check = Callable[[Change], None]


@dataclass(frozen=True)
class Blueprint:
    """One entity. `type` as in the API, `noun` as in messages.

    `checks` run before anything is written, `aftermath` when columns and lists are. `clearable` are
    pictures that an empty text removes; the others keep what they have.
    """

    type: str
    table: Table
    noun: str
    lists: Mapping[str, ListField] = field(default_factory=dict)
    pictures: Mapping[str, str] = field(default_factory=dict)
    clearable: bool = True
    untrimmed: frozenset[str] = frozenset()
    """Texts that an update stores as given."""
    ignored: frozenset[str] = frozenset()
    """Input fields that the server takes and does nothing with."""
    checks: tuple[Check, ...] = ()
    aftermath: tuple[Check, ...] = ()
    missing: str = "{noun} with id {id} not found"
    missing_in_bulk: str = ""
    missing_on_destroy: str = "id {id} does not exist in {table}"

    def not_found(self, template: str, object_id: int) -> str:
        return template.format(noun=self.noun, id=object_id, table=self.table.name)

    @property
    def custom_fields(self) -> Table | None:
        return CUSTOM_FIELDS.get(self.type)
