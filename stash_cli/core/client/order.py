"""The order of requests: a logical clock, and the requests that are still open."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class RequestOrder:
    """A logical clock, whose readings increase strictly; thread-safe.

    A request takes its number before it is sent. So an answer is at least as old as anything with a higher
    number.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0
        # In the order of the numbers, as they are put in one after the other.
        self._open: dict[int, None] = {}

    def now(self) -> int:
        """A number higher than that of every request sent so far."""
        with self._lock:
            self._last += 1
            return self._last

    @contextmanager
    def request(self) -> Iterator[int]:
        """The number of a request, which is open until its answer is merged or given up."""
        with self._lock:
            self._last += 1
            number = self._last
            self._open[number] = None
        try:
            yield number
        finally:
            with self._lock:
                del self._open[number]

    def oldest(self) -> int:
        """The lowest number of an open request; without one, a number above all so far."""
        with self._lock:
            return next(iter(self._open), self._last + 1)
