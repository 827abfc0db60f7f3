"""Fields that are written by side mutations, besides the object's create or update.

Lists that only the update of other objects writes (a tag's scenes, a studio's images) follow from the
relationships and need no entry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.orm.edit import Change, key_of
from stash_cli.core.orm.relationship import relationships
from stash_cli.core.types.api import describe_api

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stash_cli.core.types.entity import StashObject

SIDE_MUTATIONS: dict[tuple[str, str], tuple[str, ...]] = {
    ("Scene", "play_history"): ("sceneAddPlay", "sceneDeletePlay"),
    ("Scene", "o_history"): ("sceneAddO", "sceneDeleteO"),
    ("Scene", "play_count"): ("sceneAddPlay", "sceneDeletePlay", "sceneResetPlayCount"),
    ("Scene", "o_counter"): ("sceneAddO", "sceneDeleteO", "sceneResetO"),
    ("Scene", "resume_time"): ("sceneSaveActivity", "sceneResetActivity"),
    ("Scene", "play_duration"): ("sceneSaveActivity",),
    ("Image", "o_counter"): ("imageIncrementO", "imageDecrementO", "imageResetO"),
    ("Gallery", "cover"): ("setGalleryCover", "resetGalleryCover"),
}
"""Type and field -> the mutations that write it: one that adds or sets, one that removes, one that resets."""

LISTS = {"BulkUpdateIds": "ids", "BulkUpdateStrings": "values", "BulkUpdateGroupDescriptionsInput": "groups"}
"""Types of bulk inputs that change a list -> their field for its items."""

COUNTED = {"play_history": "play_count", "o_history": "o_counter"}
"""History of a scene -> its count: if both were changed, only the history is sent."""

QUEUED: dict[str, dict[str, tuple[str, tuple[str, ...]]]] = {
    "Scene": {
        "reset_play_count": ("sceneResetPlayCount", ("play_count", "play_history")),
        "reset_o": ("sceneResetO", ("o_counter", "o_history")),
        "reset_activity": ("sceneResetActivity", ("resume_time", "play_duration")),
        "generate_screenshot": ("sceneGenerateScreenshot", ()),
    },
    "Image": {"reset_o": ("imageResetO", ("o_counter",))},
}
"""Type -> method -> the mutation it queues, and the fields that the mutation changes."""


def has_side_mutation(type_name: str, field: str) -> bool:
    """Whether a field is written by a side mutation."""
    if (type_name, field) in SIDE_MUTATIONS:
        return True
    relation = relationships(type_name).get(field)
    return relation is not None and bool(relation.bulk_field) and not relation.target_field


def bulk_field(type_name: str, field: str) -> str | None:
    """The field of a type's bulk update that adds and removes items of its list `field`, or None."""
    bulk = describe_api().types.get(f"Bulk{type_name}UpdateInput")
    relation = relationships(type_name).get(field)
    name = relation.bulk_field if relation is not None else field
    if bulk is None or name not in bulk.fields or (relation is not None and relation.bulk_type != type_name):
        return None
    return name if bulk.fields[name].type.name in LISTS else None


def has_data(type_name: str, field: str, change: Change) -> bool:
    """Whether added items have data besides the ids that the list's bulk update accepts."""
    name = bulk_field(type_name, field)
    if name is None:
        return False
    kind = describe_api().types[f"Bulk{type_name}UpdateInput"].fields[name].type.name
    return kind == "BulkUpdateIds" and any(map(_has_more_than_id, change.added))


def _has_more_than_id(item: Any) -> bool:
    """Whether an item has a value besides its id."""
    return isinstance(item, dict) and any(
        value is not None for name, value in item.items() if not name.endswith("_id")
    )


def list_change(type_name: str, name: str, items: tuple[Any, ...], mode: str) -> dict[str, Any]:
    """Items to set, add or remove in the shape of field `name` of a bulk update."""
    kind = describe_api().types[f"Bulk{type_name}UpdateInput"].fields[name].type.name
    values = [key_of(item) for item in items] if kind == "BulkUpdateIds" else list(items)
    return {LISTS[kind]: values, "mode": mode}


def emptied(obj: StashObject, operation: str, args: dict[str, Any], fields: Sequence[str]) -> dict[str, Any]:
    """Values after a queued mutation of those of `fields` that are loaded."""
    names = list(fields)
    if operation == "sceneResetActivity":
        names = [n for n in fields if args.get("reset_resume" if n == "resume_time" else "reset_duration")]
    return {name: [] if name.endswith("history") else 0 for name in names if name in obj.__dict__}
