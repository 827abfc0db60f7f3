"""When a read has to end: at a time, or as soon as nobody waits for it any more."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

_STEPS = 20_000  # of SQLite's machine between two looks, a millisecond or less


class ReadEndedError(BaseException):
    """A read that has to end. No Exception, so that it ends all fields of a query, not one after another."""


class Deadline:
    """The end of one read: `seconds` from now, or when `stop` is set."""

    def __init__(self, seconds: float, stop: threading.Event | None = None) -> None:
        self.seconds = seconds
        self._ends = time.monotonic() + seconds
        self._stop = stop or threading.Event()

    @property
    def passed(self) -> bool:
        return self._stop.is_set() or time.monotonic() > self._ends

    def check(self) -> None:
        """Raises ReadEndedError when the time is up."""
        if self.passed:
            raise ReadEndedError

    @contextmanager
    def over(self, connection: sqlite3.Connection) -> Iterator[None]:
        """Have statements on `connection` fail as "interrupted" from then on, for this block."""
        connection.set_progress_handler(lambda: self.passed, _STEPS)
        try:
            yield
        finally:
            connection.set_progress_handler(None, 0)
