"""Create and update inputs: which field writes an attribute, and values in its shape."""

from __future__ import annotations

from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashInputError, StashUsageError
from stash_cli.core.orm.edit import MapChange
from stash_cli.core.orm.quirks import has_own_mutation
from stash_cli.core.types.api import ApiField, describe_api
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping

PRIMARY_FILE = "primary_file_id"
"""Input field without an attribute: the primary file is the first of the files."""
_SINGULARS = {"children": "child", "galleries": "gallery"}


def operation_name(type_name: str, verb: str) -> str:
    """`Scene`, "Create" -> "sceneCreate"."""
    return f"{type_name[0].lower()}{type_name[1:]}{verb}"


def merge_operation(type_name: str) -> str:
    """The mutation that merges several into one: `sceneMerge`, `tagsMerge`."""
    known = describe_api().mutations
    name = operation_name(type_name, "")
    operation = next((word for word in (f"{name}Merge", f"{name}sMerge") if word in known), None)
    if operation is None:
        raise StashUsageError(f"The API cannot merge {type_name} objects.")
    return operation


@cache
def input_field(type_name: str, verb: str, attr: str) -> ApiField | None:
    """The field of the create or update input that writes attribute `attr`, or None.

    A relation is written by its ids: `studio` by `studio_id`, `tags` by `tag_ids`; other fields keep
    their name, and `api(input=...)` names the exceptions.
    """
    declared = next((f for f in describe_api().types[type_name].fields.values() if f.attr == attr), None)
    fields = input_fields(type_name, verb)
    if has_own_mutation(type_name, attr):
        return None
    return fields.get(written_by(fields, attr, declared.input if declared else None))


def written_by(fields: Container[str], attr: str, name: str | None = None) -> str:
    """Name of the input field that writes an attribute, which may have a `name` of its own; "" for none."""
    names = (name, f"{attr}_id", f"{singular(attr)}_ids", attr)
    return next((each for each in names if each and each in fields), "")


def input_fields(type_name: str, verb: str) -> Mapping[str, ApiField]:
    """The fields of the create or update input of a type.

    Raises StashUsageError for a type without such an input: images and files are created by scans.
    """
    declared = describe_api().types.get(f"{type_name}{verb}Input")
    if declared is None:
        raise StashUsageError(f"The API cannot {verb.lower()} {type_name} objects.")
    return declared.fields


@cache
def attributes(type_name: str) -> Mapping[str, str]:
    """Field of the update input -> the attribute with its value; write-only fields have none."""
    attributes: dict[str, str] = {}
    for field in describe_api().types[type_name].fields.values():
        target = input_field(type_name, "Update", field.attr)
        if target is not None or has_own_mutation(type_name, field.attr):
            attributes.setdefault(target.name if target else field.name, field.attr)
    return MappingProxyType(attributes)


def singular(name: str) -> str:
    """`tags` -> `tag`, `galleries` -> `gallery`.

    >>> singular("scenes")
    'scene'
    """
    return _SINGULARS.get(name, name.removesuffix("s"))


def create_input(type_name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes as fields of the create input; attributes without such a field are left out."""
    targets = {attr: input_field(type_name, "Create", attr) for attr in values}
    return {
        target.name: to_input(target, values[attr], f"{type_name}.{attr}")
        for attr, target in targets.items()
        if target is not None and values[attr] is not UNSET
    }


def custom_fields_input(after: Any) -> dict[str, Any]:
    """A map as CustomFieldsInput; servers store no null, so a key with a null value is removed."""
    if not isinstance(after, MapChange):
        return {"full": {key: value for key, value in (after or {}).items() if value is not None}}
    partial = {key: value for key, value in after.values.items() if value is not None}
    removed = [*after.removed, *(key for key, value in after.values.items() if value is None)]
    return {**({"partial": partial} if partial else {}), **({"remove": removed} if removed else {})}


def map_change(before: Any, value: Mapping[str, Any]) -> Any:
    """The change from `before` to `value`, both JSON; `value` itself if `before` is unknown."""
    if not isinstance(before, dict):
        return dict(value)
    from stash_cli.core.orm.history import same

    changed = {key: item for key, item in value.items() if key not in before or not same(item, before[key])}
    return MapChange(changed, tuple(key for key in before if key not in value))


def to_input(target: ApiField, value: Any, where: str = "") -> Any:
    """A value of an object, in the shape of the input field `target`; `where` names it in errors.

    Raises StashInputError for a number out of range and for an unsaved object. With `where` "" nothing is
    checked, because a value from the server may be out of range.
    """
    kind = target.type.name
    if isinstance(value, list | tuple):
        return [to_input(target, item, where) for item in value]
    if value is None:
        return None
    if kind == "ID":
        return _saved_id(value, where)
    if where and target.range and isinstance(value, int | float):
        _check_range(target.range, value, where)
    shape = describe_api().types[kind]
    if kind != "CustomFieldsInput" and shape.kind == "INPUT_OBJECT":
        return _to_input_object(shape.fields, value, where)
    if type(value) in (str, int, float, bool):
        return value
    from stash_cli.core.types.base import plain

    return plain(value)


def before_of(type_name: str, attr: str, row: Mapping[str, Any]) -> Any:
    """Value of an attribute in a server's row, in the shape of the update input.

    UNSET if the row lacks it.
    """
    if attr == PRIMARY_FILE:
        files = row.get("files") or row.get("visual_files")
        return files[0]["id"] if files else UNSET
    field = field_of(type_name, attr)
    value = UNSET if field is None else row.get(field.name, UNSET)
    if value is UNSET or value is None:
        return value
    target = input_field(type_name, "Update", attr)
    if target is None:
        # The cover of a gallery is written by a side mutation, which takes the image's id.
        return value["id"] if attr == "cover" and isinstance(value, dict) else value
    return value if target.type.name == "CustomFieldsInput" else to_input(target, value)


@cache
def field_of(type_name: str, attr: str) -> ApiField | None:
    """The API field of an attribute, or None."""
    return next((f for f in describe_api().types[type_name].fields.values() if f.attr == attr), None)


def field_paths(field: ApiField) -> Iterator[str]:
    """Paths to select for a field's value: ids of entities, all scalars of other objects."""
    declared = describe_api().types[field.type.name]
    if declared.is_entity:
        yield f"{field.name}.id"
    elif declared.kind in ("SCALAR", "ENUM"):
        yield field.name
    else:
        for inner in declared.fields.values():
            kind = describe_api().types[inner.type.name]
            if kind.is_entity:
                yield f"{field.name}.{inner.name}.id"
            elif kind.kind in ("SCALAR", "ENUM"):
                yield f"{field.name}.{inner.name}"


def _check_range(bounds: tuple[float | None, float | None], value: float, where: str) -> None:
    """Raise StashInputError for a number out of range; the server would store a rating of 500."""
    low, high = bounds
    if (low is not None and value < low) or (high is not None and value > high):
        raise StashInputError(f"{where} is from {low} to {high}, not {value}.")


def _saved_id(value: Any, where: str) -> Any:
    """The id of a related object; raises StashInputError for an unsaved one, which has no id yet."""
    if where and hasattr(value, "is_new") and value.is_new():
        raise StashInputError(f"{where} holds {value!r}, which is not saved yet: save it first.")
    return value.get("id") if isinstance(value, dict) else getattr(value, "id", value)


def _to_input_object(fields: Mapping[str, ApiField], value: Any, where: str) -> dict[str, Any]:
    """An object such as SceneGroup, or its fields, as SceneGroupInput: links become their ids."""
    source: Mapping[str, Any] = value if isinstance(value, dict) else value.__dict__
    values = {}
    for name, field in fields.items():
        item = source.get(name, UNSET)
        if item is UNSET and name.endswith("_id"):
            item = source.get(name.removesuffix("_id"), UNSET)
        if item is not UNSET:
            values[name] = to_input(field, item, where)
    return values
