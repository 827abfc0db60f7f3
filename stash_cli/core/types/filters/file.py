"""Filters for files and folders."""

from __future__ import annotations

from stash_cli.core.types import links
from stash_cli.core.types.annotations import Nullable
from stash_cli.core.types.base import StashInput
from stash_cli.core.types.filters import criteria
from stash_cli.core.unset import UNSET


class FileFilterType(StashInput):
    """Filter of files; every field that is set must match."""

    AND: Nullable[FileFilterType] = UNSET
    OR: Nullable[FileFilterType] = UNSET
    NOT: Nullable[FileFilterType] = UNSET
    path: Nullable[criteria.StringCriterionInput] = UNSET
    basename: Nullable[criteria.StringCriterionInput] = UNSET
    dir: Nullable[criteria.StringCriterionInput] = UNSET
    parent_folder: Nullable[criteria.HierarchicalMultiCriterionInput] = UNSET
    zip_file: Nullable[criteria.MultiCriterionInput] = UNSET
    mod_time: Nullable[criteria.TimestampCriterionInput] = UNSET
    duplicated: Nullable[criteria.FileDuplicationCriterionInput] = UNSET
    hashes: Nullable[list[criteria.FingerprintFilterInput]] = UNSET
    video_file_filter: Nullable[VideoFileFilterInput] = UNSET
    image_file_filter: Nullable[ImageFileFilterInput] = UNSET
    scene_count: Nullable[criteria.IntCriterionInput] = UNSET
    image_count: Nullable[criteria.IntCriterionInput] = UNSET
    gallery_count: Nullable[criteria.IntCriterionInput] = UNSET
    scenes_filter: Nullable[links.SceneFilterType] = UNSET
    images_filter: Nullable[links.ImageFilterType] = UNSET
    galleries_filter: Nullable[links.GalleryFilterType] = UNSET
    created_at: Nullable[criteria.TimestampCriterionInput] = UNSET
    updated_at: Nullable[criteria.TimestampCriterionInput] = UNSET


class FolderFilterType(StashInput):
    """Filter of folders; every field that is set must match."""

    AND: Nullable[FolderFilterType] = UNSET
    OR: Nullable[FolderFilterType] = UNSET
    NOT: Nullable[FolderFilterType] = UNSET
    path: Nullable[criteria.StringCriterionInput] = UNSET
    basename: Nullable[criteria.StringCriterionInput] = UNSET
    parent_folder: Nullable[criteria.HierarchicalMultiCriterionInput] = UNSET
    zip_file: Nullable[criteria.MultiCriterionInput] = UNSET
    mod_time: Nullable[criteria.TimestampCriterionInput] = UNSET
    gallery_count: Nullable[criteria.IntCriterionInput] = UNSET
    files_filter: Nullable[FileFilterType] = UNSET
    galleries_filter: Nullable[links.GalleryFilterType] = UNSET
    created_at: Nullable[criteria.TimestampCriterionInput] = UNSET
    updated_at: Nullable[criteria.TimestampCriterionInput] = UNSET


class VideoFileFilterInput(StashInput):
    """Criteria on the properties of a video file."""

    resolution: Nullable[criteria.ResolutionCriterionInput] = UNSET
    orientation: Nullable[criteria.OrientationCriterionInput] = UNSET
    framerate: Nullable[criteria.IntCriterionInput] = UNSET
    bitrate: Nullable[criteria.IntCriterionInput] = UNSET
    format: Nullable[criteria.StringCriterionInput] = UNSET
    video_codec: Nullable[criteria.StringCriterionInput] = UNSET
    audio_codec: Nullable[criteria.StringCriterionInput] = UNSET
    duration: Nullable[criteria.IntCriterionInput] = UNSET
    captions: Nullable[criteria.StringCriterionInput] = UNSET
    interactive: Nullable[bool] = UNSET
    interactive_speed: Nullable[criteria.IntCriterionInput] = UNSET


class ImageFileFilterInput(StashInput):
    """Criteria on the properties of an image file."""

    format: Nullable[criteria.StringCriterionInput] = UNSET
    resolution: Nullable[criteria.ResolutionCriterionInput] = UNSET
    orientation: Nullable[criteria.OrientationCriterionInput] = UNSET
