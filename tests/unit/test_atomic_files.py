"""Atomic file replacement: a file is written completely, or not at all."""

import os
from pathlib import Path

import pytest

from stash_cli.core.atomic_files import replacing


def test_file_is_replaced_at_end_of_block(tmp_path: Path) -> None:
    target = tmp_path / ("n" * 250)  # the longest name that file systems allow
    target.write_text("old")
    with replacing(target) as file:
        file.write(b"new")
        assert target.read_text() == "old"
    assert target.read_text() == "new"
    assert list(tmp_path.iterdir()) == [target]


def test_error_keeps_the_old_file_only(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_text("old")
    with pytest.raises(ValueError, match="half"), replacing(target) as file:
        file.write(int("half"))
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "missing" / "file"):
        pass


def test_symlinks_and_devices_are_preserved(tmp_path: Path) -> None:
    link, target = tmp_path / "link", tmp_path / "target"
    link.symlink_to(target)
    for path in (link, Path(os.devnull)):
        with replacing(path) as file:
            file.write(b"text")
    assert link.is_symlink()
    assert target.read_text() == "text"
    assert Path(os.devnull).is_char_device()


@pytest.mark.skipif(os.name != "posix", reason="modes are those of POSIX")
def test_new_files_are_private_and_replaced_ones_keep_their_mode(tmp_path: Path) -> None:
    target = tmp_path / "file"
    for private, expected in ((True, 0o600), (False, 0o600), (True, 0o600)):
        with replacing(target, private=private):
            pass
        assert target.stat().st_mode & 0o777 == expected
    target.chmod(0o640)
    with replacing(target, private=False):
        pass
    assert target.stat().st_mode & 0o777 == 0o640
