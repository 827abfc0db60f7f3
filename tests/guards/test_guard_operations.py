"""Every operation of the API has a command."""

from __future__ import annotations

import sys
from pathlib import Path

from stash_cli.core.types.api import describe_api
from stash_cli.core.types.entities import ENTITIES

sys.path.append(str(Path(__file__).parents[1] / "cli"))

from cli_support import leaf_commands

NOUNS = {entity.type: entity.plural for entity in ENTITIES.values()} | {"Movie": "groups"}

COMMANDS = {
    # queries
    "findSavedFilter": "filters show",
    "findSavedFilters": "filters list",
    "findDefaultFilter": "filters default get",
    "findFile": "files show",
    "findFiles": "files find",
    "findFolder": "folders show",
    "findFolders": "folders find",
    "findSceneByHash": "scenes find",
    "findScenesByPathRegex": "scenes find",
    "findDuplicateScenes": "scenes duplicates",
    "sceneStreams": "scenes streams",
    "parseSceneFilenames": "scenes parse",
    "markerWall": "markers find",
    "sceneWall": "scenes find",
    "markerStrings": "markers strings",
    "stats": "stats",
    "sceneMarkerTags": "scenes markers",
    "logs": "logs",
    "listScrapers": "scrapers list",
    "plugins": "plugins list",
    "pluginTasks": "plugins tasks",
    "installedPackages": "packages list",
    "availablePackages": "packages available",
    "configuration": "config list",
    "directory": "library tree",
    "validateStashBoxCredentials": "stashbox validate",
    "systemStatus": "system status",
    "jobQueue": "jobs list",
    "findJob": "jobs show",
    "dlnaStatus": "dlna status",
    "version": "version",
    "latestversion": "system latest",
    # mutations
    "setup": "system setup",
    "migrate": "system migrate",
    "downloadFFMpeg": "system download-ffmpeg",
    "sceneMerge": "scenes merge",
    "performerMerge": "performers merge",
    "tagsMerge": "tags merge",
    "sceneIncrementO": "scenes o",
    "sceneDecrementO": "scenes o",
    "sceneAddO": "scenes o",
    "sceneDeleteO": "scenes o",
    "sceneResetO": "scenes o",
    "sceneSaveActivity": "scenes activity",
    "sceneResetActivity": "scenes activity",
    "sceneIncrementPlayCount": "scenes play",
    "sceneAddPlay": "scenes play",
    "sceneDeletePlay": "scenes play",
    "sceneResetPlayCount": "scenes play",
    "sceneGenerateScreenshot": "scenes cover",
    "sceneAssignFile": "scenes assign-file",
    "imageIncrementO": "images o",
    "imageDecrementO": "images o",
    "imageResetO": "images o",
    "addGalleryImages": "galleries images add",
    "removeGalleryImages": "galleries images remove",
    "setGalleryCover": "galleries cover set",
    "resetGalleryCover": "galleries cover reset",
    "galleryChapterCreate": "galleries chapters add",
    "galleryChapterUpdate": "galleries chapters update",
    "galleryChapterDestroy": "galleries chapters delete",
    "addGroupSubGroups": "groups subgroups add",
    "removeGroupSubGroups": "groups subgroups remove",
    "reorderSubGroups": "groups subgroups reorder",
    "moveFiles": "files move",
    "deleteFiles": "files delete",
    "destroyFiles": "files forget",
    "fileSetFingerprints": "files fingerprint",
    "revealFileInFileManager": "files reveal",
    "revealFolderInFileManager": "folders reveal",
    "saveFilter": "filters save",
    "destroySavedFilter": "filters delete",
    "setDefaultFilter": "filters default set",
    "configureGeneral": "config set",
    "configureInterface": "config set",
    "configureDLNA": "config set",
    "configureScraping": "config set",
    "configureDefaults": "config set",
    "configurePlugin": "config set",
    "configureUI": "config set",
    "configureUISetting": "config set",
    "generateAPIKey": "login",
    "exportObjects": "metadata export",
    "importObjects": "metadata import",
    "metadataImport": "metadata import",
    "metadataExport": "metadata export",
    "metadataScan": "metadata scan",
    "metadataGenerate": "metadata generate",
    "metadataAutoTag": "metadata auto-tag",
    "metadataClean": "metadata clean",
    "metadataCleanGenerated": "metadata clean-generated",
    "metadataIdentify": "metadata identify",
    "migrateHashNaming": "metadata migrate-hash-naming",
    "migrateSceneScreenshots": "metadata migrate-screenshots",
    "migrateBlobs": "metadata migrate-blobs",
    "anonymiseDatabase": "metadata anonymise",
    "optimiseDatabase": "metadata optimise",
    "reloadScrapers": "scrapers reload",
    "setPluginsEnabled": "plugins enable",
    "runPluginTask": "plugins run",
    "runPluginOperation": "plugins run",
    "reloadPlugins": "plugins reload",
    "installPackages": "packages install",
    "updatePackages": "packages update",
    "uninstallPackages": "packages uninstall",
    "stopJob": "jobs stop",
    "stopAllJobs": "jobs stop",
    "submitStashBoxFingerprints": "stashbox submit fingerprints",
    "submitStashBoxSceneDraft": "stashbox draft scene",
    "submitStashBoxPerformerDraft": "stashbox draft performer",
    "backupDatabase": "metadata backup",
    "querySQL": "sql",
    "execSQL": "sql",
    "stashBoxBatchPerformerTag": "stashbox tag performers",
    "stashBoxBatchStudioTag": "stashbox tag studios",
    "stashBoxBatchTagTag": "stashbox tag tags",
    "enableDLNA": "dlna enable",
    "disableDLNA": "dlna disable",
    "addTempDLNAIP": "dlna allow",
    "removeTempDLNAIP": "dlna forbid",
    # subscriptions
    "jobsSubscribe": "jobs watch",
    "loggingSubscribe": "logs",
    "scanCompleteSubscribe": "scan",
}
"""Operation -> the command that sends it, or that does the same by another operation (COVERED).

Operations of nouns follow the pattern of `by_pattern`.
"""

COVERED = {
    "findSavedFilter": "reads the list of all filters, where names are looked up, too",
    "findFile": "reads findFiles by id, as for every noun",
    "findFolder": "reads findFolders by id",
    "findSceneByHash": "has oshash:HASH and checksum:HASH",
    "findScenesByPathRegex": "has path:~REGEX",
    "markerWall": "has --random --limit 80 TEXT",
    "sceneWall": "has --random --limit 80 details:TEXT",
    "sceneMarkerTags": "prints each marker with its tags, in the order of time",
    "configureUISetting": "writes one setting by configureUI, which keeps the others",
    "scanCompleteSubscribe": "waits for its job by jobsSubscribe (--wait)",
}
"""Operations without a command of their own -> how the listed command does the same."""


def by_pattern(name: str) -> str | None:
    """The command of an operation that every noun or every scraper has."""
    if name.startswith("scrape"):
        return "scrapers scrape"
    for type_name, noun in NOUNS.items():
        one = type_name[0].lower() + type_name[1:]
        many = {"gallery": "galleries"}.get(one, f"{one}s")
        upper = many[0].upper() + many[1:]
        found = {
            f"find{type_name}": f"{noun} show",
            f"find{upper}": f"{noun} find",
            f"all{upper}": f"{noun} find",
            f"{one}Create": f"{noun} create",
            f"{one}Update": f"{noun} update",
            f"{many}Update": f"{noun} update",
            f"bulk{type_name}Update": f"{noun} update",
            f"{one}Destroy": f"{noun} delete",
            f"{many}Destroy": f"{noun} delete",
        }
        if name in found:
            return found[name]
    return None


def test_every_operation_has_a_command() -> None:
    api = describe_api()
    names = [*api.queries, *api.mutations, *api.subscriptions]
    known = {" ".join(path) for path in leaf_commands()}
    commands = {name: COMMANDS.get(name) or by_pattern(name) for name in names}
    missing = {name: command for name, command in commands.items() if command not in known}
    assert missing == {}, "Name a command for each of these operations in COMMANDS of this file."


def test_table_has_no_unknown_operations() -> None:
    api = describe_api()
    assert COMMANDS.keys() <= {*api.queries, *api.mutations, *api.subscriptions}
    assert COVERED.keys() <= COMMANDS.keys()
