"""`python -m stash_cli`, and what the installed scripts run."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from stash_cli.commands.argv.command import LazyGroup
    from stash_cli.output.process import Interrupts

COLLECT_AFTER = 100_000
"""New objects after which Python first looks for reference cycles: about as many as a short command makes.

A page of rows in a cycle is few objects and many bytes, so commands that read more than one page end this.
"""


def _end(*_: object) -> None:
    os._exit(130)


if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, _end)  # the imports before the program's own handler take a while


def main() -> None:
    """Entry point of the scripts `stash` and `stash-cli`."""
    import gc

    thresholds = gc.get_threshold()
    gc.set_threshold(COLLECT_AFTER)  # before the other imports, whose objects stay

    def collect_as_usual(phase: str = "stop", _: object = None) -> None:
        """Look for cycles as often as Python does, except among the objects so far."""
        if phase == "stop" and gc.get_threshold() != thresholds:
            gc.freeze()
            gc.set_threshold(*thresholds)

    gc.callbacks.append(collect_as_usual)
    from stash_cli.output.process import INTERRUPTED, Interrupts, release_streams

    interrupts = Interrupts()
    interrupts.install()
    try:
        status = _run(interrupts, collect_as_usual)
    except KeyboardInterrupt:  # outside of the error boundary: while importing, or after it
        status = INTERRUPTED
    except BrokenPipeError:
        status = 0
    interrupts.finish()
    release_streams()
    gc.freeze()  # at exit the interpreter would look for cycles among all objects
    sys.exit(status)


def _run(interrupts: Interrupts, on_many_rows: Callable[[], None]) -> int:
    if sys.argv[1:] in (["--version"], ["-V"]):  # needs none of the imports below
        from stash_cli import __version__

        sys.stdout.write(f"stash {__version__}\n")
        return 0
    from stash_cli.output.streams import Streams
    from stash_cli.program import run

    return run(sys.argv[1:], Streams.standard(interrupts, on_many_rows), _root)


def _root() -> LazyGroup:
    from stash_cli.app import root

    return root()


if __name__ == "__main__":
    main()
