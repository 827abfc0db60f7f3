"""An operating-system lock per server: one chain of tasks at a time, released when its process ends."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Self

from stash_cli.core.client.seen_errors import digest, state_path
from stash_cli.core.errors import StashConfigurationError, StashRunLockedError
from stash_cli.core.private_files import FILE, make_private_folder, try_lock

if TYPE_CHECKING:
    from collections.abc import Callable

_PAUSE = 0.5
"""Seconds between two attempts."""
_HERE = {"127.0.0.1": "localhost", "[::1]": "localhost"}


class RunLock:
    """The lock of one server: a context manager that waits up to `wait` seconds for it.

    `command` is what the holder runs, for messages of other processes. `on_wait` is called once, with the
    holder, when another process holds the lock. Raises StashRunLockedError when `wait` has passed, and
    StashConfigurationError where no lock file can be created.
    """

    def __init__(
        self, url: str, command: str, *, wait: float = 0.0, on_wait: Callable[[str], None] | None = None
    ) -> None:
        self.url, self.command = url, command
        self._ends = time.monotonic() + wait
        self._on_wait = on_wait or (lambda _: None)
        self._path = state_path() / "locks" / f"{digest(_same_server(url))}.lock"
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        try:
            make_private_folder(self._path.parent)
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, FILE)
        except OSError as error:
            raise StashConfigurationError(
                f"the lock {self._path} cannot be made: {error.strerror}",
                hint="Make its folder writable, or run without a lock: --no-lock.",
            ) from None
        try:
            self._acquire(self._descriptor)
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        self._close()

    def _acquire(self, descriptor: int) -> None:
        is_reported = False
        while not try_lock(descriptor):
            holder = self._holder()
            if time.monotonic() >= self._ends:
                raise StashRunLockedError(
                    f"another run is going on for this server: {holder}",
                    hint="Try again later, or wait for it: --lock-wait 10m.",
                )
            if not is_reported:
                self._on_wait(holder)
                is_reported = True
            time.sleep(_PAUSE)
        facts = {"pid": os.getpid(), "command": self.command, "since": _now()}
        os.lseek(descriptor, 0, os.SEEK_SET)
        # The text of an earlier holder may be longer.
        os.truncate(descriptor, 0)
        os.write(descriptor, json.dumps(facts).encode())

    def _holder(self) -> str:
        """The process that holds the lock: `process 12, stash run nightly, since 03:00:01`."""
        with suppress(OSError, ValueError, TypeError, KeyError):
            facts = json.loads(self._path.read_text(encoding="utf-8"))
            return f"process {facts['pid']}, {facts['command']}, since {facts['since']}"
        return "an unknown process"

    def _close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)  # which releases the lock
            self._descriptor = None


def _same_server(url: str) -> str:
    """The URL with one host name for all addresses of this machine, so that they share a lock."""
    scheme, slashes, rest = url.partition("://")
    if not slashes:
        return url
    host, _, path = rest.partition("/")
    name, colon, port = host.rpartition(":")
    name = name if colon and port.isdecimal() else host
    return f"{scheme}://{_HERE.get(name, name).lower()}:{port if colon else ''}/{path}"


def _now() -> str:
    return datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
