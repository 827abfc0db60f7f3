"""Private files, and temporary folders that are removed after a crash."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from support import ROOT

from stash_cli.core.private_files import create_private, make_private_folder, write_private
from stash_cli.embedded.library.library import TemporaryFolder, remove_abandoned

HOLD = """
import sys, time
from pathlib import Path
from stash_cli.embedded.library.library import TemporaryFolder
folder = TemporaryFolder("kept-", Path(sys.argv[1]))
(folder.path / "file").write_text("x")
print(folder.path, flush=True)
time.sleep(60)
"""


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(params=[0, 0o022, 0o077, 0o777], ids=oct)
def umask(request: pytest.FixtureRequest):
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.mark.usefixtures("umask")
def test_files_are_private_for_any_umask(tmp_path: Path) -> None:
    assert create_private(tmp_path / "made")
    write_private(tmp_path / "written", "é")
    assert {mode(path) for path in tmp_path.iterdir()} == {0o600}
    assert (tmp_path / "written").read_text(encoding="utf-8") == "é"


def test_rewritten_files_become_private_and_existing_modes_stay(tmp_path: Path) -> None:
    path = tmp_path / "old"
    path.write_text("longer than what follows")
    path.chmod(0o644)
    assert not create_private(path)
    assert mode(path) == 0o644
    write_private(path, "new")
    assert (path.read_text(), mode(path)) == ("new", 0o600)


def test_created_folders_are_private(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    make_private_folder(tmp_path / "a" / "b")
    make_private_folder(tmp_path / "a" / "b")
    assert [mode(tmp_path / part) for part in ("", "a", "a/b")] == [0o755, 0o700, 0o700]


def test_folders_of_dead_processes_are_removed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        folder = Path(process.stdout.readline().strip())  # type: ignore[union-attr]
        remove_abandoned("kept-", tmp_path)
        assert (folder / "file").exists()
        process.send_signal(signal.SIGKILL)
    with closing(TemporaryFolder("kept-", tmp_path)) as other:
        assert [path.name for path in tmp_path.iterdir()] == [other.path.name]
        assert mode(other.path) == 0o700
    assert not list(tmp_path.iterdir())


def test_only_matching_folders_are_removed(tmp_path: Path) -> None:
    (tmp_path / "kept-file").write_text("x")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "kept-link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "kept-folder").mkdir()
    remove_abandoned("kept-", tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"kept-file", "kept-link", "elsewhere"}
