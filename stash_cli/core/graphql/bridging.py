"""Older servers: what they take and answer in another shape, beside what they merely call otherwise.

`OPERATIONS` did the same under another name, without arguments that came later. Several addresses were one;
a saved filter was one text; play and o history were a count.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from stash_cli.core.types.api import ApiType, describe_api

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stash_cli.core.graphql.capability import ServerCapabilities

OPERATIONS = {
    "sceneAddO": "sceneIncrementO",
    "sceneDeleteO": "sceneDecrementO",
    "sceneAddPlay": "sceneIncrementPlayCount",
}
"""Before play and o history (0.25) these counted."""
NEWER = {older: newer for newer, older in OPERATIONS.items()}

FIELDS = {("PHashDuplicationCriterionInput", "phash"): "duplicated"}
"""Input fields that older servers call otherwise."""

_SAVED = ("find_filter", "object_filter", "ui_options")
_SAVING = ("SaveFilterInput", "SetDefaultFilterInput")
_PAGING = {"q": "q", "page": "page", "per_page": "perPage", "sort": "sortby", "direction": "sortdir"}
_DISPLAY = {"display_mode": "disp", "zoom_index": "z"}


def is_older(server: ServerCapabilities) -> bool:
    """Whether answers of the server need `restore`: some of them have another shape."""
    types = describe_api().types
    saved = server.has_type("SavedFilter") and not server.type_has_field("SavedFilter", "find_filter")
    return saved or any(
        _one_address(server, name)
        for name, each in types.items()
        if each.kind == "OBJECT" and "urls" in each.fields
    )


def selected(type_name: str, field: str, server: ServerCapabilities) -> str | None:
    """What to ask an older server for instead of a field that it lacks; None for nothing."""
    if field == "urls" and _one_address(server, type_name):
        return "url"
    if type_name == "SavedFilter" and field in _SAVED and server.type_has_field(type_name, "filter"):
        return "filter"
    return None


def restore(type_name: str, value: Any, server: ServerCapabilities) -> Any:
    """An answer of an older server in the shape that ours have."""
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
    if "url" in found and "urls" in declared.fields:
        found.setdefault("urls", [found["url"]] if found["url"] else [])
    if declared.name == "SavedFilter" and found.get("filter"):
        found |= read_saved_filter(found["filter"])
    return found


def shape(type_name: str, value: Mapping[str, Any], server: ServerCapabilities) -> dict[str, Any]:
    """The fields of an input in the shape that an older server takes.

    Raises StashCapabilityError for several addresses where the server keeps one.
    """
    found = dict(value)
    if "urls" in found and _one_address(server, type_name):
        found["url"] = _address(type_name, found.pop("urls"), server)
    if type_name in _SAVING and not server.type_has_field(type_name, _SAVED[0]):
        parts = {name: found.pop(name, None) or {} for name in _SAVED}
        found["filter"] = write_saved_filter(**parts)
    return {FIELDS.get((type_name, name), name): item for name, item in found.items()}


def word(type_name: str, value: Any, server: ServerCapabilities) -> Any:
    """A word of an enum as a server from before groups has it: GROUPS were MOVIES."""
    if not isinstance(value, str) or "GROUP" not in value or server.has_type("Group"):
        return value
    declared = describe_api().types.get(type_name)
    older = value.replace("GROUP", "MOVIE")
    return older if declared is not None and older in declared.values else value


def read_saved_filter(text: str) -> dict[str, Any]:
    """The parts of a filter saved as one text, as servers did before 0.23; {} for what is none."""
    try:
        kept = json.loads(text)
        criteria = [json.loads(each) for each in kept.get("c", ())]
        by_type = {each.pop("type"): each for each in criteria}
    except (ValueError, AttributeError, KeyError, TypeError):
        return {}
    paging = {name: kept[old] for name, old in _PAGING.items() if kept.get(old) is not None}
    if "direction" in paging:
        paging["direction"] = str(paging["direction"]).upper()
    display = {name: kept[old] for name, old in _DISPLAY.items() if kept.get(old) is not None}
    return {"find_filter": paging, "object_filter": by_type, "ui_options": display}


def write_saved_filter(
    find_filter: Mapping[str, Any], object_filter: Mapping[str, Any], ui_options: Mapping[str, Any]
) -> str:
    """The text that `read_saved_filter` reads."""
    kept = {old: find_filter[name] for name, old in _PAGING.items() if find_filter.get(name) is not None}
    if "sortdir" in kept:
        kept["sortdir"] = str(kept["sortdir"]).lower()
    kept |= {old: ui_options[name] for name, old in _DISPLAY.items() if ui_options.get(name) is not None}
    criteria = [json.dumps({"type": name, **criterion}) for name, criterion in object_filter.items()]
    return json.dumps({**kept, "c": criteria})


def _one_address(server: ServerCapabilities, type_name: str) -> bool:
    """Whether the server's type has `url` and no `urls`."""
    known = server.fields(server.type_name(type_name))
    return "urls" not in known and "url" in known


def _address(type_name: str, urls: Any, server: ServerCapabilities) -> Any:
    """The only one of several addresses; bulk inputs wrap them and say what to do with them."""
    mode = "SET"
    if isinstance(urls, dict):
        urls, mode = urls.get("values"), urls.get("mode", mode)
    if mode != "SET" or len(urls or ()) > 1:
        raise server.lacks(f"{type_name}.urls")
    return urls[0] if urls else ""
