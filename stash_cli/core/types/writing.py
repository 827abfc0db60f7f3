"""What of an object its create and update inputs take: names and shapes, derived from both types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashInputError, StashUsageError
from stash_cli.core.types.api import ApiField, describe_api
from stash_cli.core.types.base import plain
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from stash_cli.core.types.base import ApiObject

_IGNORED = frozenset({("Scene", "resume_time"), ("Scene", "play_count"), ("Scene", "o_counter")})
"""What the update input takes and the server then ignores; these have mutations of their own."""

_SINGULARS = {"children": "child", "galleries": "gallery"}


def operation_name(cls: type[ApiObject], verb: str) -> str:
    """`Scene`, "Create" -> "sceneCreate"."""
    name = cls.__name__
    return f"{name[0].lower()}{name[1:]}{verb}"


def merge_operation(cls: type[ApiObject]) -> str:
    """The mutation that merges several into one: `sceneMerge`, `tagsMerge`."""
    known = describe_api().mutations
    name = operation_name(cls, "")
    found = next((word for word in (f"{name}Merge", f"{name}sMerge") if word in known), None)
    if found is None:
        raise StashUsageError(f"The API cannot merge {cls.__name__} objects.")
    return found


def input_field(cls: type[ApiObject], verb: str, attr: str) -> ApiField | None:
    """The field of the create or update input that writes attribute `attr`, or None.

    A relation is written by its ids: `studio` by `studio_id`, `tags` by `tag_ids`; other fields keep
    their name, and `api(input=...)` names the exceptions.
    """
    api = describe_api()
    declared = next((f for f in api.types[cls.__name__].fields.values() if f.attr == attr), None)
    fields = api.types[f"{cls.__name__}{verb}Input"].fields
    names = [declared.input if declared else None, f"{attr}_id", f"{singular(attr)}_ids", attr]
    if (cls.__name__, attr) in _IGNORED:
        return None
    return next((fields[name] for name in names if name in fields), None)


def singular(name: str) -> str:
    """`tags` -> `tag`, `galleries` -> `gallery`.

    >>> singular("scenes")
    'scene'
    """
    return _SINGULARS.get(name, name.removesuffix("s"))


def written(
    cls: type[ApiObject], verb: str, values: Mapping[str, Any], optional: Collection[str] = ()
) -> dict[str, Any]:
    """`values` as the create or update input of `cls` takes them, as JSON.

    Raises StashInputError for a field that the input has no place for, unless it is `optional`, and
    for a related object that is not saved yet.
    """
    found: dict[str, Any] = {}
    for attr, value in values.items():
        target = input_field(cls, verb, attr)
        if target is None and attr not in optional:
            raise StashInputError(
                f"{cls.__name__}.{attr} is not written by save: the API's input has no place for it."
            )
        if target is not None and value is not UNSET:
            found[target.name] = as_input(target, value, f"{cls.__name__}.{attr}")
    return found


def as_input(target: ApiField, value: Any, where: str) -> Any:
    """One value in the shape of the input field `target`; `where` names it in errors."""
    kind = target.type.name
    if isinstance(value, list | tuple):
        return [as_input(target, item, where) for item in value]
    if kind == "ID":
        return _saved_id(value, where)
    if kind == "CustomFieldsInput" and isinstance(value, dict):
        return {"full": value}
    shape = describe_api().types[kind]
    if shape.kind == "INPUT_OBJECT" and hasattr(value, "__dict__"):
        return _as_input_object(shape.fields, value, where)
    return plain(value)


def _saved_id(value: Any, where: str) -> Any:
    """The id of a related object, which must be saved to have one."""
    if hasattr(value, "is_new") and value.is_new():
        raise StashInputError(f"{where} holds {value!r}, which is not saved yet: save it first.")
    return getattr(value, "id", value)


def _as_input_object(fields: Mapping[str, ApiField], value: Any, where: str) -> dict[str, Any]:
    """An object such as SceneGroup as SceneGroupInput: links become their ids."""
    found = {}
    for name, field in fields.items():
        held = getattr(value, name, UNSET)
        if held is UNSET and name.endswith("_id"):
            held = getattr(value, name.removesuffix("_id"), UNSET)
        if held is not UNSET:
            found[name] = as_input(field, held, where)
    return found
