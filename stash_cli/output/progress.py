"""The progress of a job: a bar on a terminal, a line per tenth elsewhere, nothing with -q."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Protocol

from stash_cli.core.texts import duration
from stash_cli.output.values import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stash_cli.output.streams import Streams

MODES = ("auto", "bar", "plain", "none")

_TELLING, _SOON = 0.05, 5.0
"""The fraction, and the seconds, before which no time left is told."""
BESIDE, LEAST = 64, 12
"""Columns that a bar needs beside the sub-task, and the least for the sub-task."""


class Progress(Protocol):
    """Shows updates of one job until it is closed; `fraction` is None while it is unknown."""

    def update(self, what: str, fraction: float | None, subtasks: Sequence[str] = ()) -> None: ...
    def close(self) -> None: ...


class Silent:
    """Shows nothing."""

    def update(self, what: str, fraction: float | None, subtasks: Sequence[str] = ()) -> None:
        pass

    def close(self) -> None:
        pass


class Lines:
    """A line per tenth; a fraction that falls prints nothing."""

    def __init__(self, streams: Streams) -> None:
        self.streams = streams
        self.tenth = -1

    def update(self, what: str, fraction: float | None, subtasks: Sequence[str] = ()) -> None:
        # Floats such as 0.3 * 10 may end just below a whole number.
        tenth = min(int((fraction or 0) * 10 + 1e-9), 10)
        if tenth <= self.tenth:
            return
        self.tenth = tenth
        detail = f" - {one_line(subtasks[0])}" if subtasks else ""
        self.streams.say(f"{one_line(what)} {tenth * 10} %{detail}")

    def close(self) -> None:
        pass


class Bar:
    """A bar with the current sub-task, and the time left where that can be told.

    A fraction falls when the server finds more to do. Then its total is not known, so there is no percentage
    until the highest one is reached again, and no time left any more.
    """

    def __init__(self, streams: Streams, clock: Callable[[], float] = time.monotonic) -> None:
        # Loading Rich takes longer than many requests.
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as RichProgress

        colored = streams.colored(streams.err)
        console = Console(
            file=streams.err, width=streams.width, no_color=not colored, force_terminal=True, highlight=False
        )
        self.bar = RichProgress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[percent]:>4}", markup=False),
            TextColumn("{task.fields[left]}", markup=False),
            TextColumn("{task.fields[detail]}", style="dim", markup=False),
            console=console,
            transient=True,
        )
        self.task: Any = None
        self.highest, self.fell = 0.0, False
        self.clock, self.began = clock, clock()
        self.room = max(streams.width - BESIDE, LEAST)

    def update(self, what: str, fraction: float | None, subtasks: Sequence[str] = ()) -> None:
        detail = shortened(one_line(subtasks[0]), self.room) if subtasks else ""
        if self.task is None:
            self.began = self.clock()
            self.bar.start()
            self.task = self.bar.add_task(one_line(what), total=None, detail=detail, percent="", left="")
        known = None if fraction is None or fraction < self.highest else fraction
        self.fell = self.fell or (fraction is not None and known is None)
        self.highest = max(self.highest, known or 0.0)
        done = {"completed": known, "total": 1.0} if known is not None else {"total": None}
        percent = f"{known:.0%}" if known is not None else ""
        facts: dict[str, Any] = {"detail": detail, "percent": percent, "left": self._left(known)}
        self.bar.update(self.task, description=one_line(what), **facts, **done)

    def _left(self, fraction: float | None) -> str:
        """The time left, if the total has not changed and enough is done to tell."""
        passed = self.clock() - self.began
        if self.fell or fraction is None or not _TELLING <= fraction < 1 or passed < _SOON:
            return ""
        return f"about {duration(max(passed * (1 - fraction) / fraction, 1))} left"

    def close(self) -> None:
        if self.task is not None:
            self.bar.stop()


def shortened(text: str, room: int) -> str:
    """The end of `text`, where paths differ.

    >>> shortened("Scanning /media/a/b.mp4", 10)
    '…a/a/b.mp4'
    """
    return text if len(text) <= room else f"…{text[len(text) - room + 1 :]}"


def open_progress(streams: Streams, mode: str = "auto") -> Progress:
    """The display for `--progress mode`; -q silences all of them."""
    if mode == "none" or streams.quiet:
        return Silent()
    if mode == "bar" or (mode == "auto" and streams.animated):
        return Bar(streams)
    return Lines(streams)
