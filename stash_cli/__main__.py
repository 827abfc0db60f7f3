"""`python -m stash_cli`, and what the installed scripts run."""

import os
import signal


def _end(*_: object) -> None:
    os._exit(130)


if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, _end)  # until the program has a handler: its imports take a while

from stash_cli.app import main  # noqa: E402 - after the handler

if __name__ == "__main__":
    main()
