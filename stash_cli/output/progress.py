"""The progress of a job: a bar on a terminal, a line per tenth elsewhere, nothing with -q."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from stash_cli.output.values import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stash_cli.output.streams import Streams

MODES = ("auto", "bar", "plain", "none")

BESIDE, LEAST = 56, 12
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
    """A bar with the current sub-task and the time left."""

    def __init__(self, streams: Streams) -> None:
        # Loading Rich takes longer than many requests.
        from rich.console import Console
        from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        colored = streams.colored(streams.err)
        console = Console(
            file=streams.err, width=streams.width, no_color=not colored, force_terminal=True, highlight=False
        )
        self.bar = RichProgress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TaskProgressColumn("{task.percentage:>3.0f}%", markup=False),
            TimeRemainingColumn(),
            TextColumn("{task.fields[detail]}", style="dim", markup=False),
            console=console,
            transient=True,
        )
        self.task: Any = None
        self.room = max(streams.width - BESIDE, LEAST)

    def update(self, what: str, fraction: float | None, subtasks: Sequence[str] = ()) -> None:
        detail = shortened(one_line(subtasks[0]), self.room) if subtasks else ""
        if self.task is None:
            self.bar.start()
            self.task = self.bar.add_task(one_line(what), total=None, detail=detail)
        done = {"completed": fraction, "total": 1.0} if fraction is not None else {"total": None}
        self.bar.update(self.task, description=one_line(what), detail=detail, **done)

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
