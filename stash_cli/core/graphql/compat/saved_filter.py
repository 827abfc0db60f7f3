"""Saved filters before 0.23, which were one JSON text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

PARTS = ("find_filter", "object_filter", "ui_options")
"""Fields that replaced the text in 0.23."""

_PAGING = {"q": "q", "page": "page", "per_page": "perPage", "sort": "sortby", "direction": "sortdir"}
_DISPLAY = {"display_mode": "disp", "zoom_index": "z"}


def read(text: str) -> dict[str, Any]:
    """The fields of a filter that was saved as one text; {} for a text that is not a filter."""
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


def write(
    find_filter: Mapping[str, Any] | None,
    object_filter: Mapping[str, Any] | None,
    ui_options: Mapping[str, Any] | None,
) -> str:
    """The text that `read` parses."""
    paging, display = find_filter or {}, ui_options or {}
    kept = {old: paging[name] for name, old in _PAGING.items() if paging.get(name) is not None}
    if "sortdir" in kept:
        kept["sortdir"] = str(kept["sortdir"]).lower()
    kept |= {old: display[name] for name, old in _DISPLAY.items() if display.get(name) is not None}
    criteria = [json.dumps({"type": name, **each}) for name, each in (object_filter or {}).items()]
    return json.dumps({**kept, "c": criteria})
