"""Edits of the settings file keep comments, mode, owner and links, and are atomic."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from stash_cli.core import settings_edit
from stash_cli.core.errors import StashConfigurationError
from stash_cli.core.profiles import Settings
from stash_cli.core.settings_edit import editing, remove_profile, rename_profile, set_alias, set_values
from stash_cli.core.settings_file import settings_path

MINE = """# my servers
default = "home"  # the NAS

[profiles.home]  # behind the door
url = "http://nas:9999"
# the key is in pass
headers = {X-A = "1"}

[aliases]
best = ["scenes", "find"]  # I like it

[profiles.away]
url = "http://away"
"""


@pytest.fixture
def path(own_state: Path) -> Path:
    found = settings_path()
    found.parent.mkdir(parents=True, exist_ok=True)
    found.write_text(MINE, encoding="utf-8")
    return found


def test_comments_are_kept(path: Path) -> None:
    with editing() as document:
        set_values(
            document,
            "home",
            {("timeout",): 5, ("headers", "X-B", "env"): "B", ("path_maps", "/data"): "/mnt"},
        )
        set_values(document, "new", {("url",): "http://new"})
        set_alias(document, "tags", ["tags", "list"])
        set_alias(document, "mine", ["scenes"], "away")
    text = path.read_text(encoding="utf-8")
    assert all(each in text for each in ("# my servers", "# the NAS", "# behind the door", "# I like it"))
    settings = Settings.load()
    home = dict(settings.profile("home").values)
    assert (home["timeout"], home["headers"], home["path_maps"]) == (
        5,
        {"X-A": "1", "X-B": {"env": "B"}},
        {"/data": "/mnt"},
    )
    assert settings.names == ["home", "new", "away"]
    assert settings.profile("away").aliases == {
        "best": ["scenes", "find"],
        "tags": ["tags", "list"],
        "mine": ["scenes"],
    }
    with editing() as document:
        set_values(
            document, "home", {("timeout",): None, ("headers", "X-B"): None, ("path_maps", "/data"): None}
        )
        remove_profile(document, "new")
        set_alias(document, "tags", None)
        set_alias(document, "mine", None, "away")
    assert Settings.load().content == {
        "default": "home",
        "profiles": {
            "home": {"url": "http://nas:9999", "headers": {"X-A": "1"}},
            "away": {"url": "http://away"},
        },
        "aliases": {"best": ["scenes", "find"]},
    }
    assert "# the key is in pass" in path.read_text(encoding="utf-8")


def test_unchanged_settings_write_nothing(path: Path) -> None:
    before = path.stat()
    with editing() as document:
        set_values(document, "home", {("url",): "http://nas:9999", ("timeout",): None})
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_profiles_are_renamed_and_removed(path: Path) -> None:
    with editing() as document:
        rename_profile(document, "home", "the nas")
    assert (Settings.load().default, Settings.load().names) == ("the nas", ["away", "the nas"])
    assert "# behind the door" in path.read_text(encoding="utf-8")
    with editing() as document:
        remove_profile(document, "the nas")
    assert (Settings.load().default, Settings.load().names) == (None, ["away"])


def test_first_profile_becomes_the_default(path: Path) -> None:
    path.unlink()
    for name in ("one", "two"):
        with editing() as document:
            set_values(document, name, {("url",): f"http://{name}"})
    assert (Settings.load().default, Settings.load().names) == ("one", ["one", "two"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_inline_table_accepts_profiles(path: Path) -> None:
    path.write_text('profiles = {home = {url = "http://x"}}\n', encoding="utf-8")
    with editing() as document:
        set_values(document, "new", {("url",): "http://new", ("headers", "A"): "1"})
    assert Settings.load().profile("new").values == {"url": "http://new", "headers": {"A": "1"}}


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o400])
def test_mode_and_links_are_kept(mode: int, path: Path, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles" / "stash.toml"
    real.parent.mkdir()
    path.rename(real)
    real.chmod(mode)
    path.symlink_to(real)
    with editing() as document:
        set_values(document, "home", {("timeout",): 5})
    assert path.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == mode
    assert Settings.load().profile("home").values["timeout"] == 5


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
def test_owner_is_kept(path: Path) -> None:
    os.chown(path, 1234, 2345)
    with editing() as document:
        set_values(document, "home", {("timeout",): 5})
    assert (path.stat().st_uid, path.stat().st_gid) == (1234, 2345)


def test_line_endings_are_kept(path: Path) -> None:
    path.write_bytes(b'\xef\xbb\xbf# mine\r\ndefault = "x"\r\n')
    with editing() as document:
        set_values(document, "x", {("url",): "http://x"})
    assert path.read_bytes() == b'# mine\r\ndefault = "x"\r\n\r\n[profiles.x]\r\nurl = "http://x"\r\n'


def test_failure_keeps_the_old_file(path: Path) -> None:
    def fail() -> None:
        with editing() as document:
            set_values(document, "home", {("timeout",): 5})
            raise ValueError

    with pytest.raises(ValueError):
        fail()
    assert path.read_text(encoding="utf-8") == MINE
    assert sorted(each.name for each in path.parent.iterdir() if "settings" in each.name) == [
        "settings.toml",
        "settings.toml.lock",
    ]


def test_invalid_file_is_reported_and_kept(path: Path) -> None:
    path.write_text("[profiles.home\n", encoding="utf-8")
    with pytest.raises(StashConfigurationError, match="line 1, column 15"), editing():
        pass
    assert path.read_text(encoding="utf-8") == "[profiles.home\n"


def test_unwritable_folder_is_reported(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(path))
    with (
        pytest.raises(StashConfigurationError, match=r"cannot be written: (Not a directory|File exists)"),
        editing(),
    ):
        pass


def test_concurrent_writers_are_serialized(path: Path) -> None:
    def write(number: int) -> None:
        with editing() as document:
            set_values(document, f"p{number}", {("url",): f"http://p{number}"})

    writers = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    assert set(Settings.load().names) == {"home", "away", *(f"p{number}" for number in range(8))}


def test_blocked_lock_times_out(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings_edit, "LOCK_TIMEOUT", 0.1)
    writing = editing()
    writing.__enter__()
    with pytest.raises(StashConfigurationError, match="being changed by another program"), editing():
        pass
    writing.__exit__(None, None, None)
    with editing():
        pass
