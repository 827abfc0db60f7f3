"""Interactive shells on a pseudo-terminal, whose completion is driven by keys.

with Shell("bash", environ) as shell:
    shell.run("source stash.bash")
    assert shell.completed("stash tag show Out") == ["stash", "tag", "show", "Outdoor"]
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

START = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "-i"],
}
SET_UP = {
    "bash": "PS1='$ '; bind 'set enable-bracketed-paste off'; bind 'set bell-style none';"
    " bind 'set show-all-if-ambiguous on';"
    " set -o history -o histexpand",
    "zsh": "PS1='$ '; bindkey -e; unsetopt prompt_sp prompt_cr beep; unset zle_bracketed_paste;"
    " autoload -Uz compinit; compinit -u -D",
    "fish": "function fish_prompt; printf '$ '; end",
}
_PATIENCE = 60.0
"""Seconds for one command on a loaded machine."""


def is_installed(name: str) -> bool:
    return shutil.which(name) is not None


class Shell:
    """One interactive shell; leaving the context kills it."""

    def __init__(
        self, name: str, environ: Mapping[str, str], folder: Path, words: Sequence[str] = ()
    ) -> None:
        self.name = name
        self._count = 0
        self._output = ""
        self._pid, self._end = pty.fork()
        if self._pid == 0:
            os.chdir(folder)
            words = words or START[name]
            os.execvpe(words[0], words, {**environ, "TERM": "dumb" if name == "zsh" else "xterm"})
        fcntl.ioctl(self._end, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))

    def __enter__(self) -> Self:
        self.run(SET_UP[self.name])
        return self

    def __exit__(self, *exc: object) -> None:
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._end)

    def run(self, command: str) -> str:
        """Output of a command."""
        self._count += 1
        # Split in two parts, so that the echoed command does not contain the marker.
        self._type(f"{command}\recho done''-{self._count}-\r")
        return self._read_until(f"done-{self._count}-")

    def completed_words(self, text: str) -> list[str]:
        """Words of the command line after typing `text` and Tab, as the shell splits them."""
        self._count += 1
        self._type(f"{text}\t\x01printf '<%s>\\n' \x05\recho done''-{self._count}-\r")
        output = self._read_until(f"done-{self._count}-")
        return re.findall(r"[\r\n]<([^\r\n]*)>(?=\r?\n)", output)

    def shown_candidates(self, text: str) -> str:
        """Output after typing `text` and Tab; the line is then passed to a command that does nothing."""
        self._count += 1
        self._type(f"{text}\t\x01: \x05\recho done''-{self._count}-\r")
        return self._read_until(f"done-{self._count}-")

    def _type(self, keys: str) -> None:
        os.write(self._end, keys.encode())

    def _read_until(self, mark: str) -> str:
        end = time.monotonic() + _PATIENCE
        while mark not in self._output:
            ready, _, _ = select.select([self._end], [], [], max(end - time.monotonic(), 0))
            assert ready, f"no {mark} in {self._output!r}"
            self._output += os.read(self._end, 65536).decode("utf-8", "replace")
        found, _, self._output = self._output.partition(mark)
        return found
