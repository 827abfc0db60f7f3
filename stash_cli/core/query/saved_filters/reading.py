"""Conversion of saved filters to queries: criteria as lookups, and criteria that have no translation.

Criteria become what the web interface sends for them, so that they match the same objects. Related objects
are identified by id; a label is the name that the object had when the filter was saved.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashInputError, did_you_mean
from stash_cli.core.query.fields import fields
from stash_cli.core.query.q import Q
from stash_cli.core.query.saved_filters.formats import FORMATS
from stash_cli.core.query.saved_filters.saved_values import (
    NULLS,
    UntranslatableError,
    id_of,
    items_of,
    modifier_of,
    number,
    range_bounds,
)
from stash_cli.core.query.saved_filters.web_criteria import MODES
from stash_cli.core.query.server_quirks import check_modifier

if TYPE_CHECKING:
    from stash_cli.core.query.model import FilterField

OLD_NAMES = {
    "rating": "rating100",
    "parent_studios": "parents",
    "child_studios": "children",
    "parent_tags": "parents",
    "child_tags": "children",
    "parentTags": "parents",
    "childTags": "children",
    "child_tag_count": "child_count",
    "parent_tag_count": "parent_count",
    "height": "height_cm",
    "hasMarkers": "has_markers",
    "hasChapters": "has_chapters",
    "phash": "phash_distance",
    "scene_code": "code",
    "sceneChecksum": "checksum",
    "galleryChecksum": "checksum",
    "sceneTags": "scene_tags",
    "performerTags": "performer_tags",
    "stash_id": "stash_id_endpoint",
    "movies": "groups",
    "movie_count": "group_count",
}
"""Names of criteria in filters of older releases -> current names."""
STARS, DECIMAL = 20, 10
"""Points of rating100 for a star of 5, and for a point of a scale up to 10."""


@dataclass(frozen=True)
class Related:
    """An object that a criterion names: its type, its id, and the label that was saved with it."""

    type: str
    id: str
    label: str


@dataclass
class SavedQuery:
    """A saved filter as a query.

    `lookups` are its criteria. `untranslated` maps each criterion without a translation to the reason; the
    other criteria alone match more objects than in the web interface.
    """

    type: str
    lookups: dict[str, Any] = field(default_factory=dict)
    q: str = ""
    sort: str | None = None
    direction: str | None = None
    per_page: int | None = None
    related: list[Related] = field(default_factory=list)
    untranslated: dict[str, str] = field(default_factory=dict)

    @property
    def where(self) -> Q | None:
        """The criteria; None where there are none."""
        return Q(**self.lookups) if self.lookups else None


def read_saved(row: Mapping[str, Any], *, rating_scale: int = STARS) -> SavedQuery:
    """The query of a saved filter, given as a row of the API.

    `rating_scale` is the number of points of rating100 for one of the user's scale; it is needed for filters
    that were saved before rating100.
    """
    found = SavedQuery(MODES[str(row["mode"])])
    row = with_parts(row)
    paging = row.get("find_filter") or {}
    found.q, found.sort = paging.get("q") or "", paging.get("sort") or None
    found.direction, found.per_page = paging.get("direction") or None, paging.get("per_page")
    for name, saved in (row.get("object_filter") or {}).items():
        _add(found, str(name), saved, rating_scale)
    return found


def has_bare_rating(row: Mapping[str, Any]) -> bool:
    """Whether a filter has a rating in the user's own scale, from before rating100."""
    given = row.get("object_filter") or {}
    return any(
        isinstance(given.get(name), Mapping) and _is_bare(given[name]) for name in ("rating", "rating100")
    )


def _is_bare(saved: Mapping[str, Any]) -> bool:
    return modifier_of(saved) not in NULLS and isinstance(saved.get("value"), str | int | float)


def _add(found: SavedQuery, name: str, saved: Any, rating_scale: int) -> None:
    """Add one criterion, or the reason why it has no translation."""
    declared = _field(found.type, name)
    if declared is None:
        known = [field.name for field in fields(found.type).values() if field.lookups]
        near = did_you_mean(name, known)
        found.untranslated[name] = f"there is no such criterion. {near}".rstrip(". ").rstrip()
        return
    try:
        if not isinstance(saved, Mapping | list):
            raise UntranslatableError("it is no criterion")
        if declared.name == "rating100" and isinstance(saved, Mapping) and _is_bare(saved):
            saved = _rescaled(saved, rating_scale)
        asked = FORMATS[declared.kind].read(declared, saved)
        check_modifier(declared, asked.get(""))
        found.related += _related(declared, saved)
    except StashInputError as error:
        found.untranslated[name] = error.message.rstrip(".")
        return
    found.lookups |= {
        f"{declared.name}__{lookup}".removesuffix("__"): value for lookup, value in asked.items()
    }


def _field(type_name: str, name: str) -> FilterField | None:
    """The filter field of a criterion, also by a name of older releases."""
    known = fields(type_name)
    wanted = "is_missing" if name.endswith("IsMissing") else name
    # For performers the filter field for `favorite` has another name than for other types.
    if type_name == "Performer" and wanted == "favorite":
        wanted = "filter_favorites"
    for each in (OLD_NAMES.get(wanted, wanted), wanted):
        found = known.get(each)
        if found is not None and found.kind in FORMATS:
            return found
    return None


def _rescaled(saved: Mapping[str, Any], scale: int) -> dict[str, Any]:
    """A rating of the user's own scale in points of rating100."""
    values = {
        name: number(value) * scale
        for name, value in zip(("value", "value2"), range_bounds(saved), strict=True)
        if value not in (None, "")
    }
    return {"modifier": modifier_of(saved), "value": values}


def _related(declared: FilterField, saved: Any) -> Iterator[Related]:
    """The objects that a criterion names."""
    if not declared.kind.endswith("MultiCriterionInput") or modifier_of(saved) in NULLS:
        return
    for items in items_of(saved):
        for item in items:
            label = str(item.get("label") or "") if isinstance(item, Mapping) else ""
            yield Related(declared.target or "", id_of(item), label)


def related_in(row: Mapping[str, Any], type_name: str) -> set[str]:
    """The ids of the objects of a type that the criteria of a filter name."""
    found = set()
    for name, saved in (with_parts(row).get("object_filter") or {}).items():
        declared = _field(MODES[str(row["mode"])], str(name))
        if declared is not None and declared.target == type_name and isinstance(saved, Mapping | list):
            found |= {one.id for one in _related(declared, saved)}
    return found


def replace_related(
    row: Mapping[str, Any], type_name: str, old_ids: Collection[str], item: Mapping[str, str]
) -> Any:
    """The criteria of a filter with the objects `old_ids` replaced by `item` (`id`, `label`).

    None if the filter names none of them.
    """
    row = with_parts(row)
    criteria = dict(row.get("object_filter") or {})
    changed = False
    for name, saved in criteria.items():
        declared = _field(MODES[str(row["mode"])], str(name))
        if declared is None or declared.target != type_name or not isinstance(saved, Mapping | list):
            continue
        if any(one.id in old_ids for one in _related(declared, saved)):
            criteria[name], changed = _replaced(saved, old_ids, item), True
    return criteria if changed else None


def _replaced(saved: Any, old_ids: Collection[str], item: Mapping[str, str]) -> Any:
    """Replace objects in the lists of a criterion, without duplicates; bare ids stay bare ids."""
    if isinstance(saved, Mapping):
        return {name: _replaced(value, old_ids, item) for name, value in saved.items()}
    if not isinstance(saved, list):
        return saved
    found: dict[str, Any] = {}
    for each in saved:
        one = id_of(each)
        new = each if one not in old_ids else dict(item) if isinstance(each, Mapping) else item["id"]
        found.setdefault(item["id"] if one in old_ids else one, new)
    return list(found.values())


def with_parts(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with its three parts parsed, also from the single JSON text of releases before 0.23."""
    found = dict(row)
    if found.get("object_filter") is None and found.get("filter"):
        from stash_cli.core.graphql.compat.answers import read_saved_filter

        found |= read_saved_filter(str(found["filter"]))
    for part in ("find_filter", "object_filter", "ui_options"):
        if isinstance(found.get(part), str):
            found[part] = json.loads(found[part])
    return found
