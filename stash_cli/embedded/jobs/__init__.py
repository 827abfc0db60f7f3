"""Jobs of the embedded library: the queue, its progress events, its log and the tasks themselves."""

from stash_cli.embedded.jobs.job import JobCancelled, Progress
from stash_cli.embedded.jobs.queue import JobQueue

__all__ = ["JobCancelled", "JobQueue", "Progress"]
