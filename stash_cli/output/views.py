"""Which columns a table of each kind of object has; `show` prints the same data as a list."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, the paths it may be filled from (first with a value wins) and its kind."""

    header: str
    paths: tuple[str, ...]
    kind: str = ""
    right: bool = False

    @classmethod
    def parse(cls, text: str) -> Column:
        """`Heading=path|other.path:kind>`; a bare path is its own heading; `>` aligns right."""
        text, right = text.removesuffix(">"), text.endswith(">")
        header, _, source = text.rpartition("=")
        source, _, kind = source.partition(":")
        return cls(header or source, tuple(source.split("|")), kind, right)


def columns(*texts: str) -> tuple[Column, ...]:
    return tuple(Column.parse(text) for text in texts)


VIEWS: dict[str, tuple[Column, ...]] = {
    "Scene": columns(
        "id>",
        "title=title|files[0].basename",
        "date",
        "rating=rating100>",
        "length=files[0].duration:duration>",
        "height=files[0].height>",
        "studio=studio.name",
        "performers=performers.name",
    ),
    "Image": columns(
        "id>",
        "title=title|visual_files[0].path:basename",
        "date",
        "rating=rating100>",
        "width=visual_files[0].width>",
        "height=visual_files[0].height>",
        "studio=studio.name",
        "performers=performers.name",
    ),
    "Gallery": columns(
        "id>",
        "title=title|files[0].path|folder.path:basename",
        "date",
        "rating=rating100>",
        "images=image_count>",
        "studio=studio.name",
        "performers=performers.name",
    ),
    "Performer": columns(
        "id>",
        "name",
        "disambiguation",
        "gender",
        "birthdate",
        "country",
        "rating=rating100>",
        "favorite",
        "scenes=scene_count>",
    ),
    "Studio": columns(
        "id>", "name", "parent=parent_studio.name", "rating=rating100>", "favorite", "scenes=scene_count>"
    ),
    "Tag": columns(
        "id>",
        "name",
        "parents=parents.name",
        "favorite",
        "scenes=scene_count>",
        "images=image_count>",
        "performers=performer_count>",
    ),
    "Group": columns(
        "id>",
        "name",
        "date",
        "rating=rating100>",
        "length=duration:duration>",
        "director",
        "studio=studio.name",
        "scenes=scene_count>",
    ),
    "SceneMarker": columns(
        "id>",
        "title=title|primary_tag.name",
        "at=seconds:duration>",
        "tag=primary_tag.name",
        "scene=scene.title",
        "scene_id=scene.id>",
    ),
    "Job": columns(
        "id>",
        "status",
        "progress:percent>",
        "description",
        "started=start_time:moment",
        "ended=end_time:moment",
        "error",
    ),
    "StashConfig": columns("path", "videos=exclude_video:included", "images=exclude_image:included"),
    "Version": columns("part", "version", "build_time:moment", "url"),
}
"""By API type."""

PATHS: dict[str, tuple[str, ...]] = {
    "Scene": ("files.path",),
    "Image": ("visual_files.path",),
    "Gallery": ("files.path", "folder.path"),
    "SceneMarker": ("scene.files.path",),
    "StashConfig": ("path",),
}
"""Where the files of an object are; what is not here has none."""


def wanted(view: tuple[Column, ...]) -> list[str]:
    """The paths that filling `view` needs, each once."""
    return list(dict.fromkeys(path.replace("[0]", "") for column in view for path in column.paths))


def custom(paths: list[str]) -> tuple[Column, ...]:
    """Columns for `--fields`: each path under its own name."""
    return tuple(Column(path, (path,), _guess(path)) for path in paths)


def _guess(path: str) -> str:
    last = path.rpartition(".")[2]
    if last.endswith("_at") or last in ("play_history", "o_history", "mod_time"):
        return "moment"
    return {"duration": "duration", "play_duration": "duration", "size": "size"}.get(last, "")
