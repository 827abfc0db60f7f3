"""What of an object its create and update inputs take: names and shapes, derived from both types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashInputError, StashUsageError
from stash_cli.core.orm.changes import same
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
    fields = input_fields(cls, verb)
    names = [declared.input if declared else None, f"{attr}_id", f"{singular(attr)}_ids", attr]
    if (cls.__name__, attr) in _IGNORED:
        return None
    return next((fields[name] for name in names if name and name in fields), None)


def input_fields(cls: type[ApiObject], verb: str) -> Mapping[str, ApiField]:
    """The fields of the create or update input of `cls`.

    Raises StashUsageError for what the API does not make: images and files come from scanning.
    """
    found = describe_api().types.get(f"{cls.__name__}{verb}Input")
    if found is None:
        raise StashUsageError(f"The API cannot {verb.lower()} {cls.__name__} objects.")
    return found.fields


def singular(name: str) -> str:
    """`tags` -> `tag`, `galleries` -> `gallery`.

    >>> singular("scenes")
    'scene'
    """
    return _SINGULARS.get(name, name.removesuffix("s"))


def written(
    cls: type[ApiObject],
    verb: str,
    values: Mapping[str, Any],
    before: Mapping[str, Any],
    optional: Collection[str] = (),
) -> dict[str, Any]:
    """`values` as the create or update input of `cls` takes them, as JSON.

    `before` is what the server has, as far as that is known. Raises StashInputError for a field that
    the input has no place for, unless it is `optional`, and for a related object that is not saved yet.
    """
    found: dict[str, Any] = {}
    for attr, value in values.items():
        target = input_field(cls, verb, attr)
        if target is None and attr not in optional:
            raise StashInputError(
                f"{cls.__name__}.{attr} is not written by save: the API's input has no place for it."
            )
        if target is None or value is UNSET:
            continue
        if target.type.name == "CustomFieldsInput":
            found[target.name] = custom_fields(before.get(attr, UNSET), value or {})
        else:
            found[target.name] = as_input(target, value, f"{cls.__name__}.{attr}")
    return found


def custom_fields(before: Any, value: Mapping[str, Any]) -> dict[str, Any]:
    """The change from `before` to `value` as CustomFieldsInput; all of them where `before` is unknown."""
    if not isinstance(before, dict):
        return {"full": plain(value)}
    changed = {k: plain(v) for k, v in value.items() if k not in before or not same(v, before[k])}
    gone = [key for key in before if key not in value]
    return {**({"partial": changed} if changed else {}), **({"remove": gone} if gone else {})}


def as_input(target: ApiField, value: Any, where: str) -> Any:
    """One value in the shape of the input field `target`; `where` names it in errors."""
    kind = target.type.name
    if isinstance(value, list | tuple):
        return [as_input(target, item, where) for item in value]
    if kind == "ID":
        return _saved_id(value, where)
    if kind == "CustomFieldsInput" and isinstance(value, dict):
        return {"full": value}
    if target.range and isinstance(value, int | float):
        _check_range(target.range, value, where)
    shape = describe_api().types[kind]
    if shape.kind == "INPUT_OBJECT" and hasattr(value, "__dict__"):
        return _as_input_object(shape.fields, value, where)
    return plain(value)


def _check_range(bounds: tuple[float | None, float | None], value: float, where: str) -> None:
    """Refuse what the server itself would store and then suffer from, such as a rating of 500."""
    low, high = bounds
    if (low is not None and value < low) or (high is not None and value > high):
        raise StashInputError(f"{where} is from {low} to {high}, not {value}.")


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
