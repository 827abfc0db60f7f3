"""The progress of a job: a bar on a terminal, with `plain` a line per 10 %, nothing with -q."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Protocol

from stash_cli.core.texts import duration
from stash_cli.output.values import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stash_cli.core.plugins.protocol import PluginLog
    from stash_cli.output.streams import Streams

MODES = ("auto", "bar", "plain", "none")

_TELLING, _SOON = 0.05, 5.0
"""Minimum fraction, and minimum seconds, before a remaining time is shown."""
_SETTLED = 3.0
"""Seconds without a decreasing fraction after which the total counts as known."""
_STEADY = 1.5
"""Maximum ratio between recent and overall speed for which a remaining time is shown."""
BESIDE, LEAST = 76, 12
"""Width of a bar without the sub-task, and minimum width of the sub-task."""


class Progress(Protocol):
    """Shows updates of one job until it is closed; `fraction` is None while it is unknown."""

    def update(self, what: str, fraction: float | None, subtasks: Sequence[str] = ()) -> None: ...
    def close(self) -> None: ...


class NullProgress:
    """Shows nothing."""

    def update(self, what: str, fraction: float | None, subtasks: Sequence[str] = ()) -> None:
        pass

    def close(self) -> None:
        pass


class Rate:
    """Sub-tasks per second, distinguished by their names.

    Servers send an update every tenth of a second, so sub-tasks may begin and end in between. If an update
    shares no sub-task with the previous one, some were probably missed, and the rate is a lower bound.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._began: float | None = None
        self._seen = 0
        self._last: frozenset[str] = frozenset()
        self._missed = False

    def note(self, subtasks: Sequence[str]) -> None:
        """Record the sub-tasks of an update."""
        now = frozenset(subtasks)
        if not now:
            return
        if self._began is None:
            self._began = self._clock()
        elif not now & self._last:
            self._missed = True
        self._seen += len(now - self._last)
        self._last = now

    def __str__(self) -> str:
        passed = 0.0 if self._began is None else self._clock() - self._began
        if passed < _SOON or self._seen < _FEWEST:
            return ""
        rate = self._seen / passed
        return f"{'over ' if self._missed else ''}{rate:.0f}/s" if rate >= 1 else f"{rate * 60:.0f}/min"


_FEWEST = 10
"""Minimum number of sub-tasks before a rate is shown."""


class Estimate:
    """The completed fraction and the remaining time, as far as they are reliable.

    The fraction decreases when the server finds more work. The total is then unknown: there is no percentage
    until the fraction has not decreased for _SETTLED seconds, and no remaining time until the recent and the
    overall speed agree.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._points: list[tuple[float, float]] = []
        """(time, fraction) points since the fraction last decreased."""

    def update(self, fraction: float | None) -> float | None:
        """Record the fraction of an update; return the fraction to show, or None while it is unreliable."""
        now = self._clock()
        # The server has found more work: earlier points refer to another total.
        if fraction is None or (self._points and fraction < self._points[-1][1]):
            self._points = []
        if fraction is None:
            return None
        self._points.append((now, fraction))
        # Dropping every second point bounds the memory, and the rest still covers the whole time.
        if len(self._points) > _POINTS:
            del self._points[1::2]
        return fraction if fraction >= 1 or now - self._points[0][0] >= _SETTLED else None

    def seconds_left(self) -> float | None:
        """Seconds until the end; None with too little data, or while the speed changes."""
        (start, base), (now, done) = self._points[0], self._points[-1]
        passed, gained = now - start, done - base
        if passed < _SOON or gained < _TELLING or done >= 1:
            return None
        # The speed changes between phases of a job, such as hashes and covers; the overall mean then does not
        # predict the end.
        middle = next(point for point in self._points if point[0] - start >= passed / 2)
        recent = (done - middle[1]) / (now - middle[0]) if now > middle[0] else 0.0
        overall = gained / passed
        if not overall / _STEADY <= recent <= overall * _STEADY:
            return None
        return (1 - done) / overall


_POINTS = 200
"""Maximum number of points for the speed."""


class LogProgress:
    """Reports the progress of a plugin to the job that runs it."""

    def __init__(self, log: PluginLog) -> None:
        self.log = log

    def update(self, what: str, fraction: float | None, subtasks: Sequence[str] = ()) -> None:  # noqa: ARG002 - of the protocol
        if fraction is not None:
            self.log.progress(fraction)

    def close(self) -> None:
        pass


class Lines:
    """A line at the start, and one for every reliable 10 %."""

    def __init__(self, streams: Streams, clock: Callable[[], float] = time.monotonic) -> None:
        self.streams = streams
        self.estimate = Estimate(clock)
        self.tenth = -1

    def update(self, what: str, fraction: float | None, subtasks: Sequence[str] = ()) -> None:
        known = self.estimate.update(fraction)
        # Floats such as 0.3 * 10 may end just below a whole number.
        tenth = min(int((known or 0) * 10 + 1e-9), 10)
        if tenth <= self.tenth:
            return
        self.tenth = tenth
        detail = f" - {one_line(subtasks[0])}" if subtasks else ""
        self.streams.say(f"{one_line(what)} {tenth * 10} %{detail}")

    def close(self) -> None:
        pass


class Bar:
    """A bar with the sub-tasks per second, the current sub-task, and the remaining time if it is reliable."""

    def __init__(self, streams: Streams, clock: Callable[[], float] = time.monotonic) -> None:
        # Loading Rich takes longer than many requests.
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as RichProgress

        colored = streams.colored(streams.err)
        console = Console(
            file=streams.err, width=streams.width, no_color=not colored, force_terminal=True, highlight=False
        )
        names = ("percent", "rate", "left")
        self.bar = RichProgress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            *(TextColumn(f"{{task.fields[{name}]}}", markup=False) for name in names),
            TextColumn("{task.fields[detail]}", style="dim", markup=False),
            console=console,
            transient=True,
        )
        self.task: Any = None
        self.estimate, self.rate = Estimate(clock), Rate(clock)
        self.room = max(streams.width - BESIDE, LEAST)

    def update(self, what: str, fraction: float | None, subtasks: Sequence[str] = ()) -> None:
        if self.task is None:
            self.bar.start()
            self.task = self.bar.add_task(one_line(what), total=None, percent="", rate="", left="", detail="")
        self.rate.note(subtasks)
        known = self.estimate.update(fraction)
        left = None if known is None else self.estimate.seconds_left()
        facts: dict[str, Any] = {
            "detail": shortened(one_line(subtasks[0]), self.room) if subtasks else "",
            "percent": "" if known is None else f"{known:>4.0%}",
            "rate": str(self.rate),
            "left": "" if left is None else f"about {duration(max(left, 1))} left",
        }
        done = {"completed": known, "total": 1.0} if known is not None else {"total": None}
        self.bar.update(self.task, description=one_line(what), **facts, **done)

    def close(self) -> None:
        if self.task is not None:
            self.bar.stop()


def shortened(text: str, room: int) -> str:
    """Truncate `text` at its beginning, because paths differ at their end.

    >>> shortened("Scanning /media/a/b.mp4", 10)
    '…a/a/b.mp4'
    """
    return text if len(text) <= room else f"…{text[len(text) - room + 1 :]}"


def open_progress(streams: Streams, mode: str = "auto") -> Progress:
    """Return the display for `--progress mode`; "auto" is a bar on a terminal, and nothing elsewhere."""
    # Inside a plugin, stderr is the server's log, where a bar would write a line for each update.
    if streams.log is not None and mode != "none":
        return LogProgress(streams.log)
    if mode == "none" or streams.quiet or (mode == "auto" and not streams.err_is_terminal):
        return NullProgress()
    has_bar = mode == "bar" or (mode == "auto" and streams.animated)
    return Bar(streams) if has_bar else Lines(streams)
