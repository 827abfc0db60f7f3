"""Sort keys that older servers lack.

Sort keys are plain strings in the schema, so introspection does not list them. A server before 0.26 puts an
unknown key into its SQL and returns the SQL error. The releases are from the server's source.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashCapabilityError
from stash_cli.core.types.entities import ENTITIES, Entity

if TYPE_CHECKING:
    from stash_cli.core.capabilities import ServerCapabilities

_SINCE = {
    "0.21": "performers: galleries_count images_count",
    "0.25": "scenes: last_o_at; performers: o_counter; studios: child_count",
    "0.26": "performers: last_o_at last_played_at play_count",
    "0.27": "scenes: group_scene_number; tags: groups_count movies_count studios_count;"
    " groups: sub_group_order tag_count",
    "0.28": "markers: duration",
    "0.29": "studios: tag_count",
    "0.30": "scenes: performer_age studio; performers: scenes_duration; studios: scenes_duration;"
    " tags: scenes_duration; groups: o_counter",
    "0.31": "scenes: resolution; images: resolution",
}
_RELEASE = {
    (plural, key): release
    for release, rows in _SINCE.items()
    for plural, _, keys in (row.strip().partition(": ") for row in rows.split(";"))
    for key in keys.split()
}
"""(Plural, sort key) -> the release that introduced the key."""

_OLDER = {("scenes", "group_scene_number"): "movie_scene_number"}
"""Sort keys with an older name."""


def fit_sort(operation: str, paging: Any, server: ServerCapabilities) -> Any:
    """A find filter with the sort key that the server has; raises StashCapabilityError where it has none."""
    entity = next((each for each in ENTITIES.values() if each.find == operation), None)
    key = paging.get("sort") if isinstance(paging, dict) else None
    if entity is None or key is None or server.is_since(_RELEASE.get((entity.plural, key), "0")):
        return paging
    older = _OLDER.get((entity.plural, key))
    if older is None:
        raise _sort_error(entity, key, server)
    return {**paging, "sort": older}


def _sort_error(entity: Entity, key: str, server: ServerCapabilities) -> StashCapabilityError:
    known = [each for each in entity.sorts if server.is_since(_RELEASE.get((entity.plural, each), "0"))]
    return StashCapabilityError(
        f"Sorting {entity.plural} by {key} needs Stash {_RELEASE[entity.plural, key]} or newer;"
        f" this server is {server.version or server.hash}.",
        hint=f"It sorts them by {', '.join(known)}.",
    )
