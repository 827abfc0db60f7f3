"""The filters for studios and tags."""

from __future__ import annotations

from stash_cli.core.types import links
from stash_cli.core.types.annotations import Nullable
from stash_cli.core.types.base import StashInput, api
from stash_cli.core.types.filters import criteria
from stash_cli.core.unset import UNSET


class StudioFilterType(StashInput):
    """Filter of studios; every field that is set must match."""

    AND: Nullable[StudioFilterType] = UNSET
    OR: Nullable[StudioFilterType] = UNSET
    NOT: Nullable[StudioFilterType] = UNSET
    name: Nullable[criteria.StringCriterionInput] = UNSET
    details: Nullable[criteria.StringCriterionInput] = UNSET
    parents: Nullable[criteria.MultiCriterionInput] = UNSET
    stash_id_endpoint: Nullable[criteria.StashIDCriterionInput] = api(
        deprecated="use stash_ids_endpoint instead"
    )
    stash_ids_endpoint: Nullable[criteria.StashIDsCriterionInput] = UNSET
    tags: Nullable[criteria.HierarchicalMultiCriterionInput] = UNSET
    is_missing: Nullable[str] = UNSET
    rating100: Nullable[criteria.IntCriterionInput] = UNSET
    favorite: Nullable[bool] = UNSET
    scene_count: Nullable[criteria.IntCriterionInput] = UNSET
    image_count: Nullable[criteria.IntCriterionInput] = UNSET
    gallery_count: Nullable[criteria.IntCriterionInput] = UNSET
    group_count: Nullable[criteria.IntCriterionInput] = UNSET
    tag_count: Nullable[criteria.IntCriterionInput] = UNSET
    url: Nullable[criteria.StringCriterionInput] = UNSET
    aliases: Nullable[criteria.StringCriterionInput] = UNSET
    child_count: Nullable[criteria.IntCriterionInput] = UNSET
    ignore_auto_tag: Nullable[bool] = UNSET
    organized: Nullable[bool] = UNSET
    scenes_filter: Nullable[links.SceneFilterType] = UNSET
    images_filter: Nullable[links.ImageFilterType] = UNSET
    galleries_filter: Nullable[links.GalleryFilterType] = UNSET
    groups_filter: Nullable[links.GroupFilterType] = UNSET
    created_at: Nullable[criteria.TimestampCriterionInput] = UNSET
    updated_at: Nullable[criteria.TimestampCriterionInput] = UNSET
    custom_fields: Nullable[list[criteria.CustomFieldCriterionInput]] = UNSET


class TagFilterType(StashInput):
    """Filter of tags; every field that is set must match."""

    AND: Nullable[TagFilterType] = UNSET
    OR: Nullable[TagFilterType] = UNSET
    NOT: Nullable[TagFilterType] = UNSET
    name: Nullable[criteria.StringCriterionInput] = UNSET
    sort_name: Nullable[criteria.StringCriterionInput] = UNSET
    aliases: Nullable[criteria.StringCriterionInput] = UNSET
    favorite: Nullable[bool] = UNSET
    description: Nullable[criteria.StringCriterionInput] = UNSET
    is_missing: Nullable[str] = UNSET
    scene_count: Nullable[criteria.IntCriterionInput] = UNSET
    image_count: Nullable[criteria.IntCriterionInput] = UNSET
    gallery_count: Nullable[criteria.IntCriterionInput] = UNSET
    performer_count: Nullable[criteria.IntCriterionInput] = UNSET
    studio_count: Nullable[criteria.IntCriterionInput] = UNSET
    movie_count: Nullable[criteria.IntCriterionInput] = UNSET
    group_count: Nullable[criteria.IntCriterionInput] = UNSET
    marker_count: Nullable[criteria.IntCriterionInput] = UNSET
    parents: Nullable[criteria.HierarchicalMultiCriterionInput] = UNSET
    children: Nullable[criteria.HierarchicalMultiCriterionInput] = UNSET
    parent_count: Nullable[criteria.IntCriterionInput] = UNSET
    child_count: Nullable[criteria.IntCriterionInput] = UNSET
    ignore_auto_tag: Nullable[bool] = UNSET
    stash_id_endpoint: Nullable[criteria.StashIDCriterionInput] = api(
        deprecated="use stash_ids_endpoint instead"
    )
    stash_ids_endpoint: Nullable[criteria.StashIDsCriterionInput] = UNSET
    scenes_filter: Nullable[links.SceneFilterType] = UNSET
    images_filter: Nullable[links.ImageFilterType] = UNSET
    galleries_filter: Nullable[links.GalleryFilterType] = UNSET
    groups_filter: Nullable[links.GroupFilterType] = UNSET
    performers_filter: Nullable[links.PerformerFilterType] = UNSET
    studios_filter: Nullable[links.StudioFilterType] = UNSET
    markers_filter: Nullable[links.SceneMarkerFilterType] = UNSET
    created_at: Nullable[criteria.TimestampCriterionInput] = UNSET
    updated_at: Nullable[criteria.TimestampCriterionInput] = UNSET
    custom_fields: Nullable[list[criteria.CustomFieldCriterionInput]] = UNSET
