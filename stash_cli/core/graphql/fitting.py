"""Inputs fitted to a server: older names where it has them, a refusal where it lacks a field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.graphql.bridging import NEWER, shape, word
from stash_cli.core.graphql.history import older_name
from stash_cli.core.types.api import TypeRef

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stash_cli.core.graphql.capability import ServerCapabilities


def fit(
    kind: str, operation: str, key: str, ref: TypeRef, value: Any, server: ServerCapabilities | None
) -> tuple[str, str, Any]:
    """The name, type text and value of an argument as `server` takes them.

    The type's name comes from the server, because some were renamed and variables must name it.
    """
    if server is None:
        return key, ref.text, value
    known = server.arguments(kind, operation)
    for name in (key, older_name(key)):
        if name in known:
            return name, known[name], fit_value(TypeRef(known[name]).name, value, server)
    raise server.lacks(f"{NEWER.get(operation, operation)}({key})")


def fit_value(type_name: str, value: Any, server: ServerCapabilities) -> Any:
    """`value` of the server's input type `type_name` with the server's field names.

    Raises StashCapabilityError for a field it lacks: leaving out a filter or a change would be silent
    harm.
    """
    if isinstance(value, list | tuple):
        return [fit_value(type_name, item, server) for item in value]
    if not isinstance(value, dict) or not server.is_input(type_name):
        return word(type_name, value, server)
    fitted = {}
    for name, item in shape(type_name, value, server).items():
        known = server.field_name(type_name, name)
        if known is None:
            raise server.lacks(f"{type_name}.{name}")
        inner = TypeRef(server.field_type(type_name, known) or "")
        fitted[known] = fit_value(inner.name, item, server)
    check_required(type_name, server.fields(type_name), fitted, server)
    return fitted


def check_required(
    owner: str, declared: Mapping[str, str], given: Mapping[str, Any], server: ServerCapabilities
) -> None:
    """Refuse to leave out what this server cannot do without: some of it is optional, or gone, today."""
    if not server.is_older:
        return
    missing = [name for name, text in declared.items() if text.endswith("!") and given.get(name) is None]
    if missing:
        raise server.wants(f"{owner}.{missing[0]}")
