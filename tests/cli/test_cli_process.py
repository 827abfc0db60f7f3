"""The program as a process: pipes, terminals, signals, unreachable and failing servers."""

from __future__ import annotations

import json
import os
import pty
import re
import resource
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_support import (
    Cli,
    assert_snapshot,
    environment,
    program,
    run_interrupted,
    run_process,
    running_process,
    serve_with_job,
)
from served_library import serve_library

ANSI = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


def run_on_terminal(
    *args: str, until: str | None = None, send: str | None = None, columns: int = 100, **environ: str
) -> tuple[int, str]:
    """Run on a pseudo-terminal; once `until` is read, type `send` or else interrupt."""
    leader, follower = pty.openpty()
    env = environment(COLUMNS=str(columns), TERM="xterm", **environ)
    ends = dict.fromkeys(("stdin", "stdout", "stderr"), follower)
    with running_process(*args, env=env, start_new_session=True, **ends) as process:
        os.close(follower)
        text, deadline = "", time.monotonic() + 30
        while time.monotonic() < deadline:
            if select.select([leader], [], [], 0.1)[0]:
                try:
                    chunk = os.read(leader, 65536)
                except OSError:
                    break
                if not chunk:
                    break
                text += chunk.decode(errors="replace")
            if until is not None and until in text:
                process.send_signal(signal.SIGINT) if send is None else os.write(leader, send.encode())
                until = None
        status = process.wait(timeout=10)
    os.close(leader)
    return status, text.replace("\r\n", "\n")


@pytest.fixture(scope="module")
def small_url(small_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of the small library, read-only; a program that opens the file takes three times as long."""
    path = Path(shutil.copy(small_library, tmp_path_factory.mktemp("read")))
    with serve_library(path) as url:
        yield url


def test_table_on_a_terminal_fits_and_has_a_bold_heading(small_url: str) -> None:
    status, text = run_on_terminal("--url", small_url, "scenes", "find", columns=60)
    assert status == 0
    assert "\x1b[1m" in text
    plain = ANSI.sub("", text)
    assert max(len(line) for line in plain.splitlines()) <= 60
    assert_snapshot("table-scenes-terminal", "\n".join(line.rstrip() for line in plain.splitlines()) + "\n")


def test_ctrl_c_ends_a_question(small_url: str) -> None:
    words = ("--url", small_url, "scenes", "delete", "1")
    status, text = run_on_terminal(*words, until="[y/N]")
    assert (status, text.splitlines()[-1]) == (130, "interrupted")
    status, text = run_on_terminal(*words, until="[y/N]", send="\x04")
    assert (status, ANSI.sub("", text).splitlines()[-1]) == (11, "stash: not confirmed: nothing was changed")


ON_ITS_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(2, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


@pytest.mark.parametrize(("answer", "left"), [("y", "3"), ("n", "4")])
def test_question_uses_the_terminal_when_ids_come_from_a_pipe(
    small_library: Path, tmp_path: Path, answer: str, left: str
) -> None:
    with serve_library(Path(shutil.copy(small_library, tmp_path / "copy.sqlite"))) as url:
        leader, follower = pty.openpty()
        command = [sys.executable, "-c", ON_ITS_TERMINAL, *program("--url", url, "scenes", "delete", "-")[1:]]
        ends = {"stdin": subprocess.PIPE, "stdout": follower, "stderr": follower}
        with subprocess.Popen(command, **ends, env=environment(), start_new_session=True) as process:  # type: ignore[call-overload]
            os.close(follower)
            assert process.stdin is not None
            process.stdin.write(b"1\n")
            process.stdin.close()
            os.write(leader, f"{answer}\n".encode())  # buffered by the terminal until the program reads it
            assert process.wait(30) == (0 if answer == "y" else 11)
        os.close(leader)
        assert Cli(url).ok("scenes", "count").out == f"{left}\n"


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_colour_can_be_disabled(small_url: str, environ: dict[str, str]) -> None:
    leader, follower = pty.openpty()
    env = environment(**{"TERM": "xterm", **environ})
    command = program("--url", small_url, "scenes", "find")
    result = subprocess.run(command, stdout=follower, stderr=subprocess.PIPE, env=env, timeout=30, check=True)
    os.close(follower)
    assert b"\x1b" not in os.read(leader, 65536) + result.stderr
    os.close(leader)


def test_table_in_a_pipe_is_plain_and_complete(small_url: str) -> None:
    result = run_process("--url", small_url, "scenes", "find", COLUMNS="30")
    assert (result.status, result.err) == (0, "")
    assert_snapshot("table-scenes-pipe", result.out)
    assert run_process("--url", small_url, "scenes", "find", FORCE_COLOR="1").out == result.out


def test_closed_pipe_ends_quietly(small_url: str) -> None:
    for flags in (["--jsonl"], []):
        command = program("--url", small_url, "scenes", "find", *flags)
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
        assert process.stdout is not None
        process.stdout.close()
        _, err = process.communicate(timeout=30)
        assert (process.returncode, err) == (0, b""), flags


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk to write to")
@pytest.mark.parametrize("args", [("scenes", "find"), ("scenes", "find", "--csv"), ("--help",)])
def test_full_disk_is_reported(small_url: str, args: tuple[str, ...]) -> None:
    command = program("--url", small_url, *args)
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(
            command,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
            timeout=30,
            check=False,
        )
    assert result.returncode == 1
    assert result.stderr == "stash: cannot write the output: No space left on device\n"


def test_closed_streams_do_not_crash(small_url: str) -> None:
    command = [
        "bash",
        "-c",
        '"$@" >&- 2>&- <&-',
        "-",
        *program("--url", small_url, "scenes", "find"),
    ]
    assert subprocess.run(command, env=environment(), timeout=30, check=False).returncode == 0


WARN = """
import warnings
from stash_cli.core.errors import StashUnmappedFieldWarning
from stash_cli.output.streams import Streams
from stash_cli.program import route_warnings
route_warnings(Streams.standard())
warnings.warn(StashUnmappedFieldWarning("old server"))
"""


def test_warning_is_a_line_on_stderr() -> None:
    command = [sys.executable, "-c", WARN]
    result = subprocess.run(command, capture_output=True, text=True, env=environment(), check=True)
    assert (result.stdout, result.stderr) == ("", "stash: warning: old server\n")


def test_help_into_a_closed_pipe_is_quiet() -> None:
    result = subprocess.run(
        ["bash", "-c", '"$@" | head -1', "-", *program("scenes", "find", "--help-filters")],
        capture_output=True,
        text=True,
        env=environment(),
        timeout=30,
        check=True,
    )
    assert (result.stdout, result.stderr) == ("Filters of stash scenes find:\n", "")


def test_version_and_bare_help() -> None:
    assert run_process("--version").out.startswith("stash ")
    assert run_process().out == run_process("--help").out
    assert run_process("scenes").status == 0


def test_unreachable_server_is_exit_5_within_two_seconds(unused_port: int) -> None:
    """Two seconds of processor time and of pauses: how long it waits for a processor is not its own."""
    before = child_cpu_seconds()
    result = run_process("--url", f"http://127.0.0.1:{unused_port}", "scenes", "find", "--json", "-v")
    *log, error = result.err.splitlines()
    pauses = map(float, re.findall(r"Trying again in ([0-9.]+) s", "\n".join(log)))
    assert child_cpu_seconds() - before + sum(pauses) < 2
    assert (result.status, result.out) == (5, "")
    assert json.loads(error)["error"] == "unreachable"
    assert "hint" in json.loads(error)


def child_cpu_seconds() -> float:
    """Processor time of all processes that this one has waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def test_hint_names_the_demo_without_a_configuration() -> None:
    result = run_process("scenes", "count", STASH_URL="")
    if result.status == 5:  # unless a server runs on the default port of this machine
        assert "--demo" in result.err
        assert "STASH_URL" in result.err


def test_slow_server_times_out() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(8)
        result = run_process(
            "--url", f"http://127.0.0.1:{silent.getsockname()[1]}", "scenes", "find", "--timeout", "0.3"
        )
    assert (result.status, result.out) == (5, "")
    assert "Traceback" not in result.err


@pytest.fixture
def locked(served_url: str) -> tuple[str, str]:
    """A served library that requires a key, and the key."""
    cli = Cli(served_url)
    access = 'configureGeneral(input: {username: "u", password: "password"}) { username }'
    body = json.dumps({"query": f"mutation {{ {access} generateAPIKey(input: {{}}) }}"})
    request = urllib.request.Request(
        f"{served_url}/graphql", body.encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        key = json.load(answer)["data"]["generateAPIKey"]
    assert cli("scenes", "count").status == 4
    return served_url, key


def test_missing_wrong_and_right_keys(locked: tuple[str, str], tmp_path: Path) -> None:
    url, key = locked
    for wrong in ({}, {"STASH_API_KEY": "wrong-key-value"}):
        result = run_process("--url", url, "scenes", "count", "--debug", **wrong)
        assert (result.status, result.out) == (4, "")
        assert "wrong-key-value" not in result.err
    right = run_process("--url", url, "scenes", "count", "-vv", STASH_API_KEY=key)
    assert (right.status, right.out) == (0, "0\n")
    assert key not in right.err
    (tmp_path / "key").write_text(key, encoding="utf-8")
    assert run_process("--url", url, "scenes", "count", STASH_API_KEY_FILE=str(tmp_path / "key")).out == "0\n"


def test_truncated_response_is_not_a_complete_list(served_url: str) -> None:
    cli = Cli(served_url)
    for number in range(3):
        cli.ok("tag", "create", "--name", f"t{number}")
    cli.ok("tags", "find", "--json")
    proxy = BreakingProxy(int(served_url.rpartition(":")[2]))
    result = Cli(proxy.url)("tags", "find", "--json", "--timeout", "5")
    proxy.close()
    assert result.status != 0
    assert result.err
    with pytest.raises(json.JSONDecodeError):
        json.loads(result.out)


class BreakingProxy:
    """Forwards requests, and truncates every response."""

    def __init__(self, port: int) -> None:
        self.target = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with client, socket.create_connection(("127.0.0.1", self.target)) as server:
                asked = b""
                while not asked.endswith(b"}") and (
                    part := client.recv(1 << 20)
                ):  # the body may arrive later
                    asked += part
                if asked:
                    server.sendall(asked)
                    answer = server.recv(1 << 20)
                    client.sendall(answer[: len(answer) // 2])

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(timeout=5)


def test_scan_of_a_new_library(embedded_url: str, pictures: Path) -> None:
    cli = Cli(embedded_url)
    cli.ok("library", "add", str(pictures))
    result = cli.ok("scan", "--wait")
    assert (result.out, result.err) == ("", "job 1 finished\n")
    assert "Scanning 100 %" in cli.ok("scan", "--wait", "--progress", "plain").err
    assert cli.ok("images", "count").out == "6\n"
    assert len(cli.ok("images", "find", "--paths", "-0").out.rstrip("\0").split("\0")) == 6
    again = cli.ok("metadata", "scan", "--wait", "-q")
    assert (again.out, again.err) == ("", "")
    job = cli.ok("scan", str(pictures), "--wait", "--rescan", "--json").json
    assert (job["status"], job["sub_tasks"]) == ("FINISHED", None)


def test_scan_names_paths_outside_the_media_folders(embedded_url: str, pictures: Path) -> None:
    cli = Cli(embedded_url)
    cli.ok("library", "add", str(pictures))
    for path in (f"{pictures}x", str(pictures.parent), str(pictures / "../other")):
        result = cli("scan", path, "--wait")
        assert (result.status, f"{os.path.normpath(path)} is not in a media folder" in result.err) == (
            2,
            True,
        )
        assert "started" not in result.err
    cli.ok("scan", str(pictures / "p1.png"), "--wait")
    cli.ok("scan", os.path.relpath(pictures), "--wait")
    missing = cli("scan", str(pictures / "nothing.png"), "--wait")
    assert (missing.status, "no file or folder" in missing.err) == (2, True)


def test_job_of_an_in_process_library_is_followed_to_its_end(library_file: Path, pictures: Path) -> None:
    (pictures / "broken.png").write_text("no picture", encoding="utf-8")
    cli = Cli(f"embedded:{library_file}")
    cli.ok("library", "add", str(pictures))
    result = cli("scan")
    assert result.out == "1\n"
    assert "broken.png" in result.err
    assert "job 1 finished" in result.err


def test_scan_without_media_folders_is_reported(cli: Cli) -> None:
    assert "there are no media folders" in cli.ok("scan", "--wait").err


def test_server_log_errors_may_fail_a_scan(embedded_url: str, pictures: Path) -> None:
    (pictures / "broken.png").write_text("no picture", encoding="utf-8")
    cli = Cli(embedded_url)
    cli.ok("library", "add", str(pictures))
    for level in ((), ("--fail-on-log", "warning"), ("--fail-on-log", "error")):
        failed = cli("scan", "--wait", "--rescan", *level)
        assert failed.status == 6
        assert "finished, but the server logged 1 error" in failed.err
        assert "broken.png" in failed.err
    quiet = cli("scan", "--wait", "--rescan", "-q", "--json")
    assert quiet.json["status"] == "FINISHED"
    assert "broken.png" in json.loads(quiet.err)["log"][0]
    stderr = cli.ok("scan", "--wait", "--fail-on-log", "none", "--rescan").err
    assert "finished; the server logged 1 error" in stderr
    assert "broken.png" in stderr
    assert cli("scan", "--fail-on-log", "chatter").status == 2


def test_scan_shows_a_bar_on_a_terminal(embedded_url: str, pictures: Path) -> None:
    Cli(embedded_url).ok("library", "add", str(pictures))
    status, text = run_on_terminal("--url", embedded_url, "scan", "--wait")
    assert status == 0
    assert "Scanning" in text
    assert "%" in text
    assert run_on_terminal("--url", embedded_url, "scan", "--wait", "-q") == (0, "")


def test_media_folders(embedded_url: str, pictures: Path) -> None:
    cli = Cli(embedded_url)
    relative = os.path.relpath(pictures)
    cli.ok("library", "add", relative, "--exclude-video")
    assert cli.ok("library", "list", "--json").json == [
        {"path": str(pictures), "exclude_video": True, "exclude_image": False}
    ]
    assert "already" not in cli.ok("library", "add", relative).err
    assert "already" in cli.ok("library", "add", relative).err
    assert cli.ok("library", "list", "--paths").out == f"{pictures}\n"
    cli.ok("library", "remove", relative)
    assert cli.ok("library", "list", "--json").out == "[]\n"
    assert cli("library", "add", "/no/such/folder").status == 2


@pytest.fixture
def server_with_job(library_file: Path) -> Iterator[str]:
    """URL of a server with a job that runs until stopped."""
    from stash_cli.embedded import open_library

    with serve_with_job(open_library(str(library_file)), "Napping...") as url:
        yield url


def test_waiting_for_a_job(server_with_job: str) -> None:
    cli = Cli(server_with_job)
    assert [job["description"] for job in cli.ok("jobs", "list", "--json").json] == ["Napping..."]
    assert cli.ok("jobs", "show", "1", "--json").json["status"] == "RUNNING"
    given_up = cli("jobs", "wait", "1", "--wait-timeout", "0.3")
    assert (given_up.status, "stash jobs wait 1" in given_up.err) == (8, True)
    stopped = cli("jobs", "stop", "99", "1")
    assert (stopped.status, "told to stop 1 of 2 jobs" in stopped.err) == (6, True)
    assert cli("jobs", "wait", "1").status == 9
    assert cli.ok("jobs", "wait").err == "no jobs are running or waiting\n"
    assert cli("jobs", "wait", "99").status == 10


def test_ctrl_c_leaves_the_job_and_explains_how_to_stop_it(server_with_job: str) -> None:
    result = run_interrupted(
        "--url", server_with_job, "jobs", "wait", "1", "--progress", "plain", until="Napping"
    )
    assert result.status == 130
    assert "stash jobs stop 1" in result.err
    assert "Traceback" not in result.err
    assert Cli(server_with_job).ok("jobs", "show", "1", "--json").json["status"] == "RUNNING"


def test_ctrl_c_can_stop_the_job(server_with_job: str) -> None:
    words = ("jobs", "wait", "1", "--stop-on-interrupt", "--progress", "plain")
    result = run_interrupted("--url", server_with_job, *words, until="Napping")
    assert result.status == 130
    assert Cli(server_with_job)("jobs", "wait", "1").status == 9


def test_ctrl_c_ends_a_watch_that_starts_with_running_jobs(server_with_job: str) -> None:
    with running_process("--url", server_with_job, "jobs", "watch", "--jsonl") as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["description"] == "Napping..."
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
        assert (process.returncode, "Traceback" in err) == (130, False)


def test_ctrl_c_ends_serving(library_file: Path) -> None:
    with running_process("embedded", "serve", "--library", str(library_file), "--port", "0") as process:
        assert process.stderr is not None
        url = process.stderr.readline().split()[-1]
        assert Cli(url).ok("tag", "create", "--name", "Served", "--ids").out == "1\n"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
        assert (process.returncode, out, err) == (130, "", "")
    assert Cli(f"embedded:{library_file}").ok("tags", "count").out == "1\n"


def test_port_in_use_is_reported() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = run_process("embedded", "serve", "--port", str(taken.getsockname()[1]))
    assert (result.status, len(result.err.splitlines()) <= 2) == (2, True)


def test_demo() -> None:
    cli = Cli()
    rated = cli.ok("--demo", "scenes", "find", "--rating100-gte", "80", "--jsonl").rows
    assert rated
    assert all(row["rating100"] >= 80 for row in rated)
    assert cli.ok("scenes", "count", "--demo", "--rating100-gte", "80").out == f"{len(rated)}\n"
    assert (
        "stash embedded reset" not in cli.ok("--demo", "tag", "update", "1", "--name", "x", "--dry-run").err
    )
    assert "stash embedded reset" in cli.ok("--demo", "tag", "create", "--name", "Mine").err
    assert "stash embedded reset" not in cli.ok("--demo", "tag", "create", "--name", "More").err
    path = Path(cli.ok("embedded", "path").out.strip())
    assert path.is_file()
    assert cli("embedded", "reset").status == 11
    cli.ok("embedded", "reset", "--yes")
    assert cli("--demo", "tag", "show", "Mine").status == 3


def test_crash_prints_an_apology_without_a_traceback(tmp_path: Path) -> None:
    broken = tmp_path / "broken.sqlite"
    broken.write_bytes(b"this is no database" * 100)
    result = run_process("--url", f"embedded:{broken}", "scenes", "find", STASH_API_KEY="very-secret")
    assert result.status != 0
    assert "Traceback" not in result.err
    assert "very-secret" not in result.err
