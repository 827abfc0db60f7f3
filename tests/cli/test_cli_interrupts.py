"""Ctrl-C: the first ends the command after the current request with a report, the second at once."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_support import Cli, CommandResult, environment, program, running_process
from fault_kinds import delayed_response, no_response
from fault_proxy import FaultProxy, Request, on_mutation, on_operation
from library_client import add_tags
from served_library import ask

SLOW = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"
"""A query that runs until it is interrupted."""


@pytest.fixture
def proxy(served_url: str) -> Iterator[FaultProxy]:
    with FaultProxy(served_url) as proxy:
        yield proxy


def interrupt_in_flight(proxy: FaultProxy, number: int, *args: str) -> CommandResult:
    """Run, and send Ctrl-C between the execution and the response of a mutation."""
    done, go = threading.Event(), threading.Event()
    proxy.rule = on_mutation(delayed_response(done, go), number)
    with running_process("--url", proxy.url, *args) as process:
        assert done.wait(30)
        process.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.3)
        go.set()
        out, err = process.communicate(timeout=60)
    proxy.rule = lambda _: None
    return CommandResult(process.returncode, out, err)


def test_interrupted_update_reports_what_was_done(proxy: FaultProxy, library_file: Path) -> None:
    ids = add_tags(library_file, 120)
    result = interrupt_in_flight(proxy, 2, "tags", "update", *ids, "--description", "new", "--yes")
    assert (result.status, result.out) == (130, "")
    sent = sum(len(each.variables["input"]["ids"]) for each in proxy.mutations)
    assert f"updated {sent} of 120 tags: {120 - sent} not sent" in result.err
    assert Cli(proxy.url).ok("tags", "count", "--description", "new").out == f"{sent}\n"
    proxy.requests.clear()
    result = interrupt_in_flight(proxy, 1, "tags", "update", *ids, "--description", "x", "--yes", "--json")
    stderr = json.loads(result.err.splitlines()[0])
    assert (stderr["exit_status"], len(stderr["done"])) == (
        130,
        len(proxy.mutations[0].variables["input"]["ids"]),
    )


def test_update_interrupted_before_sending_reports_it(proxy: FaultProxy, library_file: Path) -> None:
    add_tags(library_file, 1)
    proxy.rule = on_operation("findTag", no_response)
    with running_process("--url", proxy.url, "tag", "update", "1", "--name", "New") as process:
        while not proxy.faulted:
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err.splitlines()) == (130, ["nothing was changed", "interrupted"])


def test_serve_ends_at_once(library_file: Path) -> None:
    with running_process("embedded", "serve", "--library", str(library_file), "--port", "0") as server:
        assert server.stderr is not None
        slow = ("api", "--operation", "querySQL", "-f", f"sql={SLOW}")
        with (
            FaultProxy(server.stderr.readline().split()[-1]) as proxy,
            running_process("--url", proxy.url, *slow),
        ):
            sent: list[Request] = []
            while not sent:
                sent = [each for each in proxy.requests if "querySQL" in each.document]
            assert sent[0].forwarded.wait(30)
            assert ask(proxy.url).status_code == 200  # so the server has read the previous data
            server.send_signal(signal.SIGINT)
            with pytest.raises(subprocess.TimeoutExpired):
                server.wait(0.5)
            server.send_signal(signal.SIGINT)
            assert server.wait(4) in (130, -signal.SIGINT)
    assert Cli(f"embedded:{library_file}").ok("tags", "count").out == "0\n"


def test_deletion_stops_between_requests(proxy: FaultProxy, library_file: Path) -> None:
    ids = add_tags(library_file, 120)
    result = interrupt_in_flight(proxy, 1, "tags", "delete", *ids, "--yes")
    assert result.status == 130
    sent = len(proxy.mutations[0].variables["ids"])
    assert f"deleted {sent} of 120 tags: {120 - sent} not sent" in result.err
    assert Cli(proxy.url).ok("tags", "count").out == f"{120 - sent}\n"


ONE = {
    "created tag 1": ("tag", "create", "--name", "New"),
    '"id": "1"': ("api", 'mutation { tagCreate(input: {name: "New"}) { id } }'),
    "job 1 continues": ("scan", "--wait"),
}


@pytest.mark.parametrize("message", ONE)
def test_single_change_is_reported_before_exit(message: str, proxy: FaultProxy) -> None:
    result = interrupt_in_flight(proxy, 1, *ONE[message])
    assert result.status == 130
    assert message in result.out + result.err


def test_second_interrupt_ends_at_once_in_any_wait(proxy: FaultProxy) -> None:
    proxy.rule = on_operation("tagCreate", no_response)
    assert_ended_at_once(
        "--url", proxy.url, "tag", "create", "--name", "New", until=lambda: bool(proxy.faulted)
    )


def test_second_interrupt_ends_at_once_in_native_code(embedded_url: str) -> None:
    Cli(embedded_url).ok("tag", "create", "--name", "A")
    sql = ("api", "--operation", "querySQL", "-f", f"sql={SLOW}")
    assert_ended_at_once("--url", embedded_url, *sql, "-vv", until=None)
    assert Cli(embedded_url).ok("tags", "count").out == "1\n"


def assert_ended_at_once(*args: str, until: object) -> None:
    with running_process(*args) as process:
        assert process.stderr is not None
        if callable(until):
            while not until():
                assert process.poll() is None
        else:
            assert "query" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130


def test_ignored_sigint_stays_ignored(embedded_url: str) -> None:
    Cli(embedded_url).ok("tag", "create", "--name", "A")
    command = 'trap "" INT; "$@" & sleep 0.2; kill -INT $!; wait $!'
    line = ["bash", "-c", command, "-", *program("--url", embedded_url, "tags", "count")]
    result = subprocess.run(line, capture_output=True, text=True, env=environment(), timeout=60, check=False)
    assert (result.returncode, result.stdout) == (0, "1\n")
