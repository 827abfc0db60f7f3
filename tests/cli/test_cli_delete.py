"""`delete`: selection, dependent objects, and confirmation."""

from __future__ import annotations

from pathlib import Path
from shutil import copyfile

import pytest
from cli_support import Cli


@pytest.fixture
def cli(small_library: Path, library_file: Path, embedded_url: str) -> Cli:
    """The program over scenes 1 Sea, 2 Sand, 3 Rocks and 4 Dunes."""
    copyfile(small_library, library_file)
    return Cli(embedded_url)


def test_dependent_objects_are_shown(cli: Cli) -> None:
    cli.ok("marker", "create", "--scene", "1", "--seconds", "1", "--title", "m", "--primary-tag", "Outdoor")
    result = cli("scenes", "delete", "1", "2", terminal=True, answers="n\n")
    assert result.status == 11
    for line in ('scene 1 "Sea"', 'scene 2 "Sand"', "1 marker goes with them"):
        assert line in result.err
    result = cli("performer", "delete", "1", terminal=True, answers="n\n")
    assert "3 scenes refer to it and stay" in result.err
    assert cli.ok("scenes", "count").out == "4\n"


def test_primary_tags_are_kept_and_a_merge_is_suggested(cli: Cli) -> None:
    cli.ok("marker", "create", "--scene", "1", "--seconds", "1", "--title", "m", "--primary-tag", "Outdoor")
    reason = "it is the primary tag of 1 marker (ids 1); merge it: stash tags merge 1 --into TAG"
    only = cli("tags", "delete", "Outdoor", "--dry-run")
    assert (only.status, only.err) == (1, f"stash: {reason}\n")
    both = cli("tags", "delete", "--all", "--dry-run")
    assert (both.status, both.err.count(reason)) == (1, 1)
    assert 'tag 1 "Outdoor" is left: ' in both.err
    assert both.err.endswith("stash: 1 of 2 tags would be left\n")
    result = cli("tags", "delete", "--all", "--yes")
    assert result.status == 6
    assert "deleted 1 of 2 tags" in result.err
    assert reason in result.err


def test_objects_are_selected_as_in_update(cli: Cli, tmp_path: Path) -> None:
    assert cli("scenes", "delete").status == 2
    assert cli("scenes", "delete", "1", "--all").status == 2
    assert "deleted 2 scenes" in cli.ok("scenes", "delete", "--where", "rating:80..", "--yes").err
    assert "no scenes match" in cli.ok("scenes", "delete", "--where", "rating:80..", "--yes").err
    refused = cli("scenes", "delete", "--all", "--yes", "--max-changes", "1")
    assert (refused.status, "--max-changes 2" in refused.err) == (11, True)
    failed = tmp_path / "failed.txt"
    assert cli("scenes", "delete", "3", "99", "--yes", "--failed-to", str(failed)).status == 6
    assert failed.read_text() == "99\n"
    assert cli.ok("scenes", "find", "--ids").out == "4\n"


def test_files_are_counted_before_deletion(cli: Cli, pictures: Path) -> None:
    cli.ok("library", "add", str(pictures))
    cli.ok("scan", "--wait", "-q")
    total = sum(path.stat().st_size for path in pictures.iterdir())
    one = cli("images", "delete", "1", "--dry-run")
    assert 'image 1 "p0.png"\n' in one.err
    assert "the image has 1 file, which stays: the next scan makes it again" in one.err
    assert 'image 1 "p0.png"\n' in cli("images", "update", "1", "rating100=5", "--dry-run").err
    kept = cli("images", "delete", "--all", terminal=True, answers="n\n")
    assert "the images have 6 files, which stay: the next scan makes them again" in kept.err
    result = cli("images", "delete", "--all", "--delete-file", terminal=True, answers="y\n")
    assert result.status == 11
    assert f"6 files of {total} B on disk" in result.err
    assert "Type 6 to continue" in result.err
    assert "deleted for good" in result.err
    cli.ok("images", "delete", "--all", "--delete-file", terminal=True, answers="6\n")
    assert not list(pictures.iterdir())


def test_server_can_make_a_backup_first(cli: Cli, library_file: Path) -> None:
    result = cli.ok("scene", "delete", "1", "--yes", "--backup-first")
    assert "backed up" in result.err
    assert len(list(library_file.parent.glob("*.sqlite*"))) > 1


def test_descendants_are_kept(cli: Cli) -> None:
    for name in ("Below", "Lower"):
        cli.ok("tags", "create", "--name", name, "--parent", "1")
    assert "3 tags refer to it and stay" in cli.ok("tags", "delete", "1", "--dry-run").err
    both = cli.ok("tags", "delete", "1", "Below", "--dry-run").err
    assert "2 tags refer to them and stay" in both
