"""Files and their objects, with the facts that decisions about duplicates need."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stash_cli.core.edits.gallery_contents import is_scanned
from stash_cli.core.types.api import describe_api

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stash_cli.core.capabilities import ServerCapabilities

FILES = {"Scene": "files", "Image": "visual_files"}
"""Type -> the field with its files."""
_FILE_FACTS = (
    *("id", "path", "size", "width", "height", "duration", "video_codec", "bit_rate", "frame_rate", "format"),
    *("mod_time", "zip_file.id", "zip_file_id", "fingerprints.type", "fingerprints.value"),
)
_TYPE_FACTS = {
    "Scene": ("captions.language_code", "interactive", "scene_markers.seconds"),
    "Image": ("galleries.folder.id", "galleries.files.id", "galleries.cover.id"),
}


@dataclass(frozen=True, slots=True)
class File:
    """A file of one object; unknown numbers are 0, other unknown facts "".

    `duration` is in seconds, `bit_rate` in bits per second, `pixels` width times height.
    """

    id: str
    owner: str
    path: str = ""
    size: int = 0
    width: int = 0
    height: int = 0
    duration: float = 0.0
    codec: str = ""
    bit_rate: int = 0
    frame_rate: float = 0.0
    modified: str = ""
    hashes: Mapping[str, str] = field(default_factory=dict)
    is_zipped: bool = False
    is_primary: bool = True

    @property
    def pixels(self) -> int:
        return self.width * self.height


@dataclass(frozen=True, slots=True)
class Copy:
    """An object with files. `richness` counts its filled fields and the items of its lists."""

    id: str
    label: str = ""
    created_at: str = ""
    files: tuple[File, ...] = ()
    richness: int = 0
    stash_ids: frozenset[tuple[str, str]] = frozenset()
    captions: frozenset[str] = frozenset()
    is_interactive: bool = False
    markers: tuple[float, ...] = ()
    galleries: frozenset[str] = frozenset()
    """Galleries of a folder or an archive, whose images cannot be changed."""


def paths_to_read(type_name: str, server: ServerCapabilities) -> list[str]:
    """The paths to read for `copy_of`."""
    files = FILES[type_name]
    paths = ["id", "title", "created_at", *(f"{files}.{name}" for name in _FILE_FACTS)]
    paths += ["stash_ids.endpoint", "stash_ids.stash_id", *_TYPE_FACTS[type_name]]
    return [path for path in paths if _is_known(type_name, path, server)]


def _is_known(type_name: str, path: str, server: ServerCapabilities) -> bool:
    """Whether the server has a path; for files, whether every file type that declares it has it."""
    first, _, rest = path.partition(".")
    if first != FILES[type_name]:
        return server.has_path(type_name, path)
    types = describe_api().types
    file_types = ("VideoFile",) if type_name == "Scene" else ("VideoFile", "ImageFile")
    name = rest.partition(".")[0]
    declaring = [each for each in file_types if name in types[each].fields]
    return bool(declaring) and all(server.field_name(each, name) is not None for each in declaring)


def copy_of(type_name: str, row: Mapping[str, Any], richness: int = 0) -> Copy:
    """Build the object of a row with `paths_to_read`."""
    id_ = str(row["id"])
    files = [_file(id_, each, number == 0) for number, each in enumerate(row.get(FILES[type_name]) or ())]
    scanned = (each for each in row.get("galleries") or () if is_scanned(each))
    return Copy(
        id_,
        str(row.get("title") or ""),
        str(row.get("created_at") or ""),
        tuple(files),
        richness,
        frozenset((each["endpoint"], each["stash_id"]) for each in row.get("stash_ids") or ()),
        frozenset(each["language_code"] for each in row.get("captions") or ()),
        bool(row.get("interactive")),
        tuple(float(each["seconds"]) for each in row.get("scene_markers") or ()),
        frozenset(str(each["id"]) for each in scanned),
    )


def _file(owner: str, row: Mapping[str, Any], is_primary: bool) -> File:
    return File(
        str(row["id"]),
        owner,
        str(row.get("path") or ""),
        int(row.get("size") or 0),
        int(row.get("width") or 0),
        int(row.get("height") or 0),
        float(row.get("duration") or 0),
        str(row.get("video_codec") or row.get("format") or ""),
        int(row.get("bit_rate") or 0),
        float(row.get("frame_rate") or 0),
        str(row.get("mod_time") or ""),
        {each["type"]: each["value"] for each in row.get("fingerprints") or () if each.get("value")},
        bool(row.get("zip_file") or row.get("zip_file_id")),
        is_primary,
    )
