"""Introspection of a server's schema, and its reduction for the cache."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.graphql.capability import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

VERSION = "_server: version { version hash }"
"""Field that is selected along with queries, to notice a changed server."""

_TYPE = "kind name"
for _ in range(4):
    _TYPE = f"kind name ofType {{ {_TYPE} }}"
_TYPE = f"type {{ {_TYPE} }}"
DOCUMENT = (
    "query Introspection { __schema { queryType { name } mutationType { name } subscriptionType { name }"
    f" types {{ kind name fields(includeDeprecated: true) {{ name args {{ name {_TYPE} }} {_TYPE} }}"
    f" inputFields {{ name {_TYPE} }} enumValues(includeDeprecated: true) {{ name }} }} }} {VERSION} }}"
)


def reduce(data: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of an introspection's `data` that ServerCapabilities uses.

    Fields are joined into one text per type: hundreds of types load in a millisecond then, and only those
    that are used are parsed.
    """
    schema, server = data["__schema"], data.get("_server") or {}
    types = {declared["name"]: declared for declared in schema["types"]}
    roots = {kind: (schema.get(f"{kind}Type") or {}).get("name") for kind in KINDS}
    return {
        "version": server.get("version") or "",
        "hash": server.get("hash") or "",
        "operations": {
            kind: {field["name"]: _join(field["args"]) for field in _fields(types.get(root))}
            for kind, root in roots.items()
        },
        "types": {
            name: _join([*_fields(declared), *(declared.get("inputFields") or ())])
            for name, declared in types.items()
            if not name.startswith("__") and name not in roots.values()
        },
        "enums": {
            name: " ".join(value["name"] for value in declared["enumValues"])
            for name, declared in types.items()
            if declared.get("enumValues") and not name.startswith("__")
        },
    }


def _fields(declared: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    return (declared or {}).get("fields") or []


def _join(fields: Iterable[Mapping[str, Any]]) -> str:
    return " ".join(f"{field['name']}:{notation(field['type'])}" for field in fields)


def notation(declared: Mapping[str, Any]) -> str:
    """An introspected type in GraphQL notation: `[Scene!]!`."""
    if declared["kind"] == "NON_NULL":
        return f"{notation(declared['ofType'])}!"
    if declared["kind"] == "LIST":
        return f"[{notation(declared['ofType'])}]"
    return str(declared["name"])
