"""Inputs fitted to a server: older names and shapes where it has them, a refusal where it lacks a field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from stash_cli.core.graphql.history import older_name
from stash_cli.core.graphql.older.inputs import shape, word
from stash_cli.core.graphql.older.operations import ARGUMENTS
from stash_cli.core.types.api import TypeRef, describe_api

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stash_cli.core.graphql.capability import ServerCapabilities


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
