"""The server itself: version, status, jobs, statistics, logs, folders, DLNA, SQL."""

from __future__ import annotations

from typing import Any

from stash_cli.core.types.annotations import ID, Int64, Maybe, Nullable, Time
from stash_cli.core.types.base import ApiObject, api
from stash_cli.core.types.enums import JobStatus, JobStatusUpdateType, LogLevel, SystemStatusEnum
from stash_cli.core.unset import UNSET


class Directory(ApiObject):
    """A folder of the server's disk and what is below it."""

    path: Maybe[str] = UNSET
    parent: Nullable[str] = UNSET
    directories: Maybe[list[str]] = UNSET


class DLNAIP(ApiObject):
    """An address that may use DLNA, and until when."""

    ip_address: Maybe[str] = api("ipAddress")
    until: Nullable[Time] = UNSET


class DLNAStatus(ApiObject):
    """Whether DLNA runs and who may use it."""

    running: Maybe[bool] = UNSET
    until: Nullable[Time] = UNSET
    recent_ip_addresses: Maybe[list[str]] = api("recentIPAddresses")
    allowed_ip_addresses: Maybe[list[DLNAIP]] = api("allowedIPAddresses")


class LogEntry(ApiObject):
    """One line of the server's log, kept in memory only."""

    time: Maybe[Time] = UNSET
    level: Maybe[LogLevel] = UNSET
    message: Maybe[str] = UNSET


class SystemStatus(ApiObject):
    """State of the server: schema versions, paths, whether set-up or migration is needed."""

    database_schema: Nullable[int] = api("databaseSchema")
    database_path: Nullable[str] = api("databasePath")
    config_path: Nullable[str] = api("configPath")
    app_schema: Maybe[int] = api("appSchema")
    status: Maybe[SystemStatusEnum] = UNSET
    os: Maybe[str] = UNSET
    working_dir: Maybe[str] = api("workingDir")
    home_dir: Maybe[str] = api("homeDir")
    ffmpeg_path: Nullable[str] = api("ffmpegPath")
    ffprobe_path: Nullable[str] = api("ffprobePath")


class SQLQueryResult(ApiObject):
    """Columns and rows of a `querySQL`."""

    columns: Maybe[list[str]] = UNSET
    rows: Maybe[list[list[Any | None]]] = UNSET


class SQLExecResult(ApiObject):
    """Number of rows that an `execSQL` changed, and the last id that it inserted."""

    rows_affected: Nullable[Int64] = UNSET
    last_insert_id: Nullable[Int64] = UNSET


class StatsResultType(ApiObject):
    """Totals over the whole library."""

    scene_count: Maybe[int] = UNSET
    scenes_size: Maybe[float] = UNSET
    scenes_duration: Maybe[float] = UNSET
    image_count: Maybe[int] = UNSET
    images_size: Maybe[float] = UNSET
    gallery_count: Maybe[int] = UNSET
    performer_count: Maybe[int] = UNSET
    studio_count: Maybe[int] = UNSET
    group_count: Maybe[int] = UNSET
    movie_count: Maybe[int] = api(deprecated="use group_count instead")
    tag_count: Maybe[int] = UNSET
    total_o_count: Maybe[int] = UNSET
    total_play_duration: Maybe[float] = UNSET
    total_play_count: Maybe[int] = UNSET
    scenes_played: Maybe[int] = UNSET


class Version(ApiObject):
    """Version of the server; `version` may be empty on development builds."""

    version: Nullable[str] = UNSET
    hash: Maybe[str] = UNSET
    build_time: Maybe[str] = UNSET


class LatestVersion(ApiObject):
    """The newest release (the server needs internet to answer)."""

    version: Maybe[str] = UNSET
    shorthash: Maybe[str] = UNSET
    release_date: Maybe[str] = UNSET
    url: Maybe[str] = UNSET


class Job(ApiObject):
    """A task of the server: queued, running, or one of the last ten that ended."""

    # Ids restart at 1 when the server restarts, so an id alone does not identify a job for long.
    id: Maybe[ID] = UNSET
    status: Maybe[JobStatus] = UNSET
    sub_tasks: Nullable[list[str]] = api("subTasks")
    description: Maybe[str] = UNSET
    progress: Nullable[float] = UNSET
    start_time: Nullable[Time] = api("startTime")
    end_time: Nullable[Time] = api("endTime")
    add_time: Maybe[Time] = api("addTime")
    error: Nullable[str] = UNSET


class JobStatusUpdate(ApiObject):
    """An event of a job."""

    type: Maybe[JobStatusUpdateType] = UNSET
    job: Maybe[Job] = UNSET
