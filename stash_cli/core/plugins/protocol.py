"""Log lines and progress of plugins, as servers read them from stderr.

A line begins with the control characters 1 and 2 around the letter of its level; the level `p` is a progress
between 0 and 1. Lines without them are logged at the level that the plugin's file names.
"""

from __future__ import annotations

import re
import sys
from typing import NamedTuple, TextIO

LEVELS = {"trace": "t", "debug": "d", "info": "i", "warning": "w", "error": "e"}
"""Level -> its letter."""
_NAMES = {letter: name for name, letter in LEVELS.items()}
_LINE = re.compile("\x01([a-z])\x02(.*)", re.DOTALL)
_PROGRESS = "p"


class PluginLog:
    """The log of the server, for a plugin: each line of a message is a line of the log.

    `stream` is the stream of the protocol; None is stderr.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    def trace(self, message: object) -> None:
        self.write("trace", str(message))

    def debug(self, message: object) -> None:
        self.write("debug", str(message))

    def info(self, message: object) -> None:
        self.write("info", str(message))

    def warning(self, message: object) -> None:
        self.write("warning", str(message))

    def error(self, message: object) -> None:
        self.write("error", str(message))

    def progress(self, fraction: float) -> None:
        """Set the progress of the job, between 0 and 1."""
        self._send(_PROGRESS, f"{min(max(fraction, 0.0), 1.0):g}")

    def write(self, level: str, message: str) -> None:
        """Write a message at one of LEVELS."""
        for line in message.splitlines():
            self._send(LEVELS[level], line)

    def _send(self, letter: str, text: str) -> None:
        stream = self._stream or sys.stderr
        # One write per line, so that lines of several threads are not interleaved.
        stream.write(f"\x01{letter}\x02{text}\n")
        stream.flush()


class LogLine(NamedTuple):
    """A line of a plugin: its level ("" for a line without one), and the text, or a progress."""

    level: str
    text: str
    progress: float | None = None


def parse_line(line: str) -> LogLine:
    r"""The level, text or progress of a line on stderr.

    >>> parse_line("\x01i\x02done"), parse_line("\x01p\x020.5").progress
    (LogLine(level='info', text='done', progress=None), 0.5)
    """
    found = _LINE.fullmatch(line)
    if found is None:
        return LogLine("", line)
    letter, text = found[1], found[2]
    if letter == _PROGRESS:
        try:
            return LogLine("", text, min(max(float(text), 0.0), 1.0))
        except ValueError:
            return LogLine("", line)
    return LogLine(_NAMES.get(letter, ""), text)
