"""Task chains: order, stopping, and reports."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from cli_support import Cli, environment, serve_with_job
from table_tests import table_test

from stash_cli.core.run_lock import RunLock
from stash_cli.embedded import open_library


@pytest.fixture
def library(embedded_url: str, pictures: Path) -> Cli:
    """A library with a media folder of six pictures."""
    cli = Cli(embedded_url)
    cli.ok("library", "add", str(pictures))
    return cli


@pytest.fixture
def settings(own_state: Path) -> Path:
    """Path of the settings file, not created yet."""
    path = own_state / "stash-cli" / "settings.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def corrupt_picture(folder: Path, name: str = "broken.png") -> None:
    (folder / name).write_text("no picture", encoding="utf-8")


def test_steps_run_in_order_and_are_summarised(library: Cli, tmp_path: Path) -> None:
    words = ("run", "scan", "generate --covers", "clean", f"backup {tmp_path}/copy.sqlite", "--wait")
    result = library.ok(*words, "--json")
    assert [row["step"] for row in result.json] == list(words[1:-1])
    assert {(row["outcome"], row["exit_status"]) for row in result.json} == {("done", 0)}
    assert (tmp_path / "copy.sqlite").exists()
    assert library.ok("images", "count").out == "6\n"
    assert "run scan: scan 0:0" in library.ok("run", "scan").err
    assert library.ok("run", "scan", "-q") == library.ok("run", "optimise", "-q")
    assert library.ok("run", "scan", "-q").err == ""


def test_chain_continues_after_partial_errors_and_keeps_them(library: Cli, pictures: Path) -> None:
    corrupt_picture(pictures)
    first = library("run", "scan", "optimise", "--json")
    assert [(row["outcome"], row["exit_status"]) for row in first.json] == [("partly done", 6), ("done", 0)]
    assert (first.status, first.json[0]["errors"]) == (6, 1)
    again = library("run", "scan", "-q")
    assert (again.status, again.err) == (0, "")  # errors of the previous run are known
    assert library.ok("run", "scan", "--json").json[0]["known"] == 1
    corrupt_picture(pictures, "other.png")
    new = library("run", "scan", "optimise", "--stop-on", "partly", "-q")
    assert (new.status, "other.png" in new.err, "broken.png" in new.err) == (6, True, False)
    assert "optimise not started" in new.err
    all_errors = library("run", "scan", "--fail-on-log", "error", "--ignore-error", "other")
    assert (all_errors.status, "broken.png" in all_errors.err, "1 ignored" in all_errors.err) == (
        6,
        True,
        True,
    )


@table_test(
    ("words", "status", "message"),
    [
        (("scan", "scan /nowhere", "clean"), 2, "clean not started"),
        (("scan", "nonsense"), 2, "no such step"),
        (("nightly",), 2, "A chain with a name stands in settings.toml"),
        (("import",), 2, "no such step"),
        (("scan 'x",), 2, "No closing quotation"),
        (("scan --nope",), 2, "--nope"),
        (("",), 2, "no such step"),
        (("scan", "--ids"), 2, "use --json"),
        (("scan", "--ignore-error", "("), 2, "not a regular expression"),
    ],
)
def test_invalid_step_is_reported_and_stops_the_chain(
    library_file: Path, words: tuple[str, ...], status: int, message: str
) -> None:
    result = Cli(f"embedded:{library_file}")("run", *words)
    assert (result.status, message in result.err) == (status, True), result.err


def test_unreachable_server_stops_the_chain(offline: Cli) -> None:
    result = offline("run", "scan", "clean", "--json")
    assert result.status == 5
    assert [row["exit_status"] for row in result.json] == [5, None]


def test_second_run_on_the_same_server_is_rejected(library: Cli, library_file: Path) -> None:
    with RunLock(f"embedded:{library_file}", "stash run nightly"):
        result = library("run", "scan")
        assert result.status == 5
        assert f"process {os.getpid()}, stash run nightly, since 20" in result.err
        assert library("run", "scan", "--lock-wait", "0.2").status == 5
        library.ok("run", "scan", "--no-lock")
        library.ok("scan", "--wait")  # a single task needs no lock
    library.ok("run", "scan")


def test_lock_is_released_when_its_process_dies(own_state: Path) -> None:
    code = "import sys, time; from stash_cli.core.run_lock import RunLock\n"
    code += "with RunLock('http://localhost:9999/graphql', 'x'): print('held', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment()) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        with (
            pytest.raises(Exception, match=f"process {process.pid}, x"),
            RunLock("http://127.0.0.1:9999/graphql", "y"),
        ):
            pass
        process.send_signal(signal.SIGKILL)
        process.wait()
    with RunLock("http://localhost:9999/graphql", "z"):
        pass


def test_unwritable_lock_is_reported(library: Cli, own_state: Path) -> None:
    (own_state / "stash-cli").mkdir(exist_ok=True)
    (own_state / "stash-cli" / "locks").write_text("", encoding="utf-8")
    result = library("run", "scan")
    assert (result.status, "--no-lock" in result.err) == (2, True)


class Monitor(ThreadingHTTPServer):
    """A monitoring service that records request paths and bodies."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Monitored)
        self.pings: list[tuple[str, str]] = []


class _Monitored(BaseHTTPRequestHandler):
    server: Monitor

    def log_message(self, *args: object) -> None:
        pass

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.pings.append((self.path, body))
        self.send_response(204)
        self.end_headers()


@pytest.fixture
def monitor() -> Iterator[Monitor]:
    with Monitor() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_settings_run_calls_hooks_and_pings(
    library: Cli, pictures: Path, settings: Path, monitor: Monitor, tmp_path: Path
) -> None:
    settings.write_text(
        f"""
        [run.nightly]
        steps = ["scan", "clean --max-missing 50%"]
        ignore = ["harmless"]
        on_success = "echo good $STASH_RUN_STATUS > {tmp_path}/hook"
        on_failure = "echo bad $STASH_RUN_STATUS > {tmp_path}/hook; echo oops; exit 3"
        ping_url = "http://127.0.0.1:{monitor.server_port}/uuid"
        """,
        encoding="utf-8",
    )
    corrupt_picture(pictures, "harmless.png")
    assert library.ok("run", "nightly", "-q").err == ""
    assert (tmp_path / "hook").read_text() == "good 0\n"
    corrupt_picture(pictures)
    failed = library("run", "nightly", "-q")
    assert (failed.status, "on_failure ended with 3: oops" in failed.err) == (6, True)
    assert (tmp_path / "hook").read_text() == "bad 6\n"
    assert [path for path, _ in monitor.pings] == ["/uuid/start", "/uuid", "/uuid/start", "/uuid/fail"]
    assert "broken.png" in monitor.pings[-1][1]


def test_step_uses_the_defaults_of_its_command(library: Cli, settings: Path) -> None:
    settings.write_text(
        "[defaults.scan]\nfail-on-log = 'loud'\n[defaults.clean]\njson = true\n", encoding="utf-8"
    )
    refused = library("run", "scan")
    assert (refused.status, "'loud'" in refused.err, "clean" in refused.err) == (2, True, False)
    assert library.ok("run", "clean").out == ""  # but not its output format


@table_test(
    ("table", "message"),
    [
        ("stepz = []", "has no key stepz. Did you mean steps?"),
        ("steps = []", "has no steps"),
        ('steps = "scan"', "a list of texts is wanted"),
        ('steps = ["nap"]', "no such step: 'nap'"),
        ('steps = ["scan"]\nfail_on_log = "all"', "fail_on_log in [run.x]"),
        ('steps = ["scan"]\nignore = "("', "ignore in [run.x]"),
        ('steps = ["scan"]\nlock_wait = "soon"', "lock_wait in [run.x]"),
        ('steps = ["scan"]\nlock = 1', "true or false"),
    ],
)
def test_invalid_run_settings_are_reported(library: Cli, settings: Path, table: str, message: str) -> None:
    settings.write_text(f"[run.x]\n{table}\n", encoding="utf-8")
    result = library("run", "x")
    assert (result.status, message in result.err) == (2, True), result.err


def crontab_lines() -> list[str]:
    """Commands in `stash help cron`: of the crontab and of the systemd unit."""
    lines = Cli().ok("help", "cron").out.splitlines()
    return [line.partition("stash ")[2] for line in lines if re.match(r"  (0 3 \* \* \*|ExecStart=)", line)]


def test_cron_and_systemd_commands_work(library: Cli, settings: Path) -> None:
    text = Cli().ok("help", "cron").out
    table = text[text.index("  [run.nightly]") : text.index("  ping_url")]
    settings.write_text(table, encoding="utf-8")
    assert len(crontab_lines()) == 3
    for line in crontab_lines():
        assert library.ok(*line.split()).err == ""


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    text = Cli().ok("help", "cron").out
    for kind in ("service", "timer"):
        body = text[text.index(f"stash-nightly.{kind}\n") :].split("\n\n")[0].partition("\n")[2]
        unit = "\n".join(line.strip() for line in body.splitlines()).replace(
            "%h/.local/bin/stash", "/bin/true"
        )
        (tmp_path / f"stash-nightly.{kind}").write_text(unit, encoding="utf-8")
    command = ["systemd-analyze", "--user", "verify", str(tmp_path / "stash-nightly.timer")]
    environ = environment(XDG_RUNTIME_DIR=str(tmp_path))
    result = subprocess.run(command, capture_output=True, text=True, check=False, env=environ)
    assert result.returncode == 0, result.stderr


def test_job_of_another_client_is_joined(scanning_server: str) -> None:
    result = Cli(scanning_server)("run", "scan", "--wait-timeout", "0.3")
    assert (result.status, "scan: joined job 1, which another client has started" in result.err) == (8, True)
    assert "continues" in result.err
    behind = Cli(scanning_server)("run", "scan --rescan", "--wait-timeout", "0.3")
    assert (behind.status, "waits for 1 jobs of other clients (Scanning)" in behind.err) == (8, True)
    assert "still waits in the queue" in behind.err


@pytest.fixture
def scanning_server(library: Cli, library_file: Path) -> Iterator[str]:
    """URL of a server that scans until stopped."""
    with serve_with_job(open_library(str(library_file)), "Scanning...") as url:
        yield url
