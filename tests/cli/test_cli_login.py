"""Login by key or password, status, switch, logout and token, over a served library with a password."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from cli_support import Cli
from keyrings import MemoryKeyring
from served_library import ask, serve_library, set_password
from terminal import Terminal

from stash_cli.core.profiles import Settings
from stash_cli.core.settings_file import settings_path

PASSWORD = "pass word+77%"
READ = "query { configuration { general { apiKey } } }"


@pytest.fixture
def url(library_file: Path) -> Iterator[str]:
    """URL of a served library with user ada and a password."""
    with serve_library(library_file) as served:
        set_password(served, password=PASSWORD)
        yield served


@pytest.fixture
def key(url: str, library_file: Path) -> str:
    """API key of the served library."""
    made = Cli(f"embedded:{library_file}").ok("api", "--operation", "generateAPIKey", "-F", "input={}")
    return str(json.loads(made.out))


def login(url: str, *args: str, answers: str = "", **environ: str) -> Cli:
    Cli(**environ).ok("login", url, *args, answers=answers)
    return Cli(**environ)


@pytest.mark.parametrize("form", ["{}", "{}\n", "{}\r\nmore\n", "\ufeff{}\n"])
def test_key_from_stdin(form: str, url: str, key: str) -> None:
    cli = login(url, "--with-key", answers=form.format(key))
    assert cli.ok("tags", "count").out == "0\n"
    assert dict(Settings.load().profile("127.0.0.1").values) == {
        "url": url,
        "api_key": key,
        "username": "ada",
    }
    assert settings_path().stat().st_mode & 0o777 == 0o600


WRONG = [
    # words, standard input, exit status, message
    (["--with-key"], "wrong\n", 4, "refused the API key"),
    (["--with-key"], "", 2, "the key is empty"),
    (["--with-key"], "\n", 2, "the key is empty"),
    (["--with-key"], "a\x00b\n", 2, "is no API key"),
    ([], "", 4, "no terminal to ask for the key"),
    (["--username", "ada", "--with-password"], "wrong\n", 4, "refused the user name or the password"),
    (["--username", "eve", "--with-password"], f"{PASSWORD}\n", 4, "refused the user name or the password"),
    (["--username", "ada", "--with-password"], f"{PASSWORD}\n", 11, "confirm with --yes"),
    (["--username", "ada"], f"{PASSWORD}\n", 11, "use --with-password"),
    (["--with-password"], f"{PASSWORD}\n", 2, "needs --username"),
    (["--with-key", "--username", "ada"], "x\n", 2, "does without"),
    (["--with-key", "--api-key-file", "x"], "x\n", 2, "--with-key < FILE"),
]


def test_failed_login_saves_nothing(url: str) -> None:
    for args, answers, status, message in WRONG:
        result = Cli()("login", url, *args, answers=answers)
        assert (result.status, result.out) == (status, ""), result.err
        assert message in result.err
        assert PASSWORD not in result.err
        assert not settings_path().exists()
    assert ask(url, READ).status_code == 401
    assert Cli()("login", "http://127.0.0.1:1", "--with-key", answers="k").status == 5
    assert Cli()("login", "", "--with-key", answers="k").status == 2
    assert not settings_path().exists()


def test_password_login_generates_a_key_once(url: str) -> None:
    words = ("--username", "ada", "--with-password", "--yes")
    login(url, *words, answers=PASSWORD)
    first = Settings.load().profile("127.0.0.1").values["api_key"]
    result = Cli().ok("login", url, *words, "-P", "again", answers=PASSWORD)
    assert "logged in to" in result.err
    assert Settings.load().profile("again").values["api_key"] == first  # an existing key stays valid
    assert Settings.load().default == "127.0.0.1"
    assert "stash auth switch again" in result.err


def test_server_without_a_password_needs_no_key(served_url: str, embedded_url: str) -> None:
    assert "asks for no key" in Cli().ok("login", served_url).err
    assert Cli().ok("tags", "count").out == "0\n"
    assert Cli().ok("login", embedded_url, "-P", "file").err
    assert Cli().ok("tags", "count", "-P", "file").out == "0\n"
    assert Cli()("login", served_url, "--with-key", "-P", "x", answers="k").status == 4


def test_connection_options_are_saved(url: str, key: str) -> None:
    login(url, "--with-key", "--timeout", "7", "--read-only", "-P", "nas", answers=key)
    values = Settings.load().profile("nas").values
    assert (values["timeout"], values["read_only"], values["api_key"]) == (7, True, key)
    assert Cli()("tag", "create", "--name", "X").status == 2


def test_profile_of_another_server_is_not_overwritten(url: str, key: str) -> None:
    Cli().ok("profile", "add", "nas", "http://127.0.0.1:1")
    result = Cli()("login", url, "-P", "nas", "--with-key", answers=key)
    assert (result.status, "for http://127.0.0.1:1" in result.err) == (2, True)
    login(url, "--with-key", answers=key)
    assert Settings.load().names == ["nas", "127.0.0.1"]


def test_overriding_variable_is_reported(url: str, key: str) -> None:
    result = Cli("http://127.0.0.1:1").ok("login", url, "--with-key", "-P", "nas", answers=key)
    assert "STASH_URL is set and wins over profiles: unset it, or use -P nas" in result.err
    assert "STASH_PROFILE is set to x" in Cli(STASH_PROFILE="x").ok("auth", "switch", "nas").err


def test_keyring_stores_the_key_on_request(url: str, key: str) -> None:
    before, mine = keyring.get_keyring(), MemoryKeyring()
    keyring.set_keyring(mine)
    try:
        cli = login(url, "--with-key", "--keyring", answers=key)
        assert list(mine.known.values()) == [key]
        assert key not in settings_path().read_text()
        assert cli.ok("tags", "count").out == "0\n"
        assert '"key": "keyring"' in cli.ok("auth", "status", "--json").out
        cli.ok("login", url, "--with-key", answers=key)
        assert key not in settings_path().read_text()
        cli.ok("auth", "logout")
        assert not mine.known
    finally:
        keyring.set_keyring(before)


def test_status_shows_the_source_and_validity(url: str, key: str) -> None:
    cli = login(url, "--with-key", "-P", "nas", answers=key)
    cli.ok("profile", "add", "off", "http://127.0.0.1:1")
    assert cli.ok("auth", "status", "--json").json == {
        "profile": "nas",
        "chosen_by": "default",
        "server": url,
        "key": "settings file",
        "username": "ada",
        "read_only": False,
        "version": "v0.31.0-embedded",
        "status": "ok",
    }
    assert cli("auth", "status", "-P", "off").status == 5
    everything = cli.ok("auth", "status", "--all", "--json").json
    assert [(each["profile"], each["status"]) for each in everything] == [
        ("nas", "ok"),
        ("off", "unreachable"),
    ]
    assert cli("auth", "status", "--server", url).status == 4
    wrong = Cli(url, STASH_API_KEY="wrong")("auth", "status", "--json")
    assert (wrong.status, wrong.json["key"], wrong.json["status"]) == (4, "STASH_API_KEY", "authentication")
    assert key[-12:] not in cli.ok("auth", "status").out + cli.ok("profile", "show").out


def test_unused_key_is_reported(url: str, key: str) -> None:
    login(url, "--with-key", "-P", "nas", answers=key)
    for cli, args in ((Cli(url), []), (Cli(), ["--server", url])):
        assert "The profile nas has a key for this server: use -P nas." in cli("tags", "count", *args).err


def test_key_is_printed_on_request(url: str, key: str) -> None:
    cli = login(url, "--with-key", answers=key)
    assert cli.ok("auth", "token").out == f"{key}\n"
    assert cli("auth", "token", terminal=True).status == 2
    assert cli.ok("auth", "token", "--show", terminal=True).out == f"{key}\n"
    assert cli("auth", "token", "--server", url).status == 2


def test_switch_and_logout(url: str, key: str) -> None:
    cli = login(url, "--with-key", "-P", "one", answers=key)
    login(url, "--with-key", "-P", "two", answers=key)
    assert f"the default is now two: {url}" in cli.ok("auth", "switch", "two").err
    assert cli("auth", "switch", "three").status == 2
    assert "the server still takes it" in cli.ok("auth", "logout").err
    refused = Cli(STASH_API_KEY=key)("tags", "count")
    assert (refused.status, "Run: stash login -P two" in refused.err) == (4, True)
    assert cli.ok("tags", "count", "-P", "one").out == "0\n"
    assert cli("auth", "logout").status == 3
    cli.ok("auth", "logout", "one")
    assert key not in settings_path().read_text()
    assert Cli("http://x")("auth", "logout").status == 2


def test_login_on_a_terminal(url: str, key: str, own_state: Path) -> None:
    """A wrong key, then the right one; status, switch, logout."""
    with Terminal("login", url) as login:
        login.answer("API key (empty", "wrong-key-77")
        login.answer("API key (empty", key)
        assert login.wait() == 0, login.text
    assert f"{url} refused the API key." in login.text
    assert f"logged in to {url} as ada" in login.text
    with Terminal("auth", "status") as status:
        assert status.wait() == 0
    assert "settings file" in status.text
    with Terminal("login", url, "-P", "nas", "--with-key") as second:
        second.answer("API key: ", key)
        assert second.wait() == 0, second.text
    with Terminal("auth", "switch", "nas") as switch:
        assert switch.wait() == 0
    seen = login.text + status.text + second.text + switch.text
    assert not any(secret in seen for secret in (key, key[-12:], "wrong-key-77"))
    assert files_containing(own_state, key) == [settings_path()]
    for name in ("nas", "127.0.0.1"):
        with Terminal("auth", "logout", name) as logout:
            assert logout.wait() == 0
    assert files_containing(own_state, key) == []
    with Terminal("tags", "count") as count:
        assert count.wait() == 4


def test_password_login_on_a_terminal(url: str, own_state: Path) -> None:
    with Terminal("login") as login:
        login.answer("Server [http://localhost:9999]:", url)
        login.answer("API key (empty", "")
        login.answer("User name:", "ada")
        login.answer("Password:", PASSWORD)
        login.answer(f"generate an API key, which the server lacks (on {url})? [y/N]", "y")
        assert login.wait() == 0, login.text
    assert PASSWORD not in login.text
    assert files_containing(own_state, PASSWORD) == []
    assert Cli().ok("tags", "count").out == "0\n"


def files_containing(folder: Path, secret: str) -> list[Path]:
    """Files below a folder that contain a secret."""
    return [path for path in folder.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]
