"""Shell completion: candidates, how shells insert them, cost, and cache files."""

from __future__ import annotations

import json
import os
import shutil
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_support import Cli, run_process
from fault_proxy import FaultProxy
from served_library import serve_library
from shells import START, Shell, is_installed
from support import ROOT
from table_tests import table_test

from stash_cli.commands.argv.completion_names import NameCache
from stash_cli.commands.argv.completion_shells import Line
from stash_cli.commands.argv.completion_values import Candidate, matching

NAMES = [
    "To sort",
    "Re: zero",
    "O'Brien",
    'Say "hi"',
    "Paren (x)",
    "Cost $5",
    "Wow!",
    "🎬 film",
    "AC/DC",
    "semi;colon",
    "日本",
    "2024",
    "Back\\slash",
    "star*",
    "br[ack]",
    "-dash",
    "two  spaces",
    "tick`s",
    "~home",
    "pre=fix",
]
KEY = "s3cret-key-of-a-server"


def completions(cli: Cli, *words: str) -> list[str]:
    """Completion candidates."""
    result = cli.ok(*words)
    assert result.err == ""
    return [line.split("\t")[0] for line in result.out.splitlines()]


def wait_for_completions(cli: Cli, *words: str, expected: str) -> list[str]:
    """Completion candidates, once the background process has asked the server."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if expected in (found := completions(cli, *words)):
            return found
    raise AssertionError(f"{expected} is not among {found}")


@pytest.fixture(scope="module")
def named_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with a tag for each of NAMES."""
    path = tmp_path_factory.mktemp("named") / "names.sqlite"
    cli = Cli(f"embedded:{path}")
    made = [("tag", name) for name in NAMES] + [
        ("performer", "Ann"),
        ("studio", "Acme"),
        ("group", "Trilogy"),
    ]
    rows = (
        f"a{at}: {kind}Create(input: {{name: {json.dumps(name)}}}) {{ id }}"
        for at, (kind, name) in enumerate(made)
    )
    cli.ok("api", f"mutation {{ {' '.join(rows)} }}")
    return path


@pytest.fixture(scope="module")
def named_url(named_library: Path) -> Iterator[str]:
    """The named library over HTTP, because the background process starts faster for a URL."""
    with serve_library(named_library) as url:
        yield url


@pytest.fixture
def tab(named_url: str) -> Cli:
    """A completion environment in which a command has already used the server."""
    Cli(named_url).ok("version")
    return Cli(named_url, _STASH_COMPLETE="1")


def write_names_cache(cli: Cli, kind: str, names: list[str]) -> NameCache:
    """Write these names to the completion cache."""
    cache = NameCache(kind, [], cli.environ)
    cache.write(names)
    return cache


def test_object_names_are_completed(tab: Cli) -> None:
    names = wait_for_completions(tab, "tag", "show", "", expected="To sort")
    assert set(names) == {*NAMES, "name:2024"} - {"-dash", "2024"}
    assert completions(tab, "tag", "show", "--", "-d") == ["-dash"]
    assert completions(tab, "scenes", "find", "--tag", "To") == ["To sort"]
    assert completions(tab, "scenes", "find", "--tag=To") == ["--tag=To sort"]
    assert completions(tab, "scenes", "find", "--no-tag", "to") == ["To sort"]
    assert completions(tab, "scenes", "update", "1", "--add-tag", "AC") == ["AC/DC"]
    assert completions(tab, "scenes", "find", "--performers-tag", "AC") == ["AC/DC"]
    assert wait_for_completions(tab, "performer", "show", "A", expected="Ann") == ["Ann"]
    assert wait_for_completions(tab, "scenes", "create", "--studio", "", expected="Acme") == ["Acme"]
    assert wait_for_completions(tab, "groups", "delete", "", expected="Trilogy") == ["Trilogy"]


@table_test(
    ("words", "found"),
    [
        ("scenes find --sort -rat", ["-rating"]),
        ("scenes find --sort rating,-cre", ["rating,-created_at"]),
        ("tags find --sort ran", ["random"]),
        ("scenes find --fields id,tit", ["id,title"]),
        ("scenes find --fields studio.na", ["studio.name"]),
        ("scenes find --fields performers.tags.na", ["performers.tags.name"]),
        ("scenes find --output=js", ["--output=json", "--output=jsonl"]),
        ("performers create --gender FEM", ["FEMALE"]),
        ("scenes find --limit ", []),
        ("scene show ", []),
        ("jobs wait ", []),
    ],
)
def test_other_values_are_completed(words: str, found: list[str], offline: Cli) -> None:
    offline.environ["_STASH_COMPLETE"] = "1"
    assert completions(offline, *words.split(" ")) == found


@table_test(
    ("word", "found"),
    [
        ("tag:To", ["tag:To sort"]),
        ("-tag:To", ["-tag:To sort"]),
        ("^tag:To", ["^tag:To sort"]),
        ("tag:Re", ['tag:"Re: zero"']),
        ('tag:"To', ['tag:"To sort"']),
        ("tag:20", []),
        ("tag:name", ["tag:name:2024"]),
        ("tag:AC", ['tag:"AC/DC"']),
        ("tag:To sort,AC", ['tag:To sort,"AC/DC"']),
        ("performers.co", ["performers.country:"]),
        ("performers:(cou", ["performers:(country:"]),
        ("performers:(country:JP tag:To", ['performers:(country:JP tag:"To sort"']),
        ("performers.gender:FEM", ["performers.gender:FEMALE"]),
        ("is:org", ["is:organized"]),
        ("organized:", ["organized:yes", "organized:no"]),
        ("missing:cov", ["missing:cover"]),
        ("no:studio", ["no:studio", "no:studios"]),
        ("sort:-rat", ["sort:-rating"]),
        ("rating:", []),
        ("nonsense:", []),
        ("nonsense.x", []),
        ("organ", ["organized:"]),
        ("-organ", ["-organized:"]),
        ("lim", ["limit:"]),
    ],
)
def test_query_words_are_completed(word: str, found: list[str], tab: Cli) -> None:
    write_names_cache(tab, "Tag", NAMES)
    assert completions(tab, "scenes", "find", word) == found


def test_quoted_query_is_completed(tab: Cli) -> None:
    write_names_cache(tab, "Tag", NAMES)
    assert completions(tab, "scenes", "find", "--where", "rating:80.. tag:To") == [
        'rating:80.. tag:"To sort"'
    ]
    assert completions(tab, "scenes", "find", "--where=organ") == ["--where=organized:"]


def test_saved_filter_names_are_completed(embedded_url: str) -> None:
    cli = Cli(embedded_url)
    save = 'mutation { saveFilter(input: {mode: SCENES, name: "To watch"}) { id } }'
    cli.ok("api", save)
    tab = Cli(embedded_url, _STASH_COMPLETE="1")
    assert wait_for_completions(tab, "filters", "show", "To", expected="To watch") == ["To watch"]
    found = wait_for_completions(tab, "scenes", "find", "saved:To", expected="saved:To watch")
    assert found == ["saved:To watch"]


BOX = """mutation { configureGeneral(input: {stashBoxes: [
  {name: "first box", endpoint: "https://box.example.org/graphql", api_key: "s3cret"}]}) { apiKey } }"""


def test_scraper_and_stash_box_names_are_completed(embedded_url: str) -> None:
    Cli(embedded_url).ok("api", BOX)
    tab = Cli(embedded_url, _STASH_COMPLETE="1")
    assert wait_for_completions(tab, "scenes", "scrape", "--with", "", expected="sidecar") == ["sidecar"]
    boxes = wait_for_completions(tab, "performers", "scrape", "--stash-box", "", expected="first box")
    assert boxes == completions(tab, "stashbox", "validate", "") == ["first box"]
    sources = wait_for_completions(tab, "identify", "--source", "", expected="sidecar")
    assert sources == ["first box", "sidecar"]
    endpoint = "https://box.example.org/graphql"
    words = ("stashbox", "tag-tags", "--stash-box-endpoint", "")
    assert wait_for_completions(tab, *words, expected=endpoint) == [endpoint]


def test_profile_and_alias_names_are_completed(own_state: Path) -> None:
    folder = own_state / "stash-cli"
    folder.mkdir()
    text = '[profiles.home]\nurl = "http://127.0.0.1:1"\n[profiles.away]\nurl = "http://127.0.0.1:2"\n'
    text += '[aliases]\nbest = ["scenes", "find", "rating:80.."]\n'
    (folder / "settings.toml").write_text(text)
    tab = Cli(_STASH_COMPLETE="1")
    assert completions(tab, "best") == ["best"]
    assert completions(tab, "-P", "h") == ["home"]
    assert completions(tab, "scenes", "find", "--profile=aw") == ["--profile=away"]


def test_profile_with_a_key_command_is_not_asked(served_url: str, own_state: Path, tmp_path: Path) -> None:
    Cli(served_url).ok("tags", "create", "--name", "A")
    folder, ran = own_state / "stash-cli", tmp_path / "ran"
    folder.mkdir(exist_ok=True)
    text = f'[profiles.home]\nurl = "{served_url}"\napi_key_command = ["touch", "{ran}"]\n'
    (folder / "settings.toml").write_text(text)
    tab = Cli(_STASH_COMPLETE="1")
    assert completions(tab, "-P", "home", "tag", "show", "") == []
    wait_for_cache(own_state, 1)
    assert not ran.exists()


def test_many_names_require_a_prefix(embedded_url: str) -> None:
    cli = Cli(embedded_url, _STASH_COMPLETE="1")
    write_names_cache(cli, "Tag", [f"tag {number}" for number in range(10_000)])
    assert len(completions(cli, "tag", "show", "tag 22")) == 111
    assert completions(cli, "tag", "show", "tag 2") == []


def test_only_known_servers_are_asked_and_keys_are_not_stored(served_url: str, own_state: Path) -> None:
    with FaultProxy(served_url) as proxy:
        cli = Cli(proxy.url)
        tab = Cli(proxy.url, _STASH_COMPLETE="1")
        assert completions(tab, "tag", "show", "") == []
        [file] = wait_for_cache(own_state, 1)
        assert json.loads(file.read_text())["names"] == []
        assert proxy.requests == []
        cli.ok("tag", "create", "--name", "Outdoor")
        file.unlink()
        assert wait_for_completions(tab, "tag", "show", "O", expected="Outdoor") == ["Outdoor"]
        asked = len(proxy.requests)
        assert completions(tab, "tag", "show", "") == ["Outdoor"]
        assert len(proxy.requests) == asked
    keyed = Cli(proxy.url, _STASH_COMPLETE="1", STASH_API_KEY=KEY)
    assert completions(keyed, "tag", "show", "") == []
    for file in wait_for_cache(own_state, 2):
        assert KEY not in file.name + file.read_text()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def wait_for_cache(state: Path, count: int) -> list[Path]:
    """Wait for this many files of cached names; return them."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        data = list(state.rglob("completion/*.json"))
        if len(data) == count and not list(state.rglob("completion/*.lock")):
            return data
        time.sleep(0.02)
    raise AssertionError(f"{count} files are expected: {data}")


def test_stale_names_are_offered_during_a_refresh(tab: Cli, own_state: Path) -> None:
    file = write_names_cache(tab, "Group", ["Old"]).path
    kept = json.loads(file.read_text()) | {"at": time.time() - 3600}
    file.write_text(json.dumps(kept))
    assert completions(tab, "group", "show", "") == ["Old"]
    wait_for_completions(tab, "group", "show", "", expected="Trilogy")


def test_corrupt_cache_is_ignored(tab: Cli) -> None:
    cache = write_names_cache(tab, "Group", ["Old"])
    for text in ("{", "[]", '{"format": 1}', '{"format": 1, "names": 3, "at": 0}', "\udcff"):
        cache.path.write_text(text, errors="surrogateescape")
        assert cache._read() == ([], float("inf"))
    wait_for_completions(tab, "group", "show", "", expected="Trilogy")


@table_test(
    ("typed", "words", "value", "kept", "quote"),
    [
        ("stash tag sh", ["stash", "tag"], "sh", "", ""),
        ("stash tag ", ["stash", "tag"], "", "", ""),
        (r"stash To\ s", ["stash"], "To s", "", ""),
        ("stash 'To s", ["stash"], "To s", "", "'"),
        ('stash tag:"To s', ["stash"], "tag:To s", "tag:", '"'),
        ('stash "a \\" b" c', ["stash", 'a " b'], "c", "", ""),
        ("stash --tag=Re: z", ["stash", "--tag=Re:"], "z", "", ""),
        (r"stash --tag=Re:\ z", ["stash"], "--tag=Re: z", "--tag=Re:", ""),
        ("stash '' x", ["stash", ""], "x", "", ""),
    ],
)
def test_lines_are_split_as_in_bash(typed: str, words: list[str], value: str, kept: str, quote: str) -> None:
    line = Line.parse(typed, " \t\n\"'><=;|&(:")
    assert (list(line.words), line.value, line.kept, line.quote) == (words, value, kept, quote)


def test_bash_options() -> None:
    assert Line((), "a").insertions([Candidate("a b"), Candidate("ab")]) == ["", r"a\ b", "ab"]
    assert Line((), "a").insertions([Candidate("ab.", more=True)])[0] == "nospace"
    assert Line((), "a").insertions([Candidate(":files")]) == ["files"]


def test_case_insensitive_match_is_the_fallback() -> None:
    assert matching(["Zoom", "zoo"], "zo") == ["zoo"]
    assert matching(["Zoom", "ZOO"], "zo") == ["Zoom"]
    assert matching(["Zoom", "ZOO"], "") == ["Zoom", "ZOO"]


# --- real shells ---


@pytest.fixture
def stash_environment(named_library: Path, tmp_path: Path, own_state: Path) -> dict[str, str]:
    """An environment with `stash` in PATH and the names of the library in the cache."""
    programs = tmp_path / "bin"
    programs.mkdir()
    program = programs / "stash"
    program.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m stash_cli "$@"\n')
    program.chmod(0o755)
    url = f"embedded:{named_library}"
    write_names_cache(Cli(url), "Tag", NAMES)
    kept = {name: os.environ[name] for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")}
    # Without this folder, fish's first start generates completions from man pages in the background.
    (Path(kept["XDG_DATA_HOME"]) / "fish" / "generated_completions").mkdir(parents=True)
    return {"PATH": f"{programs}:{os.environ['PATH']}", "STASH_URL": url, "LC_ALL": "C.UTF-8", **kept}


@pytest.fixture(params=["bash", "zsh", "fish"])
def shell(
    request: pytest.FixtureRequest, stash_environment: dict[str, str], tmp_path: Path
) -> Iterator[Shell]:
    if not is_installed(request.param):
        pytest.skip(f"{request.param} is not installed")
    script = {"bash": "stash.bash", "zsh": "_stash", "fish": "stash.fish"}[request.param]
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a video.mp4").touch()
    with Shell(request.param, stash_environment, tmp_path / "folder") as opened:
        opened.run(f"source {ROOT}/completions/{script}")
        yield opened


TYPED = (
    # the typed text before Tab, the resulting words of the line
    ("stash tag show Re:", ["tag", "show", "Re: zero"]),
    ("stash tag show 'O", ["tag", "show", "O'Brien"]),
    ('stash tag show "Say', ["tag", "show", 'Say "hi"']),
    ('stash tag show "Wow', ["tag", "show", "Wow!"]),
    (r"stash tag show To\ s", ["tag", "show", "To sort"]),
    ("stash tag show -- -d", ["tag", "show", "--", "-dash"]),
    ("stash scenes find --tag=🎬", ["scenes", "find", "--tag=🎬 film"]),
    ("stash scenes find -tag:AC", ["scenes", "find", '-tag:"AC/DC"']),
    ("stash scenes find performers.coun", ["scenes", "find", "performers.country:"]),
    ("stash library add a", ["library", "add", "a video.mp4"]),
    ("stash scene show a", ["scene", "show", "a"]),
)
MORE = (
    ("stash tag sh", ["tag", "show"]),
    ('stash tag show "Cost', ["tag", "show", "Cost $5"]),
    ("stash scenes find --tag pre", ["scenes", "find", "--tag", "pre=fix"]),
    ("stash scenes find --fields id,stu", ["scenes", "find", "--fields", "id,studio"]),
    ("stash scenes find --sort -rat", ["scenes", "find", "--sort", "-rating"]),
    ("stash scenes find tag:To", ["scenes", "find", "tag:To sort"]),
    ("stash scenes find 'tag:To", ["scenes", "find", "tag:To sort"]),
)
"""Typed with STASH_CLI_ALL_NAMES=1, like all names; one Tab takes 0.1 s."""


def test_shells_insert_completed_words(shell: Shell) -> None:
    everything = bool(os.environ.get("STASH_CLI_ALL_NAMES"))
    rows = TYPED + (MORE if everything else ())
    completed = {typed: shell.completed_words(typed) for typed, _ in rows}
    assert completed == {typed: ["stash", *words] for typed, words in rows}
    assert "create" in shell.shown_candidates("stash tag ")
    for name in NAMES if everything else ("Back\\slash", "br[ack]", "~home"):
        if name not in ("2024", "-dash"):
            beginning = name[:1] if name[1] in " '" else name[:2]
            typed = f"stash tag show {beginning.replace('~', chr(39) + '~')}"
            assert shell.completed_words(typed)[1:] == ["tag", "show", name]


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_installed_script_is_loaded_by_new_shells_until_removed(
    name: str, stash_environment: dict[str, str], tmp_path: Path
) -> None:
    if not is_installed(name):
        pytest.skip(f"{name} is not installed")
    home = Path(stash_environment["HOME"])
    startup = {"bash": home / ".bashrc", "zsh": home / ".zshrc", "fish": None}[name]
    if startup is not None:
        startup.write_text("export KEPT=1\n")
    cli = Cli(**stash_environment, SHELL=f"/bin/{name}")
    stderr = cli.ok("completion", "install").err
    assert str(home) in stderr
    cli.ok("completion", "install")  # installing twice changes nothing
    interactive = {"bash": ["bash", "-i"], "zsh": ["zsh", "-i"], "fish": ["fish", "-i"]}[name]
    with Shell(name, stash_environment, tmp_path, interactive) as opened:
        assert opened.completed_words("stash tag show To") == ["stash", "tag", "show", "To sort"]
    cli.ok("completion", "uninstall")
    assert startup is None or startup.read_text() == "export KEPT=1\n"
    assert not [file for file in home.rglob("*stash*") if file.is_file() and "cache" not in str(file)]
    assert "not installed" in cli.ok("completion", "uninstall").err


def test_install_errors(tmp_path: Path, own_state: Path) -> None:
    result = Cli(SHELL="/bin/tcsh")("completion", "install")
    assert result.status == 2
    assert "bash, zsh, fish, powershell" in result.err
    (own_state / ".bashrc").mkdir()
    result = Cli(SHELL="/bin/bash")("completion", "install")
    assert result.status == 1
    assert ".bashrc" in result.err


def test_completion_never_runs_another_program_called_stash(tmp_path: Path, own_state: Path) -> None:
    binary = tmp_path / "stash"
    binary.write_bytes(b"\x7fELF")
    binary.chmod(0o755)
    cli = Cli(SHELL="/bin/bash", PATH=str(tmp_path))
    assert "stash-cli only" in cli.ok("completion", "install").err
    [script] = own_state.rglob("stash.bash")
    assert "_stash stash-cli" in script.read_text()
    assert "_stash stash stash-cli" not in script.read_text()


@pytest.mark.parametrize("name", START)
def test_scripts_parse(name: str) -> None:
    script = run_process("completion", name).out
    assert script
    if shutil.which(name):
        import subprocess

        assert subprocess.run([name, "-n"], input=script, text=True, check=False).returncode == 0
