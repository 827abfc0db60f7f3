"""The order in which requests are sent: a logical clock, and which answers are still to be merged."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class RequestOrder:
    """A logical clock (each reading is higher than all before it), safe to use from several threads.

    A request takes its number before it is sent. Whatever is read from its answer was read no later than
    anything that has a higher number.
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
        """The number of a request, which counts as open until its answer is merged, lost or given up."""
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
        """The lowest number of an open request; where none is open, one that is higher than all so far."""
        with self._lock:
            return next(iter(self._open), self._last + 1)
