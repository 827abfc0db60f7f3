"""The filter for scene markers."""

from __future__ import annotations

from stash_cli.core.types.annotations import Nullable
from stash_cli.core.types.base import StashInput
from stash_cli.core.types.filters.criteria import (
    DateCriterionInput,
    FloatCriterionInput,
    HierarchicalMultiCriterionInput,
    MultiCriterionInput,
    TimestampCriterionInput,
)
from stash_cli.core.types.links import SceneFilterType
from stash_cli.core.unset import UNSET


class SceneMarkerFilterType(StashInput):
    """What scene markers must match; set fields are ANDed."""

    tags: Nullable[HierarchicalMultiCriterionInput] = UNSET
    scene_tags: Nullable[HierarchicalMultiCriterionInput] = UNSET
    performers: Nullable[MultiCriterionInput] = UNSET
    scenes: Nullable[MultiCriterionInput] = UNSET
    duration: Nullable[FloatCriterionInput] = UNSET
    created_at: Nullable[TimestampCriterionInput] = UNSET
    updated_at: Nullable[TimestampCriterionInput] = UNSET
    scene_date: Nullable[DateCriterionInput] = UNSET
    scene_created_at: Nullable[TimestampCriterionInput] = UNSET
    scene_updated_at: Nullable[TimestampCriterionInput] = UNSET
    scene_filter: Nullable[SceneFilterType] = UNSET
