"""The settings file: its content, the selected connection, and error messages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support import ROOT
from table_tests import table_test

from stash_cli.core.context import StashContext
from stash_cli.core.errors import StashConfigurationError
from stash_cli.core.profiles import Settings, connect
from stash_cli.core.settings_file import settings_path

FILE = """
default = "home"

[profiles.home]
url = "http://nas:9999"
api_key = "home-key"
timeout = 5
path_maps = { "/data" = "/mnt/nas" }
journal = false

[profiles.home.aliases]
best = ["scenes", "find", "rating:80.."]

[profiles.home.defaults.scenes.find]
sort = "-date"

[profiles.open]
url = "http://open:9999"

[profiles.bare]

[aliases]
best = ["tags", "find"]
old = ["scenes", "find"]

[defaults."scenes find"]
limit = 20
sort = "title"

[run.nightly]
steps = ["scan", "clean"]
"""

Write = Callable[[str], Settings]


@pytest.fixture
def write(own_state: Path) -> Write:
    """Write the settings file, and load it."""

    def written(text: str) -> Settings:
        path = settings_path()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        return Settings.load()

    return written


@pytest.mark.parametrize("section", ["The settings file", "Defaults and aliases"])
def test_examples_in_the_guide_are_valid(section: str, write: Write) -> None:
    guide = (ROOT / "docs" / "connections.md").read_text(encoding="utf-8")
    text = guide.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    settings = write(text.partition("```toml\n")[2].partition("```")[0])
    for name in (*settings.names, None):
        settings.profile(name).validate()
    assert settings.content


def test_missing_file_sets_nothing() -> None:
    settings = Settings.load()
    profile = settings.profile(None)
    assert (settings.names, settings.default) == ([], None)
    assert (profile.aliases, profile.runs, profile.defaults, profile.journal) == ({}, {}, {}, True)
    assert profile.path_maps.to_local("/data") == "/data"


def test_profile_extends_the_global_settings(write: Write) -> None:
    home, shared = write(FILE).profile("home"), write(FILE).profile(None)
    assert home.path_maps.to_local("/data/a") == "/mnt/nas/a"
    assert home.aliases == {"best": ["scenes", "find", "rating:80.."], "old": ["scenes", "find"]}
    assert home.defaults == {("scenes", "find"): {"limit": 20, "sort": "-date"}}
    assert home.runs == shared.runs == {"nightly": {"steps": ["scan", "clean"]}}
    assert (home.journal, shared.journal) == (False, True)
    assert shared.aliases["best"] == ["tags", "find"]
    assert "home-key" not in repr(home) + repr(write(FILE))


Facts = dict[str, Any]
SELECTED: list[tuple[Facts, dict[str, str], str, str | None, str | None]] = [
    # flags, environment, the expected server, key and profile
    ({}, {}, "http://nas:9999", "home-key", "home"),
    ({"url": "http://x"}, {"STASH_API_KEY": "env"}, "http://x", "env", None),
    ({"url": "http://x"}, {}, "http://x", None, None),
    ({"url": "http://nas:9999"}, {}, "http://nas:9999", None, None),
    ({"url": "http://x", "profile": "home"}, {"STASH_URL": "http://e"}, "http://x", None, None),
    ({"demo": True}, {"STASH_PROFILE": "home"}, "embedded:demo", None, None),
    (
        {"profile": "open"},
        {"STASH_URL": "http://e", "STASH_API_KEY": "env"},
        "http://open:9999",
        None,
        "open",
    ),
    ({"profile": "home"}, {"STASH_API_KEY": "env"}, "http://nas:9999", "home-key", "home"),
    ({"profile": "home"}, {"STASH_API_KEY_FILE": "/none"}, "http://nas:9999", "home-key", "home"),
    ({}, {"STASH_URL": "http://e"}, "http://e", None, None),
    ({}, {"STASH_URL": "http://e", "STASH_API_KEY": "env", "STASH_PROFILE": "home"}, "http://e", "env", None),
    ({}, {"STASH_PROFILE": "open", "STASH_API_KEY": "env"}, "http://open:9999", None, "open"),
    ({}, {"STASH_API_KEY": "env"}, "http://nas:9999", "home-key", "home"),
    ({"profile": "bare"}, {"STASH_API_KEY": "env"}, "http://localhost:9999", "env", "bare"),
]


@table_test(("flags", "environ", "server", "key", "name"), SELECTED)
def test_connection_comes_from_a_single_source(
    flags: Facts, environ: dict[str, str], server: str, key: str | None, name: str | None, write: Write
) -> None:
    found = connect(write(FILE), flags, environ)
    assert (found.server, found.api_key, found.profile) == (server, key, name)
    assert found.timeout == (5 if name == "home" else 60)


def test_connection_flags_combine_with_any_source(write: Write) -> None:
    found = connect(write(FILE), {"timeout": 1.5, "read_only": True, "insecure": True}, {})
    assert (found.timeout, found.read_only, found.verify, found.api_key) == (1.5, True, False, "home-key")
    with pytest.raises(StashConfigurationError, match="--api-key-file needs --server"):
        connect(write(FILE), {"profile": "home", "api_key_file": "/x"}, {})


def test_variables_for_different_servers_are_reported(write: Write) -> None:
    settings = write(FILE)
    both = {"STASH_URL": "http://e", "STASH_PROFILE": "home"}
    assert "STASH_URL is used" in settings.select({}, both).note
    assert not settings.select({}, both | {"STASH_URL": "nas:9999/graphql"}).note
    assert not settings.select({"profile": "home"}, both).note
    assert "STASH_URL is used" in settings.select({}, both | {"STASH_PROFILE": "gone"}).note


def test_variables_cannot_disable_read_only(write: Write) -> None:
    settings = write('[profiles.home]\nurl = "http://nas:9999"\nread_only = true\n')
    for environ in ({"STASH_URL": "http://nas:9999/"}, {"STASH_PROFILE": "home"}):
        assert connect(settings, {}, environ).read_only
    assert not connect(settings, {}, {"STASH_URL": "http://other"}).read_only
    assert not connect(settings, {"url": "http://nas:9999"}, {}).read_only


def test_library_accepts_profiles(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StashConfigurationError, match="no default profile"):
        StashContext.from_profile()
    write(FILE)
    assert StashContext.from_profile().connection.api_key == "home-key"
    monkeypatch.setenv("STASH_PROFILE", "open")
    monkeypatch.setenv("STASH_URL", "http://e")
    assert StashContext.from_profile().connection.profile == "open"
    assert StashContext.from_profile("home").connection.profile == "home"


BROKEN = [
    # the file, the message
    ("a = \n", "settings.toml line 1, column 5: invalid value."),
    ("[profiles.home\nurl = 1\n", "line 1, column 15: expected ']'"),
    ('default = "x', "at its end: unterminated string."),
    ('defualt = "x"\n', "has an unknown key defualt. Did you mean default or defaults?"),
    ("[profile.home]\n", "has an unknown key profile. Did you mean profiles?"),
    ("default = 5\n", "default has to be text in quotation marks."),
    ("profiles = 5\n", "profiles has to be a table."),
]


@table_test(("text", "message"), BROKEN)
def test_invalid_file_is_reported_with_line(text: str, message: str, write: Write) -> None:
    with pytest.raises(StashConfigurationError) as caught:
        write(text)
    assert message in caught.value.message
    assert "\n" not in caught.value.message


WRONG = [
    # lines of a profile, the message
    ("read_olny = true", "unknown key read_olny. Did you mean read_only?"),
    ("timeout = true", "timeout has to be a number."),
    ('timeout = "5"', "timeout has to be a number."),
    ('read_only = "no"', "read_only has to be true or false."),
    ("url = 5", "url has to be text"),
    ('url = "http://"', "url in [profiles.x] of settings.toml is not a server address"),
    ('api_key = "a"\nkeyring = true', "has api_key and keyring: keep one of them."),
    ('api_key = "a\\nb"', "line breaks"),
    ('api_key = {env = "NOT_SET"}', "the variable NOT_SET, which is not set"),
    (
        'api_key = {comand = "x"}',
        "unknown key comand: it takes one of command, file, env. Did you mean command?",
    ),
    ('api_key_file = "none"', "cannot be read: No such file"),
    ('api_key_command = "false"', "api_key_command in [profiles.x] of settings.toml ended with status 1."),
    ('api_key_command = "no-such-program-here"', "cannot be run: No such file"),
    ('api_key_command = "\'"', "cannot be read: no closing quotation."),
    ('api_key_command = ["printf", "a\\nb"]', "printed 2 lines: it has to print one."),
    ('api_key_command = "true"', "printed nothing."),
    (
        'api_key_command = {command = "echo no entry >&2; exit 3", shell = true}',
        "ended with status 3: no entry.",
    ),
    ('headers = {Host = "x"}', "header Host"),
    ('headers = {"X-A" = 5}', "header X-A in"),
    ('headers = {"X-A" = "a\\nb"}', "header X-A in"),
    ('headers = {"X A" = "a"}', "header X A in"),
    ("headers = 5", "headers has to be a table."),
    ('basic_auth = {username = "me"}', "needs username and password"),
    ('basic_auth = {user = "me"}', "unknown key user. Did you mean username?"),
    ('path_maps = {"/data" = 5}', "path_maps in [profiles.x]"),
    ('path_maps = {"data" = "/x"}', "data is not a full path"),
    ("run = {nightly = 5}", "[run.nightly] has to be a table"),
    ("defaults = {limit = 5}", "limit in [defaults] is for no command."),
    ('aliases = {best = "scenes find"}', "alias best has to be a list of words"),
]


def use_all(settings: Settings) -> None:
    """Connect with the profile x, and read its other settings."""
    connect(settings, {"profile": "x"}, {})
    settings.profile("x").validate()


@table_test(("lines", "message"), WRONG)
def test_invalid_profile_settings_are_reported(lines: str, message: str, write: Write) -> None:
    settings = write(f"[profiles.x]\n{lines}\n")
    with pytest.raises(StashConfigurationError) as caught:
        use_all(settings)
    assert message in caught.value.message
    assert connect(settings, {"url": "http://y"}, {}).server == "http://y"


def test_unknown_profile_suggests_near_names(write: Write) -> None:
    with pytest.raises(StashConfigurationError, match=r"no profile hoem. Did you mean home\?"):
        connect(write(FILE), {}, {"STASH_PROFILE": "hoem"})
    with pytest.raises(StashConfigurationError, match=r"no profile home. There are none\."):
        connect(write(""), {"profile": "home"}, {})


KEYS = [
    # profile lines that provide the key "k3y"
    'api_key = " k3y "',
    'api_key = {env = "MY_KEY"}',
    'api_key = {file = "key.txt"}',
    'api_key = {command = "echo k3y"}',
    'api_key_file = "key.txt"',
    'api_key_file = "~/key.txt"',
    'api_key_command = "echo k3y"',
    "api_key_command = \"printf '%s\\\\r\\\\n' k3y\"",
    'api_key_command = ["echo", "k3y"]',
    'api_key_command = {command = "echo k3x | tr x y", shell = true}',
    "api_key_command = \"sh -c 'echo noise >&2; echo k3y'\"",
]


@table_test("lines", KEYS)
def test_key_is_read_from_its_source(lines: str, write: Write, own_state: Path) -> None:
    settings = write(f"[profiles.x]\n{lines}\n")
    for folder in (own_state, settings.path.parent):
        folder.joinpath("key.txt").write_bytes(b"\xef\xbb\xbfk3y\r\n")
    assert connect(settings, {"profile": "x"}, {"MY_KEY": "k3y"}).api_key == "k3y"


def test_key_command_runs_without_shell_and_stdin(write: Write) -> None:
    settings = write(
        "[profiles.x]\napi_key_command = \"echo $HOME;id\"\n[profiles.y]\napi_key_command = 'cat'\n"
    )
    assert connect(settings, {"profile": "x"}, {}).api_key == "$HOME;id"
    with pytest.raises(StashConfigurationError, match="printed nothing"):
        connect(settings, {"profile": "y"}, {})


def test_headers_and_passwords_have_the_same_sources(write: Write) -> None:
    settings = write(
        """[profiles.x]
proxy = {env = "MY_PROXY"}
basic_auth = {username = "me", password = {command = "echo word"}}
headers = {"CF-Access-Client-Id" = "id", "CF-Access-Client-Secret" = {env = "CF"}}
"""
    )
    found = connect(settings, {"profile": "x"}, {"MY_PROXY": "http://u:p%40ss@proxy:1", "CF": "s3cret"})
    assert dict(found.headers) == {
        "CF-Access-Client-Id": "id",
        "CF-Access-Client-Secret": "s3cret",
        "Authorization": "Basic bWU6d29yZA==",
    }
    assert found.proxy == "http://u:p%40ss@proxy:1"
    assert {"s3cret", "p@ss", "p%40ss", "word", "bWU6d29yZA=="} <= set(found.secrets)
    assert not [secret for secret in found.secrets if len(secret) > 2 and secret in repr(found)]


def test_world_readable_secrets_are_reported(write: Write) -> None:
    settings = write(FILE)
    assert not settings.exposed
    settings.path.chmod(0o640)
    assert settings.exposed
    assert not Settings(settings.path, {"profiles": {"x": {"url": "http://x"}}}).exposed


@table_test("encoding", ["utf-8-sig", "utf-16"])
def test_windows_encodings_are_read(encoding: str, write: Write) -> None:
    write("").path.write_bytes(FILE.replace("\n", "\r\n").encode(encoding))
    assert Settings.load().default == "home"


def test_binary_file_is_reported(write: Write) -> None:
    write("").path.write_bytes(b"a = 1\nb = '\xff'\n")
    with pytest.raises(StashConfigurationError, match=r"line 2 is not text"):
        Settings.load()
