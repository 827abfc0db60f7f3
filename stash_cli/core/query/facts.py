"""How the server's filter fields differ from what their types promise (server facts, section 4).

Keyed by (type, field); "*" stands for every type.
"""

from __future__ import annotations

from stash_cli.core.query.model import Criterion, modified

Key = tuple[str, str]

_VIDEO_FACTS = "path oshash checksum phash video_codec audio_codec duration framerate bitrate resolution"
MANY: frozenset[Key] = frozenset(
    {("Scene", name) for name in f"{_VIDEO_FACTS} orientation captions interactive_speed".split()}
    | {("Image", name) for name in ("path", "checksum", "resolution", "orientation")}
    | {("Gallery", name) for name in ("path", "checksum")}
    | {("*", name) for name in ("url", "aliases")}
)
"""Fields that one object may hold several times: in its files, or as a list."""

TEXT_LISTS = frozenset({"url", "aliases"})
"""Lists whose EXCLUDES looks at the whole list."""

HOLDS_ALWAYS = frozenset(
    [
        "id",
        "o_counter",
        "play_count",
        "play_duration",
        "resume_time",
        "created_at",
        "updated_at",
        "mod_time",
        "scene_created_at",
        "scene_updated_at",
    ]
)
"""Numbers and times that are never null, beside every `*_count`."""

WHERE_EMPTY: dict[Key, Criterion] = {
    ("Scene", "last_played_at"): ("play_count", modified("EQUALS", 0)),
    ("Scene", "resolution"): ("file_count", modified("EQUALS", 0)),
    ("Scene", "orientation"): ("file_count", modified("EQUALS", 0)),
    ("Image", "resolution"): ("file_count", modified("EQUALS", 0)),
    ("Image", "orientation"): ("file_count", modified("EQUALS", 0)),
    ("Gallery", "average_resolution"): ("image_count", modified("EQUALS", 0)),
}
"""What finds the objects without a value where the field's own IS_NULL does not."""

UTC_TIMES: frozenset[Key] = frozenset({("Scene", "last_played_at")})
"""Times that are stored in UTC; all others are in the server's own zone."""

ONE_ONLY: frozenset[Key] = frozenset(
    {
        ("*", "studios"),
        ("*", "parent_folder"),
        ("*", "zip_file"),
        ("Studio", "parents"),
        ("SceneMarker", "scenes"),
    }
) - {("Performer", "studios")}
"""Relations to one object at most."""

NOT_ALL: frozenset[Key] = frozenset({("Performer", "studios"), ("Performer", "groups")})
"""Relations for which the server ignores INCLUDES_ALL."""

ONLY_POSITIVE: frozenset[Key] = frozenset({("Performer", "performers")})
"""Relations for which the server reads every modifier as INCLUDES."""

FLAT: frozenset[Key] = frozenset({("Performer", "groups")})
"""Hierarchies whose depth the server gets wrong."""

EXCLUDES_ALONE: frozenset[Key] = frozenset(
    {
        ("Scene", "movies"),
        ("Scene", "galleries"),
        ("Gallery", "scenes"),
        ("Image", "galleries"),
        ("SceneMarker", "scenes"),
        ("Studio", "parents"),
        ("Group", "performers"),
        ("Movie", "performers"),
        ("Performer", "groups"),
        ("*", "zip_file"),
    }
)
"""Relations for which `excludes` beside another modifier is ignored."""

EXCLUDES_BESIDE_NOTHING: frozenset[Key] = frozenset({("SceneMarker", "tags")})
"""Relations whose EXCLUDES has no effect, but whose `excludes` list has."""

EXCLUDES_DROPS_EMPTY: frozenset[Key] = frozenset({("*", "zip_file")})
"""Relations whose EXCLUDES leaves out objects without any."""

NULL_OF_ANY: frozenset[Key] = frozenset({("*", "performer_tags"), ("Performer", "groups")})
"""Relations over two steps, whose IS_NULL also finds objects of which just one step leads nowhere."""

OVER_RELATED: frozenset[Key] = frozenset({("*", "performer_age")})
"""Numbers of related objects, of which a negation or an absence cannot be asked."""

MISSING_WORDS: dict[str, str] = {
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
"""What `is_missing` may ask for; the server splices other words into SQL."""

OLDER_NAME: dict[Key, str] = {("Scene", "groups_filter"): "movies_filter"}
"""Nested filters that servers up to 0.30 ignore, and the older name that they heed."""

UNRELIABLE: dict[Key, str] = {
    ("Scene", "groups_filter"): "Servers up to 0.30 ignore groups_filter: every scene may match.",
    ("Scene", "markers_filter"): "Servers up to 0.30 answer all scenes when any marker matches.",
    ("Folder", "files_filter"): "Servers up to 0.30 ignore files_filter: every folder may match.",
}
"""Nested filters that the server gets wrong, as people are told."""

NO_NULL: frozenset[Key] = frozenset(
    {("SceneMarker", "tags"), ("Performer", "studios"), ("Group", "performers"), ("Performer", "performers")}
)
"""Relations whose absence cannot be asked: the server looks at a part of them, and rows do not tell."""

_HAVING_TYPES = frozenset({"Studio", "Tag", "Group", "Folder"})


def holds(table: frozenset[Key], key: Key) -> bool:
    """Whether `table` names the field, for its type or for all types."""
    return key in table or ("*", key[1]) in table


def nullable(key: Key) -> bool:
    """Whether an object may be without a value of this number, date or time."""
    return not (key[1].endswith("_count") or key[1] in HOLDS_ALWAYS)


def counted_after(key: Key) -> bool:
    """Whether the server compares it after grouping, so that it cannot stand in an OR."""
    return key[0] in _HAVING_TYPES and key[1].endswith("_count") and key[1] != "tag_count"


def where_empty(key: Key, kind_default: Criterion) -> Criterion:
    """The criterion that finds objects without a value."""
    return WHERE_EMPTY.get(key, kind_default)


def where_some(key: Key, kind_default: Criterion) -> Criterion:
    """The criterion that finds objects with a value."""
    instead = WHERE_EMPTY.get(key)
    return (instead[0], modified("GREATER_THAN", 0)) if instead else kind_default
