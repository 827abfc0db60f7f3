"""Ctrl-C: the first one asks the command to end, the second one ends the process at once."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it."""


class Interrupts:
    """The handler of SIGINT for one run of the program; does nothing until it is installed.

    The first signal cancels what `cancelling` names, or else raises KeyboardInterrupt. The second ends the
    process without any cleanup, whatever it waits for: SQLite files survive that.
    """

    def __init__(self) -> None:
        self.count = 0
        self._cancel: Callable[[], object] | None = None

    def install(self) -> None:
        """Handle SIGINT from now on, unless the caller of the program has it ignored (as nohup does)."""
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            signal.signal(signal.SIGINT, self._handle)

    def finish(self) -> None:
        """Let a signal from now on end the process at once: there is nothing left to be told."""
        self.count = max(self.count, 1)

    @contextmanager
    def cancelling(self, cancel: Callable[[], object] | None) -> Iterator[None]:
        """Have the first signal call `cancel` during the block; None has it raise KeyboardInterrupt."""
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
