"""The library's log: a ring in memory that `logs` reads and `loggingSubscribe` follows."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import asdict, dataclass

from stash_cli.embedded.jobs.broadcast import Broadcast
from stash_cli.embedded.library.timestamps import now_nano

KEPT = 1000


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line: RFC 3339 time, level (Trace, Debug, Info, Warning, Error) and text."""

    time: str
    level: str
    message: str

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


class Journal:
    """The last thousand entries; writing publishes to whoever follows."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[LogEntry] = deque(maxlen=KEPT)
        self.written: Broadcast[LogEntry] = Broadcast()

    def write(self, level: str, message: str) -> None:
        entry = LogEntry(now_nano(), level, message)
        with self._lock:
            self._entries.appendleft(entry)
        self.written.publish(entry)

    def info(self, message: str) -> None:
        self.write("Info", message)

    def warning(self, message: str) -> None:
        self.write("Warning", message)

    def error(self, message: str) -> None:
        self.write("Error", message)

    def entries(self) -> list[LogEntry]:
        """All entries kept, newest first."""
        with self._lock:
            return list(self._entries)
