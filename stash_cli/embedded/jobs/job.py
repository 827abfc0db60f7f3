"""One job: what it is called, how far it is, how it ended."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stash_cli.embedded.library.timestamps import now_nano

if TYPE_CHECKING:
    from stash_cli.embedded.jobs.progress import Progress

Task = Callable[["Progress"], None]


@dataclass(eq=False)
class Job:
    """A queued, running or ended task; every field is changed under the queue's lock only."""

    id: int
    description: str
    task: Task
    status: str = "READY"
    progress: float | None = 0
    sub_tasks: list[str] = field(default_factory=list)
    added: str = field(default_factory=now_nano)
    started: str | None = None
    ended: str | None = None
    error: str | None = None
    stop: threading.Event = field(default_factory=threading.Event)

    def as_dict(self) -> dict[str, Any]:
        """The job as the API shows it; sub-tasks newest first, null when there are none."""
        return {
            "id": str(self.id),
            "status": self.status,
            "subTasks": self.sub_tasks[::-1] or None,
            "description": self.description,
            "progress": self.progress,
            "startTime": self.started,
            "endTime": self.ended,
            "addTime": self.added,
            "error": self.error,
        }
