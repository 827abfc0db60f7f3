"""Columns of an import: the field that each one assigns, and its values as assignments.

The field decides the type of a value, not the form of the cell.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stash_cli.commands.argv.value_parsers import scalar
from stash_cli.commands.records.identity import DATABASE, identities, is_damaged
from stash_cli.commands.verbs.assignments import Assignment, Op, Target, check_clearing, target_of, targets
from stash_cli.core.errors import StashInputError, StashUsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from stash_cli.core.types.entities import Entity

_OPERATORS = {"+": Op.ADD, "-": Op.REMOVE}
_MAPS = ("custom.", "custom_fields.")


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A column: the field that it assigns, and the operator; without a `target` it identifies the object."""

    name: str
    target: Target | None = None
    op: Op = Op.SET
    key: str = ""


class Columns:
    """The columns of a file, each parsed once; `ignored` are names of read-only fields."""

    def __init__(self, entity: Entity, *, clears: bool = False) -> None:
        self.entity = entity
        self.clears = clears
        self.ignored: dict[str, None] = {}
        self._known: dict[str, Column] = {}
        self._writers: dict[tuple[str, str, Op], str] = {}

    def of(self, name: str) -> Column:
        """Return a column by its name. Raises StashInputError for an unknown name or a duplicate field."""
        column = self._known.get(name)
        if column is None:
            column = self._known[name] = self._parse(name)
        return column

    def _parse(self, name: str) -> Column:
        if name in (DATABASE, "updated_at", "created_at", "id"):
            return Column(name)
        bare, op = _operator(name)
        key = next((bare.removeprefix(each) for each in _MAPS if bare.startswith(each)), "")
        target = self._target("custom_fields" if key else bare)
        if target is None:
            return Column(name)
        if op is not Op.SET and not target.is_list:
            raise StashInputError(f"column {name}: only lists take + and -")
        other = self._writers.setdefault((target.attr, key, op), name)
        if other != name:
            raise StashInputError(f"the columns {other} and {name} are the same field")
        return Column(name, target, op, key)

    def _target(self, name: str) -> Target | None:
        """Return the field of a column; None for identities and read-only fields."""
        try:
            return target_of(self.entity, name)
        except StashInputError as error:
            if name in identities(self.entity):
                return None
            if name.partition(".")[0] in self.entity.api.fields:
                self.ignored[name] = None
                return None
            raise StashInputError(f"column {name}: {error.message}", hint=error.hint) from None

    def assignments(
        self, values: Mapping[str, Any], *, is_text: bool, but: Iterable[str] = ()
    ) -> Iterator[Assignment]:
        """Yield the assignments of one row, except columns `but`. Raises StashInputError for a bad value."""
        excluded = frozenset(but)
        for name, value in values.items():
            column = self.of(name)
            if column.target is None or name in excluded:
                continue
            try:
                assignment = self._assignment(column, value, is_text=is_text)
            except StashUsageError as error:
                raise StashInputError(f"{name}: {error.message}", hint=error.hint) from None
            if assignment is not None:
                yield assignment

    def _assignment(self, column: Column, value: Any, *, is_text: bool) -> Assignment | None:
        target, op, key, name = column.target, column.op, column.key, column.name
        if target is None or (value == "" and is_text and not self.clears):
            return None
        if value is None or (is_text and value == ""):
            if op is not Op.SET:
                return None
            if not key:
                check_clearing(target)
            return Assignment(target, Op.CLEAR, None, key, name)
        if key:
            return Assignment(target, op, scalar(value) if is_text else value, key, name)
        return Assignment(target, op, parsed(target, value, is_text=is_text), key, name)


def _operator(name: str) -> tuple[str, Op]:
    op = _OPERATORS.get(name[-1:])
    return (name[:-1].rstrip(), op) if op else (name, Op.SET)


def every_assignment(columns: Columns, names: Iterable[str]) -> list[Assignment]:
    """Return an assignment without a value for each column, to derive the fields to read."""
    found = (columns.of(name) for name in names)
    return [Assignment(each.target, each.op, None, each.key) for each in found if each.target]


def parsed(target: Target, value: Any, *, is_text: bool) -> Any:
    """Parse a value of a file as a value of the field. Raises StashInputError for another type."""
    if is_text:
        return target.parse(_whole(value) if target.is_number else value)
    if isinstance(value, str) and (target.flag.inner or target.is_map):
        return target.parse(value)  # JSON as text, as in parquet files
    if target.is_list:
        if not isinstance(value, list):
            raise StashInputError("not a list")
        return target.parse(json.dumps([_item(target, each) for each in value])) if value else []
    return target.parse(_text(target, value))


def _text(target: Target, value: Any) -> str:
    """Convert a JSON value to text for the field's parser."""
    if target.is_map or isinstance(value, list):
        return json.dumps(value)
    if target.flag.target is not None:
        return str(_item(target, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _whole(str(value)) if target.is_number else str(value)


def _whole(text: str) -> str:
    """Remove the fraction `.0`, which spreadsheets add to whole numbers of a column with empty cells."""
    return re.sub(r"\A(-?\d+)\.0+\Z", r"\1", text.strip())


def _item(target: Target, item: Any) -> Any:
    """Convert an item of a list: an object as printed by `--json` becomes `name:` or `id:`."""
    if not isinstance(item, dict) or target.flag.target is None or target.flag.inner:
        return item if isinstance(item, dict | str) else str(item)
    word = item.get("name")
    return f"name:{word}" if word else f"id:{item.get('id')}"


def key_text(name: str, value: Any) -> str:
    """Return the value of a column that identifies objects; "" for an empty cell.

    Raises StashInputError for an invalid value, and for a number that a spreadsheet has rounded.
    """
    text = "" if value is None else str(value).strip()
    if is_damaged(text):
        raise StashInputError(
            f"{name}: {text} is no {name}, but a number that a spreadsheet has rounded",
            hint="Format the column as text before the file is opened, and export again.",
        )
    if name == "phash" and not re.fullmatch("[0-9a-fA-F]*", text):
        raise StashInputError(f"phash: {text!r} is no hexadecimal number")
    if name == "id" and text:
        text = _whole(text)
        if not (text.isascii() and text.isdecimal()):
            raise StashInputError(f"id: {text!r} is no id")
        return str(int(text))
    return text


def written_names(entity: Entity) -> list[str]:
    """The fields that an import can set, for messages."""
    return sorted({each.attr for each in targets(entity).values()})
