"""Values of saved criteria, also in the shapes of older web interfaces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stash_cli.core.errors import StashInputError

Saved = Mapping[str, Any]
"""A criterion as it is saved."""

NULLS = ("IS_NULL", "NOT_NULL")


class UntranslatableError(StashInputError):
    """A criterion that has no translation; the message says why."""


def modifier_of(saved: Saved) -> str:
    return str(saved.get("modifier") or "EQUALS")


def value_of(saved: Saved) -> Any:
    value = saved.get("value")
    if value is None and modifier_of(saved) not in NULLS:
        raise UntranslatableError("it has no value")
    return value


def word_of(value: Any, known: Mapping[str, str], what: str) -> str:
    """The API's word for a label of the web interface, or for the word itself."""
    text = str(value)
    found = known.get(text) or (text if text in known.values() else None)
    if found is None:
        raise UntranslatableError(f"{text!r} is no {what}")
    return found


def label_of(value: Any, known: Mapping[str, str]) -> str:
    """The label of a word of the API."""
    found = next((label for label, word in known.items() if word == value), None)
    if found is None:
        raise UntranslatableError(f"the web interface has no {value}")
    return found


def range_bounds(saved: Saved) -> tuple[Any, Any]:
    """The two values of a range; older filters have the second one beside the value."""
    value = saved.get("value")
    if isinstance(value, Mapping):
        return value.get("value"), value.get("value2")
    return value, saved.get("value2")


def number(value: Any) -> int | float:
    """A number, also from a text."""
    try:
        found = float(value)
    except (TypeError, ValueError):
        raise UntranslatableError(f"{value!r} is no number") from None
    return int(found) if found.is_integer() else found


def parse_bool(value: Any) -> bool:
    if value in (True, "true"):
        return True
    if value in (False, "false"):
        return False
    raise UntranslatableError(f"{value!r} is neither true nor false")


def items_of(saved: Saved) -> tuple[list[Any], list[Any]]:
    """The items, and the excluded ones."""
    value = saved.get("value")
    if isinstance(value, Mapping):
        return list(value.get("items") or ()), list(value.get("excluded") or ())
    if value is not None and not isinstance(value, list):
        raise UntranslatableError("it does not list objects")
    return list(value or ()), list(saved.get("excludes") or ())


def id_of(item: Any) -> str:
    """The id of an item; its label is not used, because the object may have been renamed since."""
    found = item.get("id") if isinstance(item, Mapping) else item
    text = str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""
    if not (text.isascii() and text.isdecimal()):
        label = item.get("label") if isinstance(item, Mapping) else item
        raise UntranslatableError(f"{label!r} was saved without an id")
    return str(int(text))
