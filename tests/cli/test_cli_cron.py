"""Nightly cron runs in sequence: few variables, no terminal, and one fault per night."""

from __future__ import annotations

import os
import random
import re
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import fault_kinds
import pytest
from cli_support import Cli, CommandResult, program
from fault_proxy import FaultProxy, on_operation, on_websocket
from PIL import Image
from served_library import serve_library
from support import ROOT

from stash_cli.core.run_lock import RunLock
from stash_cli.core.server_url import normalise_url

NIGHTS = int(os.environ.get("CRON_NIGHTS", "5"))
"""Number of simulated nights."""


@dataclass
class CronEnvironment:
    """A served library behind a proxy, its media folder, and the number of corrupted files."""

    proxy: FaultProxy
    media: Path
    home: Path
    broken: int = 0
    seen: list[str] = field(default_factory=list)

    def night(self) -> CommandResult:
        """One run, as cron starts it."""
        environ = {
            "HOME": str(self.home),
            "PATH": "/usr/bin:/bin",
            "SHELL": "/bin/sh",
            "STASH_URL": self.proxy.url,
        }
        state = {name: value for name, value in os.environ.items() if name.startswith("XDG_")}
        words = program("run", "scan", "generate --covers", "clean", "-q")
        environ |= state | {"PYTHONPATH": str(ROOT)}
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        result = subprocess.run(words, env=environ, text=True, timeout=120, check=False, **pipes)
        return CommandResult(result.returncode, result.stdout, result.stderr)


@contextmanager
def no_fault(_: CronEnvironment) -> Iterator[tuple[int, str]]:
    """A quiet night."""
    yield 0, ""


@contextmanager
def corrupt_file(cron: CronEnvironment) -> Iterator[tuple[int, str]]:
    """A corrupt file is reported once; later nights know it."""
    cron.broken += 1
    name = f"broken{cron.broken}.png"
    (cron.media / name).write_text("no picture", encoding="utf-8")
    yield 6, name


@contextmanager
def server_down(cron: CronEnvironment) -> Iterator[tuple[int, str]]:
    cron.proxy.refuse()
    yield 5, "Cannot reach"
    cron.proxy.accept()


@contextmanager
def websockets_rejected(cron: CronEnvironment) -> Iterator[tuple[int, str]]:
    cron.proxy.rule = on_websocket(fault_kinds.reset_before)
    yield 0, ""


@contextmanager
def polls_rejected(cron: CronEnvironment) -> Iterator[tuple[int, str]]:
    cron.proxy.rule = on_operation("findJob", fault_kinds.error_page(502), 1, 2)
    yield 0, ""


@contextmanager
def response_lost(cron: CronEnvironment) -> Iterator[tuple[int, str]]:
    cron.proxy.rule = on_operation("metadataScan", fault_kinds.reset_after)
    yield 10, "scan unknown (exit 10), generate --covers not started, clean not started"


@contextmanager
def invalid_key(cron: CronEnvironment) -> Iterator[tuple[int, str]]:
    cron.proxy.rule = lambda _: fault_kinds.error_page(401)
    yield 4, "scan failed (exit 4)"


@contextmanager
def many_files_missing(cron: CronEnvironment) -> Iterator[tuple[int, str]]:
    paths = sorted(cron.media.glob("p*.png"))[:4]
    kept = [path.read_bytes() for path in paths]
    for path in paths:
        path.unlink()
    yield 11, "clean refuses: 4 of about 6 files would go"
    for path, content in zip(paths, kept, strict=True):
        path.write_bytes(content)


@contextmanager
def drive_not_mounted(cron: CronEnvironment) -> Iterator[tuple[int, str]]:
    away = cron.media.rename(cron.media.with_name("away"))
    cron.media.mkdir()
    yield 9, "holds no media"
    cron.media.rmdir()
    away.rename(cron.media)


@contextmanager
def other_run_active(cron: CronEnvironment) -> Iterator[tuple[int, str]]:
    with RunLock(normalise_url(cron.proxy.url), "stash run nightly"):
        yield 5, "another run is going on for this server: process"


EVENTS = (
    no_fault,
    corrupt_file,
    server_down,
    websockets_rejected,
    polls_rejected,
    response_lost,
    invalid_key,
    many_files_missing,
    drive_not_mounted,
    other_run_active,
)


@pytest.fixture
def cron(tmp_path: Path, own_state: Path) -> Iterator[CronEnvironment]:
    media = tmp_path / "media"
    media.mkdir()
    for number in range(6):
        Image.new("RGB", (8 + number, 8), (number * 20, 0, 0)).save(media / f"p{number}.png")
    with serve_library(tmp_path / "library.sqlite") as url, FaultProxy(url) as proxy:
        cli = Cli(url)
        cli.ok("library", "add", str(media))
        cli.ok("scan", "--wait")
        yield CronEnvironment(proxy, media, own_state)


@pytest.mark.long
def test_night_is_silent_unless_something_fails(cron: CronEnvironment) -> None:
    # Each fault once before any repeats, in an order that is the same for every run of the tests.
    order = random.Random(20)
    nights = [event for _ in range(NIGHTS // len(EVENTS) + 1) for event in order.sample(EVENTS, len(EVENTS))]
    for number, event in enumerate(nights[:NIGHTS]):
        happening: AbstractContextManager[tuple[int, str]] = event(cron)
        with happening as (status, message):
            result = cron.night()
        cron.proxy.rule = lambda _: None
        place = f"night {number}, {event.__name__}: {result}"
        assert (result.status, result.out) == (status, ""), place
        assert message in result.err, place
        assert (result.err == "") == (status == 0), place
        unknown = [line for line in result.err.splitlines() if not re.match(r"stash: |hint: |  ", line)]
        assert not unknown, place
