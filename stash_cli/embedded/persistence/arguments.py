"""Values as they come in a mutation's input, turned into what columns hold - or refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.embedded.graphql.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable


def to_id(value: Any, what: str = "id") -> int:
    """The number of an id; the refusal names `what` was converted."""
    text = str(value)
    try:
        return int(text)
    except ValueError:
        raise Refused(f'converting {what}: strconv.Atoi: parsing "{text}": invalid syntax') from None


def to_ids(values: Iterable[Any] | None, what: str) -> list[int]:
    """The numbers of a list of ids; null is the empty list."""
    return [to_id(value, what) for value in values or ()]


def to_reference(value: Any, what: str, *, creating: bool) -> int | None:
    """The number behind a single `*_id` field; null clears it, and so does "" in a create input."""
    if value is None or (creating and value == ""):
        return None
    if value == "":
        raise Refused(f'converting {what}: converting  to int: strconv.Atoi: parsing "": invalid syntax')
    return to_id(value, what)


def trimmed(value: Any) -> str:
    """Text without outer whitespace; null counts as empty."""
    return "" if value is None else str(value).strip()


def null_refused(kind: str) -> Refused:
    """What the server answers to a null where the column takes none."""
    return Refused(f"Internal system error. Error <null value not allowed in optional {kind}>")
