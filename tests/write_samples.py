"""A value for every writable field of every entity: as a command-line argument, and as in a row."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from stash_cli.core.orm.hydrate import class_named
from stash_cli.core.orm.input import attributes
from stash_cli.core.orm.relate import queue_image
from stash_cli.core.orm.relationship import relationships
from stash_cli.core.types.api import ApiField, describe_api
from stash_cli.core.types.entities import Entity

PIXEL = b"GIF89a\x01\x00\x01\x00\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00"
PIXEL += b"\x01\x00\x01\x00\x00\x02\x00;"
PICTURE = f"data:image/gif;base64,{b64encode(PIXEL).decode()}"

_SCALARS: dict[str, Any] = {"String": "text", "Int": 7, "Float": 2.5, "Boolean": True}
_ENUMS = {"gender": "MALE", "circumcised": "CUT"}
_DAYS = {
    "date": "2020-01-02",
    "birthdate": "1990-02-03",
    "death_date": "2020-03-04",
    "career_start": "2010",
    "career_end": "2012",
}
_IDS = {("SceneMarker", "tags"): "3"}
"""Links to other ids than 1: a marker's tags exclude its primary tag."""
_LISTS = {"urls": ["https://a.example/1"], "aliases": ["other"], "alias_list": ["other"]}
_OTHERS: dict[str, tuple[str, Any]] = {
    "custom_fields": ("a=1", {"a": 1}),
    "stash_ids": (
        "endpoint=https://box.example,stash_id=x1",
        [{"endpoint": "https://box.example", "stash_id": "x1"}],
    ),
    "groups": ("group_id=1,scene_index=2", [{"group": {"id": "1"}, "scene_index": 2}]),
    "containing_groups": ("group_id=2,description=d", [{"group": {"id": "2"}, "description": "d"}]),
    "sub_groups": ("group_id=3,description=d", [{"group": {"id": "3"}, "description": "d"}]),
    "parents": ("id:2", [{"id": "2"}]),
    "children": ("id:3", [{"id": "3"}]),
    "parent_studio": ("id:2", {"id": "2"}),
}
WRITE_ONLY = ("cover_image", "image", "front_image", "back_image")


def writable(entity: Entity) -> list[str]:
    """Fields of an entity's update input that the command line offers, without the primary file."""
    fields = describe_api().types[f"{entity.type}UpdateInput"].fields.values()
    left_out = ("id", "clientMutationId", "primary_file_id")
    return [field.name for field in fields if not field.deprecated and field.name not in left_out]


def sample(entity: Entity, name: str) -> tuple[str, Any]:
    """A value of an input field: words after its flag ("" for a boolean), and the row value."""
    if name in WRITE_ONLY:
        return PICTURE, PICTURE
    attr = attributes(entity.type)[name]
    shown = api_field(entity, attr)
    if attr in _OTHERS:
        return _OTHERS[attr]
    if attr in relationships(entity.type):
        one = _IDS.get((entity.type, attr), "1")
        return f"id:{one}", [{"id": one}] if shown.type.is_list else {"id": one}
    if shown.type.is_list:
        return _LISTS[attr][0], _LISTS[attr]
    value = _ENUMS.get(attr) or _DAYS.get(attr) or _SCALARS[shown.type.name]
    return "" if value is True else str(value), value


def cleared_value(entity: Entity, name: str) -> Any:
    """Row value of a cleared input field; a required text becomes empty."""
    if name in WRITE_ONLY:
        return None
    shown = api_field(entity, attributes(entity.type)[name]).type
    if shown.is_list:
        return []
    return {"Map": {}, "String": "" if shown.required else None}.get(shown.name)


def api_field(entity: Entity, attr: str) -> ApiField:
    return next(field for field in entity.api.fields.values() if field.attr == attr)


def object_with(entity: Entity, changes: dict[str, Any], object_id: str = "1") -> Any:
    """An object with only custom fields loaded, and these input fields set to row values."""
    empty = {"custom_fields": {}} if changes.get("custom_fields") else {}
    obj: Any = class_named(entity.type).from_graphql({"id": object_id, **empty})
    for name, value in changes.items():
        if name in WRITE_ONLY:
            queue_image(obj, name, value)
            continue
        attr = attributes(entity.type)[name]
        api_name = api_field(entity, attr).name
        read: Any = class_named(entity.type).from_graphql({"id": "0", api_name: value})
        setattr(obj, attr, getattr(read, attr))
    return obj
