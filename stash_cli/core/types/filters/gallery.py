"""The filter for galleries."""

from __future__ import annotations

from stash_cli.core.types.annotations import Nullable
from stash_cli.core.types.base import StashInput
from stash_cli.core.types.filters.criteria import (
    CustomFieldCriterionInput,
    DateCriterionInput,
    HierarchicalMultiCriterionInput,
    IntCriterionInput,
    MultiCriterionInput,
    ResolutionCriterionInput,
    StringCriterionInput,
    TimestampCriterionInput,
)
from stash_cli.core.types.links import (
    FileFilterType,
    FolderFilterType,
    ImageFilterType,
    PerformerFilterType,
    SceneFilterType,
    StudioFilterType,
    TagFilterType,
)
from stash_cli.core.unset import UNSET


class GalleryFilterType(StashInput):
    """What galleries must match; set fields are ANDed."""

    AND: Nullable[GalleryFilterType] = UNSET
    OR: Nullable[GalleryFilterType] = UNSET
    NOT: Nullable[GalleryFilterType] = UNSET
    id: Nullable[IntCriterionInput] = UNSET
    title: Nullable[StringCriterionInput] = UNSET
    details: Nullable[StringCriterionInput] = UNSET
    checksum: Nullable[StringCriterionInput] = UNSET
    path: Nullable[StringCriterionInput] = UNSET
    file_count: Nullable[IntCriterionInput] = UNSET
    is_missing: Nullable[str] = UNSET
    is_zip: Nullable[bool] = UNSET
    rating100: Nullable[IntCriterionInput] = UNSET
    organized: Nullable[bool] = UNSET
    average_resolution: Nullable[ResolutionCriterionInput] = UNSET
    has_chapters: Nullable[str] = UNSET
    scenes: Nullable[MultiCriterionInput] = UNSET
    studios: Nullable[HierarchicalMultiCriterionInput] = UNSET
    tags: Nullable[HierarchicalMultiCriterionInput] = UNSET
    tag_count: Nullable[IntCriterionInput] = UNSET
    performer_tags: Nullable[HierarchicalMultiCriterionInput] = UNSET
    performers: Nullable[MultiCriterionInput] = UNSET
    performer_count: Nullable[IntCriterionInput] = UNSET
    performer_favorite: Nullable[bool] = UNSET
    performer_age: Nullable[IntCriterionInput] = UNSET
    image_count: Nullable[IntCriterionInput] = UNSET
    url: Nullable[StringCriterionInput] = UNSET
    date: Nullable[DateCriterionInput] = UNSET
    created_at: Nullable[TimestampCriterionInput] = UNSET
    updated_at: Nullable[TimestampCriterionInput] = UNSET
    code: Nullable[StringCriterionInput] = UNSET
    photographer: Nullable[StringCriterionInput] = UNSET
    scenes_filter: Nullable[SceneFilterType] = UNSET
    images_filter: Nullable[ImageFilterType] = UNSET
    performers_filter: Nullable[PerformerFilterType] = UNSET
    studios_filter: Nullable[StudioFilterType] = UNSET
    tags_filter: Nullable[TagFilterType] = UNSET
    files_filter: Nullable[FileFilterType] = UNSET
    folders_filter: Nullable[FolderFilterType] = UNSET
    parent_folder: Nullable[HierarchicalMultiCriterionInput] = UNSET
    custom_fields: Nullable[list[CustomFieldCriterionInput]] = UNSET
