"""The filter for groups."""

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


class GroupFilterType(StashInput):
    """What groups must match; set fields are ANDed."""

    AND: Nullable[GroupFilterType] = UNSET
    OR: Nullable[GroupFilterType] = UNSET
    NOT: Nullable[GroupFilterType] = UNSET
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
    o_counter: Nullable[IntCriterionInput] = UNSET
    containing_groups: Nullable[HierarchicalMultiCriterionInput] = UNSET
    sub_groups: Nullable[HierarchicalMultiCriterionInput] = UNSET
    containing_group_count: Nullable[IntCriterionInput] = UNSET
    sub_group_count: Nullable[IntCriterionInput] = UNSET
    scene_count: Nullable[IntCriterionInput] = UNSET
    scenes_filter: Nullable[SceneFilterType] = UNSET
    studios_filter: Nullable[StudioFilterType] = UNSET
    custom_fields: Nullable[list[CustomFieldCriterionInput]] = UNSET
