"""Results of older servers translated to the current shape, and the older form of saved filters.

In older releases types had a single `url`, saved filters were one JSON text (before 0.23), and play and o
history were plain counts (before 0.25).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from stash_cli.core.graphql.releases import number
from stash_cli.core.types.api import ApiType, describe_api

if TYPE_CHECKING:
    from stash_cli.core.capabilities import ServerCapabilities


def is_older(server: ServerCapabilities) -> bool:
    """Whether some results of the server have an older shape and need `restore`."""
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
    if type_name == "SavedFilter" and field in PARTS and server.type_has_field(type_name, "filter"):
        return "filter"
    return None


def is_unreliable(type_name: str, field: str, server: ServerCapabilities) -> bool:
    """Whether a field fails for some objects in this release, so that default selections leave it out.

    The folder of a zip file has no time (live, 0.30.1): null in a non-null field fails the whole response.
    """
    return (type_name, field) in _UNRELIABLE and server.release < number(_UNRELIABLE[type_name, field])


_UNRELIABLE = {("Folder", "mod_time"): "0.31"}
"""Non-null fields that are null for some objects -> the first release where that may be fixed."""


def restore(type_name: str, value: Any, server: ServerCapabilities) -> Any:
    """A result of an older server in the current shape."""
    if isinstance(value, list):
        return [restore(type_name, item, server) for item in value]
    # Before 0.25 there was no history, and these mutations returned the count alone.
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
        found |= read_saved_filter(found["filter"])
    return found


PARTS = ("find_filter", "object_filter", "ui_options")
"""Fields that replaced the text in 0.23."""

_PAGING = {"q": "q", "page": "page", "per_page": "perPage", "sort": "sortby", "direction": "sortdir"}
_DISPLAY = {"display_mode": "disp", "zoom_index": "z"}


def read_saved_filter(text: str) -> dict[str, Any]:
    """The fields of a filter that was saved as one text; {} for a text that is not a filter."""
    try:
        saved = json.loads(text)
        criteria = [json.loads(each) for each in saved.get("c", ())]
        # Each criterion is a JSON text inside the JSON text.
        by_type = {each.pop("type"): each for each in criteria}
    except (ValueError, AttributeError, KeyError, TypeError):
        return {}
    paging = {name: saved[old] for name, old in _PAGING.items() if saved.get(old) is not None}
    if "direction" in paging:
        # The web interface writes `asc`; the enum of the API has capitals.
        paging["direction"] = str(paging["direction"]).upper()
    display = {name: saved[old] for name, old in _DISPLAY.items() if saved.get(old) is not None}
    return {"find_filter": paging, "object_filter": by_type, "ui_options": display}


def write_saved_filter(
    find_filter: Mapping[str, Any] | None,
    object_filter: Mapping[str, Any] | None,
    ui_options: Mapping[str, Any] | None,
) -> str:
    """The text that `read_saved_filter` parses."""
    paging, display = find_filter or {}, ui_options or {}
    saved = {old: paging[name] for name, old in _PAGING.items() if paging.get(name) is not None}
    if "sortdir" in saved:
        saved["sortdir"] = str(saved["sortdir"]).lower()
    saved |= {old: display[name] for name, old in _DISPLAY.items() if display.get(name) is not None}
    # Custom fields are a bare list in `object_filter`, and below the key "value" in the older text.
    given = {
        name: each if isinstance(each, Mapping) else {"value": each}
        for name, each in (object_filter or {}).items()
    }
    criteria = [json.dumps({"type": name, **each}) for name, each in given.items()]
    return json.dumps({**saved, "c": criteria})
