"""The filter for groups, and for movies, as they were called before 0.27."""

from __future__ import annotations

from stash_cli.core.types import links
from stash_cli.core.types.annotations import Nullable
from stash_cli.core.types.base import StashInput
from stash_cli.core.types.filters import criteria
from stash_cli.core.unset import UNSET


class _GroupCriteria(StashInput):
    """Criteria of groups and of movies, their older name."""

    name: Nullable[criteria.StringCriterionInput] = UNSET
    director: Nullable[criteria.StringCriterionInput] = UNSET
    synopsis: Nullable[criteria.StringCriterionInput] = UNSET
    duration: Nullable[criteria.IntCriterionInput] = UNSET
    rating100: Nullable[criteria.IntCriterionInput] = UNSET
    studios: Nullable[criteria.HierarchicalMultiCriterionInput] = UNSET
    is_missing: Nullable[str] = UNSET
    url: Nullable[criteria.StringCriterionInput] = UNSET
    performers: Nullable[criteria.MultiCriterionInput] = UNSET
    tags: Nullable[criteria.HierarchicalMultiCriterionInput] = UNSET
    tag_count: Nullable[criteria.IntCriterionInput] = UNSET
    date: Nullable[criteria.DateCriterionInput] = UNSET
    created_at: Nullable[criteria.TimestampCriterionInput] = UNSET
    updated_at: Nullable[criteria.TimestampCriterionInput] = UNSET
    scenes_filter: Nullable[links.SceneFilterType] = UNSET
    studios_filter: Nullable[links.StudioFilterType] = UNSET


class GroupFilterType(_GroupCriteria):
    """Filter of groups; every field that is set must match."""

    AND: Nullable[GroupFilterType] = UNSET
    OR: Nullable[GroupFilterType] = UNSET
    NOT: Nullable[GroupFilterType] = UNSET
    o_counter: Nullable[criteria.IntCriterionInput] = UNSET
    containing_groups: Nullable[criteria.HierarchicalMultiCriterionInput] = UNSET
    sub_groups: Nullable[criteria.HierarchicalMultiCriterionInput] = UNSET
    containing_group_count: Nullable[criteria.IntCriterionInput] = UNSET
    sub_group_count: Nullable[criteria.IntCriterionInput] = UNSET
    scene_count: Nullable[criteria.IntCriterionInput] = UNSET
    custom_fields: Nullable[list[criteria.CustomFieldCriterionInput]] = UNSET


class MovieFilterType(_GroupCriteria):
    """Filter of movies; every field that is set must match."""

    AND: Nullable[MovieFilterType] = UNSET
    OR: Nullable[MovieFilterType] = UNSET
    NOT: Nullable[MovieFilterType] = UNSET
