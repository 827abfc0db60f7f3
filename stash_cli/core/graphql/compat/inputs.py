"""Inputs in the shape that an older server takes.

A field that it lacks is translated where it has the like of it. What says nothing - null, or an option that
is off - is left out; all else is refused, because leaving out a filter or a change would be silent harm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from stash_cli.core.errors import StashError, StashInputError, did_you_mean
from stash_cli.core.graphql.compat import saved_filter
from stash_cli.core.graphql.compat.operations import ARGUMENTS
from stash_cli.core.graphql.releases import older_name
from stash_cli.core.types.api import TypeRef, describe_api

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from stash_cli.core.graphql.capability import ServerCapabilities

    Given = Mapping[str, Any]
    Translation = Callable[[Given], dict[str, Any] | None]
    from collections.abc import Mapping


_SAVING = ("SaveFilterInput", "SetDefaultFilterInput")
_OPTIONS = ("MetadataInput", "DatabaseInput", "DestroyInput", "MergeInput")
"""Endings of inputs whose yes/no fields are options, which servers without them behave as if off."""


def shape(ours: str, theirs: str, given: Given, server: ServerCapabilities) -> dict[str, Any]:
    """The fields of our input type `ours`, those that the server's `theirs` lacks translated.

    Raises StashCapabilityError for what has no like on the server, StashInputError for what is no field.
    """
    found = {name: item for name, item in given.items() if server.field_name(theirs, name) is not None}
    missing = [name for name in given if name not in found]
    if ours in _SAVING and not server.input_has_field(theirs, saved_filter.PARTS[0]):
        found["filter"] = saved_filter.write(*(given.get(part) for part in saved_filter.PARTS))
        missing = [name for name in missing if name not in saved_filter.PARTS]
    for name in missing:
        other = _translated(ours, name, given)
        if other is None or not all(server.field_name(theirs, each) for each in other):
            raise _refusal(ours, name, server)
        found |= other
    return found


def _refusal(owner: str, name: str, server: ServerCapabilities) -> StashError:
    """The error for a field that the server lacks: a slip of the pen, or newer than it."""
    declared = describe_api().types.get(owner)
    if declared is None or name in declared.fields:
        return server.lacks(f"{owner}.{name}")
    near = did_you_mean(name, declared.fields)
    return StashInputError(f"{owner} has no field {name!r}. {near}".rstrip())


def _translated(owner: str, name: str, given: Given) -> dict[str, Any] | None:
    """What stood for a field before it came; None where nothing did."""
    translate = _TRANSLATIONS.get((owner, name)) or _TRANSLATIONS.get(name)
    if translate is not None:
        return translate(given)
    says_nothing = given[name] is None or (given[name] is False and owner.endswith(_OPTIONS))
    return {} if says_nothing else None


def _one_address(given: Given) -> dict[str, Any] | None:
    """The only one of several addresses; bulk inputs wrap them and say what to do with them."""
    urls = given["urls"]
    wrapped = urls if isinstance(urls, dict) else {"values": urls, "mode": "SET"}
    values: Sequence[str] = wrapped.get("values") or ()
    if wrapped.get("mode") != "SET" or len(values) > 1:
        return None
    return {"url": values[0] if values else ""}


def _one_gender(given: Given) -> dict[str, Any] | None:
    """One gender that is to be had; before 0.25 the modifier did not count."""
    wanted: Sequence[str] = given["value_list"] or ()
    if len(wanted) != 1 or given.get("modifier") not in ("INCLUDES", "EQUALS"):
        return None
    return {"value": wanted[0], "modifier": "EQUALS"}


def _one_stash_id(given: Given) -> dict[str, Any] | None:
    """A criterion on several stash ids that names one at most."""
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
    ("GenderCriterionInput", "value_list"): _one_gender,
    ("HierarchicalMultiCriterionInput", "depth"): lambda given: None if given["depth"] else {},
    "stash_ids_endpoint": _one_stash_id,
    "urls": _one_address,
}
"""Field, alone or with its type -> what makes older fields of all that was given, or None."""


def word(ours: str, theirs: str, value: Any, server: ServerCapabilities) -> Any:
    """A value of our enum `ours` as the server's `theirs` has it: GROUPS were MOVIES before 0.27.

    Raises StashInputError for what nobody knows, StashCapabilityError for what this server does not.
    """
    known = server.enum_values(theirs)
    if not known or value is None or value in known:
        return value
    older = str(value).replace("GROUP", "MOVIE")
    if older in known:
        return older
    declared = describe_api().types.get(ours)
    if declared is not None and value in declared.values:
        raise server.lacks(f"{ours}.{value}")
    raise StashInputError(f"{ours} has no value {value!r}. {did_you_mean(str(value), known)}".rstrip())


class Fitted(NamedTuple):
    """An argument as a server takes it: its name, the text of its type, and its value."""

    name: str
    type: str
    value: Any


def fit(
    operation: str, key: str, ref: TypeRef, value: Any, known: Mapping[str, str], server: ServerCapabilities
) -> Fitted:
    """An argument as `server` takes it; `known` are the arguments that it has.

    The type's name comes from the server, because some were renamed and variables must name it.
    """
    for name in (key, older_name(key)):
        if name in known:
            return Fitted(name, known[name], fit_value(ref.name, TypeRef(known[name]).name, value, server))
    name, translate = ARGUMENTS.get((operation, key), ("", None))
    if name in known and translate is not None:
        return Fitted(name, known[name], translate(value))
    raise server.lacks(f"{operation}({key})")


def fit_value(ours: str, theirs: str, value: Any, server: ServerCapabilities) -> Any:
    """`value` of our type `ours` as the server's type `theirs` takes it."""
    if isinstance(value, list | tuple):
        return [fit_value(ours, theirs, item, server) for item in value]
    if not server.is_input(theirs):
        return word(ours, theirs, value, server)
    if not isinstance(value, dict):
        return value
    fitted = {}
    for name, item in shape(ours, theirs, value, server).items():
        known = server.field_name(theirs, name) or name
        inner = TypeRef(server.field_type(theirs, known) or "").name
        fitted[known] = fit_value(_type_of(ours, name, inner), inner, item, server)
    check_required(theirs, server.fields(theirs), fitted, server)
    return fitted


def _type_of(owner: str, name: str, known: str) -> str:
    """Our type of an input's field; the server's own where only it has the field."""
    declared = describe_api().types.get(owner)
    return declared.fields[name].type.name if declared and name in declared.fields else known


def check_required(
    owner: str, declared: Mapping[str, str], given: Mapping[str, Any], server: ServerCapabilities
) -> None:
    """Refuse to leave out what this server cannot do without: some of it is optional, or gone, today."""
    if not server.is_older:
        return
    missing = [name for name, text in declared.items() if text.endswith("!") and given.get(name) is None]
    if missing:
        raise server.wants(f"{owner}.{missing[0]}")
