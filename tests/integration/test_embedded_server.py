"""Serving a library: port, readiness, concurrent clients, shutdown."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from support import ROOT
from websockets.sync.client import connect

from stash_cli.core.errors import StashConfigurationError
from stash_cli.embedded.server import LibraryServer, serve

SERVE = """
import sys
from stash_cli.embedded.server import serve
ended_by = serve(sys.argv[1], port=0, on_ready=lambda url: print(url, flush=True))
print(ended_by, flush=True)
"""


def test_port_in_use_is_a_plain_error(served_url, tmp_path):
    port = int(served_url.rpartition(":")[2])
    with pytest.raises(StashConfigurationError, match=f"Cannot serve on 127.0.0.1:{port}"):
        serve(str(tmp_path / "other.sqlite"), port=port)


def test_nonexistent_address_is_a_plain_error(tmp_path):
    with pytest.raises(StashConfigurationError, match="Cannot serve on"):
        serve(str(tmp_path / "other.sqlite"), host="no.such.host.invalid", port=0)


def test_failed_start_does_not_block_waiters(tmp_path):
    server = LibraryServer(str(tmp_path), port=0)
    failures = []

    def attempt():
        try:
            server.run()
        except StashConfigurationError as failure:
            failures.append(failure)

    thread = threading.Thread(target=attempt)
    thread.start()
    with pytest.raises(TimeoutError):
        server.wait_until_ready(10)
    thread.join(10)
    assert failures


def test_concurrent_clients_can_write(served_url):
    def create(number: int) -> dict:
        document = f'mutation {{ tagCreate(input: {{name: "tag {number}"}}) {{ id }} }}'
        return client.post("/graphql", json={"query": document}).json()

    with httpx.Client(base_url=served_url, timeout=30) as client, ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(create, range(60)))
    assert not [answer for answer in answers if "errors" in answer]
    assert {answer["data"]["tagCreate"]["id"] for answer in answers} == {str(n) for n in range(1, 61)}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_shuts_down_cleanly_with_an_open_websocket(library_file, number):
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(library_file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    with process:
        url = process.stdout.readline().strip()
        httpx.post(f"{url}/graphql", json={"query": 'mutation { tagCreate(input: {name: "x"}) { id } }'})
        with connect(url.replace("http", "ws") + "/graphql", subprotocols=["graphql-transport-ws"]):
            process.send_signal(number)
            out, err = process.communicate(timeout=20)
    assert (process.returncode, out.strip(), err) == (0, str(int(number)), "")
    assert not Path(f"{library_file}-wal").exists()
    with closing(sqlite3.connect(library_file)) as connection:
        assert connection.execute("SELECT name FROM tags").fetchall() == [("x",)]
