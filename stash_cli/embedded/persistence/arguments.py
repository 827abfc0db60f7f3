"""Conversion of single input values; invalid ones are refused with the server's wording."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.embedded.graphql.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable


def to_id(value: Any, what: str = "id") -> int:
    """The integer of an id; `what` names the field in the refusal."""
    text = str(value)
    try:
        return int(text)
    except ValueError:
        raise Refused(f'converting {what}: strconv.Atoi: parsing "{text}": invalid syntax') from None


def to_ids(values: Iterable[Any] | None, what: str) -> list[int]:
    """The integers of a list of ids; null is the empty list."""
    return [to_id(value, what) for value in values or ()]


def to_reference(value: Any, what: str, *, creating: bool) -> int | None:
    """The integer of a single `*_id` field, or None for null, and for "" in a create input."""
    # As on the server: a create treats an empty id as absent, an update tries to convert it.
    if value is None or (creating and value == ""):
        return None
    if value == "":
        raise Refused(f'converting {what}: converting  to int: strconv.Atoi: parsing "": invalid syntax')
    return to_id(value, what)


def trimmed(value: Any) -> str:
    """Text without surrounding whitespace; null is ""."""
    return "" if value is None else str(value).strip()


def null_refused(kind: str) -> Refused:
    """The refusal of a null for a NOT NULL column."""
    return Refused(f"Internal system error. Error <null value not allowed in optional {kind}>")
