"""Inputs fitted to a server: older names where it has them, a refusal where it lacks a field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.graphql.history import older_name
from stash_cli.core.types.api import TypeRef, describe_api

if TYPE_CHECKING:
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
            return name, known[name], fit_value(ref.name, value, server)
    raise server.lacks(f"{operation}({key})" if key != "ids" else "ids")


def fit_value(type_name: str, value: Any, server: ServerCapabilities) -> Any:
    """`value` of the input type `type_name` with the server's field names.

    Raises StashCapabilityError for a field it lacks: leaving out a filter or a change would be silent
    harm.
    """
    if isinstance(value, list | tuple):
        return [fit_value(type_name, item, server) for item in value]
    declared = describe_api().types[type_name]
    if declared.kind != "INPUT_OBJECT" or not isinstance(value, dict):
        return value
    fitted = {}
    for name, item in value.items():
        known = server.field_name(type_name, name)
        if known is None:
            raise server.lacks(f"{type_name}.{name}")
        field = declared.fields.get(name)
        fitted[known] = fit_value(field.type.name, item, server) if field else item
    return fitted
