"""Sorting by several keys: the server sorts by the first key, the client by the others.

Rows with the same value of the first key arrive together. Each such run is sorted by the other keys, so that
only one run is in memory at a time.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from stash_cli.core.client.paging import check_sort
from stash_cli.core.errors import StashUsageError
from stash_cli.core.types.api import describe_api

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from stash_cli.core.query.extractors import Extractor
    from stash_cli.core.types.entities import Entity

Row = dict[str, Any]

MOST_ROWS = 1_000_000
"""Maximum number of rows sorted by several keys unless the user gives a limit."""

_FIELDS = {
    "rating": "rating100",
    "height": "height_cm",
    "images_count": "image_count",
    "scenes_count": "scene_count",
    "galleries_count": "gallery_count",
    "groups_count": "group_count",
    "movies_count": "group_count",
    "performers_count": "performer_count",
    "studios_count": "studio_count",
    "scene_markers_count": "marker_count",
}
"""Sort keys -> the fields that hold their values, where the names differ."""
_PATHS = {
    ("Scene", "filesize"): ("files.size",),
    ("Scene", "file_mod_time"): ("files.mod_time",),
    ("Scene", "studio"): ("studio.name",),
    ("Scene", "title"): ("title", "files.basename"),
    ("Image", "filesize"): ("visual_files.size",),
    ("Image", "file_mod_time"): ("visual_files.mod_time",),
    ("Image", "title"): ("title", "visual_files.basename"),
    ("Gallery", "file_mod_time"): ("files.mod_time",),
    ("Gallery", "title"): ("title", "files.basename", "folder.path"),
    ("Tag", "name"): ("sort_name", "name"),
    ("SceneMarker", "seconds"): ("seconds",),
    ("SceneMarker", "title"): ("title", "primary_tag.name"),
    ("SceneMarker", "scene_id"): ("scene.id",),
    ("SceneMarker", "scenes_updated_at"): ("scene.updated_at",),
}
"""Sort keys -> the paths that hold their values; the first path with a value is used."""
_SERVER_ONLY = frozenset(
    {
        *("random", "perceptual_similarity", "group_scene_number", "movie_scene_number", "performer_age"),
        *("last_o_at", "scenes_duration", "career_length", "measurements", "sub_group_order"),
    }
)
"""Sort keys whose values are not fields of the rows."""


class SortKey(NamedTuple):
    """One key; `name` is the server's."""

    name: str
    descending: bool = False

    @property
    def direction(self) -> str:
        return "DESC" if self.descending else "ASC"

    def __str__(self) -> str:
        return f"-{self.name}" if self.descending else self.name


def parse_keys(entity: Entity, words: Sequence[str]) -> list[SortKey]:
    """Parse sort keys (`-rating`, `date`); raises StashLookupError with near matches for an unknown key.

    The server's sort key for the field `rating100` is `rating`.
    """
    keys: list[SortKey] = []
    for word in words:
        name = word.strip().removeprefix("-").replace("-", "_")
        name = {"rating100": "rating"}.get(name, name)
        check_sort(entity, name)
        # A repeated key has no effect.
        if name not in (key.name for key in keys):
            keys.append(SortKey(name, word.strip().startswith("-")))
    return keys


class LocalOrder(NamedTuple):
    """Order by several keys, for rows that arrive sorted by the first."""

    keys: tuple[SortKey, ...]
    extractors: tuple[Extractor, ...]

    @property
    def needs(self) -> tuple[str, ...]:
        """Paths that rows must hold."""
        return tuple(dict.fromkeys(path for each in self.extractors for path in each.paths))

    def run_of(self, row: Row) -> Any:
        """The sort value that rows of one run share."""
        return _value(self.extractors[0], row)

    def in_order(self, rows: list[Row]) -> list[Row]:
        """One run, sorted by the other keys; rows without a value come first, or last with `-`."""
        # The last key first: sorting is stable, so each sort preserves the order by the later keys.
        for key, each in reversed([*zip(self.keys, self.extractors, strict=True)][1:]):
            rows = sorted(rows, key=partial(_value, each), reverse=key.descending)
        return rows


def local_order(entity: Entity, keys: Sequence[SortKey]) -> LocalOrder | None:
    """The order by several keys; None for a single key, which the server sorts by.

    Raises StashUsageError for a key whose values only the server knows.
    """
    if len(keys) <= 1:
        return None
    server_only = [key.name for key in keys if _extractor(entity, key.name) is None]
    if server_only:
        raise StashUsageError(
            f"{entity.plural} can be sorted by {server_only[0]} alone, not together with other keys: only the"
            " server knows its values."
        )
    extractors = [each for key in keys if (each := _extractor(entity, key.name)) is not None]
    return LocalOrder(tuple(keys), tuple(extractors))


def _extractor(entity: Entity, name: str) -> Extractor | None:
    # Imported here: most commands use the server's order and read no values.
    from stash_cli.core.query.extractors import at, extractor

    if name in _SERVER_ONLY or name.startswith("random"):
        return None
    if paths := _PATHS.get((entity.type, name)):
        return at(*paths)
    if name == "id":
        return at("id")
    field = _FIELDS.get(name, name)
    declared = describe_api().types[entity.type].fields
    return extractor(entity.type, field) or (at(field) if field in declared else None)


def _value(each: Extractor, row: Mapping[str, Any]) -> tuple[int, Any]:
    """Sort key of the first value: no value, then numbers, then texts in natural order."""
    values = each.read(row)
    value = values[0] if values else None
    if value is None:
        return (0, ())
    if isinstance(value, bool | int | float):
        return (1, (value,))
    text = str(value)
    return (1, (int(text),)) if text.isdecimal() and each.paths == ("id",) else (2, _natural(text))


def _natural(text: str) -> tuple[tuple[int, Any], ...]:
    """Sort key of a text that ignores case and compares numbers in it as numbers."""
    # As the server's collation does, so that the order by the first key and by the others is consistent.
    parts = re.split(r"(\d+)", text.casefold())
    return tuple((0, int(part)) if part.isdecimal() else (1, part) for part in parts if part)


async def by_runs(
    pages: AsyncIterator[list[Row]], order: LocalOrder, enough: int | None = None
) -> AsyncIterator[list[Row]]:
    """Yield pages in the order by all keys; once `enough` rows were yielded, no further run is read."""
    run: list[Row] = []
    run_value: Any = None
    yielded = 0
    async for page in pages:
        ready: list[Row] = []
        for row in page:
            value = order.run_of(row)
            if run and value != run_value:
                ready += order.in_order(run)
                run = []
            run_value = value
            run.append(row)
        yielded += len(ready)
        if ready:
            yield ready
        # Runs are yielded whole, so there may be more than `enough` rows; the caller truncates them.
        if enough is not None and yielded >= enough:
            return
    if run:
        yield order.in_order(run)
