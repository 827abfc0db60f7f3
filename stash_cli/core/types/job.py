"""Jobs: long-running tasks of the server, one at a time."""

from __future__ import annotations

from stash_cli.core.types.annotations import ID, Maybe, Nullable, Time
from stash_cli.core.types.base import ApiObject, api
from stash_cli.core.types.enums import JobStatus, JobStatusUpdateType
from stash_cli.core.unset import UNSET


class Job(ApiObject):
    """A task of the server: queued, running, or one of the last ten that ended."""

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
