"""Queries about the library itself: version, status, statistics, jobs, log, folders, plugins."""

from __future__ import annotations

import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Table, func, select

from stash_cli.embedded import tables as t
from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.queries.find import parse_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from stash_cli.embedded.library.context import RequestContext

VERSION = "v0.31.0-embedded"
"""The version that clients see: the release whose API this is."""
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
    return [entry.as_dict() for entry in context.library.jobs.library_log.entries()]


def directory(_: RequestContext, *, path: str | None = None, locale: str | None = None) -> dict[str, Any]:  # noqa: ARG001 - the API's own argument
    """The folders below `path`; none if it is missing or unreadable."""
    place = Path(path) if path else Path.home()
    try:
        found = sorted((str(entry) for entry in place.iterdir() if entry.is_dir()), key=str.lower)
    except OSError:
        found = []
    parent = None if place.parent == place else str(place.parent)
    return {"path": str(place), "parent": parent, "directories": found}


def dlna_status(_: RequestContext) -> dict[str, Any]:
    """The status of the DLNA server, which an embedded library does not have."""
    return {"running": False, "until": None, "recentIPAddresses": [], "allowedIPAddresses": []}


def latest_version(_: RequestContext) -> None:
    raise Refused("latestversion is not available in an embedded library: it comes with stash-cli")


def _constant(value: Any) -> Callable[..., Any]:
    """Resolver with a constant result, for parts that an embedded library does not have."""
    return lambda _, **__: value


RESOLVERS: dict[str, Callable[..., Any]] = {
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
    "listScrapers": _constant([]),
}
