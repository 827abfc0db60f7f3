"""The server's log on the command line, and the log of an embedded library."""

from __future__ import annotations

import json
import select
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cli_support import Cli, running_process
from table_tests import table_test

from stash_cli.commands.logs import _period


@pytest.fixture
def logged(embedded_url: str, pictures: Path) -> Cli:
    """A library whose scan has skipped a file, warned, and failed to read one."""
    (pictures / "empty.mp4").touch()
    (pictures / "broken.png").write_text("no picture", encoding="utf-8")
    (pictures / "notes.txt").write_text("nothing to scan", encoding="utf-8")
    cli = Cli(embedded_url)
    cli.ok("library", "add", str(pictures))
    result = cli("scan", "--wait")
    assert (result.status, "1 skipped" in result.err) == (6, True)
    return cli


def test_log_of_a_library_file_is_kept_for_later_commands(logged: Cli) -> None:
    lines = logged.ok("logs", "--jsonl").rows
    assert [line["level"] for line in lines] == ["Info", "Info", "Error", "Info"]
    assert lines[1]["message"].startswith("Skipping zero-length file: ")
    assert all(datetime.fromisoformat(line["time"]).utcoffset() == timedelta(0) for line in lines)
    logged("scan", "--wait", "--rescan")
    assert len(logged.ok("logs", "--jsonl").rows) == 8


@table_test(
    ("words", "levels"),
    [
        ((), ["info", "info", "error", "info"]),
        (("-n", "2"), ["error", "info"]),
        (("-n", "0"), []),
        (("--level", "warning"), ["error"]),
        (("--grep", "broken"), ["error"]),
        (("--grep-not", "broken|S[ck]"), ["info"]),
        (("--since", "1h"), ["info", "info", "error", "info"]),
        (("--until", "1h"), []),
    ],
)
def test_lines_are_filtered(logged_file: Path, words: tuple[str, ...], levels: list[str]) -> None:
    output = Cli(f"embedded:{logged_file}").ok("logs", *words).out
    found = [line.split()[2] for line in output.splitlines()]
    assert found == levels


@pytest.fixture
def logged_file(logged: Cli, library_file: Path) -> Path:
    return library_file


def test_levels_are_coloured_on_a_terminal(logged: Cli) -> None:
    output = logged.ok("logs", "--level", "error", terminal=True).out
    assert "\x1b[31merror" in output
    assert "\\u001b" not in output


def test_period_before_the_first_line_is_noted(logged: Cli) -> None:
    assert "the server's oldest line is of" in logged.ok("logs", "--since", "1h").err
    assert logged.ok("logs").err == ""


@table_test("words", [("--since", "soon"), ("--grep", "("), ("-n", "-1"), ("--level", "all")])
def test_invalid_options_are_rejected(embedded: str, words: tuple[str, ...]) -> None:
    assert Cli(embedded)("logs", *words).status == 2


@pytest.fixture
def embedded(embedded_url: str) -> str:
    Cli(embedded_url).ok("tag", "create", "--name", "x")
    return embedded_url


def test_times_are_parsed() -> None:
    now = datetime.now(UTC)
    assert abs((now - _period("10m")[0]).total_seconds() - 600) < 5
    assert _period("13:30")[0].strftime("%H:%M:%S") == "13:30:00"
    assert _period("2024-05-31")[1].strftime("%H:%M:%S") == "23:59:59"


def test_log_is_followed(served_url: str, pictures: Path) -> None:
    cli = Cli(served_url)
    cli.ok("library", "add", str(pictures))
    with running_process("--server", served_url, "logs", "-f", "--level", "debug", "--jsonl") as process:
        assert process.stdout is not None
        (pictures / "notes.txt").touch()
        cli.ok("scan", "--wait")
        # Earlier lines are read from the server's buffer.
        assert json.loads(process.stdout.readline())["message"] == "Starting scan"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
        assert (process.returncode, "Traceback" in err) == (130, False)


def test_watch_starts_with_running_jobs(served_url: str) -> None:
    with running_process("--server", served_url, "jobs", "watch") as process:
        assert process.stdout is not None
        cli = Cli(served_url)
        while not select.select([process.stdout], [], [], 0.2)[0]:
            cli.ok("optimise", "--wait")  # until it is subscribed
        line = process.stdout.readline()
        assert (line[2], line[5], "Optimising" in line) == (":", ":", True)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
