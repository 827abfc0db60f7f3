"""The three standard streams: terminals, colour, width, prompts and messages."""

from __future__ import annotations

import io
import os
import re
import sys
from dataclasses import dataclass, field
from functools import cached_property
from typing import IO, TYPE_CHECKING, TextIO

from stash_cli.core.errors import StashInputError, StashNotConfirmedError
from stash_cli.core.texts import ENCODINGS, decode_text, display_width, wrapped
from stash_cli.output.process import Interrupts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from stash_cli.core.plugins.protocol import PluginLog

_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufff9-\ufffb\U000e0001-\U000e007f]"
)
"""Control characters except tab and line feed, direction marks, and other line separators."""
_STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}


_LEVELS = {"stash:": "error", "stash: warning:": "warning"}
"""Label of a message -> its level in the log of a server."""


def _ignore_many_rows() -> None:
    """Default of `on_many_rows`: do nothing."""


@dataclass(eq=False)
class Streams:
    """The streams of one run.

    stdout has only data; messages go to stderr through `note`, `warn` and `say`. Control characters are
    escaped on a terminal, and unchanged elsewhere. Bars are drawn by Rich, which writes to `err` itself.
    """

    out: TextIO
    err: TextIO
    stdin: TextIO
    environ: Mapping[str, str] = field(default_factory=dict)
    color: str = "auto"
    quiet: bool = False
    verbose: int = 0
    no_input: bool = False
    target: str = ""
    """Text about server and profile, appended to prompts."""
    interrupts: Interrupts = field(default_factory=Interrupts)
    """The handler of Ctrl-C, which also interrupts a prompt."""
    on_many_rows: Callable[[], None] = _ignore_many_rows
    """Called when a command reads more than one page of rows."""
    log: PluginLog | None = None
    """Writer of messages inside a plugin: the server's log."""

    @classmethod
    def standard(
        cls, interrupts: Interrupts | None = None, on_many_rows: Callable[[], None] = _ignore_many_rows
    ) -> Streams:
        """The streams of the process: UTF-8 for files and pipes, the encoding of the locale for terminals.

        Characters that the locale cannot encode are escaped; this happens on terminals only.
        """
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                # Escapes would change a path or a line of CSV. Programs that pass on bytes unchanged, such as
                # ripgrep and gh, also write UTF-8 in every locale.
                encoding = None if _is_terminal(stream) else "utf-8"
                stream.reconfigure(encoding=encoding, errors="backslashreplace")
        # Python sets a stream to None if the calling program has closed it.
        out, err, stdin = (stream or FakeStream() for stream in (sys.stdout, sys.stderr, sys.stdin))
        return cls(
            out, err, stdin, os.environ, interrupts=interrupts or Interrupts(), on_many_rows=on_many_rows
        )

    @cached_property
    def out_is_terminal(self) -> bool:
        return _is_terminal(self.out)

    @cached_property
    def err_is_terminal(self) -> bool:
        return _is_terminal(self.err)

    @property
    def interactive(self) -> bool:
        """Whether prompts are possible."""
        return not self.no_input and self.answers is not None

    @cached_property
    def answers(self) -> TextIO | None:
        """The stream for answers to prompts: stdin, or the terminal if stdin is a pipe or a file."""
        # Without a terminal on stderr, nobody would see the prompt.
        if not self.err_is_terminal:
            return None
        if _is_terminal(self.stdin):
            return self.stdin
        from pathlib import Path

        # stdin may be a pipe with ids (`find --ids | delete -`); answers still come from the terminal.
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
        """Columns of the terminal; the variable COLUMNS takes precedence."""
        from shutil import get_terminal_size

        return get_terminal_size().columns

    def colored(self, stream: TextIO) -> bool:
        """Whether to colour `stream`, by `--color`, NO_COLOR, FORCE_COLOR and TERM, in this order."""
        if self.color != "auto":
            return self.color == "always"
        if self.environ.get("NO_COLOR"):
            return False
        if self.environ.get("FORCE_COLOR"):
            return True
        return _is_terminal(stream) and self.environ.get("TERM") != "dumb"

    def style(self, text: str, name: str, stream: TextIO | None = None) -> str:
        """Style `text` if `stream` (default: stderr) is coloured."""
        return f"\x1b[{_STYLES[name]}m{text}\x1b[0m" if self.colored(stream or self.err) else text

    def read(self) -> str:
        """Read stdin to its end, decoded like text files in any locale. Raises StashInputError."""
        with self.interrupts.cancelling(None):
            data = getattr(self.stdin, "buffer", self.stdin).read()
        try:
            return decode_text(data) if isinstance(data, bytes) else str(data)
        except UnicodeDecodeError:
            raise StashInputError(f"standard input is not text in {ENCODINGS}") from None

    def raw_stdin(self) -> IO[bytes]:
        """Return stdin as a binary stream, for files that are read in parts."""
        buffer: IO[bytes] | None = getattr(self.stdin, "buffer", None)
        return buffer or io.BytesIO(self.stdin.read().encode())

    def prompt(self, question: str) -> str:
        """Ask a question and return the answer."""
        self.out.flush()
        if self.err_is_terminal:
            question = escaped(f"{self._filled(question.rstrip())} ")
        with self.interrupts.cancelling(None):
            self.err.write(question)
            self.err.flush()
            line = self.answers.readline() if self.answers else ""
        if not line.endswith("\n"):  # the user ended the input with Ctrl-D
            self.say("")
        return line.strip()

    def prompt_hidden(self, question: str) -> str:
        """Ask for a secret on the terminal, without echo. Raises StashNotConfirmedError after Ctrl-D."""
        self.out.flush()
        self.err.flush()
        # `getpass` opens the terminal, so it does not work with in-memory streams.
        if isinstance(self.answers, FakeStream):
            return self.prompt(question)
        from getpass import getpass

        with self.interrupts.cancelling(None):
            try:
                return getpass(escaped(question)).strip()
            except EOFError:
                self.say("")
                raise StashNotConfirmedError("no answer: nothing was changed") from None

    def read_line(self) -> str:
        """Read one line of stdin, without its line break and byte order mark. Raises StashInputError."""
        with self.interrupts.cancelling(None):
            data = getattr(self.stdin, "buffer", self.stdin).readline()
        try:
            text = decode_text(data) if isinstance(data, bytes) else str(data)
        except UnicodeDecodeError:
            raise StashInputError(f"standard input is not text in {ENCODINGS}") from None
        return text.strip()

    def data(self, text: str) -> None:
        """Write data to stdout."""
        # A terminal would execute control characters in titles and file names; programs get them unchanged.
        self.out.write(escaped(text) if self.out_is_terminal else text)

    def text(self, text: str) -> None:
        """Write a text for people to stdout; on a terminal, long lines are wrapped below their last column.

        A space and a no-break space do not separate columns, unlike two spaces.
        """
        if self.out_is_terminal:
            lines = [part for line in text.splitlines() for part in hanging(line, self.width)]
            text = "".join(f"{line}\n" for line in lines)
        self.data(text.replace("\N{NO-BREAK SPACE}", " "))

    def graphics(self, text: str) -> None:
        """Write control characters of this program to stdout, such as a picture, without escaping."""
        self.out.write(text)

    def write(self, text: str) -> None:
        """Write to stderr; `write` and `flush` make this object a stream for a log handler."""
        if self.log is not None:
            self.log.debug(text)
            return
        self.err.write(escaped(text) if self.err_is_terminal else text)

    def flush(self) -> None:
        self.err.flush()

    def note(self, text: str) -> None:
        """Print a message, unless -q is given."""
        if not self.quiet:
            self.say(text)

    def detail(self, text: str) -> None:
        """Print a message if -v is given."""
        if self.verbose:
            self.say(text)

    def warn(self, text: str) -> None:
        if not self.quiet:
            self.say(text, label="stash: warning:", style="yellow")

    def say(self, text: str, *, label: str = "", style: str = "bold", wrap: bool = True) -> None:
        """Print a line to stderr, after a styled label; with `wrap`, it is wrapped at words on a terminal.

        stdout is flushed first, to keep the order.
        """
        self.out.flush()
        if self.log is not None:
            self.log.write(_LEVELS.get(label, "info"), text)
            return
        if wrap and self.err_is_terminal:
            text = self._filled(f"{label} {text}")[len(label) + 1 :] if label else self._filled(text)
        if label:
            self.err.write(f"{self.style(label, style)} ")
        self.write(f"{text}\n")
        self.err.flush()

    def say_parts(self, parts: Iterable[tuple[str, str]]) -> None:
        """Print a line of (text, style) parts to stderr; "" is no style."""
        self.out.flush()
        for text, style in parts:
            shown = escaped(text) if self.err_is_terminal else text
            self.err.write(self.style(shown, style) if style else shown)
        self.err.write("\n")
        self.err.flush()

    def _filled(self, text: str) -> str:
        """Wrap `text` at words to the width of the terminal."""
        return "\n".join(part for line in text.split("\n") for part in hanging(line, self.width))


def escaped(text: str) -> str:
    r"""Escape control characters in `text` as in JSON.

    >>> escaped("a\x1b[2Jb\u202ec")
    'a\\u001b[2Jb\\u202ec'
    """
    return _UNSAFE.sub(_written_out, text)


def _written_out(match: re.Match[str]) -> str:
    # JSON escapes characters above U+FFFF, such as emoji tags, as two surrogates.
    units = match[0].encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


class FakeStream(io.StringIO):
    """An in-memory stream that can pretend to be a terminal."""

    def __init__(self, text: str = "", *, terminal: bool = False) -> None:
        super().__init__(text)
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


def fake_streams(*, terminal: bool = False, answers: str = "", **facts: object) -> Streams:
    """Return in-memory streams; `answers` is the input."""
    ends = (FakeStream(terminal=terminal), FakeStream(terminal=terminal))
    return Streams(*ends, FakeStream(answers, terminal=terminal), **facts)  # type: ignore[arg-type]


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # the stream is closed
        return False


def hanging(line: str, width: int) -> list[str]:
    """Wrap a line at words; continuation lines are indented to the start of its last column.

    Columns are separated by two or more spaces.

    >>> hanging("  a  one two three", 14)
    ['  a  one two', '     three']
    >>> hanging("  a  longer words  at the end", 24)
    ['  a  longer words', '     at the end']
    """
    if display_width(line) <= width:
        return [line]
    starts = [found.end() for found in re.finditer(r"(?<=\S) {2,}(?=\S)", line)]
    own = len(line) - len(line.lstrip())
    named = 2 if own or re.match(r"(?:[A-Z][a-z ]{2,24}|server): ", line) else 0
    most = width * 2 // 3
    indent = " " * max((at for at in starts if at <= most), default=own + named)
    if not starts or starts[-1] <= most:
        return wrapped(line, width, indent)
    # A column that starts after two thirds of the width is moved to its own line.
    head, last = line[: starts[-1]].rstrip(), line[starts[-1] :]
    return [*wrapped(head, width, indent), *wrapped(f"{indent}{last}", width, indent)]
