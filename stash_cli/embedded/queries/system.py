"""Queries about the library: configuration, version, status, statistics, jobs, log, folders, plugins."""

from __future__ import annotations

import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Table, func, select

from stash_cli.core.types.api import TypeRef, describe_api
from stash_cli.embedded import tables as t
from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.library import log_store, settings
from stash_cli.embedded.object_types.files import COVER_NAMES
from stash_cli.embedded.queries.find import parse_id
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
    values = deep_merged(_DEFAULTS[part], stored)
    if part == "general":
        values["databasePath"] = str(context.library.path)
    return _complete(_TYPES[part], values)


def deep_merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """`old` updated by `new`, nested objects included."""
    merged = dict(old)
    for key, value in new.items():
        current = merged.get(key)
        are_maps = isinstance(value, dict) and isinstance(current, dict)
        merged[key] = deep_merged(current, value) if are_maps and isinstance(current, dict) else value
    return merged


def _complete(type_name: str, values: dict[str, Any]) -> dict[str, Any]:
    """`values` with an empty value for each missing required field."""
    fields = describe_api().types[type_name].fields
    return {name: _value(field.type, values.get(name)) for name, field in fields.items()}


def _value(ref: TypeRef, value: Any) -> Any:
    facts = describe_api().types.get(ref.name)
    is_object = facts is not None and facts.kind == "OBJECT"
    if isinstance(value, list):
        return [_complete(ref.name, item) if is_object else item for item in value]
    if is_object and (ref.required or value is not None) and not ref.is_list:
        return _complete(ref.name, value or {})
    if value is not None or not ref.required:
        return value
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
        included: Iterable[str] | None = (args or {}).get("include")
        if name == "ui" or included is None:
            return stored
        return {plugin: stored[plugin] for plugin in included if plugin in stored}


VERSION = "v0.31.0-embedded"
"""The version for clients: the release whose API is implemented."""
SCHEMA = 85
"""The database schema of that release."""


def version(_: RequestContext) -> dict[str, Any]:
    return {"version": VERSION, "hash": "embedded", "build_time": ""}


def system_status(context: RequestContext) -> dict[str, Any]:
    """The system status: always OK, because the file is migrated when it is opened."""
    return {
        "status": "OK",
        "databaseSchema": SCHEMA,
        "appSchema": SCHEMA,
        "databasePath": str(context.library.path),
        "configPath": None,
        "os": {"win32": "windows", "darwin": "darwin"}.get(sys.platform, platform.system().lower()),
        "workingDir": str(Path.cwd()),
        "homeDir": str(Path.home()),
        "ffmpegPath": None,
        "ffprobePath": None,
    }


def stats(context: RequestContext) -> dict[str, Any]:
    """Statistics of the library; sizes in bytes, durations in seconds."""

    def scalar(value: Any) -> Any:
        return context.connection.execute(select(value)).scalar() or 0

    counts = {name: scalar(func.count(table.c.id)) for name, table in _COUNTED.items()}
    o_dates = scalar(func.count(t.scenes_o_dates.c.id))
    return counts | {
        "movie_count": counts["group_count"],
        "scenes_size": _file_sum(context, t.scenes_files, t.files.c.size),
        "images_size": _file_sum(context, t.images_files, t.files.c.size),
        "scenes_duration": _file_sum(context, t.scenes_files, t.video_files.c.duration),
        "total_o_count": o_dates + scalar(func.sum(t.images.c.o_counter)),
        "total_play_duration": scalar(func.sum(t.scenes.c.play_duration)),
        "total_play_count": scalar(func.count(t.scenes_view_dates.c.id)),
        "scenes_played": scalar(func.count(t.scenes_view_dates.c.scene_id.distinct())),
    }


_COUNTED: dict[str, Table] = {
    "scene_count": t.scenes,
    "image_count": t.images,
    "gallery_count": t.galleries,
    "performer_count": t.performers,
    "studio_count": t.studios,
    "group_count": t.groups,
    "tag_count": t.tags,
}


def _file_sum(context: RequestContext, link: Table, column: ColumnElement[Any]) -> Any:
    """The sum of a column over all files that belong to an entity, each file once."""
    statement = select(func.sum(column)).select_from(t.files).where(t.files.c.id.in_(select(link.c.file_id)))
    if column.table is t.video_files:
        statement = statement.join(t.video_files, t.video_files.c.file_id == t.files.c.id)
    return context.connection.execute(statement).scalar() or 0


def job_queue(context: RequestContext) -> Any:
    return context.library.jobs.queue()


def find_job(context: RequestContext, *, input: dict[str, Any]) -> Any:  # noqa: A002 - the API's own name
    return context.library.jobs.find(parse_id(input["id"]))


def logs(context: RequestContext) -> list[dict[str, Any]]:
    """The lines of this process and of earlier ones, the newest first."""
    return list(log_store.read(context.connection, context.library.jobs.library_log))


def directory(_: RequestContext, *, path: str | None = None, locale: str | None = None) -> dict[str, Any]:  # noqa: ARG001 - the API's own argument
    """The folders below `path`; none if it is missing or unreadable."""
    folder = Path(path) if path else Path.home()
    try:
        children = sorted((str(entry) for entry in folder.iterdir() if entry.is_dir()), key=str.lower)
    except OSError:
        children = []
    parent = None if folder.parent == folder else str(folder.parent)
    return {"path": str(folder), "parent": parent, "directories": children}


def dlna_status(_: RequestContext) -> dict[str, Any]:
    """The status of the DLNA server, which an embedded library does not have."""
    return {"running": False, "until": None, "recentIPAddresses": [], "allowedIPAddresses": []}


def latest_version(_: RequestContext) -> None:
    raise Refused("latestversion is not available in an embedded library: it comes with stash-cli")


def _constant(value: Any) -> Callable[..., Any]:
    """Resolver with a constant result, for parts that an embedded library does not have."""
    return lambda _, **__: value


RESOLVERS: dict[str, Callable[..., Any]] = {
    "configuration": Configuration,
    "version": version,
    "latestversion": latest_version,
    "systemStatus": system_status,
    "stats": stats,
    "jobQueue": job_queue,
    "findJob": find_job,
    "logs": logs,
    "directory": directory,
    "dlnaStatus": dlna_status,
    "plugins": _constant(None),
    "pluginTasks": _constant(None),
    "installedPackages": _constant([]),
    "availablePackages": _constant([]),
}
