"""What of each object is exported: its folder, and the members of its JSON with their API names."""

from __future__ import annotations

from dataclasses import dataclass, field

VALUE, FLAG, NAMES, NAME, PICTURE = "value", "flag", "names", "name", "picture"
NUMBER_AS_TEXT, TEXT_AS_LIST = "number as text", "text as list"


@dataclass(frozen=True)
class Member:
    """One member of an object's JSON: the field it is read from and the input field it is written to.

    `kind` NAME and NAMES are references by name to objects of type `target`; a PICTURE is kept in the
    column `shown` and written as base64.
    """

    name: str
    shown: str
    given: str
    kind: str = VALUE
    target: str = ""


@dataclass(frozen=True)
class Layout:
    """One type: `folder` in the archive, `argument` of exportObjects, `extras` as in extras.py."""

    type: str
    folder: str
    argument: str
    members: tuple[Member, ...]
    extras: tuple[str, ...] = ()
    above: str = ""
    """The member that names objects of the same type, which have to be there first."""
    direct: tuple[str, ...] = field(default=())
    """Columns that no input sets."""

    @property
    def by_name(self) -> bool:
        """Whether an object is recognised by its name, not by its files."""
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
    above="parents",
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
    above="parent_studio",
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
    above="sub_groups",
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
"""In the order in which they are imported: what others refer to comes first."""
FILES, SAVED_FILTERS = "files", "saved_filters"
"""The other folders of an archive."""
FOLDERS = (*(layout.folder for layout in LAYOUTS), FILES, SAVED_FILTERS)
OLDER_FOLDERS = {"groups": GROUP.folder}
"""Folders under another name, taken when importing."""
