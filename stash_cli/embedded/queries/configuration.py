"""The configuration: stored values over the server's defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.types.api import TypeRef, describe_api
from stash_cli.embedded.library import settings
from stash_cli.embedded.object_types.files import COVER_NAMES
from stash_cli.embedded.scan.rules import DEFAULT_EXTENSIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from stash_cli.embedded.library.context import RequestContext

_DEFAULTS: dict[str, dict[str, Any]] = {
    "general": {
        "blobsStorage": "DATABASE",
        "videoFileNamingAlgorithm": "OSHASH",
        "parallelTasks": 1,
        "previewAudio": True,
        "previewSegments": 12,
        "previewSegmentDuration": 0.75,
        "previewExcludeStart": "0",
        "previewExcludeEnd": "0",
        "previewPreset": "slow",
        "writeImageThumbnails": True,
        "maxSessionAge": 3600,
        "logOut": True,
        "logLevel": "Info",
        "logFile": "",
        "spriteInterval": 30.0,
        "minimumSprites": 10,
        "maximumSprites": 500,
        "spriteScreenshotSize": 160,
        "calculateMD5": True,
        **{name: listed.split() for name, listed in DEFAULT_EXTENSIONS.items()},
        "galleryCoverRegex": COVER_NAMES,
        "customPerformerImageLocation": "",
    },
    "interface": {
        "menuItems": ["scenes", "images", "groups", "markers", "galleries", "performers", "studios", "tags"],
        "soundOnPreview": False,
        "wallShowTitle": True,
        "wallPlayback": "video",
        "showScrubber": True,
        "maximumLoopDuration": 0,
        "noBrowser": True,
        "notificationsEnabled": False,
        "autostartVideo": False,
        "autostartVideoOnPlaySelected": True,
        "continuePlaylistDefault": False,
        "showStudioAsText": False,
        "cssEnabled": False,
        "javascriptEnabled": False,
        "customLocalesEnabled": False,
        "disableCustomizations": False,
        "language": "en-US",
        "imageLightbox": {"slideshowDelay": 5, "displayMode": "FIT_XY", "scrollAttemptsBeforeChange": 0},
        "funscriptOffset": 0,
        "useStashHostedFunscript": False,
    },
    "dlna": {"serverName": "stash", "port": 1338, "interfaces": [], "videoSortOrder": "title"},
    "scraping": {"scraperUserAgent": "", "scraperCertCheck": True},
    "defaults": {"deleteFile": False, "deleteGenerated": True},
}
"""Defaults of the server that are not the empty value of their type."""
_EMPTY: dict[str, Any] = {"String": "", "Int": 0, "Float": 0.0, "Boolean": False}
_TYPES = {
    "general": "ConfigGeneralResult",
    "interface": "ConfigInterfaceResult",
    "dlna": "ConfigDLNAResult",
    "scraping": "ConfigScrapingResult",
    "defaults": "ConfigDefaultSettingsResult",
}


def configuration_part(context: RequestContext, part: str) -> dict[str, Any]:
    """A part of the configuration ("general", "interface", "dlna", "scraping", "defaults") as in the API."""
    stored = {
        name: value
        for name, value in settings.read_part(context.connection, part).items()
        if value is not None
    }
    given = deep_merged(_DEFAULTS[part], stored)
    if part == "general":
        given["databasePath"] = str(context.library.path)
    return _complete(_TYPES[part], given)


def deep_merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """`old` updated by `new`, nested objects included."""
    found = dict(old)
    for key, value in new.items():
        held = found.get(key)
        both = isinstance(value, dict) and isinstance(held, dict)
        found[key] = deep_merged(held, value) if both and isinstance(held, dict) else value
    return found


def _complete(type_name: str, given: dict[str, Any]) -> dict[str, Any]:
    """`given` with an empty value for each missing required field."""
    fields = describe_api().types[type_name].fields
    return {name: _value(field.type, given.get(name)) for name, field in fields.items()}


def _value(ref: TypeRef, given: Any) -> Any:
    facts = describe_api().types.get(ref.name)
    nested = facts is not None and facts.kind == "OBJECT"
    if isinstance(given, list):
        return [_complete(ref.name, item) if nested else item for item in given]
    if nested and (ref.required or given is not None) and not ref.is_list:
        return _complete(ref.name, given or {})
    if given is not None or not ref.required:
        return given
    return [] if ref.is_list else _EMPTY.get(ref.name)


class Configuration:
    """The configuration; each part is read when it is selected."""

    def __init__(self, context: RequestContext) -> None:
        self._context = context

    def get(self, name: str, args: dict[str, Any] | None = None) -> Any:
        """The value of a field of ConfigResult."""
        if name in _TYPES:
            return configuration_part(self._context, name)
        stored = settings.read_part(self._context.connection, name)
        wanted: Iterable[str] | None = (args or {}).get("include")
        if name == "ui" or wanted is None:
            return stored
        return {plugin: stored[plugin] for plugin in wanted if plugin in stored}


RESOLVERS: dict[str, Callable[..., Any]] = {"configuration": Configuration}
