"""Profiles of the settings file in commands: connection, path maps, notes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_support import Cli, RequestRecorder

from stash_cli.core.settings_file import settings_path

Write = Callable[..., Path]


@pytest.fixture
def write(own_state: Path) -> Write:
    """Write the settings file of this test."""

    def written(text: str, mode: int = 0o600) -> Path:
        path = settings_path()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        return path

    return written


@pytest.fixture
def library(small_library: Path, tmp_path: Path) -> str:
    return f"embedded:{shutil.copy(small_library, tmp_path / 'small.sqlite')}"


def test_profile_is_selected_by_flag_variable_and_default(library: str, write: Write) -> None:
    write(
        f'default = "home"\n[profiles.home]\nurl = "{library}"\n[profiles.off]\nurl = "http://127.0.0.1:1"\n'
    )
    assert Cli().ok("tags", "count").out == "2\n"
    assert Cli(STASH_PROFILE="off")("tags", "count").status == 5
    assert Cli(STASH_PROFILE="off").ok("tags", "count", "-P", "home").out == "2\n"
    assert Cli("http://127.0.0.1:1").ok("-Phome", "tags", "count").out == "2\n"
    assert Cli().ok("tags", "count", "--profile=off", "--server", library).out == "2\n"


def test_unknown_profile_is_reported(library: str, write: Write) -> None:
    write(f'[profiles.home]\nurl = "{library}"\n')
    result = Cli()("tags", "count", "-P", "hoem")
    assert (result.status, result.out) == (2, "")
    assert "There is no profile hoem. Did you mean home?" in result.err


def test_used_variable_of_two_is_reported(library: str, write: Write) -> None:
    write('[profiles.off]\nurl = "http://127.0.0.1:1"\n')
    both = Cli(library, STASH_PROFILE="off")
    assert "STASH_URL is used" in both.ok("tags", "count").err
    assert both.ok("tags", "count", "-q").err == ""
    assert both.ok("tags", "count", "--server", library).err == ""


def test_invalid_file_stops_only_commands_that_need_it(library: str, write: Write) -> None:
    write("[profiles.home\n")
    result = Cli()("tags", "count")
    assert (result.status, len(result.err.splitlines())) == (2, 2)
    assert "settings.toml line 1, column 15: expected ']'" in result.err
    for cli, args in ((Cli(), ["--server", library]), (Cli(library), [])):
        assert cli.ok("tags", "count", *args).out == "2\n"
        assert "settings.toml line 1" in cli.ok("tags", "count", *args).err
    assert "no such command: tgas" in Cli()("tgas", "count", "--server", library).err


def test_unreadable_file_is_an_error(library: str, write: Write) -> None:
    path = write("")
    path.unlink()
    path.symlink_to(path)
    result = Cli()("tags", "count")
    assert (result.status, "settings.toml cannot be read: Too many levels" in result.err) == (2, True)
    assert Cli().ok("tags", "count", "--server", library).out == "2\n"
    path.unlink()
    path.symlink_to(path.with_name("none"))
    assert Cli().ok("tags", "count", "--server", library).err == ""


def test_profile_key_is_sent_to_its_server_only(write: Write) -> None:
    with RequestRecorder() as own, RequestRecorder() as other:
        write(
            f'default = "p"\n[profiles.p]\nurl = "{own.url}"\napi_key = "k3y"\n'
            'headers = {"X-A" = "s3cret"}\n'
        )
        Cli()("tags", "count")
        Cli()("tags", "count", "--server", own.url)
        Cli(other.url)("tags", "count")
        Cli()("tags", "count", "--server", other.url)
    sent = [(head["ApiKey"], head["X-A"]) for head in own.heads]
    assert sent == [("k3y", "s3cret"), (None, None)]
    assert {(head["ApiKey"], head["X-A"]) for head in other.heads} == {(None, None)}


def test_read_only_profile_rejects_changes(library: str, write: Write) -> None:
    write(f'default = "p"\n[profiles.p]\nurl = "{library}"\nread_only = true\n')
    for cli in (Cli(), Cli(library), Cli(STASH_PROFILE="p")):
        result = cli("tag", "create", "--name", "X")
        assert result.status == 2
        assert "read-only" in result.err
        assert "profile p" in result.err
    assert Cli().ok("tags", "count").out == "2\n"


def test_world_readable_secrets_are_reported(library: str, write: Write) -> None:
    path = write(f'default = "p"\n[profiles.p]\nurl = "{library}"\napi_key = "k3y"\n', 0o644)
    assert f"chmod 600 {path}" in Cli().ok("tags", "count").err


@pytest.fixture
def scanned(pictures: Path, library_file: Path) -> str:
    """A library with pictures."""
    url = f"embedded:{library_file}"
    Cli(url).ok("library", "add", str(pictures))
    Cli(url).ok("scan", "--wait", "-q")
    return url


def test_local_paths_are_shown(scanned: str, pictures: Path, write: Write) -> None:
    write(f'default = "p"\n[profiles.p]\nurl = "{scanned}"\npath_maps = {{"{pictures}" = "/mnt/p"}}\n')
    assert Cli().ok("images", "find", "--paths", "--limit", "2").out == "/mnt/p/p0.png\n/mnt/p/p1.png\n"
    assert Cli(scanned).ok("images", "find", "--paths", "--limit", "1").out == f"{pictures}/p0.png\n"
    assert str(pictures) in Cli().ok("images", "find", "--json", "--fields", "visual_files.path").out


def test_given_paths_are_mapped_to_the_server(
    scanned: str, pictures: Path, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    write(f'default = "p"\n[profiles.p]\nurl = "{scanned}"\npath_maps = {{"{pictures}" = "{here}"}}\n')
    monkeypatch.chdir(here)
    assert f'"{pictures}/p0.png"' in Cli().ok("scan", "p0.png", "--wait", "-v").err
    assert f"{pictures} is already" in Cli().ok("library", "add", ".").err
    assert f"{tmp_path} is not in a media folder" in Cli()("scan", "..").err
