"""`python -m stash_cli`, and what the installed scripts run."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stash_cli.commands.argv.command import LazyGroup
    from stash_cli.output.process import Interrupts


def _end(*_: object) -> None:
    os._exit(130)


if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, _end)  # the imports before the program's own handler take a while


def main() -> None:
    """Entry point of the scripts `stash` and `stash-cli`."""
    import gc

    gc.disable()  # before the other imports, whose objects stay: to look for cycles among them is in vain
    from stash_cli.output.process import INTERRUPTED, Interrupts, release_streams

    interrupts = Interrupts()
    interrupts.install()
    try:
        status = _run(interrupts)
    except KeyboardInterrupt:  # outside of the error boundary: while importing, or after it
        status = INTERRUPTED
    except BrokenPipeError:
        status = 0
    interrupts.finish()
    release_streams()
    gc.freeze()  # at exit the interpreter would look for cycles among all objects
    sys.exit(status)


def _run(interrupts: Interrupts) -> int:
    if sys.argv[1:] in (["--version"], ["-V"]):  # needs none of the imports below
        from stash_cli import __version__

        sys.stdout.write(f"stash {__version__}\n")
        return 0
    from stash_cli.output.streams import Streams
    from stash_cli.program import run

    return run(sys.argv[1:], Streams.standard(interrupts, _collect_again), _root)


def _collect_again() -> None:
    """Look for cycles from now on, except among the objects of the start."""
    import gc

    gc.freeze()
    gc.enable()


def _root() -> LazyGroup:
    from stash_cli.app import root

    return root()


if __name__ == "__main__":
    main()
