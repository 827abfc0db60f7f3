"""The releases that introduced parts of the API, and older names of these parts.

Names are types, operations, `Type.field`, `Enum.VALUE` or `operation(argument)`; `.field` and `(argument)`
apply to any owner. A name that is not listed was introduced with its first user (`since`), or before 0.20.
"""

from __future__ import annotations

from functools import cache

from stash_cli.core.types.api import describe_api

SINCE = {
    "": "TagFilterType.parent_count TagFilterType.child_count",  # filters older than the fields
    "0.20": "GalleryChapter moveFiles migrateBlobs migrateSceneScreenshots",
    "0.22": "querySQL execSQL optimiseDatabase scrapeSingleStudio stashBoxBatchStudioTag Scene.urls"
    " ResolutionEnum.SEVEN_K ResolutionEnum.HUGE",
    "0.23": "Gallery.urls Image.urls .find_filter .object_filter .ui_options (performer_ids)"
    " Tag.parent_count Tag.child_count",
    "0.24": "fileSetFingerprints installPackages updatePackages uninstallPackages installedPackages"
    " availablePackages configurePlugin setPluginsEnabled ConfigResult.plugins Plugin.enabled Plugin.paths"
    " Plugin.settings Plugin.requires .scraperPackageSources .pluginPackageSources .fingerprint"
    " SceneFilterType.framerate SystemStatus.os .workingDir .homeDir"
    " Gallery.code Image.code Image.details .photographer",
    "0.25": "findScenes(ids) findImages(ids) findPerformers(ids) findStudios(ids) findMovies(ids)"
    " findGroups(ids) findGalleries(ids) findTags(ids)"
    " sceneAddO sceneDeleteO sceneAddPlay sceneDeletePlay sceneResetPlayCount"
    " HistoryMutationResult .play_history .o_history runPluginOperation metadataCleanGenerated .orientation"
    " GenderCriterionInput.value_list runPluginTask(args_map) runPluginTask(description)"
    " StudioFilterType.child_count ImageFilterType.performer_age",
    "0.26": "Job.error JobStatus.FAILED downloadFFMpeg Tag.favorite Studio.favorite configureUI(partial)"
    " .rescan .ffmpegPath .ffprobePath SceneFilterType.galleries SceneFilterType.bitrate"
    " SceneFilterType.last_played_at GalleryFilterType.scenes PerformerFilterType.play_count",
    "0.27": "Group FilterMode.GROUPS ScrapeContentType.GROUP"
    " Performer.urls Movie.urls Movie.tags bulkTagUpdate Studio.tags sceneResetActivity"
    " setGalleryCover resetGalleryCover Gallery.paths Gallery.image addGroupSubGroups removeGroupSubGroups"
    " reorderSubGroups StashBoxBatchTagInput.stash_box_endpoint"
    " StashBoxDraftSubmissionInput.stash_box_endpoint StashBoxFingerprintSubmissionInput.stash_box_endpoint"
    " StashBoxPerformerQueryInput.stash_box_endpoint StashBoxSceneQueryInput.stash_box_endpoint"
    " SceneMarkerFilterType.scenes SceneMarkerFilterType.scene_filter"
    " StudioFilterType.tag_count MovieFilterType.tag_count MovieFilterType.AND MovieFilterType.OR"
    " MovieFilterType.NOT"
    " Tag.studio_count Tag.group_count .scenes_filter .images_filter .galleries_filter .performers_filter"
    " .studios_filter .tags_filter .groups_filter .movies_filter .markers_filter",
    "0.28": "Performer.custom_fields SceneMarker.end_seconds SceneMarkerFilterType.duration"
    " sceneMarkersDestroy Tag.sort_name StashID.updated_at StashIDInput.updated_at"
    " scrapeSingleImage scrapeImageURL ScrapeContentType.IMAGE findSceneMarkers(ids)",
    "0.29": "findFile findFiles findFolder findFolders FileFilterType FolderFilterType BasicFile"
    " .parent_folder .zip_file ImageFile.format PerformerFilterType.groups Group.performer_count"
    " .max_requests_per_minute",
    "0.30": "Studio.urls Tag.stash_ids TagFilterType.stash_id_endpoint bulkStudioUpdate"
    " bulkSceneMarkerUpdate scrapeSingleTag Studio.o_counter Group.o_counter CustomFieldsInput.remove"
    " .files_filter .folders_filter .deleteTrashPath .sfwContentMode",
    "0.31": "performerMerge destroyFiles revealFileInFileManager revealFolderInFileManager"
    " stashBoxBatchTagTag Scene.custom_fields Studio.custom_fields Tag.custom_fields Gallery.custom_fields"
    " Group.custom_fields Image.custom_fields .career_start .career_end Studio.organized Folder.basename"
    " FolderFilterType.basename"
    " .parent_folders .sub_folders .destroy_file_entry TagsMergeInput.values .includeBlobs"
    " .stash_ids_endpoint .stash_id_count .spriteScreenshotSize .useCustomSpriteInterval .spriteInterval"
    " .minimumSprites .maximumSprites .disableCustomizations .performerGenders .imagePhashes .imageIDs"
    " .galleryIDs .scanGenerateImagePhashes .ignoreZipFileContents GenerateMetadataInput.paths"
    " GalleryFilterType.parent_folder ImageFilterType.phash_distance PerformerFilterType.marker_count"
    " PerformerFilterType.markers_filter StudioFilterType.group_count StudioFilterType.groups_filter"
    " TagFilterType.groups_filter TagFilterType.performers_filter TagFilterType.studios_filter"
    " TagFilterType.markers_filter ScrapedTag.description ScrapedTag.alias_list ScrapedTag.parent"
    " BulkGroupUpdateInput.date BulkGroupUpdateInput.synopsis GroupFilterType.scene_count"
    " DuplicationCriterionInput FileDuplicationCriterionInput",
}
RELEASE = {name: release for release, names in SINCE.items() for name in names.split()}
"""Name -> release."""


_INPUT_ENDINGS = ("CreateInput", "UpdateInput", "FilterType", "DestroyInput")


def since(name: str) -> str | None:
    """The release that introduced an operation, argument, type or field; None if that is not known.

    >>> since("BulkTagUpdateInput.sort_name"), since("findScenes(ids)")
    ('0.28', '0.25')
    """
    if name in RELEASE:
        return RELEASE[name] or None
    operation, _, argument = name.partition("(")
    if argument:
        return RELEASE.get(f"({argument}") or since(operation)
    owner, _, field = name.partition(".")
    return _since_of_field(owner, field) if field else _since_of_type(owner)


def _since_of_field(owner: str, field: str) -> str | None:
    """The release of a field; for an input, that of the object's field that it writes, or of the input."""
    entity = owner.removeprefix("Bulk")
    for ending in _INPUT_ENDINGS:
        entity = entity.removesuffix(ending)
    own = f"{field.removesuffix('_ids')}s" if field.endswith("_ids") else field
    declared = describe_api().types.get(owner)
    if declared is not None and field in declared.fields and declared.fields[field].since:
        return declared.fields[field].since
    names = (f"{owner}.{field}", f"{entity}.{own}", f".{field}", entity)
    return next((RELEASE[name] for name in names if name in RELEASE), None) or since(owner)


def _since_of_type(name: str) -> str | None:
    """The release of a type: that of its first user, if the releases of all its users are known."""
    found = [
        RELEASE.get(user) or RELEASE.get(f".{user.partition('.')[2]}") for user in _users().get(name, ())
    ]
    if not found or None in found:
        return None
    return min((each for each in found if each), key=number)


@cache
def _users() -> dict[str, list[str]]:
    """Type -> operations that take or return it, and fields of other types that have it."""
    api = describe_api()
    found: dict[str, list[str]] = {}
    for operation in (*api.queries.values(), *api.mutations.values(), *api.subscriptions.values()):
        for ref in (operation.type, *operation.args.values()):
            found.setdefault(ref.name, []).append(operation.name)
    for declared in api.types.values():
        for field in declared.fields.values():
            if field.type.name != declared.name:
                found.setdefault(field.type.name, []).append(f"{declared.name}.{field.name}")
    return found


def number(release: str) -> tuple[int, ...]:
    """A release as numbers, for comparison: 0.9 is before 0.10."""
    return tuple(int(part) for part in release.split("."))


def older_name(name: str) -> str:
    """The name before groups were introduced (0.27), or the name itself.

    >>> older_name("bulkGroupUpdate"), older_name("CircumcisedEnum")
    ('bulkMovieUpdate', 'CircumisedEnum')
    """
    renamed = name.replace("group", "movie").replace("Group", "Movie")
    renamed = renamed.replace("Circumcised", "Circumised")
    return _RENAMED.get(renamed, renamed)


_RENAMED = {
    "DuplicationCriterionInput": "PHashDuplicationCriterionInput",
    "FileDuplicationCriterionInput": "PHashDuplicationCriterionInput",
}
