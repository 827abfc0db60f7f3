"""The filter for groups, and for movies, as they were called before 0.27."""

from __future__ import annotations

from stash_cli.core.types.annotations import Nullable
from stash_cli.core.types.base import StashInput
from stash_cli.core.types.filters.criteria import (
    CustomFieldCriterionInput,
    DateCriterionInput,
    HierarchicalMultiCriterionInput,
    IntCriterionInput,
    MultiCriterionInput,
    StringCriterionInput,
    TimestampCriterionInput,
)
from stash_cli.core.types.links import SceneFilterType, StudioFilterType
from stash_cli.core.unset import UNSET


class _GroupCriteria(StashInput):
    """What groups could be found by since they were called movies."""

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


class GroupFilterType(_GroupCriteria):
    """What groups must match; set fields are ANDed."""

    AND: Nullable[GroupFilterType] = UNSET
    OR: Nullable[GroupFilterType] = UNSET
    NOT: Nullable[GroupFilterType] = UNSET
    o_counter: Nullable[IntCriterionInput] = UNSET
    containing_groups: Nullable[HierarchicalMultiCriterionInput] = UNSET
    sub_groups: Nullable[HierarchicalMultiCriterionInput] = UNSET
    containing_group_count: Nullable[IntCriterionInput] = UNSET
    sub_group_count: Nullable[IntCriterionInput] = UNSET
    scene_count: Nullable[IntCriterionInput] = UNSET
    custom_fields: Nullable[list[CustomFieldCriterionInput]] = UNSET


class MovieFilterType(_GroupCriteria):
    """What movies must match; set fields are ANDed."""

    AND: Nullable[MovieFilterType] = UNSET
    OR: Nullable[MovieFilterType] = UNSET
    NOT: Nullable[MovieFilterType] = UNSET
