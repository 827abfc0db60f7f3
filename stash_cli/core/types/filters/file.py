"""Filters for files and folders."""

from __future__ import annotations

from stash_cli.core.types.annotations import Nullable
from stash_cli.core.types.base import StashInput
from stash_cli.core.types.filters.criteria import (
    FileDuplicationCriterionInput,
    FingerprintFilterInput,
    HierarchicalMultiCriterionInput,
    IntCriterionInput,
    MultiCriterionInput,
    OrientationCriterionInput,
    ResolutionCriterionInput,
    StringCriterionInput,
    TimestampCriterionInput,
)
from stash_cli.core.types.links import GalleryFilterType, ImageFilterType, SceneFilterType
from stash_cli.core.unset import UNSET


class FileFilterType(StashInput):
    """What files must match; set fields are ANDed."""

    AND: Nullable[FileFilterType] = UNSET
    OR: Nullable[FileFilterType] = UNSET
    NOT: Nullable[FileFilterType] = UNSET
    path: Nullable[StringCriterionInput] = UNSET
    basename: Nullable[StringCriterionInput] = UNSET
    dir: Nullable[StringCriterionInput] = UNSET
    parent_folder: Nullable[HierarchicalMultiCriterionInput] = UNSET
    zip_file: Nullable[MultiCriterionInput] = UNSET
    mod_time: Nullable[TimestampCriterionInput] = UNSET
    duplicated: Nullable[FileDuplicationCriterionInput] = UNSET
    hashes: Nullable[list[FingerprintFilterInput]] = UNSET
    video_file_filter: Nullable[VideoFileFilterInput] = UNSET
    image_file_filter: Nullable[ImageFileFilterInput] = UNSET
    scene_count: Nullable[IntCriterionInput] = UNSET
    image_count: Nullable[IntCriterionInput] = UNSET
    gallery_count: Nullable[IntCriterionInput] = UNSET
    scenes_filter: Nullable[SceneFilterType] = UNSET
    images_filter: Nullable[ImageFilterType] = UNSET
    galleries_filter: Nullable[GalleryFilterType] = UNSET
    created_at: Nullable[TimestampCriterionInput] = UNSET
    updated_at: Nullable[TimestampCriterionInput] = UNSET


class FolderFilterType(StashInput):
    """What folders must match; set fields are ANDed."""

    AND: Nullable[FolderFilterType] = UNSET
    OR: Nullable[FolderFilterType] = UNSET
    NOT: Nullable[FolderFilterType] = UNSET
    path: Nullable[StringCriterionInput] = UNSET
    basename: Nullable[StringCriterionInput] = UNSET
    parent_folder: Nullable[HierarchicalMultiCriterionInput] = UNSET
    zip_file: Nullable[MultiCriterionInput] = UNSET
    mod_time: Nullable[TimestampCriterionInput] = UNSET
    gallery_count: Nullable[IntCriterionInput] = UNSET
    files_filter: Nullable[FileFilterType] = UNSET
    galleries_filter: Nullable[GalleryFilterType] = UNSET
    created_at: Nullable[TimestampCriterionInput] = UNSET
    updated_at: Nullable[TimestampCriterionInput] = UNSET


class VideoFileFilterInput(StashInput):
    """Criteria on the facts of a video file."""

    resolution: Nullable[ResolutionCriterionInput] = UNSET
    orientation: Nullable[OrientationCriterionInput] = UNSET
    framerate: Nullable[IntCriterionInput] = UNSET
    bitrate: Nullable[IntCriterionInput] = UNSET
    format: Nullable[StringCriterionInput] = UNSET
    video_codec: Nullable[StringCriterionInput] = UNSET
    audio_codec: Nullable[StringCriterionInput] = UNSET
    duration: Nullable[IntCriterionInput] = UNSET
    captions: Nullable[StringCriterionInput] = UNSET
    interactive: Nullable[bool] = UNSET
    interactive_speed: Nullable[IntCriterionInput] = UNSET


class ImageFileFilterInput(StashInput):
    """Criteria on the facts of a picture file."""

    format: Nullable[StringCriterionInput] = UNSET
    resolution: Nullable[ResolutionCriterionInput] = UNSET
    orientation: Nullable[OrientationCriterionInput] = UNSET
