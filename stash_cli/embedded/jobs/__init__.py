"""Jobs of the embedded library: the queue, tasks, events and the log."""
