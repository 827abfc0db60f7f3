"""`stash` on its own pseudo-terminal, with typed input."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from types import TracebackType
from typing import Self

from support import ROOT

CONTROLLING = """
import fcntl, os, sys, termios
fcntl.ioctl(2, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, "-m", "stash_cli", *sys.argv[1:]])
"""
"""Makes the terminal of stderr the controlling terminal (/dev/tty)."""


class Terminal:
    """One command on a pseudo-terminal; `text` is its output. A context manager."""

    def __init__(self, *args: str, **environ: str) -> None:
        self.text = ""
        self._seen = 0
        self._leader, follower = pty.openpty()
        env = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "200", **environ}
        self._process = subprocess.Popen(
            [sys.executable, "-c", CONTROLLING, *args],
            env=env,
            start_new_session=True,
            stdin=follower,
            stdout=follower,
            stderr=follower,
        )
        os.close(follower)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._leader)

    def answer(self, question: str, text: str) -> None:
        """Type a line once `question` appears."""
        deadline = time.monotonic() + 60
        while question not in self.text[self._seen :]:
            assert time.monotonic() < deadline, self.text
            assert self._read(), self.text
        self._seen = len(self.text)
        os.write(self._leader, f"{text}\n".encode())

    def wait(self) -> int:
        """Read the remaining output; return the exit status."""
        while self._read():
            pass
        return self._process.wait(60)

    def _read(self) -> bool:
        """Read more output; False at the end."""
        if not select.select([self._leader], [], [], 60)[0]:
            return False
        try:
            chunk = os.read(self._leader, 65536)
        except OSError:  # Linux raises EIO when the other side is closed
            return False
        self.text += chunk.decode(errors="replace").replace("\r\n", "\n")
        return bool(chunk)
