"""Change tracking: what a field held, and whether it still does, edits in place included."""

from __future__ import annotations

from copy import copy
from typing import Any, Final

from stash_cli.core.types.base import ApiObject


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
    if type(value) is list:
        if value and _is_embedded(value[0]):
            return [dict(item.__dict__) if _is_embedded(item) else item for item in value]
        return value.copy()
    if type(value) is dict:
        return {key: snapshot(item) for key, item in value.items()}
    return value


def detached(value: Any) -> Any:
    """A copy of `value` for an object of its own: embedded values copied, links as they are."""
    if type(value) is list:
        return [detached(item) for item in value]
    if type(value) is dict:
        return {key: detached(item) for key, item in value.items()}
    return copy(value) if _is_embedded(value) else value


def same(value: Any, before: Any) -> bool:
    """Whether `value` holds what it held when `before` was made of it."""
    if value is before:
        return True
    if type(before) is list:
        # Lists of the very same objects are told at once.
        return type(value) is list and (value == before or _all_alike(value, before))
    if type(before) is dict:
        held = value.__dict__ if _is_embedded(value) else value
        return type(held) is dict and held.keys() == before.keys() and _all_same(held, before)
    # 1 == True: a map may hold either, and the server tells them apart.
    return (type(value) is bool) == (type(before) is bool) and bool(value == before)


def _all_alike(value: list[Any], before: list[Any]) -> bool:
    return len(value) == len(before) and all(map(same, value, before))


def _all_same(held: dict[str, Any], before: dict[str, Any]) -> bool:
    return all(same(held[key], before[key]) for key in before)


def _is_embedded(value: Any) -> bool:
    """Whether it is a value without identity, such as a stash-box id or a group's place."""
    return isinstance(value, ApiObject) and not hasattr(type(value), "is_new")
