"""The filter for tags."""

from __future__ import annotations

from stash_cli.core.types.annotations import Nullable
from stash_cli.core.types.base import StashInput, api
from stash_cli.core.types.filters.criteria import (
    CustomFieldCriterionInput,
    HierarchicalMultiCriterionInput,
    IntCriterionInput,
    StashIDCriterionInput,
    StashIDsCriterionInput,
    StringCriterionInput,
    TimestampCriterionInput,
)
from stash_cli.core.types.links import (
    GalleryFilterType,
    GroupFilterType,
    ImageFilterType,
    PerformerFilterType,
    SceneFilterType,
    SceneMarkerFilterType,
    StudioFilterType,
)
from stash_cli.core.unset import UNSET


class TagFilterType(StashInput):
    """What tags must match; set fields are ANDed."""

    AND: Nullable[TagFilterType] = UNSET
    OR: Nullable[TagFilterType] = UNSET
    NOT: Nullable[TagFilterType] = UNSET
    name: Nullable[StringCriterionInput] = UNSET
    sort_name: Nullable[StringCriterionInput] = UNSET
    aliases: Nullable[StringCriterionInput] = UNSET
    favorite: Nullable[bool] = UNSET
    description: Nullable[StringCriterionInput] = UNSET
    is_missing: Nullable[str] = UNSET
    scene_count: Nullable[IntCriterionInput] = UNSET
    image_count: Nullable[IntCriterionInput] = UNSET
    gallery_count: Nullable[IntCriterionInput] = UNSET
    performer_count: Nullable[IntCriterionInput] = UNSET
    studio_count: Nullable[IntCriterionInput] = UNSET
    movie_count: Nullable[IntCriterionInput] = UNSET
    group_count: Nullable[IntCriterionInput] = UNSET
    marker_count: Nullable[IntCriterionInput] = UNSET
    parents: Nullable[HierarchicalMultiCriterionInput] = UNSET
    children: Nullable[HierarchicalMultiCriterionInput] = UNSET
    parent_count: Nullable[IntCriterionInput] = UNSET
    child_count: Nullable[IntCriterionInput] = UNSET
    ignore_auto_tag: Nullable[bool] = UNSET
    stash_id_endpoint: Nullable[StashIDCriterionInput] = api(deprecated="use stash_ids_endpoint instead")
    stash_ids_endpoint: Nullable[StashIDsCriterionInput] = UNSET
    scenes_filter: Nullable[SceneFilterType] = UNSET
    images_filter: Nullable[ImageFilterType] = UNSET
    galleries_filter: Nullable[GalleryFilterType] = UNSET
    groups_filter: Nullable[GroupFilterType] = UNSET
    performers_filter: Nullable[PerformerFilterType] = UNSET
    studios_filter: Nullable[StudioFilterType] = UNSET
    markers_filter: Nullable[SceneMarkerFilterType] = UNSET
    created_at: Nullable[TimestampCriterionInput] = UNSET
    updated_at: Nullable[TimestampCriterionInput] = UNSET
    custom_fields: Nullable[list[CustomFieldCriterionInput]] = UNSET
