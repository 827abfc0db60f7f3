"""`stash profile` and `stash alias`, and defaults of commands."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from cli_support import Cli
from table_tests import table_test

from stash_cli.commands.alias import expand
from stash_cli.core.errors import StashUsageError
from stash_cli.core.profiles import Settings
from stash_cli.core.settings_file import settings_path


@pytest.fixture
def url(small_library: Path, tmp_path: Path) -> str:
    return f"embedded:{shutil.copy(small_library, tmp_path / 'small.sqlite')}"


@pytest.fixture
def nas(url: str) -> Cli:
    """The program with a default profile."""
    Cli().ok("profile", "add", "nas", url)
    return Cli()


def write(text: str) -> None:
    settings_path().parent.mkdir(parents=True, exist_ok=True)
    settings_path().write_text(text, encoding="utf-8")
    settings_path().chmod(0o600)


def values(name: str = "nas") -> dict[str, object]:
    return {key: value for key, value in Settings.load().profile(name).values.items() if key != "url"}


SET = [
    # assignments, resulting profile
    (["timeout=20"], {"timeout": 20}),
    (
        ["timeout=2.5", "read_only=yes", "insecure=false"],
        {"timeout": 2.5, "read_only": True, "insecure": False},
    ),
    (["path_maps./data/a.b=/mnt/a"], {"path_maps": {"/data/a.b": "/mnt/a"}}),
    (["api_key_command=pass show stash"], {"api_key_command": "pass show stash"}),
    (["api_key.env=MY_KEY"], {"api_key": {"env": "MY_KEY"}}),
    (
        ["headers.X-A.command=echo 1", "headers.X-A.shell=true"],
        {"headers": {"X-A": {"command": "echo 1", "shell": True}}},
    ),
    (
        ["basic_auth.username=me", "basic_auth.password.file=p"],
        {"basic_auth": {"username": "me", "password": {"file": "p"}}},
    ),
    (["proxy=http://proxy:3128", "proxy="], {}),
    (["username=ada", "username=", "timeout=1", "timeout="], {}),
]


@table_test(("assignments", "held"), SET)
def test_settings_are_changed(assignments: list[str], held: dict[str, object], nas: Cli) -> None:
    nas.ok("profile", "add", "x", "http://x")
    for each in assignments:
        nas.ok("profile", "set", "x", each)
    assert values("x") == held
    nas.ok("profile", "remove", "x", "--yes")


REFUSED = [
    ("timeout", "is not KEY=VALUE"),
    ("tiemout=5", "tiemout is no setting. Did you mean timeout?"),
    ("timeout=soon", "timeout is a number"),
    ("timeout=-1", "above 0"),
    ("read_only=maybe", "true or false"),
    ("url=http://", "not a server address"),
    ("api_key=k3y-77", "is secret"),
    ("headers.X-A=k3y-77", "is secret"),
    ("headers.Host.env=X", "header Host"),
    ("proxy=http://u:k3y-77@proxy", "is secret"),
    ("basic_auth.password=k3y-77", "is secret"),
    ("path_maps.data=/x", "not a full path"),
    ("defaults.scenes=1", "in the settings file itself"),
]


@table_test(("assignment", "message"), REFUSED)
def test_invalid_settings_are_reported(assignment: str, message: str, nas: Cli) -> None:
    before = settings_path().read_text()
    result = nas("profile", "set", "nas", assignment)
    assert result.status == 2
    assert message in result.err
    assert "k3y-77" not in result.err
    assert settings_path().read_text() == before


def test_secrets_are_read_from_stdin(nas: Cli) -> None:
    for name in ("api_key", "headers.X-A", "proxy", "basic_auth.password"):
        nas.ok("profile", "set", "nas", f"{name}=-", answers="http://u:k3y-77@p\n")
    assert values()["headers"] == {"X-A": "http://u:k3y-77@p"}
    output = nas.ok("profile", "show").out + nas.ok("profile", "show", "--json").out
    assert "k3y-77" not in output
    assert nas("profile", "set", "nas", "api_key=-", answers="\n").status == 2


def test_profiles_are_listed_shown_renamed_and_removed(nas: Cli, url: str) -> None:
    nas.ok("profile", "add", "away", "stash.example", "timeout=5", "api_key_command=pass")
    rows = nas.ok("profile", "list", "--json").json
    assert [(row["name"], row["url"], row["default"], row["key"]) for row in rows] == [
        ("nas", url, True, "none"),
        ("away", "http://stash.example", False, "api_key_command"),
    ]
    assert nas.ok("profile", "show", "away", "--json").json["timeout"] == 5
    assert "its key goes to the new address" in nas.ok("profile", "set", "away", "url=x").err
    nas.ok("profile", "use", "away")
    nas.ok("profile", "rename", "away", "far")
    assert (Settings.load().default, Settings.load().names) == ("far", ["nas", "far"])
    assert nas("profile", "remove", "far").status == 11
    nas.ok("profile", "rm", "far", "-y")
    assert (Settings.load().default, Settings.load().names) == (None, ["nas"])
    nas.ok("profile", "remove", "nas", "-y")
    assert "no profiles; `stash login`" in nas.ok("profile", "ls").err
    for words in (
        ["show", "x"],
        ["set", "x", "timeout=1"],
        ["remove", "x"],
        ["rename", "x", "y"],
        ["use", "x"],
    ):
        assert nas("profile", *words).status == 2


def test_duplicate_and_empty_names_are_rejected(nas: Cli, url: str) -> None:
    assert nas("profile", "add", "nas", url).status == 2
    assert nas("profile", "add", " ", url).status == 2
    assert nas("profile", "rename", "nas", "").status == 2
    assert nas("profile", "add", "x", "http://").status == 2
    assert Settings.load().names == ["nas"]


def test_invalid_profile_is_listed_and_fixed(nas: Cli) -> None:
    write('default = "nas"\n[profiles.nas]\nurl = "http://"\n[profiles.x]\nread_olny = true\n')
    assert nas.ok("profile", "list").out.count("\n") == 3
    nas.ok("profile", "set", "nas", "url=http://x")
    assert nas.ok("profile", "show", "nas").out


WORDS = [
    # an alias, the words after it, the expansion
    (["scenes", "find"], ["lake"], ["scenes", "find", "lake"]),
    (["find", "$1"], ["a b"], ["find", "a b"]),
    (["find", "--tag=$2", "$1"], ["x", "y", "z"], ["find", "--tag=y", "x", "z"]),
    (["find", "$@", "--json"], ["x", "y z"], ["find", "x", "y z", "--json"]),
    (["find", "$2", "$@", "$1"], ["a", "b", "c", "d"], ["find", "b", "c", "d", "a"]),
    (["find", "$$1", "$x", "$0"], [], ["find", "$1", "$x", "$0"]),
    (["find", "q=$@"], ["a", "b"], ["find", "q=a b"]),
    (["find", "$1"], ["$2 `id`"], ["find", "$2 `id`"]),
]


@table_test(("words", "given", "made"), WORDS)
def test_alias_keeps_word_boundaries(words: list[str], given: list[str], made: list[str]) -> None:
    assert expand("a", words, given) == made


def test_alias_without_its_words_is_rejected() -> None:
    with pytest.raises(StashUsageError, match=r"takes \$2, and 1 words follow it"):
        expand("by", ["find", "$2"], ["x"])


def test_aliases_are_set_used_and_removed(nas: Cli, url: str) -> None:
    nas.ok("alias", "set", "best", "scenes find --rating100-gte 80 --sort -title --fields title")
    nas.ok("alias", "set", "named", "scenes find --title-contains $1")
    nas.ok("alias", "set", "outdoor", "--", "scenes", "find", "--tag", "To sort")
    assert nas.ok("best", "--csv").out == "title\nSea\nSand\n"
    assert nas.ok("best", "--limit", "1", "--csv").out == "title\nSea\n"
    assert nas.ok("-q", "named", "un", "--ids").out == "4\n"
    assert "To sort" in nas("outdoor").err
    assert nas.ok("alias", "list", "--json").json[2] == {
        "name": "outdoor",
        "expansion": "scenes find --tag 'To sort'",
        "words": ["scenes", "find", "--tag", "To sort"],
        "profile": None,
    }
    nas.ok("alias", "rm", "best")
    assert nas("best").status == 2
    assert nas("alias", "remove", "best").status == 3


def test_alias_may_begin_with_options_and_belong_to_a_profile(nas: Cli, url: str) -> None:
    nas.ok("alias", "set", "here", "--", "--server", url, "tags", "count")
    assert Cli("http://127.0.0.1:1").ok("here").out == "2\n"
    nas.ok("alias", "set", "mine", "tags count", "-P", "nas")
    assert nas.ok("mine").out == "2\n"
    assert Cli(url)("mine").status == 2
    assert Cli(url).ok("mine", "--profile", "nas").out == "2\n"
    nas.ok("alias", "remove", "mine", "-P", "nas")


def test_alias_cannot_replace_commands_or_name_aliases(nas: Cli) -> None:
    for name in ("scenes", "scene", "help", "alias", "-x", "a b", ""):
        assert nas("alias", "set", name, "tags count").status == 2
    assert nas("alias", "set", "x", "nope").status == 2
    assert nas("alias", "set", "x", "tags 'count").status == 2
    nas.ok("alias", "set", "a", "tags count")
    assert nas("alias", "set", "b", "a").status == 2
    write(settings_path().read_text() + 'loop = ["loop"]\nscenes = ["tags", "count"]\n')
    assert nas("loop").status == 2
    assert nas.ok("scenes", "count").out == "4\n"
    assert "scenes is a command now" in nas.ok("alias", "list").err


DEFAULTS = """
default = "nas"
[profiles.nas]
url = "{url}"
[profiles.nas.defaults.tags.find]
sort = "-name"
[defaults."scenes find"]
fields = ["id", "title"]
sort = "-rating100"
limit = 2
output = "csv"
rating100-gte = 1
[defaults.tag.list]
output = "ids"
[defaults.version]
quiet = true
"""


def test_defaults_apply_unless_a_flag_is_given(url: str) -> None:
    write(DEFAULTS.replace("{url}", url))
    cli = Cli()
    assert cli.ok("scenes", "find").out == "id,title\n1,Sea\n2,Sand\n"
    assert cli.ok("scene", "ls", "--limit", "1").out == "id,title\n1,Sea\n"
    assert cli.ok("scenes", "find", "--json", "--sort", "title").json == [
        {"id": "3", "title": "Rocks"},
        {"id": "2", "title": "Sand"},
    ]
    assert cli.ok("--tsv", "scenes", "find", "--fields", "id", "--rating100-gte=80").out == "id\n1\n2\n"
    assert cli.ok("tags", "find").out == "1\n2\n"
    assert cli.ok("scenes", "count").out == "4\n"
    assert Cli(url).ok("tags", "list").out == "2\n1\n"


def test_defaults_of_unknown_commands_are_reported(url: str) -> None:
    write("[defaults.scnes.find]\nlimit = 5\n")
    assert (
        "defaults of scnes find, which is no command. Did you mean scene" in Cli(url).ok("tags", "count").err
    )


WRONG = [
    ("[defaults.scenes.find]\nlimt = 5", "no such option --limt. Did you mean --limit?"),
    ('[defaults.scenes.find]\nserver = "http://x"', "--server cannot have a default"),
    ("[defaults.scenes.find]\nyes = true", "--yes cannot have a default"),
    ('[defaults.scenes.find]\noutput = "jsno"', "is not one of"),
]


@table_test(("text", "message"), WRONG)
def test_invalid_default_is_reported_with_line(text: str, message: str, url: str) -> None:
    write(text)
    result = Cli(url)("scenes", "find")
    assert result.status == 2
    assert "defaults of scenes find in settings.toml" in result.err
    assert message in result.err
    assert Cli(url).ok("tags", "find", "--json").json
