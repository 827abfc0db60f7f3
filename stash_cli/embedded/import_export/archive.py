"""Archives of exported entities: their layout, reading and writing, as a folder or a zip file."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from stash_cli.core.private_files import make_private_folder, open_private, write_private
from stash_cli.embedded.graphql.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

VALUE, FLAG, NAMES, NAME, PICTURE = "value", "flag", "names", "name", "picture"
NUMBER_AS_TEXT, TEXT_AS_LIST = "number as text", "text as list"


@dataclass(frozen=True)
class Member:
    """A member of an entity's JSON, read from field `shown` and written to input field `given`.

    NAME and NAMES are references by name to entities of type `target`. A PICTURE is stored in column `shown`
    and written as base64.
    """

    name: str
    shown: str
    given: str
    kind: str = VALUE
    target: str = ""


@dataclass(frozen=True)
class Layout:
    """The layout of one type: its `folder`, `argument` of exportObjects, and nested lists (`extras`)."""

    type: str
    folder: str
    argument: str
    members: tuple[Member, ...]
    extras: tuple[str, ...] = ()
    parents_member: str = ""
    """The member that names parents of the same type, which are imported first."""
    direct: tuple[str, ...] = field(default=())
    """Columns that no input sets."""

    @property
    def by_name(self) -> bool:
        """Whether an entity is identified by its name, not by its files."""
        return any(member.name == "name" for member in self.members)


def _values(names: str) -> tuple[Member, ...]:
    return tuple(Member(name, name, name) for name in names.split())


def _flags(names: str) -> tuple[Member, ...]:
    return tuple(Member(name, name, name, FLAG) for name in names.split())


_RATING = Member("rating", "rating100", "rating100")
_STUDIO = Member("studio", "studio", "studio_id", NAME, "Studio")
_TAGS = Member("tags", "tags", "tag_ids", NAMES, "Tag")
_PERFORMERS = Member("performers", "performers", "performer_ids", NAMES, "Performer")
_IMAGE = Member("image", "image_blob", "image", PICTURE)

TAG = Layout(
    "Tag",
    "tags",
    "tags",
    (
        *_values("name sort_name description aliases stash_ids custom_fields"),
        *_flags("favorite ignore_auto_tag"),
        Member("parents", "parents", "parent_ids", NAMES, "Tag"),
        _IMAGE,
    ),
    parents_member="parents",
)
PERFORMER = Layout(
    "Performer",
    "performers",
    "performers",
    (
        *_values(
            "name disambiguation gender urls birthdate death_date ethnicity country eye_color hair_color"
        ),
        *_values(
            "weight measurements fake_tits penis_length circumcised career_length career_start career_end"
        ),
        *_values("tattoos piercings details stash_ids custom_fields"),
        *_flags("favorite ignore_auto_tag"),
        Member("height", "height_cm", "height_cm", NUMBER_AS_TEXT),
        Member("aliases", "alias_list", "alias_list"),
        _RATING,
        _TAGS,
        _IMAGE,
    ),
)
STUDIO = Layout(
    "Studio",
    "studios",
    "studios",
    (
        *_values("name urls details aliases stash_ids custom_fields"),
        *_flags("favorite ignore_auto_tag organized"),
        Member("parent_studio", "parent_studio", "parent_id", NAME, "Studio"),
        _RATING,
        _TAGS,
        _IMAGE,
    ),
    parents_member="parent_studio",
)
GROUP = Layout(
    "Group",
    "movies",
    "groups",
    (
        *_values("name duration date director synopsis urls custom_fields"),
        Member("aliases", "aliases", "aliases", TEXT_AS_LIST),
        Member("front_image", "front_image_blob", "front_image", PICTURE),
        Member("back_image", "back_image_blob", "back_image", PICTURE),
        _RATING,
        _STUDIO,
        _TAGS,
    ),
    extras=("sub_groups",),
    parents_member="sub_groups",
)
GALLERY = Layout(
    "Gallery",
    "galleries",
    "galleries",
    (
        *_values("title code urls date details photographer custom_fields"),
        *_flags("organized"),
        _RATING,
        _STUDIO,
        _PERFORMERS,
        _TAGS,
    ),
    extras=("zip_files", "folder_path", "chapters"),
)
SCENE = Layout(
    "Scene",
    "scenes",
    "scenes",
    (
        *_values("title code urls date details director play_duration stash_ids custom_fields"),
        *_flags("organized"),
        Member("cover", "cover_blob", "cover_image", PICTURE),
        _RATING,
        _STUDIO,
        _PERFORMERS,
        _TAGS,
    ),
    extras=("files", "galleries", "movies", "markers", "play_history", "o_history"),
    direct=("resume_time",),
)
IMAGE = Layout(
    "Image",
    "images",
    "images",
    (
        *_values("title code urls date details photographer custom_fields"),
        *_flags("organized"),
        _RATING,
        _STUDIO,
        _PERFORMERS,
        _TAGS,
    ),
    extras=("files", "galleries"),
    direct=("o_counter",),
)

LAYOUTS = (TAG, PERFORMER, STUDIO, GROUP, GALLERY, SCENE, IMAGE)
"""Layouts in import order: referenced types come first."""
FILES, SAVED_FILTERS = "files", "saved_filters"
"""The other folders of an archive."""
FOLDERS = (*(layout.folder for layout in LAYOUTS), FILES, SAVED_FILTERS)
OLDER_FOLDERS = {"groups": GROUP.folder}
"""Names of folders in older archives, accepted by imports."""


def without_empty(members: dict[str, Any]) -> dict[str, Any]:
    """`members` without empty values, which the server omits too."""
    return {name: value for name, value in members.items() if value not in (None, "", 0, False, [], {})}


Entries = dict[str, dict[str, Any]]
"""Parsed entities by folder and file name."""
# Bytes that an uploaded archive may unpack to.
_MAX_UNPACKED = 256 * 1024 * 1024


def write_zip(target: Path, files: Iterable[tuple[str, str]]) -> None:
    """Write `files` (path, text) to a new zip file."""
    with open_private(target) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in files:
            archive.writestr(path, text)


def write_folder(target: Path, files: Iterable[tuple[str, str]]) -> None:
    """Replace the archive in folder `target`; other files there stay."""
    for folder in FOLDERS:
        make_private_folder(target / folder)
        for old in (target / folder).glob("*.json"):
            old.unlink()
    for path, text in files:
        write_private(target / path, text)


def read_zip(content: bytes) -> Entries:
    """Read an uploaded archive in memory. Raises Refused."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            # Checked before reading, because a small zip file may unpack to gigabytes.
            if sum(info.file_size for info in archive.infolist()) > _MAX_UNPACKED:
                raise Refused(f"the archive holds more than {_MAX_UNPACKED} bytes")
            return _parse_entries((info.filename, archive.read(info)) for info in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as failure:
        raise Refused(f"error unzipping provided file for import: {failure}") from failure


def read_folder(source: Path) -> Entries:
    """Read an archive from a folder. Raises Refused for an empty one."""
    entries = _parse_entries(
        (f"{folder}/{file.name}", file.read_bytes())
        for folder in (*FOLDERS, *OLDER_FOLDERS)
        for file in (source / folder).glob("*.json")
    )
    if not any(entries.values()):
        raise Refused(f"there is nothing to import in {source}")
    return entries


def _parse_entries(files: Iterable[tuple[str, bytes]]) -> Entries:
    by_folder: Entries = {folder: {} for folder in FOLDERS}
    for path, folder, text in _archive_files(files):
        try:
            value = json.loads(text)
        except ValueError as failure:
            raise Refused(f"failed to read json: {path}: {failure}") from failure
        if not isinstance(value, dict):
            raise Refused(f"failed to read json: {path}: no object")
        by_folder[folder][path] = value
    return {folder: dict(sorted(entries.items())) for folder, entries in by_folder.items()}


def _archive_files(files: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, str, bytes]]:
    """(path, folder, text) of the files that belong to the layout."""
    for path, text in files:
        parts = PurePosixPath(path).parts
        folder = OLDER_FOLDERS.get(parts[0], parts[0]) if parts else ""
        if len(parts) == 2 and folder in FOLDERS and path.endswith(".json"):  # noqa: PLR2004 - folder and name
            yield path, folder, text
