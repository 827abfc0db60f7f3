"""Change tracking: what a field held, and whether it still does, edits in place included."""

from __future__ import annotations

from typing import Any, Final

from stash_cli.core.types.base import Embedded


class _Forced:
    """Type of :data:`FORCED`; one object in every copy and pickle."""

    def __reduce__(self) -> str:
        return "FORCED"

    def __repr__(self) -> str:
        return "FORCED"


FORCED: Final = _Forced()
"""Stands for a value that no value equals: the field is to be sent whatever it holds."""


def snapshot(value: Any) -> Any:
    """What `value` holds now: lists and maps copied, embedded values as their fields, links as they are."""
    if isinstance(value, list):
        if value and isinstance(value[0], Embedded):
            return [dict(item.__dict__) if isinstance(item, Embedded) else item for item in value]
        return value.copy()
    return _deep(value)


def _deep(value: Any) -> Any:
    """Maps, and the lists in them, which may hold anything, all the way down."""
    if isinstance(value, dict):
        return {key: _deep(item) for key, item in value.items()}
    return [_deep(item) for item in value] if isinstance(value, list) else value


def same(value: Any, before: Any) -> bool:
    """Whether `value` holds what it held when `before` was made of it."""
    if value is before:
        return True
    if isinstance(before, list):
        # Lists of the very same objects are told at once.
        return isinstance(value, list) and (value == before or _all_alike(value, before))
    if isinstance(before, dict):
        held = value.__dict__ if isinstance(value, Embedded) else value
        return isinstance(held, dict) and held.keys() == before.keys() and _all_same(held, before)
    # 1 == True: a map may hold either, and the server tells them apart.
    return (type(value) is bool) == (type(before) is bool) and bool(value == before)


def same_links(value: Any, before: Any) -> bool:
    """Like `same`, for links to other objects: the server keeps them in an order of its own."""
    if same(value, before):
        return True
    if not isinstance(value, list) or not isinstance(before, list) or len(value) != len(before):
        return False
    return {key_of(item) for item in value} == {key_of(item) for item in before}


def key_of(obj: Any) -> str | int:
    """What tells one object of a type from another: the server's id, for an unsaved one itself.

    Not its hash, which would tie it to the id that it has now.
    """
    own: str | None = obj.__dict__.get("id")
    return id(obj) if own is None or obj.is_new() else own


def _all_alike(value: list[Any], before: list[Any]) -> bool:
    return len(value) == len(before) and all(map(same, value, before))


def _all_same(held: dict[str, Any], before: dict[str, Any]) -> bool:
    return all(same(held[key], before[key]) for key in before)
