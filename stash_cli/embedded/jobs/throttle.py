"""At most one call in a given time, and never a lost last one."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


_SETTLE = 0.005  # seconds: changes that belong together are told together


class Throttle:
    """Calls `action` soon when `seconds` have passed since the last call, else when they have.

    `action` runs in a timer thread and must take its own locks.
    """

    def __init__(self, seconds: float, action: Callable[[], None]) -> None:
        self._seconds = seconds
        self._action = action
        self._lock = threading.Lock()
        self._last = 0.0
        self._timer: threading.Timer | None = None

    def __call__(self) -> None:
        with self._lock:
            if self._timer is not None:
                return
            wait = max(self._last + self._seconds - time.monotonic(), _SETTLE)
            self._timer = threading.Timer(wait, self._fire)
            self._timer.daemon = True
            self._timer.start()

    def _fire(self) -> None:
        with self._lock:
            if self._timer is None:
                return
            self._timer = None
            self._last = time.monotonic()
        self._action()

    def cancel(self) -> None:
        """Forget a call that is still waiting."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
