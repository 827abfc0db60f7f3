"""Where a filter field's values stand in a row, for what is decided here rather than by the server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stash_cli.core.types.api import describe_api

if TYPE_CHECKING:
    from collections.abc import Callable

    from stash_cli.core.query.model import Row


@dataclass(frozen=True, slots=True)
class Reader:
    """The paths that must be asked for, and how values are read from them."""

    paths: tuple[str, ...]
    read: Callable[[Row], list[Any]]


def at(*paths: str) -> Reader:
    """Every value at any of the dotted paths, lists flattened, nulls and blanks left out."""
    routes = [path.split(".") for path in paths]
    return Reader(paths, lambda row: [value for route in routes for value in _follow(row, route)])


def _follow(value: Any, route: list[str]) -> list[Any]:
    if value is None or value == "":
        return []
    if isinstance(value, list | tuple):
        return [found for item in value for found in _follow(item, route)]
    return _follow(value.get(route[0]), route[1:]) if route else [value]


def counting(path: str) -> Reader:
    """How many there are at `path`."""
    return Reader((f"{path}.id",), lambda row: [len(row.get(path) or ())])


def sides(path: str, of: Callable[[int, int], Any]) -> Reader:
    """Width and height of each file at `path`."""

    def read(row: Row) -> list[Any]:
        return [of(item["width"], item["height"]) for item in row.get(path) or () if item.get("width")]

    return Reader((f"{path}.width", f"{path}.height"), read)


def fingerprints(path: str, kind: str) -> Reader:
    """Hashes of one kind of the files at `path`."""

    def read(row: Row) -> list[Any]:
        prints = _follow(row, [path, "fingerprints"])
        return [one["value"] for one in prints if one["type"] == kind]

    return Reader((f"{path}.fingerprints",), read)


def shape(width: int, height: int) -> str:
    return "SQUARE" if width == height else "LANDSCAPE" if width > height else "PORTRAIT"


def _frame_rates(row: Row) -> list[Any]:
    return [round(rate) for rate in _follow(row, ["files", "frame_rate"])]


def _length(row: Row) -> list[Any]:
    start, end = row.get("seconds"), row.get("end_seconds")
    return [] if start is None or end is None else [end - start]


_FILES = {"Scene": "files", "Image": "visual_files", "Gallery": "files"}
_VIDEO = {"duration": "duration", "bitrate": "bit_rate"}
_VIDEO |= {"video_codec": "video_codec", "audio_codec": "audio_codec"}

READERS: dict[tuple[str, str], Reader] = {
    **{(t, "path"): at(f"{files}.path") for t, files in _FILES.items()},
    ("Gallery", "path"): at("files.path", "folder.path"),
    **{(t, "file_count"): counting(files) for t, files in _FILES.items()},
    **{(t, "checksum"): fingerprints(files, "md5") for t, files in _FILES.items()},
    ("Scene", "oshash"): fingerprints("files", "oshash"),
    **{("Scene", name): at(f"files.{attr}") for name, attr in _VIDEO.items()},
    ("Scene", "framerate"): Reader(("files.frame_rate",), _frame_rates),
    ("Scene", "captions"): at("captions.language_code"),
    **{(t, "resolution"): sides(_FILES[t], min) for t in ("Scene", "Image")},
    **{(t, "orientation"): sides(_FILES[t], shape) for t in ("Scene", "Image")},
    ("SceneMarker", "tags"): at("primary_tag.id", "tags.id"),
    ("SceneMarker", "scenes"): at("scene.id"),
    ("SceneMarker", "scene_tags"): at("scene.tags.id"),
    ("SceneMarker", "performers"): at("scene.performers.id"),
    ("SceneMarker", "duration"): Reader(("seconds", "end_seconds"), _length),
    **{
        ("SceneMarker", f"scene_{name}"): at(f"scene.{name}") for name in ("date", "created_at", "updated_at")
    },
    ("Studio", "parents"): at("parent_studio.id"),
    ("Studio", "child_count"): counting("child_studios"),
    ("Performer", "aliases"): at("alias_list"),
    ("Performer", "filter_favorites"): at("favorite"),
    ("Scene", "groups"): at("groups.group.id"),
    ("Scene", "movies"): at("movies.movie.id"),
    ("Group", "containing_groups"): at("containing_groups.group.id"),
    ("Group", "sub_groups"): at("sub_groups.group.id"),
}
"""What does not follow from the field's name."""


def reader(type_name: str, field: str) -> Reader | None:
    """Where the values of a filter field stand in rows of `type_name`; None where rows do not tell."""
    known = READERS.get((type_name, field))
    if known:
        return known
    fields = describe_api().types[type_name].fields
    if field == "performer_tags" and "performers" in fields:
        return at("performers.tags.id")
    if field.endswith("_count") and field not in fields:
        items = {"tag_count": "tags", "performer_count": "performers"}.get(field)
        return counting(items) if items in fields else None
    return _plain(type_name, field)


def _plain(type_name: str, field: str) -> Reader | None:
    """A field of the same name, or in the plural: `url` is `urls`, `studios` is `studio`."""
    fields = describe_api().types[type_name].fields
    for name in (f"{field}s", field, field.removesuffix("s")):
        if name in fields:
            return at(f"{name}.id" if describe_api().types[fields[name].type.name].is_entity else name)
    return None
