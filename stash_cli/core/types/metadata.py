"""Options of library tasks (scan, generate, clean, identify, export, migrate): saved defaults and inputs."""

from __future__ import annotations

from typing import Any

from pydantic import model_validator

from stash_cli.core.types import enums, links
from stash_cli.core.types.annotations import ID, Maybe, Nullable, Timestamp, Upload
from stash_cli.core.types.base import ApiObject, StashInput, api, required
from stash_cli.core.unset import UNSET


class _Generate(ApiObject):
    """Kinds of files to generate."""

    covers: Nullable[bool] = UNSET
    sprites: Nullable[bool] = UNSET
    previews: Nullable[bool] = UNSET
    image_previews: Nullable[bool] = api("imagePreviews")
    markers: Nullable[bool] = UNSET
    marker_image_previews: Nullable[bool] = api("markerImagePreviews")
    marker_screenshots: Nullable[bool] = api("markerScreenshots")
    transcodes: Nullable[bool] = UNSET
    phashes: Nullable[bool] = UNSET
    interactive_heatmaps_speeds: Nullable[bool] = api("interactiveHeatmapsSpeeds")
    image_thumbnails: Nullable[bool] = api("imageThumbnails")
    clip_previews: Nullable[bool] = api("clipPreviews")


class GenerateMetadataOptions(_Generate):
    """Saved defaults of generate.

    Also the options of `metadata_generate`.
    """

    preview_options: Nullable[GeneratePreviewOptions] = api("previewOptions")

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown(cls, data: Any) -> Any:
        """Refuse an unknown option such as paths: if it were ignored, everything would be generated."""
        names = {*cls.model_fields, *(field.alias for field in cls.model_fields.values())}
        for name in data if isinstance(data, dict) else ():
            if name not in names and not name.startswith("__"):
                raise ValueError(f"{cls.__name__} has no option {name!r}")
        return data


class GeneratePreviewOptions(ApiObject):
    """Cutting and encoding of previews."""

    preview_segments: Nullable[int] = api("previewSegments")
    preview_segment_duration: Nullable[float] = api("previewSegmentDuration")
    preview_exclude_start: Nullable[str] = api("previewExcludeStart")
    preview_exclude_end: Nullable[str] = api("previewExcludeEnd")
    preview_preset: Nullable[enums.PreviewPreset] = api("previewPreset")


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
    strategy: Maybe[enums.IdentifyFieldStrategy] = UNSET
    create_missing: Nullable[bool] = api("createMissing")


class _Identify(ApiObject):
    """Options of identify: performers, tags for skipped scenes."""

    set_cover_image: Nullable[bool] = api("setCoverImage")
    set_organized: Nullable[bool] = api("setOrganized")
    include_male_performers: Nullable[bool] = api("includeMalePerformers", deprecated="Use performerGenders")
    performer_genders: Nullable[list[enums.GenderEnum]] = api("performerGenders")
    skip_multiple_matches: Nullable[bool] = api("skipMultipleMatches")
    skip_multiple_match_tag: Nullable[str] = api("skipMultipleMatchTag")
    skip_single_name_performers: Nullable[bool] = api("skipSingleNamePerformers")
    skip_single_name_performer_tag: Nullable[str] = api("skipSingleNamePerformerTag")


class IdentifyMetadataOptions(_Identify):
    """Options of identify: fields, performers, tags for skipped scenes."""

    field_options: Nullable[list[IdentifyFieldOptions]] = api("fieldOptions")


class IdentifySource(ApiObject):
    """A source for identify with options of its own."""

    source: Maybe[links.ScraperSource] = UNSET
    options: Nullable[IdentifyMetadataOptions] = UNSET


class IdentifyMetadataTaskOptions(ApiObject):
    """Saved defaults of identify."""

    sources: Maybe[list[IdentifySource]] = UNSET
    options: Nullable[IdentifyMetadataOptions] = UNSET


class FindJobInput(StashInput):
    """The id of a job."""

    id: ID


class GenerateMetadataInput(StashInput, _Generate):
    """Files to generate, and the objects to generate them for; empty lists mean all."""

    preview_options: Nullable[GeneratePreviewOptionsInput] = api("previewOptions")
    force_transcodes: Nullable[bool] = api("forceTranscodes")
    image_phashes: Nullable[bool] = api("imagePhashes")
    scene_ids: Nullable[list[ID]] = api("sceneIDs")
    marker_ids: Nullable[list[ID]] = api("markerIDs")
    image_ids: Nullable[list[ID]] = api("imageIDs")
    gallery_ids: Nullable[list[ID]] = api("galleryIDs")
    paths: Nullable[list[str]] = UNSET
    overwrite: Nullable[bool] = UNSET


class GeneratePreviewOptionsInput(StashInput, GeneratePreviewOptions):
    """Cutting and encoding of previews."""


class ScanMetaDataFilterInput(StashInput):
    """Limits a scan to files changed since a time."""

    min_mod_time: Nullable[Timestamp] = api("minModTime")


class ScanMetadataInput(StashInput):
    """Paths to scan, and files to generate on the way; no paths mean the whole library."""

    paths: Nullable[list[str]] = UNSET
    # Files are read again although their size and time are those of the last scan.
    rescan: Nullable[bool] = UNSET
    scan_generate_covers: Nullable[bool] = api("scanGenerateCovers")
    scan_generate_previews: Nullable[bool] = api("scanGeneratePreviews")
    scan_generate_image_previews: Nullable[bool] = api("scanGenerateImagePreviews")
    scan_generate_sprites: Nullable[bool] = api("scanGenerateSprites")
    scan_generate_phashes: Nullable[bool] = api("scanGeneratePhashes")
    scan_generate_image_phashes: Nullable[bool] = api("scanGenerateImagePhashes")
    scan_generate_thumbnails: Nullable[bool] = api("scanGenerateThumbnails")
    scan_generate_clip_previews: Nullable[bool] = api("scanGenerateClipPreviews")
    filter: Nullable[ScanMetaDataFilterInput] = UNSET


class CleanMetadataInput(StashInput):
    """Paths below which entries of missing files are deleted; a dry run only logs them."""

    dry_run: bool = required("dryRun")
    paths: Nullable[list[str]] = UNSET
    ignore_zip_file_contents: Nullable[bool] = api("ignoreZipFileContents")


class CleanGeneratedInput(StashInput):
    """Kinds of generated files to delete where their object no longer exists."""

    blob_files: Nullable[bool] = api("blobFiles")
    sprites: Nullable[bool] = UNSET
    screenshots: Nullable[bool] = UNSET
    transcodes: Nullable[bool] = UNSET
    markers: Nullable[bool] = UNSET
    image_thumbnails: Nullable[bool] = api("imageThumbnails")
    dry_run: Nullable[bool] = api("dryRun")


class AutoTagMetadataInput(StashInput, AutoTagMetadataOptions):
    """Names to look for in paths; `["*"]` means all."""

    paths: Nullable[list[str]] = UNSET


class IdentifyFieldOptionsInput(StashInput):
    """Treatment of one field by identify."""

    field: str
    strategy: enums.IdentifyFieldStrategy
    create_missing: Nullable[bool] = api("createMissing")


class IdentifyMetadataOptionsInput(StashInput, _Identify):
    """Options of identify: fields, performers, tags for skipped scenes."""

    field_options: Nullable[list[IdentifyFieldOptionsInput]] = api("fieldOptions")


class IdentifySourceInput(StashInput):
    """A source for identify with options of its own."""

    source: links.ScraperSourceInput
    options: Nullable[IdentifyMetadataOptionsInput] = UNSET


class IdentifyMetadataInput(StashInput):
    """Scenes to identify, and the sources to ask in order."""

    sources: list[IdentifySourceInput]
    options: Nullable[IdentifyMetadataOptionsInput] = UNSET
    scene_ids: Nullable[list[ID]] = api("sceneIDs")
    paths: Nullable[list[str]] = UNSET


class ExportObjectTypeInput(StashInput):
    """Objects of one type to export."""

    ids: Nullable[list[str]] = UNSET
    all: Nullable[bool] = UNSET


class ExportObjectsInput(StashInput):
    """Objects to export, with or without the objects that they refer to."""

    scenes: Nullable[ExportObjectTypeInput] = UNSET
    images: Nullable[ExportObjectTypeInput] = UNSET
    studios: Nullable[ExportObjectTypeInput] = UNSET
    performers: Nullable[ExportObjectTypeInput] = UNSET
    tags: Nullable[ExportObjectTypeInput] = UNSET
    groups: Nullable[ExportObjectTypeInput] = UNSET
    movies: Nullable[ExportObjectTypeInput] = api(deprecated="Use groups instead")
    galleries: Nullable[ExportObjectTypeInput] = UNSET
    include_dependencies: Nullable[bool] = api("includeDependencies")


class ImportObjectsInput(StashInput):
    """An export file to import."""

    # The only file that the API takes.
    file: Upload
    duplicate_behaviour: enums.ImportDuplicateEnum = required("duplicateBehaviour")
    missing_ref_behaviour: enums.ImportMissingRefEnum = required("missingRefBehaviour")


class BackupDatabaseInput(StashInput):
    """Whether to download the backup or keep it on the server."""

    download: Nullable[bool] = UNSET
    include_blobs: Nullable[bool] = api("includeBlobs")


class AnonymiseDatabaseInput(StashInput):
    """Whether to download the anonymised copy or keep it on the server."""

    download: Nullable[bool] = UNSET


class MigrateInput(StashInput):
    """Path of the backup during a migration (empty: a temporary file)."""

    backup_path: str = required("backupPath")


class MigrateSceneScreenshotsInput(StashInput):
    """Treatment of the old screenshot files."""

    delete_files: Nullable[bool] = api("deleteFiles")
    overwrite_existing: Nullable[bool] = api("overwriteExisting")


class MigrateBlobsInput(StashInput):
    """Whether to remove the old blobs after moving them."""

    delete_old: Nullable[bool] = api("deleteOld")
