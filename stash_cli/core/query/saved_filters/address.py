"""The address of a list in the web interface: the criteria of a saved filter in its query string."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from stash_cli.core.query.saved_filters.saved_values import NULLS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FOLDERS = {
    "Scene": "scenes",
    "Image": "images",
    "Gallery": "galleries",
    "Performer": "performers",
    "Studio": "studios",
    "Tag": "tags",
    "Group": "groups",
    "SceneMarker": "scenes/markers",
}
"""Type -> the path of its list in the web interface."""
PER_PAGE = 40
"""Default number of rows on a page of the web interface."""
_SAFE_IN_TEXT = "-_.!~*'()"
"""Characters that are not percent-encoded in the search text."""
_SAFE_IN_CRITERION = ",/:@$-_.!~*'()"
"""Characters that are not percent-encoded in a criterion."""


def web_address(
    base: str, type_name: str, find_filter: Mapping[str, Any], object_filter: Mapping[str, Any]
) -> str:
    """The address at the server `base` of the list that a filter describes."""
    found = list(_parameters(find_filter, object_filter))
    return f"{base.rstrip('/')}/{FOLDERS[type_name]}" + (f"?{'&'.join(found)}" if found else "")


def _parameters(find_filter: Mapping[str, Any], object_filter: Mapping[str, Any]) -> Iterator[str]:
    if find_filter.get("q"):
        yield f"q={quote(find_filter['q'], safe=_SAFE_IN_TEXT)}"
    for name, saved in object_filter.items():
        yield f"c={quote(_braces_as_parentheses(_encoded(name, saved)), safe=_SAFE_IN_CRITERION)}"
    sort, direction = find_filter.get("sort"), find_filter.get("direction")
    if sort:
        yield f"sortby={sort}"
    # The web interface sorts dates in descending order by default, and anything else in ascending order.
    if sort == "date" and direction == "ASC":
        yield "sortdir=asc"
    if sort != "date" and direction == "DESC":
        yield "sortdir=desc"
    if find_filter.get("per_page") not in (None, PER_PAGE):
        yield f"perPage={find_filter['per_page']}"
    if (find_filter.get("page") or 1) > 1:
        yield f"p={find_filter['page']}"


def _encoded(name: str, saved: Any) -> str:
    """A criterion as the web interface writes it into an address."""
    if name == "custom_fields":
        found = {"type": name, "value": saved}
    elif saved["modifier"] in NULLS and not (
        isinstance(saved["value"], dict) and saved["value"].get("endpoint")
    ):
        found = {"type": name, "modifier": saved["modifier"]}
    else:
        found = {"type": name, "modifier": saved["modifier"], "value": saved["value"]}
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


def _braces_as_parentheses(text: str) -> str:
    """JSON with ( ) instead of { } outside of strings, as the web interface writes it into an address."""
    found, inside, escaped = [], False, False
    for char in text:
        if escaped:
            escaped = False
        elif inside and char == "\\":
            escaped = True
        elif char == '"':
            inside = not inside
        elif not inside:
            char = {"{": "(", "}": ")"}.get(char, char)  # noqa: PLW2901 - the character as it is written
        found.append(char)
    return "".join(found)
