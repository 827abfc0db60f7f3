"""The process: Ctrl-C, and standard streams that cannot be written."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it."""


class Interrupts:
    """The handler of SIGINT for one run of the program; does nothing until it is installed.

    The first signal calls what `cancelling` was given, or else raises KeyboardInterrupt. The second ends the
    process without any cleanup, because a cleanup may wait; SQLite files survive that.
    """

    def __init__(self) -> None:
        self.count = 0
        self._cancel: Callable[[], object] | None = None

    def install(self) -> None:
        """Handle SIGINT from now on, unless the calling program ignores it, as nohup does."""
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            signal.signal(signal.SIGINT, self._handle)

    def finish(self) -> None:
        """Make the next signal end the process at once, because the result is already printed."""
        self.count = max(self.count, 1)

    @contextmanager
    def cancelling(self, cancel: Callable[[], object] | None) -> Iterator[None]:
        """Call `cancel` at the first signal during the block; with None, raise KeyboardInterrupt."""
        before, self._cancel = self._cancel, cancel
        try:
            yield
        finally:
            self._cancel = before

    def _handle(self, number: int, frame: object) -> None:  # noqa: ARG002 - the signature of a handler
        self.count += 1
        if self.count > 1:
            os._exit(INTERRUPTED)
        if self._cancel is None:
            raise KeyboardInterrupt
        self._cancel()


def release_streams() -> None:
    """Redirect standard streams that cannot be written: the interpreter flushes them once more at exit."""
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
