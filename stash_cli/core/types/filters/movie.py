"""The filter for movies (groups before 0.27)."""

from __future__ import annotations

from stash_cli.core.types.annotations import Nullable
from stash_cli.core.types.base import StashInput
from stash_cli.core.types.filters.criteria import (
    DateCriterionInput,
    HierarchicalMultiCriterionInput,
    IntCriterionInput,
    MultiCriterionInput,
    StringCriterionInput,
    TimestampCriterionInput,
)
from stash_cli.core.types.links import SceneFilterType, StudioFilterType
from stash_cli.core.unset import UNSET


class MovieFilterType(StashInput):
    """What movies must match; set fields are ANDed."""

    AND: Nullable[MovieFilterType] = UNSET
    OR: Nullable[MovieFilterType] = UNSET
    NOT: Nullable[MovieFilterType] = UNSET
    name: Nullable[StringCriterionInput] = UNSET
    director: Nullable[StringCriterionInput] = UNSET
    synopsis: Nullable[StringCriterionInput] = UNSET
    duration: Nullable[IntCriterionInput] = UNSET
    rating100: Nullable[IntCriterionInput] = UNSET
    studios: Nullable[HierarchicalMultiCriterionInput] = UNSET
    is_missing: Nullable[str] = UNSET
    url: Nullable[StringCriterionInput] = UNSET
    performers: Nullable[MultiCriterionInput] = UNSET
    tags: Nullable[HierarchicalMultiCriterionInput] = UNSET
    tag_count: Nullable[IntCriterionInput] = UNSET
    date: Nullable[DateCriterionInput] = UNSET
    created_at: Nullable[TimestampCriterionInput] = UNSET
    updated_at: Nullable[TimestampCriterionInput] = UNSET
    scenes_filter: Nullable[SceneFilterType] = UNSET
    studios_filter: Nullable[StudioFilterType] = UNSET
