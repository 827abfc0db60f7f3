"""Answers of older servers, translated to the current shape.

Types had one `url` for `urls`, a saved filter was one text, play and o history were counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.graphql.compat import saved_filter
from stash_cli.core.types.api import ApiType, describe_api

if TYPE_CHECKING:
    from stash_cli.core.graphql.capability import ServerCapabilities


def is_older(server: ServerCapabilities) -> bool:
    """Whether some answers of the server have another shape, so that they need `restore`."""
    types = describe_api().types
    saved = server.has_type("SavedFilter") and not server.type_has_field("SavedFilter", "find_filter")
    return saved or any(
        server.has_single_url(name)
        for name, each in types.items()
        if each.kind == "OBJECT" and "urls" in each.raw["fields"]
    )


def selected(type_name: str, field: str, server: ServerCapabilities) -> str | None:
    """The older field to select instead of one that the server lacks; None for none."""
    if field == "urls" and server.has_single_url(type_name):
        return "url"
    if (
        type_name == "SavedFilter"
        and field in saved_filter.PARTS
        and server.type_has_field(type_name, "filter")
    ):
        return "filter"
    return None


def restore(type_name: str, value: Any, server: ServerCapabilities) -> Any:
    """An answer of an older server in the current shape."""
    if isinstance(value, list):
        return [restore(type_name, item, server) for item in value]
    if type_name == "HistoryMutationResult" and isinstance(value, int):
        return {"count": value, "history": []}
    if not isinstance(value, dict):
        return value
    declared = describe_api().types.get(value.get("__typename", type_name))
    return _restored(declared, value, server) if declared else value


def _restored(declared: ApiType, value: dict[str, Any], server: ServerCapabilities) -> dict[str, Any]:
    found = {
        key: restore(declared.fields[key].type.name, item, server) if key in declared.fields else item
        for key, item in value.items()
    }
    if "url" in found and server.has_single_url(declared.name):
        found.setdefault("urls", [found["url"]] if found["url"] else [])
    if declared.name == "SavedFilter" and found.get("filter"):
        found |= saved_filter.read(found["filter"])
    return found
