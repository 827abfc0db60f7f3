"""Running the program in tests: in this process over streams in memory, or for real; and text snapshots."""

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
class Done:
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
    """`stash` for one server, in this process; `terminal` gives it a terminal, `answers` is its input."""

    def __init__(self, url: str | None = None, **environ: str) -> None:
        self.environ = environ | ({"STASH_URL": url} if url else {})

    def __call__(self, *args: str, terminal: bool = False, answers: str | bytes = "") -> Done:
        if terminal:
            assert isinstance(answers, str)
            return self._on_terminal(args, answers)
        result = CliRunner(env=self.environ).invoke(app, args, input=answers)
        return Done(result.exit_code, result.stdout, result.stderr)

    def _on_terminal(self, args: tuple[str, ...], answers: str) -> Done:
        """Typer's runner has no terminal to offer."""
        streams = fake_streams(terminal=True, answers=answers, environ=self.environ)
        status = run(args, streams, self.environ)
        return Done(status, streams.out.getvalue(), streams.err.getvalue())  # type: ignore[attr-defined]

    def ok(self, *args: str, **facts: Any) -> Done:
        """Run a command that must succeed."""
        done = self(*args, **facts)
        assert done.status == 0, done.err
        return done


class Recorder(ThreadingHTTPServer):
    """A web server that records the heads of all requests and refuses them; a context manager."""

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
    server: Recorder

    def log_message(self, *args: object) -> None:
        pass

    def parse_request(self) -> bool:
        """Record and refuse whatever was asked for."""
        if super().parse_request():
            self.server.heads.append(self.headers)
            self.send_error(404)
        return False


@cache
def leaves() -> dict[tuple[str, ...], StashCommand]:
    """Every command by the words that name it, aliases left out; made once, as that takes seconds."""

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


def real(*args: str, stdin: str = "", **environ: str) -> Done:
    """`stash` in a process of its own, with pipes for all three streams."""
    done = subprocess.run(
        program(*args),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=environment(**environ),
    )
    return Done(done.returncode, done.stdout, done.stderr)


@contextmanager
def served_with(library: Library, description: str) -> Iterator[str]:
    """URL of an open library with a job that runs until it is stopped; closes the library."""
    import socket

    import uvicorn

    def nap(progress: Any) -> None:
        progress.total(4)
        progress.step()
        while True:
            progress.check()
            time.sleep(0.02)

    library.jobs.add(description, nap)
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
def started(*args: str, **options: Any) -> Iterator[subprocess.Popen[str]]:
    """`stash` in a process that can be interrupted, also where this one ignores SIGINT; never left behind."""
    ignored = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # one that is ignored is inherited as such
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


def interrupted(*args: str, until: str | Callable[[], object], times: int = 1) -> Done:
    """Send Ctrl-C once `until` was said on stderr, or holds."""
    said = ""
    with started(*args) as process:
        assert process.stderr is not None
        while isinstance(until, str) and until not in said:
            line = process.stderr.readline()
            assert line, said
            said += line
        while callable(until) and not until():
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)
        for number in range(times):
            if number:
                time.sleep(0.3)  # or the kernel makes one of the two
            process.send_signal(signal.SIGINT)
        out, rest = process.communicate(timeout=60)
        return Done(process.returncode, out, said + rest)


def assert_snapshot(name: str, text: str) -> None:
    """Compare with the file `name`; UPDATE_SNAPSHOTS=1 writes it instead."""
    path = SNAPSHOTS / f"{name}.txt"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), (
        f"differs from {path.name}; UPDATE_SNAPSHOTS=1 accepts it"
    )
