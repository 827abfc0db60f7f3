"""The filter for scene markers."""

from __future__ import annotations

from stash_cli.core.types import links
from stash_cli.core.types.annotations import Nullable
from stash_cli.core.types.base import StashInput
from stash_cli.core.types.filters import criteria
from stash_cli.core.unset import UNSET


class SceneMarkerFilterType(StashInput):
    """Filter of scene markers; every field that is set must match."""

    tags: Nullable[criteria.HierarchicalMultiCriterionInput] = UNSET
    scene_tags: Nullable[criteria.HierarchicalMultiCriterionInput] = UNSET
    performers: Nullable[criteria.MultiCriterionInput] = UNSET
    scenes: Nullable[criteria.MultiCriterionInput] = UNSET
    duration: Nullable[criteria.FloatCriterionInput] = UNSET
    created_at: Nullable[criteria.TimestampCriterionInput] = UNSET
    updated_at: Nullable[criteria.TimestampCriterionInput] = UNSET
    scene_date: Nullable[criteria.DateCriterionInput] = UNSET
    scene_created_at: Nullable[criteria.TimestampCriterionInput] = UNSET
    scene_updated_at: Nullable[criteria.TimestampCriterionInput] = UNSET
    scene_filter: Nullable[links.SceneFilterType] = UNSET
