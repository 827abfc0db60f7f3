"""The three standard streams and what is known of them: terminal or not, colour, width, who may be asked."""

from __future__ import annotations

import io
import os
import re
import sys
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TextIO

from stash_cli.output.process import Interrupts

if TYPE_CHECKING:
    from collections.abc import Mapping

_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufff9-\ufffb\U000e0001-\U000e007f]"
)
"""Controls apart from tab and line end, marks of writing direction, and other line ends."""
_STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}


@dataclass
class Streams:
    """Where data, talk and answers go, and what each end can do.

    stdout carries data only; everything said to a person goes to stderr through `note` and `warn`. What is
    written here is escaped where that end is a terminal, and exact elsewhere; only tables and bars, which
    draw with Rich, write to `out` and `err` themselves, and escape each cell.
    """

    out: TextIO
    err: TextIO
    stdin: TextIO
    environ: Mapping[str, str] = field(default_factory=dict)
    color: str = "auto"
    quiet: bool = False
    verbose: int = 0
    no_input: bool = False
    interrupts: Interrupts = field(default_factory=Interrupts)
    """What Ctrl-C does; while a person is waited for it ends the wait."""

    @classmethod
    def standard(cls, interrupts: Interrupts | None = None) -> Streams:
        """The process's own streams; text that has no encoding is escaped, never fatal."""
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        # A stream that the caller has closed is None.
        out, err, stdin = (stream or FakeStream() for stream in (sys.stdout, sys.stderr, sys.stdin))
        return cls(out, err, stdin, os.environ, interrupts=interrupts or Interrupts())

    @cached_property
    def out_is_terminal(self) -> bool:
        return _is_terminal(self.out)

    @cached_property
    def err_is_terminal(self) -> bool:
        return _is_terminal(self.err)

    @property
    def interactive(self) -> bool:
        """Whether somebody is there to answer a question."""
        return not self.no_input and self.answers is not None

    @cached_property
    def answers(self) -> TextIO | None:
        """Where a person answers: stdin, or their terminal itself when stdin is a pipe or a file."""
        if not self.err_is_terminal:
            return None
        if _is_terminal(self.stdin):
            return self.stdin
        from pathlib import Path

        try:
            return Path("/dev/tty").open(encoding="utf-8", errors="replace")
        except OSError:
            return None

    @property
    def animated(self) -> bool:
        """Whether stderr can redraw a line."""
        return self.err_is_terminal and self.environ.get("TERM") != "dumb"

    @property
    def width(self) -> int:
        """Columns of the terminal; COLUMNS wins."""
        from shutil import get_terminal_size

        return get_terminal_size().columns

    def colored(self, stream: TextIO) -> bool:
        """Whether `stream` takes colour: `--color`, NO_COLOR, FORCE_COLOR and TERM, in this order."""
        if self.color != "auto":
            return self.color == "always"
        if self.environ.get("NO_COLOR"):
            return False
        if self.environ.get("FORCE_COLOR"):
            return True
        return _is_terminal(stream) and self.environ.get("TERM") != "dumb"

    def style(self, text: str, name: str) -> str:
        """`text` for stderr, in a colour or weight where that is wanted."""
        return f"\x1b[{_STYLES[name]}m{text}\x1b[0m" if self.colored(self.err) else text

    def read(self) -> str:
        """All of standard input."""
        with self.interrupts.cancelling(None):
            return self.stdin.read()

    def ask(self, question: str) -> str:
        """What a person answers."""
        self.out.flush()
        with self.interrupts.cancelling(None):
            self.err.write(escaped(question) if self.err_is_terminal else question)
            self.err.flush()
            line = self.answers.readline() if self.answers else ""
        if not line.endswith("\n"):  # they ended the input instead
            self.say("")
        return line.strip()

    def data(self, text: str) -> None:
        """Write data to stdout."""
        self.out.write(escaped(text) if self.out_is_terminal else text)

    def write(self, text: str) -> None:
        """Write a part of a log line to stderr; with `flush` this is the stream that a log handler takes."""
        self.err.write(escaped(text) if self.err_is_terminal else text)

    def flush(self) -> None:
        self.err.flush()

    def note(self, text: str) -> None:
        """Tell the person something; silent with -q."""
        if not self.quiet:
            self.say(text)

    def detail(self, text: str) -> None:
        """Tell what only -v wants to know."""
        if self.verbose:
            self.say(text)

    def warn(self, text: str) -> None:
        if not self.quiet:
            self.say(text, label="stash: warning:", style="yellow")

    def say(self, text: str, *, label: str = "", style: str = "bold") -> None:
        """A line on stderr behind a label in a style, after the data written so far, to be read in order."""
        self.out.flush()
        if label:
            self.err.write(f"{self.style(label, style)} ")
        self.write(f"{text}\n")
        self.err.flush()


def escaped(text: str) -> str:
    r"""`text` with what a terminal would act upon written out, as JSON does.

    >>> escaped("a\x1b[2Jb\u202ec")
    'a\\u001b[2Jb\\u202ec'
    """
    return _UNSAFE.sub(_written_out, text)


def _written_out(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


class FakeStream(io.StringIO):
    """A stream in memory that says whether it is a terminal."""

    def __init__(self, text: str = "", *, terminal: bool = False) -> None:
        super().__init__(text)
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


def fake_streams(*, terminal: bool = False, answers: str = "", **facts: object) -> Streams:
    """Streams over memory; `answers` is what the person types."""
    ends = (FakeStream(terminal=terminal), FakeStream(terminal=terminal))
    return Streams(*ends, FakeStream(answers, terminal=terminal), **facts)  # type: ignore[arg-type]


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False
