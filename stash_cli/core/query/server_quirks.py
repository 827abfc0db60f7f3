"""Deviations of the server's filters from their types, keyed by (type, field); "*" is any type.

Each was observed on real servers. A field that is not listed behaves as its type promises.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashInputError, did_you_mean
from stash_cli.core.query.model import FilterField, Term, with_modifier

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


Key = tuple[str, str]


def _keys(*rows: str) -> frozenset[Key]:
    """Keys of rows such as "Scene Image: path checksum"."""
    parts = [row.split(": ") for row in rows]
    return frozenset(
        (owner, name) for owners, names in parts for owner in owners.split() for name in names.split()
    )


# Fields of files: a scene has a value of each for every file.
_VIDEO = (
    "path oshash checksum phash video_codec audio_codec duration framerate bitrate resolution orientation"
)
_PICTURE = "path checksum resolution orientation"

MULTI_VALUED = _keys(
    f"Scene: {_VIDEO} captions interactive_speed size",
    f"Image: {_PICTURE} size",
    "Gallery: path checksum size",
    "VideoFileFilterInput: captions",
    "*: url aliases phash_distance stash_id_endpoint performer_age",
)
"""Fields with several values per object: of its files, of a list, or of related objects."""

FILE_FIELDS = _keys(
    f"Scene: {_VIDEO} phash_distance size",
    f"Image: {_PICTURE} phash_distance size",
    "Gallery: path checksum size",
)
"""Fields of files that rows have for every file; lookups on several of them apply to one file."""

FIRST_FILE_FIELDS = _keys("Scene: captions interactive interactive_speed")
"""Fields that the server compares for every file, although rows have the value of the first file only."""

TEXT_LISTS = frozenset({"url", "aliases"})
"""Lists that EXCLUDES tests as a whole."""

NEVER_NULL = _keys(
    "*: id o_counter play_count play_duration resume_time created_at updated_at mod_time scene_created_at",
    "*: scene_updated_at",
)
"""Numbers and times that are never null, in addition to every `*_count`."""

NULL_TERMS: dict[Key, Term] = {
    ("Scene", "last_played_at"): ("play_count", with_modifier("EQUALS", 0)),
    ("Scene", "resolution"): ("file_count", with_modifier("EQUALS", 0)),
    ("Scene", "orientation"): ("file_count", with_modifier("EQUALS", 0)),
    ("Image", "resolution"): ("file_count", with_modifier("EQUALS", 0)),
    ("Image", "orientation"): ("file_count", with_modifier("EQUALS", 0)),
    ("Gallery", "average_resolution"): ("image_count", with_modifier("EQUALS", 0)),
}
"""Terms that find objects without a value where IS_NULL of the field does not."""

NULL_IS_LEAST = _keys("Scene: last_played_at")
"""Fields whose nulls the server compares as smaller than any value."""

UTC_TIMES = _keys("Scene: last_played_at")
"""Times stored in UTC; all others are in the server's time zone."""

TO_ONE = _keys("*: studios parent_folder zip_file", "Studio: parents", "SceneMarker: scenes")
"""Relations to at most one object."""

INCLUDES_ALL_IGNORED = _keys("Performer: studios groups performers")
"""Relations for which INCLUDES_ALL is ignored, or evaluated for scenes, images and galleries separately."""

NEGATION_UNSUPPORTED = _keys("Performer: performers", "Gallery: average_resolution")
"""Fields with no negated lookup: neither the server nor rows can answer it."""

DEPTH_UNSUPPORTED = _keys("Performer: groups")
"""Hierarchies for which `depth` gives wrong results."""

EXCLUDES_IGNORED_BESIDE = _keys(
    "Scene: movies galleries",
    "Gallery SceneMarker: scenes",
    "Image: galleries",
    "Studio: parents",
    "Group Movie: performers",
    "Performer: groups",
    "*: zip_file",
)
"""Relations for which `excludes` is ignored beside another modifier."""

EXCLUDES_IGNORED = _keys("SceneMarker: tags")
"""Relations for which EXCLUDES has no effect, but the `excludes` list has."""

EXCLUDES_DROPS_EMPTY = _keys("*: zip_file")
"""Relations for which EXCLUDES leaves out objects without any."""

NULL_OF_ANY = _keys("*: performer_tags", "Performer: groups", "Group Movie: performers")
"""Relations over two steps: IS_NULL also finds objects of which one of several paths is empty."""

ASKED_POSITIVELY = _keys(
    "*: performer_age", "Gallery: parent_folder", "Image: checksum resolution orientation"
)
"""Fields for which the server never finds all objects without a value, or fails; negations are not sent.

An animated image has a file, but no size for these filters (live, 0.30.1).
"""

_AGES = _keys("Performer: age birth_year death_year", "Scene Image Gallery: performer_age")
WRONG_INSIDE: dict[Key, str] = {
    # The server formats the SQL of nested filters, and reads `%Y` as a formatting verb: nothing or everything
    # matches.
    **dict.fromkeys(_AGES, "servers of 0.30 answer it wrongly inside related objects."),
    # The table of galleries is joined a second time under the same name.
    ("Folder", "gallery_count"): "servers of 0.30 fail on it inside related objects.",
}
"""Criteria that servers before 0.31 cannot answer inside a nested filter, and the note (live, 0.30.1)."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """Criteria that releases before `until` answer wrongly: those of `keys` whose criterion `fits`."""

    until: str
    keys: frozenset[Key]
    fits: Callable[[Mapping[str, Any]], bool]
    note: str


OLDER_ANSWERS = (
    Deviation(
        "0.27",
        _keys("*: url aliases"),
        lambda criterion: criterion["modifier"] == "EXCLUDES",
        "servers before 0.27 leave out objects without any, and admit some that have it.",
    ),
    Deviation(
        "0.28",
        _keys("Performer: o_counter"),
        lambda _: True,
        "servers before 0.28 leave out performers without scenes and images.",
    ),
    Deviation(
        "0.25",
        _keys("Performer: gender"),
        lambda criterion: criterion.get("value") is None,
        "servers before 0.25 find exactly one gender only.",
    ),
    Deviation(
        "0.30",
        _keys("Studio: url"),
        lambda criterion: criterion["modifier"] == "EXCLUDES",
        "servers before 0.30 leave out studios without any.",
    ),
    Deviation(
        "0.25",
        _keys("Scene: interactive_speed"),
        lambda _: True,
        "servers before 0.25 fail.",
    ),
)
"""Deviations of older releases only (live, 0.22.1; the releases from the server's source)."""

IS_MISSING_VALUES: dict[str, str] = {
    "Scene": "url galleries studio movie group performers date tags stash_id phash cover title code details"
    " director rating",
    "Image": "studio performers galleries tags title details photographer code date rating",
    "Gallery": "url scenes studio performers date tags title details photographer code rating",
    "Performer": "url scenes image stash_id aliases disambiguation gender birthdate death_date ethnicity"
    " country eye_color hair_color height weight measurements fake_tits penis_length circumcised tattoos"
    " piercings details rating",
    "Studio": "url image stash_id details rating",
    "Tag": "image description sort_name",
    "Group": "front_image back_image scenes aliases date director synopsis duration rating",
    "Movie": "front_image back_image scenes aliases date director synopsis duration rating",
}
"""Values of `is_missing`; any other is spliced into the server's SQL."""

OLDER_NAME: dict[Key, str] = {("Scene", "groups_filter"): "movies_filter"}
"""Nested filters that servers up to 0.30 ignore -> the older name, which they support."""

UNRELIABLE_FILTERS: dict[Key, str] = {
    ("Scene", "groups_filter"): "Servers up to 0.30 ignore groups_filter: every scene may match.",
    ("Scene", "markers_filter"): "Servers up to 0.30 answer all scenes when any marker matches.",
    ("Folder", "files_filter"): "Servers up to 0.30 ignore files_filter: every folder may match.",
}
"""Nested filters with wrong results -> note; they are refused where they cannot be tested on rows."""
NESTED_SINCE = "0.31"
"""The release from which the nested filters above may be right."""

INLINED = frozenset({"files_filter", "folders_filter"})
"""Nested filters that the server merges into the outer one: they cannot contain nested filters or levels.

An object without a file or folder counts as one with all values null, so a negation matches it.
"""

HAS_SIDES: Term = ("orientation", {"value": ["LANDSCAPE", "PORTRAIT", "SQUARE"]})
"""A term that every video and image file meets, and no other; for filters on them that others would pass."""

ISOLATED = frozenset({"stash_id_endpoint", "stash_ids_endpoint"})
"""Fields that newer servers combine by OR with everything beside and below them."""

_SHARED_JOINS = (
    "Scene Image Gallery: performers performers_filter",
    "Scene Image Gallery: performer_favorite performer_age performer_tags",
    "Scene Image Gallery Performer: tags tags_filter",
    "Scene Image: galleries galleries_filter",
    "Scene: movies movies_filter",
    "Gallery: scenes scenes_filter",
    "Performer: scenes_filter markers_filter",
    "Studio Tag: scene_count scenes_filter",
    "Studio Tag: image_count images_filter",
    "Studio Tag: gallery_count galleries_filter",
    "Studio Tag: group_count movie_count groups_filter",
    "Tag: performer_count performers_filter",
    "Tag: studio_count studios_filter",
    "Folder: gallery_count galleries_filter",
    "Scene Image Gallery: files_filter duplicated is_zip parent_folder",
    "Scene Performer Studio Tag: stash_id_endpoint stash_ids_endpoint",
)
JOINS: dict[Key, str] = {key: row.split(": ")[1].split()[0] for row in _SHARED_JOINS for key in _keys(row)}
JOINS |= dict.fromkeys(FILE_FIELDS | FIRST_FILE_FIELDS, "files_filter")
"""Fields that share a join in the server's SQL -> a name of that join.

Two terms over one join apply to the same related object, and a count counts only what the other term matches.
"""

NULL_UNSUPPORTED = _keys(
    "SceneMarker: tags",
    "Performer: studios performers",
    "Gallery: parent_folder",
    "VideoFileFilterInput ImageFileFilterInput: resolution orientation",
)
"""Fields without a `null` lookup: neither the server nor rows can answer it."""

_OF_EVERY_VIDEO = _keys("VideoFileFilterInput: duration framerate bitrate")
_HAVING_TYPES = frozenset({"Studio", "Tag", "Group", "Folder"})
_WHERE_COUNTS = _keys("Studio Group: tag_count", "Group: scene_count")


def is_listed(table: frozenset[Key], key: Key) -> bool:
    """Whether `table` has the field, for its type or for any type."""
    return key in table or ("*", key[1]) in table


def is_nullable(key: Key) -> bool:
    """Whether an object may have no value for this number, date or time."""
    return not (key[1].endswith("_count") or is_listed(NEVER_NULL, key) or key in _OF_EVERY_VIDEO)


def uses_having(key: Key) -> bool:
    """Whether the server compares the field in HAVING, where it cannot be part of an OR."""
    if key == ("Gallery", "average_resolution"):
        return True
    return key[0] in _HAVING_TYPES and key[1].endswith("_count") and key not in _WHERE_COUNTS


def null_term(key: Key, kind_default: Term) -> Term:
    """The term that finds objects without a value."""
    return NULL_TERMS.get(key, kind_default)


def not_null_term(key: Key, kind_default: Term) -> Term:
    """The term that finds objects with a value."""
    instead = NULL_TERMS.get(key)
    return (instead[0], with_modifier("GREATER_THAN", 0)) if instead else kind_default


_NULL = "IS_NULL NOT_NULL"
_ORDERED = f"EQUALS NOT_EQUALS GREATER_THAN LESS_THAN BETWEEN NOT_BETWEEN {_NULL}"
_TEXT = f"EQUALS NOT_EQUALS INCLUDES EXCLUDES MATCHES_REGEX NOT_MATCHES_REGEX {_NULL}"
_RELATION = f"INCLUDES INCLUDES_ALL EXCLUDES {_NULL}"
_WORDS = f"EQUALS NOT_EQUALS INCLUDES EXCLUDES {_NULL}"

MODIFIERS: dict[str, str] = {
    "IntCriterionInput": _ORDERED,
    "FloatCriterionInput": _ORDERED,
    "DateCriterionInput": _ORDERED,
    "TimestampCriterionInput": _ORDERED,
    "StringCriterionInput": _TEXT,
    "MultiCriterionInput": _RELATION,
    "HierarchicalMultiCriterionInput": _RELATION,
    "ResolutionCriterionInput": "EQUALS NOT_EQUALS GREATER_THAN LESS_THAN",
    "GenderCriterionInput": _WORDS,
    "CircumcisionCriterionInput": _WORDS,
}
"""Criterion input type -> modifiers that the server supports.

The server ignores some other modifiers, so that everything matches, and crashes on the rest. So criteria in
the API's own shape are checked.
"""

_EXACT_SET = f"EQUALS {_RELATION}"
_ONE_LINK = f"EQUALS NOT_EQUALS {_RELATION}"
_NOT_ALL = f"INCLUDES EXCLUDES {_NULL}"

FIELD_MODIFIERS: dict[Key, str] = {
    **dict.fromkeys(_keys("Scene Image Gallery SceneMarker: performers"), _EXACT_SET),
    **dict.fromkeys(_keys("Scene Image Gallery Performer Studio Group SceneMarker: tags"), _EXACT_SET),
    **dict.fromkeys(_keys("Scene: groups", "SceneMarker: scene_tags"), _EXACT_SET),
    **dict.fromkeys(_keys("Scene Image Gallery Group: studios", "File Folder: parent_folder"), _ONE_LINK),
    **dict.fromkeys(_keys("File Folder: zip_file", "Performer: studios groups"), _NOT_ALL),
    ("Performer", "performers"): "INCLUDES INCLUDES_ALL",
}
"""Fields whose modifiers differ from those of their type."""


def check_modifier(field: FilterField, criterion: Any) -> None:
    """Raise StashInputError for a criterion whose modifier the server does not support."""
    known = FIELD_MODIFIERS.get(field.key) or MODIFIERS.get(field.kind)
    given = criterion.get("modifier") if hasattr(criterion, "get") else None
    if known is None or given is None:
        return
    name = str(getattr(given, "value", given))
    if name not in known.split():
        near = did_you_mean(name, known.split())
        raise StashInputError(
            f"{field.owner}.{field.name} does not support the modifier {name}. {near}".rstrip(),
            hint=f"It supports {', '.join(known.split())}.",
        )
