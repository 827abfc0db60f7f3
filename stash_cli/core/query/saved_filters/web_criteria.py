"""The criteria that the lists of the web interface have (Stash 0.30), and the modifiers of each.

Only these can be saved: a criterion that the interface does not know stops it from showing the filter.
"""

from __future__ import annotations

from functools import cache

_NULL = "IS_NULL NOT_NULL"
_TEXT = "EQUALS NOT_EQUALS INCLUDES EXCLUDES MATCHES_REGEX NOT_MATCHES_REGEX"
_RANGE = "EQUALS NOT_EQUALS GREATER_THAN LESS_THAN BETWEEN NOT_BETWEEN"

_MODIFIERS = {
    "text": f"{_TEXT} {_NULL}",
    "required text": _TEXT,
    "number": f"{_RANGE} {_NULL}",
    "count": _RANGE,
    "time": "GREATER_THAN LESS_THAN BETWEEN NOT_BETWEEN",
    "flag": "EQUALS",
    "resolution": "EQUALS NOT_EQUALS GREATER_THAN LESS_THAN",
    "words": f"INCLUDES EXCLUDES {_NULL}",
    "id": f"EQUALS NOT_EQUALS {_NULL}",
    "tags": f"INCLUDES_ALL INCLUDES EQUALS {_NULL}",
    "linked tags": f"INCLUDES_ALL INCLUDES {_NULL}",
    "studios": f"INCLUDES {_NULL}",
    "groups": f"INCLUDES EXCLUDES {_NULL}",
    "items": f"INCLUDES_ALL INCLUDES EXCLUDES {_NULL}",
    "one item": "INCLUDES EXCLUDES",
    "custom": f"{_TEXT} GREATER_THAN LESS_THAN BETWEEN NOT_BETWEEN {_NULL}",
}
"""Kind of criterion -> its modifiers."""

_TIMES = "created_at updated_at"
_LISTS: dict[str, dict[str, str]] = {
    "Scene": {
        "text": "title code path details director checksum video_codec audio_codec url",
        "required text": "oshash",
        "id": "phash_distance stash_id_endpoint",
        "flag": "duplicated organized has_markers is_missing performer_favorite interactive orientation",
        "number": "rating100 date",
        "count": "o_counter framerate bitrate duration resume_time play_duration play_count tag_count"
        " performer_count performer_age interactive_speed file_count",
        "resolution": "resolution",
        "time": f"last_played_at {_TIMES}",
        "tags": "tags performers",
        "linked tags": "performer_tags",
        "studios": "studios",
        "groups": "groups",
        "items": "galleries",
        "words": "captions",
    },
    "Image": {
        "text": "title code details photographer path url",
        "required text": "checksum",
        "flag": "organized is_missing performer_favorite orientation",
        "number": "rating100 date",
        "count": "o_counter tag_count performer_count performer_age file_count",
        "resolution": "resolution",
        "time": _TIMES,
        "tags": "tags performers",
        "linked tags": "performer_tags",
        "studios": "studios",
        "items": "galleries",
    },
    "Gallery": {
        "text": "title code details photographer path checksum url",
        "flag": "organized is_missing has_chapters performer_favorite",
        "number": "rating100 date",
        "count": "tag_count performer_count performer_age image_count file_count",
        "resolution": "average_resolution",
        "time": _TIMES,
        "tags": "tags performers",
        "linked tags": "performer_tags",
        "studios": "studios",
        "items": "scenes",
    },
    "Performer": {
        "text": "name disambiguation details ethnicity country hair_color eye_color measurements fake_tits"
        " career_length tattoos piercings aliases url",
        "id": "stash_id_endpoint",
        "flag": "filter_favorites is_missing ignore_auto_tag",
        "words": "gender circumcised",
        "number": "rating100 height_cm birth_year death_year age weight penis_length birthdate death_date",
        "count": "tag_count scene_count image_count gallery_count play_count o_counter",
        "time": _TIMES,
        "tags": "tags",
        "studios": "studios",
        "groups": "groups",
        "custom": "custom_fields",
    },
    "Studio": {
        "text": "details url aliases",
        "required text": "name",
        "id": "stash_id_endpoint",
        "flag": "favorite is_missing ignore_auto_tag",
        "number": "rating100",
        "count": "tag_count scene_count image_count gallery_count child_count",
        "time": _TIMES,
        "tags": "tags",
        "groups": "parents",
    },
    "Tag": {
        "text": "sort_name aliases description",
        "required text": "name",
        "id": "stash_id_endpoint",
        "flag": "favorite is_missing ignore_auto_tag",
        "count": "scene_count image_count gallery_count performer_count studio_count group_count marker_count"
        " parent_count child_count",
        "time": _TIMES,
        "linked tags": "parents children",
    },
    "Group": {
        "text": "url name director synopsis",
        "flag": "is_missing",
        "number": "rating100 date",
        "count": "duration o_counter containing_group_count sub_group_count tag_count",
        "time": _TIMES,
        "tags": "tags performers",
        "studios": "studios",
        "groups": "containing_groups sub_groups",
    },
    "SceneMarker": {
        "number": "duration scene_date",
        "time": f"{_TIMES} scene_created_at scene_updated_at",
        "tags": "tags scene_tags performers",
        "one item": "scenes",
    },
}
"""Type -> kind of criterion -> names of criteria."""


@cache
def web_criteria(type_name: str) -> dict[str, tuple[str, ...]]:
    """The modifiers of each criterion that the list of a type has."""
    return {
        name: tuple(_MODIFIERS[kind].split())
        for kind, names in _LISTS.get(type_name, {}).items()
        for name in names.split()
    }


MODES = {
    "SCENES": "Scene",
    "IMAGES": "Image",
    "GALLERIES": "Gallery",
    "PERFORMERS": "Performer",
    "STUDIOS": "Studio",
    "TAGS": "Tag",
    "GROUPS": "Group",
    "MOVIES": "Group",
    "SCENE_MARKERS": "SceneMarker",
}
"""FilterMode -> the type of the objects that the filter finds."""


def mode_of(type_name: str) -> str:
    """The FilterMode of a type; groups are saved under the newer of their two names."""
    return next(mode for mode, name in MODES.items() if name == type_name)
