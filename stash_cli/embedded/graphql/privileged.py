"""Privileged mutations: those that widen access to the library, or make the server run or contact something.

Without a password only programs on this machine may send them. Fields that are not listed as harmless count
as privileged, so that a new one is restricted until somebody has decided.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

REFUSAL = "without a user name and password, this can only be changed on the machine that serves the library"
_RESTRICTED = frozenset({"execSQL", "generateAPIKey", "migrate", "setPluginsEnabled", "setup"})
_HARMLESS_FIELDS = {
    "configureGeneral": frozenset(
        (
            *("calculateMD5", "videoFileNamingAlgorithm", "parallelTasks", "galleryCoverRegex"),
            *("previewAudio", "previewSegments", "previewSegmentDuration", "previewPreset"),
            *("previewExcludeStart", "previewExcludeEnd", "maxTranscodeSize", "maxStreamingTranscodeSize"),
            *("drawFunscriptHeatmapRange", "writeImageThumbnails", "createImageClipsFromVideos"),
            *("createGalleriesFromFolders", "spriteScreenshotSize", "useCustomSpriteInterval"),
            *("spriteInterval", "minimumSprites", "maximumSprites"),
        )
    ),
    "configureInterface": frozenset(
        (
            *("menuItems", "soundOnPreview", "wallShowTitle", "wallPlayback", "showScrubber", "language"),
            *("maximumLoopDuration", "autostartVideo", "autostartVideoOnPlaySelected", "imageLightbox"),
            *("continuePlaylistDefault", "showStudioAsText", "disableDropdownCreate", "funscriptOffset"),
            *("sfwContentMode", "notificationsEnabled"),
        )
    ),
}
_HARMLESS = frozenset({"configureDefaults", "configureUI", "configureUISetting"})


def is_privileged(mutation: str, arguments: Mapping[str, Any]) -> bool:
    """Whether a mutation with these arguments is privileged."""
    if mutation in _HARMLESS:
        return False
    if mutation in _HARMLESS_FIELDS:
        return not _HARMLESS_FIELDS[mutation].issuperset(arguments.get("input") or ())
    return mutation in _RESTRICTED or mutation.startswith("configure")
