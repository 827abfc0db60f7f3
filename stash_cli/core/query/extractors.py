"""Extractors: the values of a filter field in a row of the server, for predicates evaluated by the client."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from stash_cli.core.types.api import describe_api
from stash_cli.core.types.fuzzy_date import FuzzyDate, normalize_date

if TYPE_CHECKING:
    from collections.abc import Callable

    from stash_cli.core.query.model import Condition, Row


@dataclass(frozen=True, slots=True)
class Extractor:
    """Reads values from rows, which must hold `paths`."""

    paths: tuple[str, ...]
    read: Callable[[Row], list[Any]]


def at(*paths: str) -> Extractor:
    """The values at dotted paths, with lists flattened and nulls and blanks left out."""
    routes = [path.split(".") for path in paths]
    return Extractor(paths, lambda row: [value for route in routes for value in follow(row, route)])


def follow(value: Any, route: list[str]) -> list[Any]:
    """The values at `route`, a sequence of names."""
    # Servers return "" for missing text, so both "" and null count as no value.
    if value is None or value == "":
        return []
    if isinstance(value, list | tuple):
        return [found for item in value for found in follow(item, route)]
    return follow(value.get(route[0]), route[1:]) if route else [value]


def counting(path: str, name: str = "id") -> Extractor:
    """The number of items at `path`, each of which has `name`."""
    return Extractor((f"{path}.{name}",), lambda row: [len(row.get(path) or ())])


def dimensions(path: str, of: Callable[[int, int], Any]) -> Extractor:
    """A function of width and height of each file at `path`; video files of an image are skipped.

    The server's filters ignore the sizes of these, such as an animated GIF (live, 0.30.1).
    """

    def read(row: Row) -> list[Any]:
        files = [item for item in row.get(path) or () if item.get("__typename") != "VideoFile"]
        return [of(item["width"], item["height"]) for item in files if item.get("width")]

    return Extractor((f"{path}.width", f"{path}.height"), read)


def fingerprints(path: str, kind: str) -> Extractor:
    """Fingerprints of one type of the files at `path`."""

    def read(row: Row) -> list[Any]:
        prints = follow(row, [path, "fingerprints"])
        return [one["value"] for one in prints if one["type"] == kind]

    return Extractor((f"{path}.fingerprints",), read)


def year(name: str) -> Extractor:
    """The year of a date."""
    return Extractor((name,), lambda row: [FuzzyDate(date).first_day.year for date in follow(row, [name])])


def shape(width: int, height: int) -> str:
    return "SQUARE" if width == height else "LANDSCAPE" if width > height else "PORTRAIT"


def _frame_rates(row: Row) -> list[Any]:
    # The server rounds half up before it compares.
    return [int(rate + 0.5) for rate in follow(row, ["files", "frame_rate"])]


def _length(row: Row) -> list[Any]:
    start, end = row.get("seconds"), row.get("end_seconds")
    return [] if start is None or end is None else [end - start]


def _age(row: Row) -> list[Any]:
    until = row.get("death_date") or datetime.now(UTC).date().isoformat()
    return [years(born, until) for born in follow(row, ["birthdate"])]


def _ages(row: Row) -> list[Any]:
    births = follow(row, ["performers", "birthdate"])
    return [years(born, row["date"]) for born in births if row.get("date")]


def years(first: str, last: str) -> int:
    """Whole years from one fuzzy date to another, rounded towards 0."""
    # As the server computes ages: a partial date counts as its first day.
    days = [int(normalize_date(date).replace("-", "")) for date in (first, last)]
    difference = days[1] - days[0]
    return difference // 10_000 if difference >= 0 else -(-difference // 10_000)


FILES = {"Scene": "files", "Image": "visual_files", "Gallery": "files"}
"""The field that holds the files of a type."""
_VIDEO = {"duration": "duration", "bitrate": "bit_rate"}
_VIDEO |= {"video_codec": "video_codec", "audio_codec": "audio_codec"}
_BOXES = Extractor(("stash_ids.endpoint", "stash_ids.stash_id"), lambda row: follow(row, ["stash_ids"]))

EXTRACTORS: dict[tuple[str, str], Extractor] = {
    **{(t, "path"): at(f"{files}.path") for t, files in FILES.items()},
    ("Gallery", "path"): at("files.path", "folder.path"),
    ("Gallery", "parent_folder"): at("files.parent_folder.id", "folder.parent_folder.id"),
    ("Gallery", "is_zip"): at("files.id"),
    **{(t, "file_count"): counting(files) for t, files in FILES.items()},
    **{(t, "checksum"): fingerprints(files, "md5") for t, files in FILES.items()},
    **{(t, "phash_distance"): fingerprints(FILES[t], "phash") for t in ("Scene", "Image")},
    ("Scene", "phash"): fingerprints("files", "phash"),
    ("Scene", "oshash"): fingerprints("files", "oshash"),
    **{("Scene", name): at(f"files.{attr}") for name, attr in _VIDEO.items()},
    ("Scene", "framerate"): Extractor(("files.frame_rate",), _frame_rates),
    ("Scene", "captions"): at("captions.language_code"),
    ("Scene", "has_markers"): at("scene_markers.id"),
    ("Gallery", "has_chapters"): at("chapters.id"),
    **{(t, "resolution"): dimensions(FILES[t], min) for t in ("Scene", "Image")},
    **{(t, "orientation"): dimensions(FILES[t], shape) for t in ("Scene", "Image")},
    **{(t, "performer_favorite"): at("performers.favorite") for t in FILES},
    **{(t, "performer_age"): Extractor(("performers.birthdate", "date"), _ages) for t in FILES},
    ("SceneMarker", "tags"): at("primary_tag.id", "tags.id"),
    ("SceneMarker", "scenes"): at("scene.id"),
    ("SceneMarker", "scene_tags"): at("scene.tags.id"),
    ("SceneMarker", "performers"): at("scene.performers.id"),
    ("SceneMarker", "duration"): Extractor(("seconds", "end_seconds"), _length),
    **{
        ("SceneMarker", f"scene_{name}"): at(f"scene.{name}") for name in ("date", "created_at", "updated_at")
    },
    ("Studio", "parents"): at("parent_studio.id"),
    ("Studio", "child_count"): counting("child_studios"),
    ("Tag", "marker_count"): at("scene_marker_count"),
    # Servers before 0.23 have these counts as filters only.
    ("Tag", "parent_count"): counting("parents"),
    ("Tag", "child_count"): counting("children"),
    ("Performer", "aliases"): at("alias_list"),
    ("Performer", "filter_favorites"): at("favorite"),
    ("Performer", "birth_year"): year("birthdate"),
    ("Performer", "death_year"): year("death_date"),
    ("Performer", "age"): Extractor(("birthdate", "death_date"), _age),
    ("Scene", "groups"): at("groups.group.id"),
    ("Scene", "movies"): at("movies.movie.id"),
    ("Scene", "stash_id_count"): counting("stash_ids", "stash_id"),
    **{
        (t, f"stash_id{s}_endpoint"): _BOXES
        for t in ("Scene", "Performer", "Studio", "Tag")
        for s in ("", "s")
    },
    **{(t, "performers"): at("scenes.performers.id") for t in ("Group", "Movie")},
    ("Group", "containing_groups"): at("containing_groups.group.id"),
    ("Group", "sub_groups"): at("sub_groups.group.id"),
    ("Group", "containing_group_count"): counting("containing_groups", "group.id"),
    ("File", "dir"): at("parent_folder.path"),
    **{(t, "parent_folder"): at("parent_folder.id") for t in ("File", "Folder")},
}
"""Extractors that cannot be derived from the field's name."""

RELATED = {
    **{(t, "performers_filter"): "performers" for t in FILES},
    **{(t, "studios_filter"): "studio" for t in (*FILES, "Group", "Movie")},
    **{(t, "tags_filter"): "tags" for t in (*FILES, "Performer")},
    **{(t, "galleries_filter"): "galleries" for t in ("Scene", "Image")},
    **{(t, "scenes_filter"): "scenes" for t in ("Gallery", "Performer", "Group", "Movie")},
    **{(t, "files_filter"): files for t, files in FILES.items()},
    ("Scene", "groups_filter"): "groups.group",
    ("Scene", "movies_filter"): "movies.movie",
    ("Scene", "markers_filter"): "scene_markers",
    ("SceneMarker", "scene_filter"): "scene",
    ("Gallery", "folders_filter"): "folder",
    ("Studio", "groups_filter"): "groups",
}
"""(Type, nested filter) -> the path of the related objects in a row."""

_ROW_TYPES = {"File": "BaseFile"}
"""Type of a filter -> type of its rows, where they differ."""


def extractor(type_name: str, field: str) -> Extractor | None:
    """The extractor of a filter field; None where rows of `type_name` lack its values."""
    known = EXTRACTORS.get((type_name, field))
    row_type = describe_api().types.get(_ROW_TYPES.get(type_name, type_name))
    if known or row_type is None or row_type.kind == "INPUT_OBJECT":
        return known
    fields = row_type.fields
    if field == "performer_tags" and "performers" in fields:
        return at("performers.tags.id")
    if field.endswith("_count") and field not in fields:
        items = {"tag_count": "tags", "performer_count": "performers"}.get(field)
        return counting(items) if items in fields else None
    for name in (f"{field}s", field, field.removesuffix("s")):
        if name in fields:
            return at(f"{name}.id" if describe_api().types[fields[name].type.name].is_entity else name)
    return None


def extractor_of(type_name: str, condition: Condition) -> Extractor | None:
    """The extractor of a condition; None where it cannot be tested on rows."""
    if condition.test is None:
        return None
    return condition.extractor or extractor(type_name, condition.field.name)
