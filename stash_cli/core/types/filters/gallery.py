"""The filters for galleries and images."""

from __future__ import annotations

from stash_cli.core.types import links
from stash_cli.core.types.annotations import Nullable
from stash_cli.core.types.base import StashInput
from stash_cli.core.types.filters import criteria
from stash_cli.core.unset import UNSET


class GalleryFilterType(StashInput):
    """Filter of galleries; every field that is set must match."""

    AND: Nullable[GalleryFilterType] = UNSET
    OR: Nullable[GalleryFilterType] = UNSET
    NOT: Nullable[GalleryFilterType] = UNSET
    id: Nullable[criteria.IntCriterionInput] = UNSET
    title: Nullable[criteria.StringCriterionInput] = UNSET
    details: Nullable[criteria.StringCriterionInput] = UNSET
    checksum: Nullable[criteria.StringCriterionInput] = UNSET
    path: Nullable[criteria.StringCriterionInput] = UNSET
    file_count: Nullable[criteria.IntCriterionInput] = UNSET
    is_missing: Nullable[str] = UNSET
    is_zip: Nullable[bool] = UNSET
    rating100: Nullable[criteria.IntCriterionInput] = UNSET
    organized: Nullable[bool] = UNSET
    average_resolution: Nullable[criteria.ResolutionCriterionInput] = UNSET
    has_chapters: Nullable[str] = UNSET
    scenes: Nullable[criteria.MultiCriterionInput] = UNSET
    studios: Nullable[criteria.HierarchicalMultiCriterionInput] = UNSET
    tags: Nullable[criteria.HierarchicalMultiCriterionInput] = UNSET
    tag_count: Nullable[criteria.IntCriterionInput] = UNSET
    performer_tags: Nullable[criteria.HierarchicalMultiCriterionInput] = UNSET
    performers: Nullable[criteria.MultiCriterionInput] = UNSET
    performer_count: Nullable[criteria.IntCriterionInput] = UNSET
    performer_favorite: Nullable[bool] = UNSET
    performer_age: Nullable[criteria.IntCriterionInput] = UNSET
    image_count: Nullable[criteria.IntCriterionInput] = UNSET
    url: Nullable[criteria.StringCriterionInput] = UNSET
    date: Nullable[criteria.DateCriterionInput] = UNSET
    created_at: Nullable[criteria.TimestampCriterionInput] = UNSET
    updated_at: Nullable[criteria.TimestampCriterionInput] = UNSET
    code: Nullable[criteria.StringCriterionInput] = UNSET
    photographer: Nullable[criteria.StringCriterionInput] = UNSET
    scenes_filter: Nullable[links.SceneFilterType] = UNSET
    images_filter: Nullable[links.ImageFilterType] = UNSET
    performers_filter: Nullable[links.PerformerFilterType] = UNSET
    studios_filter: Nullable[links.StudioFilterType] = UNSET
    tags_filter: Nullable[links.TagFilterType] = UNSET
    files_filter: Nullable[links.FileFilterType] = UNSET
    folders_filter: Nullable[links.FolderFilterType] = UNSET
    parent_folder: Nullable[criteria.HierarchicalMultiCriterionInput] = UNSET
    custom_fields: Nullable[list[criteria.CustomFieldCriterionInput]] = UNSET


class ImageFilterType(StashInput):
    """Filter of images; every field that is set must match."""

    AND: Nullable[ImageFilterType] = UNSET
    OR: Nullable[ImageFilterType] = UNSET
    NOT: Nullable[ImageFilterType] = UNSET
    title: Nullable[criteria.StringCriterionInput] = UNSET
    details: Nullable[criteria.StringCriterionInput] = UNSET
    id: Nullable[criteria.IntCriterionInput] = UNSET
    checksum: Nullable[criteria.StringCriterionInput] = UNSET
    phash_distance: Nullable[criteria.PhashDistanceCriterionInput] = UNSET
    path: Nullable[criteria.StringCriterionInput] = UNSET
    file_count: Nullable[criteria.IntCriterionInput] = UNSET
    rating100: Nullable[criteria.IntCriterionInput] = UNSET
    date: Nullable[criteria.DateCriterionInput] = UNSET
    url: Nullable[criteria.StringCriterionInput] = UNSET
    organized: Nullable[bool] = UNSET
    o_counter: Nullable[criteria.IntCriterionInput] = UNSET
    resolution: Nullable[criteria.ResolutionCriterionInput] = UNSET
    orientation: Nullable[criteria.OrientationCriterionInput] = UNSET
    is_missing: Nullable[str] = UNSET
    studios: Nullable[criteria.HierarchicalMultiCriterionInput] = UNSET
    tags: Nullable[criteria.HierarchicalMultiCriterionInput] = UNSET
    tag_count: Nullable[criteria.IntCriterionInput] = UNSET
    performer_tags: Nullable[criteria.HierarchicalMultiCriterionInput] = UNSET
    performers: Nullable[criteria.MultiCriterionInput] = UNSET
    performer_count: Nullable[criteria.IntCriterionInput] = UNSET
    performer_favorite: Nullable[bool] = UNSET
    performer_age: Nullable[criteria.IntCriterionInput] = UNSET
    galleries: Nullable[criteria.MultiCriterionInput] = UNSET
    created_at: Nullable[criteria.TimestampCriterionInput] = UNSET
    updated_at: Nullable[criteria.TimestampCriterionInput] = UNSET
    code: Nullable[criteria.StringCriterionInput] = UNSET
    photographer: Nullable[criteria.StringCriterionInput] = UNSET
    galleries_filter: Nullable[links.GalleryFilterType] = UNSET
    performers_filter: Nullable[links.PerformerFilterType] = UNSET
    studios_filter: Nullable[links.StudioFilterType] = UNSET
    tags_filter: Nullable[links.TagFilterType] = UNSET
    files_filter: Nullable[links.FileFilterType] = UNSET
    custom_fields: Nullable[list[criteria.CustomFieldCriterionInput]] = UNSET
