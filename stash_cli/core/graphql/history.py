"""Which release brought what, and what it was called before: facts that no server tells."""

from __future__ import annotations

_SINCE = {
    "0.20": "GalleryChapter moveFiles migrateBlobs",
    "0.22": "querySQL execSQL optimiseDatabase scrapeSingleStudio Scene.urls",
    "0.23": "Gallery.urls Image.urls",
    "0.24": "fileSetFingerprints installPackages updatePackages uninstallPackages installedPackages"
    " availablePackages configurePlugin setPluginsEnabled Gallery.code Image.code Image.details"
    " Gallery.photographer Image.photographer",
    "0.25": "ids sceneAddO sceneDeleteO sceneAddPlay sceneDeletePlay sceneResetPlayCount"
    " HistoryMutationResult Scene.play_history Scene.o_history runPluginOperation metadataCleanGenerated",
    "0.26": "Job.error downloadFFMpeg Tag.favorite Studio.favorite",
    "0.27": "Group Performer.urls bulkTagUpdate Studio.tags sceneResetActivity setGalleryCover"
    " resetGalleryCover Gallery.paths addGroupSubGroups removeGroupSubGroups reorderSubGroups",
    "0.28": "Performer.custom_fields SceneMarker.end_seconds sceneMarkersDestroy Tag.sort_name"
    " scrapeSingleImage scrapeImageURL",
    "0.29": "findFile findFiles findFolder findFolders FileFilterType FolderFilterType BasicFile"
    " Group.performer_count",
    "0.30": "Studio.urls Tag.stash_ids bulkStudioUpdate bulkSceneMarkerUpdate scrapeSingleTag"
    " Studio.o_counter Group.o_counter CustomFieldsInput.remove",
    "0.31": "performerMerge Scene.custom_fields Studio.custom_fields Tag.custom_fields Gallery.custom_fields"
    " Group.custom_fields Image.custom_fields Performer.career_start Performer.career_end Studio.organized"
    " Folder.basename destroyFiles revealFileInFileManager revealFolderInFileManager stashBoxBatchTagTag"
    " destroy_file_entry TagsMergeInput.values BackupDatabaseInput.includeBlobs",
}
_RELEASE = {name: release for release, names in _SINCE.items() for name in names.split()}
_INPUT_ENDINGS = ("CreateInput", "UpdateInput", "FilterType", "DestroyInput")


def since(name: str) -> str | None:
    """The release that brought an operation, type or `Type.field`, where that is known.

    An input's field came with the field of the object it writes.

    >>> since("BulkTagUpdateInput.sort_name")
    '0.28'
    """
    if name in _RELEASE:
        return _RELEASE[name]
    owner, _, field = name.partition(".")
    for ending in _INPUT_ENDINGS:
        owner = owner.removesuffix(ending)
    owner = owner.removeprefix("Bulk")
    return _RELEASE.get(f"{owner}.{field}") or _RELEASE.get(field) or _RELEASE.get(owner)


def older_name(name: str) -> str:
    """What a name was before groups were introduced (0.27), or the name itself.

    >>> older_name("bulkGroupUpdate"), older_name("CircumcisedEnum")
    ('bulkMovieUpdate', 'CircumisedEnum')
    """
    moved = name.replace("group", "movie").replace("Group", "Movie")
    return moved.replace("Circumcised", "Circumised")
