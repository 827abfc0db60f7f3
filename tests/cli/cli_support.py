"""Running the program in tests, in process or as a subprocess; text snapshots."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Self

from support import ROOT
from typer.testing import CliRunner

from stash_cli.app import app, root, run
from stash_cli.commands.argv.command import LazyGroup, StashCommand
from stash_cli.embedded import Library
from stash_cli.output.streams import fake_streams

SNAPSHOTS = Path(__file__).parent / "snapshots"


@dataclass(frozen=True)
class CommandResult:
    """Exit status and output of a command."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def rows(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


class Cli:
    """Runs `stash` in process against one server; `terminal` simulates a terminal, `answers` is its input."""

    def __init__(self, url: str | None = None, **environ: str) -> None:
        self.environ = environ | ({"STASH_URL": url} if url else {})

    def __call__(self, *args: str, terminal: bool = False, answers: str | bytes = "") -> CommandResult:
        if terminal:
            assert isinstance(answers, str)
            return self._on_terminal(args, answers)
        result = CliRunner(env=self.environ).invoke(app, args, input=answers)
        return CommandResult(result.exit_code, result.stdout, result.stderr)

    def _on_terminal(self, args: tuple[str, ...], answers: str) -> CommandResult:
        """Run with streams that are a terminal, which Typer's runner does not support."""
        streams = fake_streams(terminal=True, answers=answers, environ=self.environ)
        status = run(args, streams, self.environ)
        return CommandResult(status, streams.out.getvalue(), streams.err.getvalue())  # type: ignore[attr-defined]

    def ok(self, *args: str, **facts: Any) -> CommandResult:
        """Run a command that must succeed."""
        result = self(*args, **facts)
        assert result.status == 0, result.err
        return result


class RequestRecorder(ThreadingHTTPServer):
    """A web server that records the headers of all requests and answers 404; a context manager."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Record)
        self.heads: list[Message] = []
        self.url = f"http://127.0.0.1:{self.server_port}"
        self._thread = Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Record(BaseHTTPRequestHandler):
    server: RequestRecorder

    def log_message(self, *args: object) -> None:
        pass

    def parse_request(self) -> bool:
        """Record the headers and answer 404."""
        if super().parse_request():
            self.server.heads.append(self.headers)
            self.send_error(404)
        return False


@cache
def leaf_commands() -> dict[tuple[str, ...], StashCommand]:
    """Every command by its path, without aliases; cached, because loading all takes seconds."""

    def below(node: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], StashCommand]]:
        if not isinstance(node, LazyGroup):
            yield path, node
            return
        for name, entry in node.entries.items():
            if not entry.alias_of:
                yield from below(entry.load(name), (*path, name))

    return dict(below(root(), ()))


def program(*args: str) -> list[str]:
    return [sys.executable, "-m", "stash_cli", *args]


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), **more}


def run_process(*args: str, stdin: str = "", **environ: str) -> CommandResult:
    """Run `stash` as a subprocess, with pipes for all three streams."""
    result = subprocess.run(
        program(*args),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=environment(**environ),
    )
    return CommandResult(result.returncode, result.stdout, result.stderr)


@contextmanager
def serve_with_job(library: Library, description: str) -> Iterator[str]:
    """Serve an open library with a job that runs until it is stopped; close the library at the end."""
    import socket

    import uvicorn

    def wait_until_stopped(progress: Any) -> None:
        progress.total(4)
        progress.step()
        while True:
            progress.check()
            time.sleep(0.02)

    library.jobs.add(description, wait_until_stopped)
    config = uvicorn.Config(library.app, lifespan="off", ws="websockets-sansio", log_config=None)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=10)
    library.jobs.close(drain=False)
    library.close()


@contextmanager
def running_process(*args: str, **options: Any) -> Iterator[subprocess.Popen[str]]:
    """Start `stash` as a subprocess that handles SIGINT even if this one ignores it; kill it at the end."""
    ignored = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a child inherits an ignored signal as ignored
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    try:
        process = subprocess.Popen(program(*args), text=True, **{"env": environment(), **pipes, **options})
    finally:
        signal.signal(signal.SIGINT, ignored)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


def run_interrupted(*args: str, until: str | Callable[[], object], times: int = 1) -> CommandResult:
    """Run `stash` and send SIGINT once `until` appears on stderr, or returns true."""
    stderr = ""
    with running_process(*args) as process:
        assert process.stderr is not None
        while isinstance(until, str) and until not in stderr:
            line = process.stderr.readline()
            assert line, stderr
            stderr += line
        while callable(until) and not until():
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)
        for number in range(times):
            if number:
                time.sleep(0.3)  # the kernel merges equal pending signals
            process.send_signal(signal.SIGINT)
        out, rest = process.communicate(timeout=60)
        return CommandResult(process.returncode, out, stderr + rest)


def assert_snapshot(name: str, text: str) -> None:
    """Assert that the snapshot `name` equals `text`; UPDATE_SNAPSHOTS=1 writes it instead."""
    path = SNAPSHOTS / f"{name}.txt"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), (
        f"differs from {path.name}; UPDATE_SNAPSHOTS=1 accepts it"
    )
