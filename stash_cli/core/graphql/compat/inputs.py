"""Operations, arguments and inputs translated for older servers.

A field that the server lacks is translated if there is an older equivalent. Null, and an option that is off,
are left out. Anything else is refused, because dropping a filter or a change silently would do harm.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from stash_cli.core.errors import StashCapabilityError, StashError, StashInputError, did_you_mean
from stash_cli.core.graphql.compat.answers import PARTS, write_saved_filter
from stash_cli.core.graphql.compat.sorts import fit_sort
from stash_cli.core.graphql.releases import older_name
from stash_cli.core.types.api import TypeRef, describe_api

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from stash_cli.core.capabilities import ServerCapabilities

    Given = Mapping[str, Any]
    Translation = Callable[[Given], dict[str, Any] | None]


_SAVING = ("SaveFilterInput", "SetDefaultFilterInput")
_OPTIONS = ("MetadataInput", "DatabaseInput", "DestroyInput", "MergeInput")
"""Suffixes of inputs whose booleans are options: a server without them behaves as if they were off."""
_WRITING = ("CreateInput", "UpdateInput")
_DATES = frozenset({"date", "birthdate", "death_date"})
_PARTIAL_DATE = r"\d{4}(-\d\d?)?"


def translate_fields(
    api_type: str, server_type: str, given: Given, server: ServerCapabilities
) -> dict[str, Any]:
    """The fields of an input of our `api_type`, translated where the server's `server_type` lacks them.

    Raises StashCapabilityError where there is no equivalent, StashInputError for an unknown field.
    """
    found = {name: item for name, item in given.items() if server.field_name(server_type, name) is not None}
    missing = [name for name in given if name not in found]
    # Before 0.23 a filter was one text in the web interface's format, without fields for the three parts.
    if api_type in _SAVING and not server.input_has_field(server_type, PARTS[0]):
        found["filter"] = write_saved_filter(*(given.get(part) for part in PARTS))
        missing = [name for name in missing if name not in PARTS]
    if api_type.endswith(_WRITING):
        _check_dates(found, server)
    for name in missing:
        other = _translated(api_type, name, given)
        if other is None or not all(server.field_name(server_type, each) for each in other):
            raise _refusal(api_type, name, server)
        found |= other
    return found


def _check_dates(given: Given, server: ServerCapabilities) -> None:
    """Refuse a month or a year for a server that takes only days."""
    for name in _DATES & given.keys():
        if re.fullmatch(_PARTIAL_DATE, str(given[name])) and not server.takes_partial_dates:
            raise StashCapabilityError(
                f"A date without a day ({name}: {given[name]}) needs Stash 0.30 or newer;"
                f" this server is {server.version}."
            )


def _refusal(owner: str, name: str, server: ServerCapabilities) -> StashError:
    """The error for a field that the server lacks: unknown to the API, or newer than the server."""
    declared = describe_api().types.get(owner)
    if declared is None or name in declared.fields:
        return server.missing_error(f"{owner}.{name}")
    near = did_you_mean(name, declared.fields)
    return StashInputError(f"{owner} has no field {name!r}. {near}".rstrip())


def _translated(owner: str, name: str, given: Given) -> dict[str, Any] | None:
    """The older equivalent of a field; None where there is none."""
    translate = _TRANSLATIONS.get((owner, name)) or _TRANSLATIONS.get(name)
    if translate is not None:
        return translate(given)
    # False is left out for options only: in a criterion such as `organized` it selects objects.
    can_omit = given[name] is None or (given[name] is False and owner.endswith(_OPTIONS))
    return {} if can_omit else None


def _single_url(given: Given) -> dict[str, Any] | None:
    """`urls` as the single `url`; None for several, and for the bulk modes ADD and REMOVE."""
    urls = given["urls"]
    wrapped = urls if isinstance(urls, dict) else {"values": urls, "mode": "SET"}
    values: Sequence[str] = wrapped.get("values") or ()
    # The single field is replaced as a whole, so a second URL, or the present one with ADD, would be lost.
    if wrapped.get("mode") != "SET" or len(values) > 1:
        return None
    return {"url": values[0] if values else ""}


def _single_gender(given: Given) -> dict[str, Any] | None:
    """A criterion on exactly one gender; before 0.25 the modifier was ignored."""
    wanted: Sequence[str] = given["value_list"] or ()
    if len(wanted) != 1 or given.get("modifier") not in ("INCLUDES", "EQUALS"):
        return None
    return {"value": wanted[0], "modifier": "EQUALS"}


def _single_stash_id(given: Given) -> dict[str, Any] | None:
    """A criterion on several stash ids as one on a single id."""
    criterion = given["stash_ids_endpoint"]
    if criterion is None:
        return {}
    wanted: Sequence[str] = criterion.get("stash_ids") or ()
    if len(wanted) > 1 or "stash_id_endpoint" in given:
        return None
    others = {name: item for name, item in criterion.items() if name != "stash_ids"}
    return {"stash_id_endpoint": {**others, **({"stash_id": wanted[0]} if wanted else {})}}


_TRANSLATIONS: dict[str | tuple[str, str], Translation] = {
    ("DuplicationCriterionInput", "phash"): lambda given: {"duplicated": given["phash"]},
    ("FileDuplicationCriterionInput", "phash"): lambda given: {"duplicated": given["phash"]},
    ("GenderCriterionInput", "value_list"): _single_gender,
    ("HierarchicalMultiCriterionInput", "depth"): lambda given: None if given["depth"] else {},
    "stash_ids_endpoint": _single_stash_id,
    "urls": _single_url,
}
"""Field, alone or with its type -> function from the given fields to the older ones, or None."""


def fit_enum(api_type: str, server_type: str, value: Any, server: ServerCapabilities) -> Any:
    """An enum value as the server has it: GROUPS was MOVIES before 0.27.

    Raises StashInputError for an unknown value, StashCapabilityError for one that the server lacks.
    """
    known = server.enum_values(server_type)
    # Custom scalars have no values in the schema, so nothing can be checked.
    if not known or value is None or value in known:
        return value
    # Groups were called movies until 0.27, in enums as well.
    older = str(value).replace("GROUP", "MOVIE")
    if older in known:
        return older
    declared = describe_api().types.get(api_type)
    if declared is not None and value in declared.values:
        raise server.missing_error(f"{api_type}.{value}")
    raise StashInputError(f"{api_type} has no value {value!r}. {did_you_mean(str(value), known)}".rstrip())


class Fitted(NamedTuple):
    """An argument for a server: its name, type and value."""

    name: str
    type: str
    value: Any


def fit(
    operation: str, key: str, ref: TypeRef, value: Any, known: Mapping[str, str], server: ServerCapabilities
) -> Fitted:
    """An argument for `server`; `known` are the arguments that the server's operation has.

    The type name is the server's, as variables must declare it and some types were renamed.
    """
    if ref.name == "FindFilterType":
        value = fit_sort(operation, value, server)
    for name in (key, older_name(key)):
        if name in known:
            return Fitted(name, known[name], fit_value(ref.name, TypeRef(known[name]).name, value, server))
    name, translate = ARGUMENTS.get((operation, key), ("", None))
    if name in known and translate is not None:
        return Fitted(name, known[name], translate(value))
    raise server.missing_error(f"{operation}({key})")


def fit_value(api_type: str, server_type: str, value: Any, server: ServerCapabilities) -> Any:
    """`value` of our `api_type` as the server's `server_type`."""
    if isinstance(value, list | tuple):
        return [fit_value(api_type, server_type, item, server) for item in value]
    if not server.is_input(server_type):
        return fit_enum(api_type, server_type, value, server)
    if not isinstance(value, dict):
        return value
    fitted = {}
    for name, item in translate_fields(api_type, server_type, value, server).items():
        known = server.field_name(server_type, name) or name
        inner = TypeRef(server.field_type(server_type, known) or "").name
        fitted[known] = fit_value(_type_of(api_type, name, inner), inner, item, server)
    check_required(server_type, server.fields(server_type), fitted, server)
    return fitted


def _type_of(owner: str, name: str, known: str) -> str:
    """The API's type of an input's field, or the server's for a field that only the server has."""
    declared = describe_api().types.get(owner)
    return declared.fields[name].type.name if declared and name in declared.fields else known


def check_required(
    owner: str, declared: Mapping[str, str], given: Mapping[str, Any], server: ServerCapabilities
) -> None:
    """Refuse an input without a field that this server requires, but the current API does not."""
    # What a current server requires is in the API description and was checked before.
    if not server.is_older:
        return
    missing = [name for name, text in declared.items() if text.endswith("!") and given.get(name) is None]
    if missing:
        raise server.required_error(f"{owner}.{missing[0]}")


OPERATIONS = {
    "sceneAddO": "sceneIncrementO",
    "sceneDeleteO": "sceneDecrementO",
    "sceneAddPlay": "sceneIncrementPlayCount",
}
"""Current operation -> the one before play and o history (0.25), which returned the count alone."""


def as_integers(ids: list[Any]) -> list[int]:
    """Ids as integers."""
    return [int(one) for one in ids]


def plugin_args(given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A JSON object as a list of PluginArgInput, which tags each value with its type."""
    return [{"key": key, "value": _plugin_value(value)} for key, value in given.items()]


def _plugin_value(value: Any) -> dict[str, Any] | None:
    if value is None:
        return None
    if isinstance(value, dict):
        return {"o": plugin_args(value)}
    if isinstance(value, list):
        return {"a": [_plugin_value(item) for item in value]}
    # A bool is an int in Python.
    kinds = (("b", bool), ("i", int), ("f", float), ("str", str))
    return {next(name for name, kind in kinds if isinstance(value, kind)): value}


ARGUMENTS: dict[tuple[str, str], tuple[str, Callable[[Any], Any]]] = {
    ("findScenes", "ids"): ("scene_ids", as_integers),
    ("findImages", "ids"): ("image_ids", as_integers),
    ("findPerformers", "ids"): ("performer_ids", as_integers),
    ("runPluginTask", "args_map"): ("args", plugin_args),
}
"""(Operation, argument) -> the equivalent argument before 0.25, and the conversion of its value."""
