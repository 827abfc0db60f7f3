"""Jobs of the embedded library: the queue, tasks, events and the log."""

from stash_cli.embedded.jobs.job import JobCancelled, Progress
from stash_cli.embedded.jobs.queue import JobQueue

__all__ = ["JobCancelled", "JobQueue", "Progress"]
