"""Timing of whole processes, side by side, and the table that the benchmarks print."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

STASH = str(Path(sys.executable).with_name("stash"))
DEVELOPERS = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in DEVELOPERS}
"""Environment of timed programs: as installed, with byte code and buffers."""


@dataclass(frozen=True)
class Usage:
    """Processor time in seconds and peak resident memory of a command that has ended."""

    seconds: float
    megabytes: float


def usage(argv: list[str]) -> Usage:
    """Run a command, without its output (Linux counts memory in kilobytes, macOS in bytes)."""
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, env=ENVIRONMENT)
    _, status, used = os.wait4(process.pid, 0)
    assert status == 0, argv
    return Usage(
        used.ru_utime + used.ru_stime, used.ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)
    )


@dataclass(frozen=True)
class Timing:
    """Wall times of one command over several runs, in milliseconds."""

    name: str
    runs: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.runs)


def side_by_side(commands: dict[str, list[str]], rounds: int = 11, **environ: str) -> dict[str, Timing]:
    """Time every command `rounds` times, taking turns so that all see the same machine.

    A first round, which writes byte code and fills caches, does not count.
    """
    runs: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(1 + rounds):
        for name, argv in commands.items():
            start = time.perf_counter()
            subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, env=ENVIRONMENT | environ)
            runs[name].append((time.perf_counter() - start) * 1000)
    return {name: Timing(name, tuple(times[1:])) for name, times in runs.items()}


def report(title: str, timings: dict[str, Timing], base: str, budgets: dict[str, float]) -> None:
    """Print each median, its ratio to `base` and the budget it is held against."""
    print(f"{title}\n{'':44} {'ms':>8} {'min':>8} {'ratio':>7} {'budget':>7}")
    for name, timing in timings.items():
        ratio = timing.median / timings[base].median
        budget = f"{budgets[name]:.2f}" if name in budgets else ""
        print(f"{name:44} {timing.median:8.0f} {min(timing.runs):8.0f} {ratio:7.2f} {budget:>7}")
    print()
