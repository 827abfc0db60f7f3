"""Answers of older servers, translated to the current shape, and the older form of saved filters.

Types had one `url` for `urls`, a saved filter was one JSON text before 0.23, play and o history were counts.
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
    if type_name == "SavedFilter" and field in PARTS and server.type_has_field(type_name, "filter"):
        return "filter"
    return None


def is_unreliable(type_name: str, field: str, server: ServerCapabilities) -> bool:
    """Whether a field fails for some objects of this release, so that only who names it gets it.

    The folder of a zip has no time (live, 0.30.1), which fails the whole answer.
    """
    return (type_name, field) in _UNRELIABLE and server.release < number(_UNRELIABLE[type_name, field])


_UNRELIABLE = {("Folder", "mod_time"): "0.31"}
"""Fields that are null against their type -> the release up to which this is known."""


def restore(type_name: str, value: Any, server: ServerCapabilities) -> Any:
    """An answer of an older server in the current shape."""
    if isinstance(value, list):
        return [restore(type_name, item, server) for item in value]
    # Before 0.25 there were no histories, and these mutations answered the count alone.
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
        kept = json.loads(text)
        criteria = [json.loads(each) for each in kept.get("c", ())]
        # Each criterion is a JSON text inside the JSON text.
        by_type = {each.pop("type"): each for each in criteria}
    except (ValueError, AttributeError, KeyError, TypeError):
        return {}
    paging = {name: kept[old] for name, old in _PAGING.items() if kept.get(old) is not None}
    if "direction" in paging:
        # The web interface writes `asc`; the enum of the API has capitals.
        paging["direction"] = str(paging["direction"]).upper()
    display = {name: kept[old] for name, old in _DISPLAY.items() if kept.get(old) is not None}
    return {"find_filter": paging, "object_filter": by_type, "ui_options": display}


def write_saved_filter(
    find_filter: Mapping[str, Any] | None,
    object_filter: Mapping[str, Any] | None,
    ui_options: Mapping[str, Any] | None,
) -> str:
    """The text that `read_saved_filter` parses."""
    paging, display = find_filter or {}, ui_options or {}
    kept = {old: paging[name] for name, old in _PAGING.items() if paging.get(name) is not None}
    if "sortdir" in kept:
        kept["sortdir"] = str(kept["sortdir"]).lower()
    kept |= {old: display[name] for name, old in _DISPLAY.items() if display.get(name) is not None}
    # Custom fields are saved as a bare list, and in a text behind "value".
    given = {
        name: each if isinstance(each, Mapping) else {"value": each}
        for name, each in (object_filter or {}).items()
    }
    criteria = [json.dumps({"type": name, **each}) for name, each in given.items()]
    return json.dumps({**kept, "c": criteria})
