"""Sessions of the program for the guides and the README: what is typed, and what a terminal shows."""

from __future__ import annotations

import os
import re
import shlex
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"^```console\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
"""A block of a guide that begins with a command."""
COLUMNS = 88
"""Width of the terminal; a wider block would have to be scrolled on the site."""
QUESTION = re.compile(r"\[y/N\] ")
RUN_TIME = re.compile(r"(?<=^run )(\d+), \d{4}-\d\d-\d\d \d\d:\d\d(?=:)", re.MULTILINE)
"""The time of a run, which is another one whenever a guide is written."""
FOLDERS = ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")
PICTURE = (
    "stash --demo scenes find rating:80.. sort:-date limit:5 --fields id,title,rating,studio",
    "stash --demo scenes update 12 13 rating100=80 tags+=Outdoor --yes",
    "stash --demo undo --yes",
    "stash --demo scenes stats --by studio --limit 5",
)
"""The commands that the README's picture shows."""


@contextmanager
def empty_account() -> Iterator[None]:
    """An account without settings, whose clock shows UTC, for the commands of this process."""
    before = dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="transcript-") as folder:
        try:
            for name in [name for name in os.environ if name.startswith(("STASH_", "NO_COLOR", "FORCE_"))]:
                del os.environ[name]
            os.environ.update(dict.fromkeys(FOLDERS, folder), TZ="UTC", COLUMNS=str(COLUMNS), TERM="xterm")
            time.tzset()
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)
            time.tzset()


def screen(line: str, *, color: bool = False) -> str:
    """Everything that a terminal shows of one command, in the order in which it is written.

    Questions are answered with y. Raises ValueError where the command does not end with 0.
    """
    from stash_cli.app import run
    from stash_cli.output.streams import fake_streams

    program, *words = shlex.split(line, comments=True)
    environ = {**os.environ, "NO_COLOR": "" if color else "1"}
    streams = fake_streams(terminal=True, answers="y\n" * 3, environ=environ)
    streams.err = streams.out
    status = run(words, streams, environ)
    text: str = streams.out.getvalue()  # type: ignore[attr-defined]
    if program != "stash" or status:
        raise ValueError(f"{line}: status {status}\n{text}")
    shown = QUESTION.sub("[y/N] y\n", RUN_TIME.sub(r"\1, 2026-01-31 09:30", text))
    return "\n".join(part.rstrip() for part in shown.splitlines())


def rewritten(text: str) -> str:
    """A guide whose blocks show what their commands print today.

    All blocks of a guide are one session with a demo library of its own.
    """

    def replaced(block: re.Match[str]) -> str:
        typed = [line for line in block["text"].splitlines() if line.startswith("$ ")]
        parts = [part for line in typed for part in (line, screen(line[2:])) if part]
        return "\n".join(["```console", *parts, "```"])

    return BLOCK.sub(replaced, text)


def transcripts() -> Iterator[tuple[Path, str]]:
    """The guides that show sessions, and the picture of one."""
    for path in sorted((ROOT / "docs").glob("*.md")):
        text = path.read_text(encoding="utf-8")
        if BLOCK.search(text):
            with empty_account():
                yield path, rewritten(text)
    with empty_account():
        yield ROOT / "docs" / "images" / "session.svg", picture()


def picture() -> str:
    """A session as SVG, which names no font of another site."""
    import inspect
    import io

    from rich.console import Console
    from rich.terminal_theme import MONOKAI
    from rich.text import Text

    console = Console(
        width=COLUMNS + 10, record=True, file=io.StringIO(), force_terminal=True, legacy_windows=False
    )
    for line in PICTURE:
        console.print(Text(f"$ {line}", style="bold"))
        console.print(Text.from_ansi(screen(line, color=True)), "")
    usual = inspect.signature(Console.export_svg).parameters["code_format"].default
    own_format = re.sub(r"@font-face \{\{.*?\}\}\n", "", usual, flags=re.DOTALL)
    svg = console.export_svg(title="stash", theme=MONOKAI, code_format=own_format, unique_id="stash")
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"
