"""The filter for studios."""

from __future__ import annotations

from stash_cli.core.types.annotations import Nullable
from stash_cli.core.types.base import StashInput, api
from stash_cli.core.types.filters.criteria import (
    CustomFieldCriterionInput,
    HierarchicalMultiCriterionInput,
    IntCriterionInput,
    MultiCriterionInput,
    StashIDCriterionInput,
    StashIDsCriterionInput,
    StringCriterionInput,
    TimestampCriterionInput,
)
from stash_cli.core.types.links import GalleryFilterType, GroupFilterType, ImageFilterType, SceneFilterType
from stash_cli.core.unset import UNSET


class StudioFilterType(StashInput):
    """What studios must match; set fields are ANDed."""

    AND: Nullable[StudioFilterType] = UNSET
    OR: Nullable[StudioFilterType] = UNSET
    NOT: Nullable[StudioFilterType] = UNSET
    name: Nullable[StringCriterionInput] = UNSET
    details: Nullable[StringCriterionInput] = UNSET
    parents: Nullable[MultiCriterionInput] = UNSET
    stash_id_endpoint: Nullable[StashIDCriterionInput] = api(deprecated="use stash_ids_endpoint instead")
    stash_ids_endpoint: Nullable[StashIDsCriterionInput] = UNSET
    tags: Nullable[HierarchicalMultiCriterionInput] = UNSET
    is_missing: Nullable[str] = UNSET
    rating100: Nullable[IntCriterionInput] = UNSET
    favorite: Nullable[bool] = UNSET
    scene_count: Nullable[IntCriterionInput] = UNSET
    image_count: Nullable[IntCriterionInput] = UNSET
    gallery_count: Nullable[IntCriterionInput] = UNSET
    group_count: Nullable[IntCriterionInput] = UNSET
    tag_count: Nullable[IntCriterionInput] = UNSET
    url: Nullable[StringCriterionInput] = UNSET
    aliases: Nullable[StringCriterionInput] = UNSET
    child_count: Nullable[IntCriterionInput] = UNSET
    ignore_auto_tag: Nullable[bool] = UNSET
    organized: Nullable[bool] = UNSET
    scenes_filter: Nullable[SceneFilterType] = UNSET
    images_filter: Nullable[ImageFilterType] = UNSET
    galleries_filter: Nullable[GalleryFilterType] = UNSET
    groups_filter: Nullable[GroupFilterType] = UNSET
    created_at: Nullable[TimestampCriterionInput] = UNSET
    updated_at: Nullable[TimestampCriterionInput] = UNSET
    custom_fields: Nullable[list[CustomFieldCriterionInput]] = UNSET
