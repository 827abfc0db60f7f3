"""The three standard streams: terminal or not, colour, width, and whether questions can be asked."""

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
"""Control characters except tab and line end, direction marks, and other line ends."""
_STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}


_LEVELS = {"stash:": "error", "stash: warning:": "warning"}
"""Label of a message -> its level in the log of a server."""


def _nothing() -> None:
    """Do nothing when there are many rows."""


@dataclass(eq=False)
class Streams:
    """The streams of one run.

    stdout has data only; messages go to stderr through `note`, `warn` and `say`. Text is escaped on a
    terminal and exact elsewhere. Bars are drawn by Rich, which writes to `err` itself.
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
    """The server and profile that questions are about."""
    interrupts: Interrupts = field(default_factory=Interrupts)
    """The handler of Ctrl-C, which also ends the wait for an answer."""
    on_many_rows: Callable[[], None] = _nothing
    """Called when a command reads more than one page of rows."""
    log: PluginLog | None = None
    """Writer of messages inside a plugin: the server's log."""

    @classmethod
    def standard(
        cls, interrupts: Interrupts | None = None, on_many_rows: Callable[[], None] = _nothing
    ) -> Streams:
        """The streams of the process: UTF-8 for files and pipes, the encoding of the locale for terminals.

        Characters without an encoding, which no program but a terminal can get, are escaped.
        """
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                # A path or a line of CSV with escapes in it would be another one. Programs that pass on bytes
                # as they are, such as ripgrep and gh, write UTF-8 in every locale too.
                encoding = None if _is_terminal(stream) else "utf-8"
                stream.reconfigure(encoding=encoding, errors="backslashreplace")
        # Python sets a stream to None that the calling program has closed.
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
        """Whether a question can be answered."""
        return not self.no_input and self.answers is not None

    @cached_property
    def answers(self) -> TextIO | None:
        """The stream of answers: stdin, or the terminal when stdin is a pipe or a file."""
        # Without a terminal nobody would see the question.
        if not self.err_is_terminal:
            return None
        if _is_terminal(self.stdin):
            return self.stdin
        from pathlib import Path

        # Ids may come through a pipe (`find --ids | delete -`). The answer still comes from the user.
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

    def style(self, text: str, name: str, stream: TextIO | None = None) -> str:
        """`text` in a colour or weight where `stream`, or else stderr, takes colour."""
        return f"\x1b[{_STYLES[name]}m{text}\x1b[0m" if self.colored(stream or self.err) else text

    def read(self) -> str:
        """All of standard input, in an encoding of text files whatever the locale. Raises StashInputError."""
        with self.interrupts.cancelling(None):
            data = getattr(self.stdin, "buffer", self.stdin).read()
        try:
            return decode_text(data) if isinstance(data, bytes) else str(data)
        except UnicodeDecodeError:
            raise StashInputError(f"standard input is not text in {ENCODINGS}") from None

    def raw_stdin(self) -> IO[bytes]:
        """Standard input as bytes, for files that are read a part at a time."""
        found: IO[bytes] | None = getattr(self.stdin, "buffer", None)
        return found or io.BytesIO(self.stdin.read().encode())

    def ask(self, question: str) -> str:
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

    def ask_hidden(self, question: str) -> str:
        """Ask for a secret on the terminal itself, which does not show it.

        Raises StashNotConfirmedError after Ctrl-D.
        """
        self.out.flush()
        self.err.flush()
        # `getpass` opens the terminal itself, which a stream in memory does not have.
        if isinstance(self.answers, FakeStream):
            return self.ask(question)
        from getpass import getpass

        with self.interrupts.cancelling(None):
            try:
                return getpass(escaped(question)).strip()
            except EOFError:
                self.say("")
                raise StashNotConfirmedError("no answer: nothing was changed") from None

    def read_line(self) -> str:
        """The first line of standard input, without its end and a byte order mark. Raises StashInputError."""
        with self.interrupts.cancelling(None):
            data = getattr(self.stdin, "buffer", self.stdin).readline()
        try:
            text = decode_text(data) if isinstance(data, bytes) else str(data)
        except UnicodeDecodeError:
            raise StashInputError(f"standard input is not text in {ENCODINGS}") from None
        return text.strip()

    def data(self, text: str) -> None:
        """Write data to stdout."""
        # A terminal obeys control characters in titles and file names. A program gets them unchanged.
        self.out.write(escaped(text) if self.out_is_terminal else text)

    def text(self, text: str) -> None:
        """Write a text for people to stdout; on a terminal long lines go on below their last column.

        Where a no-break space follows a space, the two part no columns.
        """
        if self.out_is_terminal:
            lines = [part for line in text.splitlines() for part in hanging(line, self.width)]
            text = "".join(f"{line}\n" for line in lines)
        self.data(text.replace("\N{NO-BREAK SPACE}", " "))

    def graphics(self, text: str) -> None:
        """Write a picture to stdout: control characters that this program made itself."""
        self.out.write(text)

    def write(self, text: str) -> None:
        """Write to stderr; with `flush`, this object is a stream for a log handler."""
        if self.log is not None:
            self.log.debug(text)
            return
        self.err.write(escaped(text) if self.err_is_terminal else text)

    def flush(self) -> None:
        self.err.flush()

    def note(self, text: str) -> None:
        """Print a message; silent with -q."""
        if not self.quiet:
            self.say(text)

    def detail(self, text: str) -> None:
        """Print a message with -v."""
        if self.verbose:
            self.say(text)

    def warn(self, text: str) -> None:
        if not self.quiet:
            self.say(text, label="stash: warning:", style="yellow")

    def say(self, text: str, *, label: str = "", style: str = "bold", wrap: bool = True) -> None:
        """Print a line on stderr, behind a label in a style; on a terminal with `wrap`, broken between words.

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
        """Print a line on stderr of texts, each in a style or in none ("")."""
        self.out.flush()
        for text, style in parts:
            shown = escaped(text) if self.err_is_terminal else text
            self.err.write(self.style(shown, style) if style else shown)
        self.err.write("\n")
        self.err.flush()

    def _filled(self, text: str) -> str:
        """`text` with line ends between words where the terminal would break lines anywhere."""
        return "\n".join(part for line in text.split("\n") for part in hanging(line, self.width))


def escaped(text: str) -> str:
    r"""`text` with control characters written as in JSON.

    >>> escaped("a\x1b[2Jb\u202ec")
    'a\\u001b[2Jb\\u202ec'
    """
    return _UNSAFE.sub(_written_out, text)


def _written_out(found: re.Match[str]) -> str:
    # JSON escapes the two halves of a pair for characters beyond 0xFFFF, such as tags in flags.
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
    """Streams in memory; `answers` is the input."""
    ends = (FakeStream(terminal=terminal), FakeStream(terminal=terminal))
    return Streams(*ends, FakeStream(answers, terminal=terminal), **facts)  # type: ignore[arg-type]


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # the stream is closed
        return False


def hanging(line: str, width: int) -> list[str]:
    """The lines of a longer one, broken between words; each but the first begins where its last column does.

    Columns are parted by two spaces or more.

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
    # A column that begins so far right has a line of its own.
    head, last = line[: starts[-1]].rstrip(), line[starts[-1] :]
    return [*wrapped(head, width, indent), *wrapped(f"{indent}{last}", width, indent)]
