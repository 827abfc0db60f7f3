"""The modifiers that each criterion heeds (server facts, 4.1 to 4.9).

Of the others some are silently ignored, so that everything matches, and some stop the server: a
criterion in the API's own shape is held to this table before it is sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashInputError, did_you_mean

if TYPE_CHECKING:
    from stash_cli.core.query.facts import Key
    from stash_cli.core.query.model import FilterField

_NULL = "IS_NULL NOT_NULL"
_ORDERED = f"EQUALS NOT_EQUALS GREATER_THAN LESS_THAN BETWEEN NOT_BETWEEN {_NULL}"
_TEXT = f"EQUALS NOT_EQUALS INCLUDES EXCLUDES MATCHES_REGEX NOT_MATCHES_REGEX {_NULL}"
_RELATION = f"INCLUDES INCLUDES_ALL EXCLUDES {_NULL}"
_WORDS = f"EQUALS NOT_EQUALS INCLUDES EXCLUDES {_NULL}"

BY_KIND: dict[str, str] = {
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
"""What a kind of criterion heeds."""

_EXACT_SET = f"EQUALS {_RELATION}"
_ONE_LINK = f"EQUALS NOT_EQUALS {_RELATION}"
_NOT_ALL = f"INCLUDES EXCLUDES {_NULL}"

BY_FIELD: dict[Key, str] = {
    **{(t, "performers"): _EXACT_SET for t in ("Scene", "Image", "Gallery", "SceneMarker")},
    **{
        (t, "tags"): _EXACT_SET
        for t in ("Scene", "Image", "Gallery", "Performer", "Studio", "Group", "SceneMarker")
    },
    ("Scene", "groups"): _EXACT_SET,
    ("SceneMarker", "scene_tags"): _EXACT_SET,
    **{(t, "studios"): _ONE_LINK for t in ("Scene", "Image", "Gallery", "Group")},
    **{(t, "parent_folder"): _ONE_LINK for t in ("File", "Folder")},
    **{(t, "zip_file"): _NOT_ALL for t in ("File", "Folder")},
    ("Performer", "studios"): _NOT_ALL,
    ("Performer", "groups"): _NOT_ALL,
    ("Performer", "performers"): "INCLUDES INCLUDES_ALL",
}
"""Fields that heed more or less than their kind."""


def check_modifier(field: FilterField, criterion: Any) -> None:
    """Raise StashInputError for a criterion whose modifier the server would not heed."""
    known = BY_FIELD.get(field.key) or BY_KIND.get(field.kind)
    given = criterion.get("modifier") if hasattr(criterion, "get") else None
    if known is None or given is None:
        return
    name = str(getattr(given, "value", given))
    if name not in known.split():
        near = did_you_mean(name, known.split())
        raise StashInputError(
            f"{field.owner}.{field.name} does not heed the modifier {name}. {near}".rstrip(),
            hint=f"It heeds {', '.join(known.split())}.",
        )
