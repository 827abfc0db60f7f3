"""Saved default options of the metadata tasks."""

from __future__ import annotations

from stash_cli.core.types.annotations import Maybe, Nullable
from stash_cli.core.types.base import ApiObject, api
from stash_cli.core.types.enums import GenderEnum, IdentifyFieldStrategy, PreviewPreset
from stash_cli.core.types.links import ScraperSource
from stash_cli.core.unset import UNSET


class GenerateMetadataOptions(ApiObject):
    """Saved defaults of generate."""

    covers: Nullable[bool] = UNSET
    sprites: Nullable[bool] = UNSET
    previews: Nullable[bool] = UNSET
    image_previews: Nullable[bool] = api("imagePreviews")
    preview_options: Nullable[GeneratePreviewOptions] = api("previewOptions")
    markers: Nullable[bool] = UNSET
    marker_image_previews: Nullable[bool] = api("markerImagePreviews")
    marker_screenshots: Nullable[bool] = api("markerScreenshots")
    transcodes: Nullable[bool] = UNSET
    phashes: Nullable[bool] = UNSET
    interactive_heatmaps_speeds: Nullable[bool] = api("interactiveHeatmapsSpeeds")
    image_thumbnails: Nullable[bool] = api("imageThumbnails")
    clip_previews: Nullable[bool] = api("clipPreviews")


class GeneratePreviewOptions(ApiObject):
    """Cutting and encoding of previews."""

    preview_segments: Nullable[int] = api("previewSegments")
    preview_segment_duration: Nullable[float] = api("previewSegmentDuration")
    preview_exclude_start: Nullable[str] = api("previewExcludeStart")
    preview_exclude_end: Nullable[str] = api("previewExcludeEnd")
    preview_preset: Nullable[PreviewPreset] = api("previewPreset")


class ScanMetadataOptions(ApiObject):
    """Saved defaults of scan."""

    rescan: Maybe[bool] = UNSET
    scan_generate_covers: Maybe[bool] = api("scanGenerateCovers")
    scan_generate_previews: Maybe[bool] = api("scanGeneratePreviews")
    scan_generate_image_previews: Maybe[bool] = api("scanGenerateImagePreviews")
    scan_generate_sprites: Maybe[bool] = api("scanGenerateSprites")
    scan_generate_phashes: Maybe[bool] = api("scanGeneratePhashes")
    scan_generate_image_phashes: Nullable[bool] = api("scanGenerateImagePhashes")
    scan_generate_thumbnails: Maybe[bool] = api("scanGenerateThumbnails")
    scan_generate_clip_previews: Maybe[bool] = api("scanGenerateClipPreviews")


class AutoTagMetadataOptions(ApiObject):
    """Saved defaults of auto-tag."""

    performers: Nullable[list[str]] = UNSET
    studios: Nullable[list[str]] = UNSET
    tags: Nullable[list[str]] = UNSET


class IdentifyFieldOptions(ApiObject):
    """Treatment of one field by identify."""

    field: Maybe[str] = UNSET
    strategy: Maybe[IdentifyFieldStrategy] = UNSET
    create_missing: Nullable[bool] = api("createMissing")


class IdentifyMetadataOptions(ApiObject):
    """Options of identify: fields, performers, tags for skipped scenes."""

    field_options: Nullable[list[IdentifyFieldOptions]] = api("fieldOptions")
    set_cover_image: Nullable[bool] = api("setCoverImage")
    set_organized: Nullable[bool] = api("setOrganized")
    include_male_performers: Nullable[bool] = api("includeMalePerformers", deprecated="Use performerGenders")
    performer_genders: Nullable[list[GenderEnum]] = api("performerGenders")
    skip_multiple_matches: Nullable[bool] = api("skipMultipleMatches")
    skip_multiple_match_tag: Nullable[str] = api("skipMultipleMatchTag")
    skip_single_name_performers: Nullable[bool] = api("skipSingleNamePerformers")
    skip_single_name_performer_tag: Nullable[str] = api("skipSingleNamePerformerTag")


class IdentifySource(ApiObject):
    """A source for identify with options of its own."""

    source: Maybe[ScraperSource] = UNSET
    options: Nullable[IdentifyMetadataOptions] = UNSET


class IdentifyMetadataTaskOptions(ApiObject):
    """Saved defaults of identify."""

    sources: Maybe[list[IdentifySource]] = UNSET
    options: Nullable[IdentifyMetadataOptions] = UNSET
