"""The three standard streams and what is known of them: terminal or not, colour, width, who may be asked."""

from __future__ import annotations

import io
import os
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

from stash_cli.output.interrupts import Interrupts

if TYPE_CHECKING:
    from collections.abc import Mapping

_STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}


@dataclass
class Streams:
    """Where data, talk and answers go, and what each end can do.

    stdout carries data only; everything said to a person goes to stderr through `note` and `warn`.
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

    @property
    def out_is_terminal(self) -> bool:
        return _is_terminal(self.out)

    @property
    def err_is_terminal(self) -> bool:
        return _is_terminal(self.err)

    @property
    def interactive(self) -> bool:
        """Whether somebody is there to answer a question."""
        return _is_terminal(self.stdin) and self.err_is_terminal and not self.no_input

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
            self.err.write(question)
            self.err.flush()
            line = self.stdin.readline()
        if not line.endswith("\n"):  # they ended the input instead
            self.say("")
        return line.strip()

    def data(self, text: str) -> None:
        self.out.write(text)

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
            self.say(f"{self.style('stash: warning:', 'yellow')} {text}")

    def say(self, text: str) -> None:
        """One line on stderr, after the data written so far, so that both read in order."""
        self.out.flush()
        self.err.write(f"{text}\n")
        self.err.flush()


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
