"""The process: handling of Ctrl-C, and of standard streams that cannot be written."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

INTERRUPTED = 130
"""Exit status after Ctrl-C, as in shells."""


class Interrupts:
    """The handler of SIGINT for one run of the program; inactive until it is installed.

    The first signal calls the callback of `cancelling`, or raises KeyboardInterrupt. The second ends the
    process without cleanup, because cleanup may block; SQLite files survive that.
    """

    def __init__(self) -> None:
        self.count = 0
        self._cancel: Callable[[], object] | None = None

    def install(self) -> None:
        """Install the handler, unless the calling program ignores SIGINT, as nohup does."""
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
    """Redirect unwritable standard streams to os.devnull, because the interpreter flushes them at exit."""
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
