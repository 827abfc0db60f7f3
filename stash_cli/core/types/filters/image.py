"""The filter for images."""

from __future__ import annotations

from stash_cli.core.types.annotations import Nullable
from stash_cli.core.types.base import StashInput
from stash_cli.core.types.filters.criteria import (
    CustomFieldCriterionInput,
    DateCriterionInput,
    HierarchicalMultiCriterionInput,
    IntCriterionInput,
    MultiCriterionInput,
    OrientationCriterionInput,
    PhashDistanceCriterionInput,
    ResolutionCriterionInput,
    StringCriterionInput,
    TimestampCriterionInput,
)
from stash_cli.core.types.links import (
    FileFilterType,
    GalleryFilterType,
    PerformerFilterType,
    StudioFilterType,
    TagFilterType,
)
from stash_cli.core.unset import UNSET


class ImageFilterType(StashInput):
    """What images must match; set fields are ANDed."""

    AND: Nullable[ImageFilterType] = UNSET
    OR: Nullable[ImageFilterType] = UNSET
    NOT: Nullable[ImageFilterType] = UNSET
    title: Nullable[StringCriterionInput] = UNSET
    details: Nullable[StringCriterionInput] = UNSET
    id: Nullable[IntCriterionInput] = UNSET
    checksum: Nullable[StringCriterionInput] = UNSET
    phash_distance: Nullable[PhashDistanceCriterionInput] = UNSET
    path: Nullable[StringCriterionInput] = UNSET
    file_count: Nullable[IntCriterionInput] = UNSET
    rating100: Nullable[IntCriterionInput] = UNSET
    date: Nullable[DateCriterionInput] = UNSET
    url: Nullable[StringCriterionInput] = UNSET
    organized: Nullable[bool] = UNSET
    o_counter: Nullable[IntCriterionInput] = UNSET
    resolution: Nullable[ResolutionCriterionInput] = UNSET
    orientation: Nullable[OrientationCriterionInput] = UNSET
    is_missing: Nullable[str] = UNSET
    studios: Nullable[HierarchicalMultiCriterionInput] = UNSET
    tags: Nullable[HierarchicalMultiCriterionInput] = UNSET
    tag_count: Nullable[IntCriterionInput] = UNSET
    performer_tags: Nullable[HierarchicalMultiCriterionInput] = UNSET
    performers: Nullable[MultiCriterionInput] = UNSET
    performer_count: Nullable[IntCriterionInput] = UNSET
    performer_favorite: Nullable[bool] = UNSET
    performer_age: Nullable[IntCriterionInput] = UNSET
    galleries: Nullable[MultiCriterionInput] = UNSET
    created_at: Nullable[TimestampCriterionInput] = UNSET
    updated_at: Nullable[TimestampCriterionInput] = UNSET
    code: Nullable[StringCriterionInput] = UNSET
    photographer: Nullable[StringCriterionInput] = UNSET
    galleries_filter: Nullable[GalleryFilterType] = UNSET
    performers_filter: Nullable[PerformerFilterType] = UNSET
    studios_filter: Nullable[StudioFilterType] = UNSET
    tags_filter: Nullable[TagFilterType] = UNSET
    files_filter: Nullable[FileFilterType] = UNSET
    custom_fields: Nullable[list[CustomFieldCriterionInput]] = UNSET
