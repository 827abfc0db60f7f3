"""Deviations of servers from their schema when fields are written: a row per field, seen on real servers."""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple

from stash_cli.core.errors import StashInputError
from stash_cli.core.types.api import describe_api


class Rule(StrEnum):
    """Treatment of a field."""

    OWN_MUTATION = "own mutation"
    """The update input ignores it: another mutation writes it."""
    NULL_SENDS = "null sends"
    """A null is ignored or fails: another value is sent, which the server treats as empty."""
    NOT_CLEARABLE = "not clearable"
    """The server cannot clear it: refused before anything is sent."""
    ALONE = "alone"
    """The bulk update writes it wrongly, or accepts what the single update refuses: one update per object."""
    ALONE_WHOLE = "alone as a whole"
    """The bulk update ignores a whole list, but not items to add or to remove."""
    ALONE_BLANK = "alone when blank"
    """The bulk update accepts a blank value that the single update refuses."""


class Quirk(NamedTuple):
    """One row: the rule for `field` of `type` ("*": of all types that have it), and its reason."""

    type: str
    field: str
    rule: Rule
    reason: str
    value: Any = None
    """Value that NULL_SENDS sends."""


_YES_OR_NO = "it is yes or no, and the server fails on null"
_NEEDED = "every object has one"

QUIRKS: tuple[Quirk, ...] = (
    Quirk("Scene", "resume_time", Rule.OWN_MUTATION, "sceneUpdate takes it and does nothing"),
    Quirk("Scene", "play_count", Rule.OWN_MUTATION, "sceneUpdate takes it and does nothing"),
    Quirk("Scene", "o_counter", Rule.OWN_MUTATION, "sceneUpdate takes it and does nothing"),
    Quirk("Gallery", "title", Rule.NULL_SENDS, "galleryUpdate ignores null", ""),
    Quirk("Scene", "play_duration", Rule.NULL_SENDS, "sceneUpdate fails on null", 0),
    Quirk("SceneMarker", "title", Rule.NULL_SENDS, "a marker's title is never null", ""),
    Quirk("GalleryChapter", "title", Rule.NULL_SENDS, "a chapter's title is never null", ""),
    Quirk("Scene", "cover_image", Rule.NOT_CLEARABLE, "the server keeps the cover that a scene has"),
    Quirk("*", "primary_file_id", Rule.NOT_CLEARABLE, "the server keeps the primary file"),
    Quirk("*", "organized", Rule.NOT_CLEARABLE, _YES_OR_NO),
    Quirk("*", "favorite", Rule.NOT_CLEARABLE, _YES_OR_NO),
    Quirk("*", "ignore_auto_tag", Rule.NOT_CLEARABLE, _YES_OR_NO),
    Quirk("*", "name", Rule.NOT_CLEARABLE, _NEEDED),
    Quirk("SceneMarker", "seconds", Rule.NOT_CLEARABLE, _NEEDED),
    Quirk("SceneMarker", "scene_id", Rule.NOT_CLEARABLE, _NEEDED),
    Quirk("SceneMarker", "primary_tag_id", Rule.NOT_CLEARABLE, _NEEDED),
    Quirk("GalleryChapter", "gallery_id", Rule.NOT_CLEARABLE, _NEEDED),
    Quirk("GalleryChapter", "image_index", Rule.NOT_CLEARABLE, _NEEDED),
    Quirk("SceneMarker", "tag_ids", Rule.ALONE, "a list as long as the present one is dropped"),
    Quirk("SceneMarker", "primary_tag_id", Rule.ALONE, "it counts in the length that decides on tag_ids"),
    Quirk("Scene", "title", Rule.ALONE_BLANK, "only sceneUpdate refuses a scene without file and title"),
)
"""Quirks of 0.22 to 0.31; a row about a bulk update has no effect on an older server without that update."""


@cache
def quirk(type_name: str, field: str, *rules: Rule) -> Quirk | None:
    """The row of a field with one of these rules, if there is one."""
    return next(
        (row for row in QUIRKS if row.type in (type_name, "*") and row.field == field and row.rule in rules),
        None,
    )


def has_own_mutation(type_name: str, field: str) -> bool:
    """Whether the update input of a type ignores a field that another mutation writes."""
    return quirk(type_name, field, Rule.OWN_MUTATION) is not None


def update_value(type_name: str, field: str, value: Any) -> Any:
    """Value that an update sends for `value`.

    Raises StashInputError for a value that the server would ignore or fail on.
    """
    row = quirk(type_name, field, Rule.NULL_SENDS, Rule.NOT_CLEARABLE)
    if row is None or not _is_blank(type_name, field, value):
        return value
    if row.rule is Rule.NULL_SENDS:
        return row.value
    raise StashInputError(
        f"{type_name}.{field.removesuffix('_id')} cannot be cleared: {row.reason}.",
        hint="Nothing was sent. Give it another value instead.",
    )


def _is_blank(type_name: str, field: str, value: Any) -> bool:
    """Whether a value is empty: null, or an empty text."""
    is_text = describe_api().types[f"{type_name}UpdateInput"].fields[field].type.name in ("String", "ID")
    return value is None or (is_text and value == "")


def fits_bulk(type_name: str, field: str, value: Any, *, is_change: bool) -> bool:
    """Whether the bulk update writes a value as the single update does."""
    row = quirk(type_name, field, Rule.ALONE, Rule.ALONE_WHOLE, Rule.ALONE_BLANK)
    if row is None:
        return True
    if row.rule is Rule.ALONE_WHOLE:
        return is_change
    return row.rule is Rule.ALONE_BLANK and bool(value)
