"""Edits: plain data that can be stored, shown and undone.

Values are those of the API's inputs: links are ids, and items that carry data are objects such as
`{"group_id": "1", "scene_index": 2}`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Change:
    """Items added to a list and removed from it; its other items may be unknown."""

    added: tuple[Any, ...] = ()
    removed: tuple[Any, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything changes."""
        return bool(self.added or self.removed)

    def of(self, before: Iterable[Any]) -> list[Any]:
        """The list `before` with the change applied; existing items keep their position and data."""
        removed = {key_of(item) for item in self.removed}
        remaining = [item for item in before if key_of(item) not in removed]
        keys = {key_of(item) for item in remaining}
        return [*remaining, *(item for item in self.added if key_of(item) not in keys)]


@dataclass(frozen=True, slots=True)
class MapChange:
    """Keys of a map that are set and keys that are removed; its other keys may be unknown."""

    values: Mapping[str, Any] = field(default_factory=dict)
    removed: tuple[str, ...] = ()

    def of(self, before: Mapping[str, Any]) -> dict[str, Any]:
        """The map `before` with the change applied."""
        remaining = {name: value for name, value in before.items() if name not in self.removed}
        return {**remaining, **self.values}


@dataclass(frozen=True, slots=True)
class Edit:
    """A new value for one field of one object.

    `field` is the attribute, or the input field if there is no attribute (`cover_image`). `before` is
    UNSET if it was not read; `after` is the whole value, or a Change or MapChange of it. A new object has
    the id "" until the server gives it one; an edit of the field `id` to None deletes the object.
    """

    type: str
    id: str
    field: str
    before: Any
    after: Any

    @property
    def is_change(self) -> bool:
        """Whether only a part of the value is changed."""
        return isinstance(self.after, Change | MapChange)

    @property
    def result(self) -> Any:
        """The whole value afterwards; UNSET where that depends on a value that was not read."""
        if not isinstance(self.after, Change | MapChange):
            return self.after
        if self.before is UNSET:
            return UNSET
        if isinstance(self.after, MapChange):
            return self.after.of(self.before or {})
        return self.after.of(self.before or ())

    def at(self, object_id: str) -> Edit:
        """The same edit of the object with this id."""
        return replace(self, id=object_id)


def key_of(item: Any) -> Any:
    """Key of a list's item: an id, a text, the id of the linked object, or the whole item."""
    if not isinstance(item, dict):
        return item
    if "stash_id" in item:
        return item.get("endpoint"), item["stash_id"]
    return next((value for name, value in item.items() if name.endswith("_id")), repr(item))
