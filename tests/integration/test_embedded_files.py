"""Files written by a library: private, and temporary files removed after a crash."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from library_client import LibraryClient
from served_library import ask
from support import ROOT

from stash_cli.embedded import open_library

SERVE = """
import sys
from stash_cli.embedded.server import serve
serve(sys.argv[1], port=0, on_ready=lambda url: print(url, flush=True))
"""


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """A temporary folder of this test, for this and other processes."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.fixture(autouse=True)
def open_umask():
    before = os.umask(0)
    yield
    os.umask(before)


def readable(folder: Path) -> list[str]:
    """Files below a folder that others than the owner can read."""
    return [str(path) for path in folder.rglob("*") if stat.S_IMODE(path.stat().st_mode) & 0o077]


def test_all_written_files_are_private(tmp_path, temporary):
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    temporary.chmod(0o700)
    with open_library(str(home / "library.sqlite")) as library:
        ask = LibraryClient(library)
        ask('mutation { tagCreate(input: {name: "x"}) { id } }')
        ask("mutation($i: ConfigGeneralInput!) { configureGeneral(input: $i) { metadataPath } }",
            i={"metadataPath": str(home / "export" / "all")})  # fmt: skip
        ask("mutation { metadataExport }")
        for download in ("true", "false"):
            ask(f"mutation {{ backupDatabase(input: {{download: {download}}}) }}")
            ask(f"mutation {{ anonymiseDatabase(input: {{download: {download}}}) }}")
        ask("mutation { exportObjects(input: {tags: {all: true}, includeDependencies: false}) }")
        library.jobs.close()
        names = {path.name for path in home.iterdir()}
        assert {"library.sqlite", "library.sqlite-wal", "library.sqlite-shm", "export"} < names
        assert not readable(tmp_path)
        assert list(temporary.rglob("*.zip"))


def test_demo_is_private(own_state):
    open_library("demo").close()
    assert list(own_state.rglob("demo.db"))
    assert not readable(own_state)


def test_downloads_of_a_killed_server_are_removed_at_the_next_start(tmp_path, temporary):
    def start():
        command = [sys.executable, "-c", SERVE, str(tmp_path / "library.sqlite")]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        return process, process.stdout.readline().strip()

    for number in (signal.SIGKILL, signal.SIGTERM):
        process, url = start()
        with process:
            assert not list(temporary.iterdir())
            assert "errors" not in ask(url, "mutation { backupDatabase(input: {download: true}) }").json()
            assert list(temporary.iterdir())
            process.send_signal(number)
    assert not list(temporary.iterdir())
