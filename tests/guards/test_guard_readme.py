"""What the README and the guides show works as it stands there."""

from __future__ import annotations

import inspect
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import PIL.Image
import pytest
from every import every
from served_library import serve_library, set_password
from support import ROOT
from support import run as run_async
from terminal import Terminal

import stash_cli
from stash_cli.app import run
from stash_cli.core import errors
from stash_cli.embedded import open_library
from stash_cli.embedded.library.settings import Credentials
from stash_cli.output.streams import fake_streams

ANSI = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def shown_commands() -> list[list[str]]:
    """Every `stash ...` line of the section "Use", without what it is piped into."""
    section = README.partition("\n## Use\n")[2].partition("\n## ")[0]
    lines = re.findall(r"^    stash (.*)$", section, re.MULTILINE)
    return [shlex.split(line.partition(" | ")[0], comments=True) for line in lines]


@pytest.fixture(scope="module")
def demo_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo library as a file of its own, with a few things that the README names."""
    from stash_cli.embedded.demo import build

    path = tmp_path_factory.mktemp("readme") / "demo.sqlite"
    library = open_library(str(path))
    build(library)
    library.close()
    return path


@pytest.mark.parametrize("argv", shown_commands(), ids=" ".join)
def test_shown_command_ends_well(argv: list[str], demo_file: Path, tmp_path: Path) -> None:
    library = shutil.copy(demo_file, tmp_path / "copy.sqlite")
    (tmp_path / "Videos").mkdir()
    argv = [word.replace("~", str(tmp_path)) for word in argv]
    url = {"STASH_URL": f"embedded:{library}"}
    if "Outdoor" in argv:
        assert run(["tag", "create", "--name", "Outdoor", "--if-missing"], fake_streams(), url) == 0
    if "scan" in argv:  # the demo's media folder is on no machine
        assert run(["library", "remove", "/media"], fake_streams(), url) == 0
    streams = fake_streams()
    assert run(argv, streams, url) == 0, streams.err.getvalue()  # type: ignore[attr-defined]
    if argv[1] in ("find", "show", "count"):
        found: str = streams.out.getvalue()  # type: ignore[attr-defined]
        assert len(found.splitlines()) > 1, f"nothing found: {found}"


def test_python_example_runs(served_url: str) -> None:
    code = README.partition("\n## From Python\n")[2].partition("\n## ")[0]
    lines = re.findall(r"^(?:    .*)?$", code, re.MULTILINE)
    script = "\n".join(line[4:] for line in lines)
    port = served_url.rstrip("/").rpartition(":")[2].removesuffix("/graphql")
    script = script.replace('"Host": "localhost", "Port": 9999', f'"Host": "127.0.0.1", "Port": {port}')
    for _ in range(2):  # people run an example again
        names: dict[str, object] = {}
        exec(compile(script, "README.md", "exec"), names)
        assert "main" in names


def test_the_password_of_a_library_is_set_as_shown(tmp_path: Path) -> None:
    line = re.search(r"^    read -rs PASSWORD && (.*) \\\n +(.*)$", README, re.MULTILINE)
    assert line
    argv = shlex.split(f"{line[1]} {line[2]}".partition(" | stash ")[2])
    argv = [word.replace("my.sqlite", str(tmp_path / "my.sqlite")) for word in argv]
    streams = fake_streams(answers="secret-word")
    assert run(argv, streams, {}) == 0, streams.err.getvalue()  # type: ignore[attr-defined]
    with open_library(str(tmp_path / "my.sqlite")) as library:
        assert Credentials.read(library).accepts_login("me", "secret-word")


TYPED = {
    "API key (empty: log in with user name and password):": "",
    "User name:": "me",
    "Password:": "secret-word",
    "[y/N]": "y",
}
"""What the reader of the transcript types after a question."""


def test_the_first_minute_is_as_shown(own_state: Path, library_file: Path) -> None:
    section = README.partition("first minute")[2].partition("\n`login`")[0]
    with serve_library(library_file, host="localhost") as url:
        set_password(url, "me", "secret-word")
        shown = section.replace("http://localhost:9999", url).replace("/home/me/.config", str(own_state))
        commands = re.findall(r"^    \$ stash (.*)\n((?:    [^$].*\n)*)", shown, re.MULTILINE)
        assert [words.split()[0] for words, _ in commands] == ["login", "tags", "auth"]
        for words, expected in commands:
            with Terminal(*words.split()) as terminal:
                for question, answer in TYPED.items() if words.startswith("login") else ():
                    terminal.answer(question, answer)
                assert terminal.end() == 0, terminal.text
            seen = [line.rstrip() for line in ANSI.sub("", terminal.text).splitlines()]
            assert seen == [line[4:].rstrip() for line in expected.splitlines()]


def test_every_error_is_in_the_guide() -> None:
    guide = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    for name, cls in inspect.getmembers(errors, inspect.isclass):
        if issubclass(cls, errors.StashError):
            assert hasattr(stash_cli, name), f"add {name} to _PUBLIC in stash_cli/__init__.py"
            rows = [line for line in guide.splitlines() if f"`{name}`" in line and line.startswith("|")]
            assert rows, f"add a row for {name} to docs/errors.md"
            row = rows[0]
            assert f"`{cls.code}`" in row
            assert f"| {cls.exit_status} |" in row


GUIDE_NEEDS = """
import asyncio
from datetime import UTC, datetime
from stash_cli import *
from stash_cli.core.types import Gallery, Group, Image, Performer, Scene, SceneGroup, Studio, Tag

async def main(url):
    context = StashContext(conn=url)
    async with context as client:
        known = store = context.store
        tag, studio, alice = [await known.find_one(kind) for kind in (Tag, Studio, Performer)]
        performer, gallery = alice, await known.find_one(Gallery, image_count__gt=0)
        image = await known.find_one(Image, galleries=gallery)
        group = await known.find_one(Group)
"""


@pytest.mark.parametrize(
    ("page", "section"),
    [("library", "Types"), ("library", "Store"), ("library-lookups", "Combining lookups")],
)
def test_library_guide_runs(
    page: str, section: str, demo_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run all examples of a section in order, as a reader would type them."""
    monkeypatch.chdir(tmp_path)
    PIL.Image.new("RGB", (4, 4)).save("alice.jpg")
    guide = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    code = guide.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    lines = re.findall(r"^    .*$", code, re.MULTILINE)
    prelude = ["    scene = Scene(title='x')", "    await scene.save(client)"] if section == "Store" else []
    body = "\n".join("    " + line for line in (*prelude, *lines))
    names: dict[str, Any] = {}
    exec(compile(f"{GUIDE_NEEDS}{body}\n        return locals()\n", page, "exec"), names)
    library = shutil.copy(demo_file, tmp_path / "copy.sqlite")
    left = run_async(names["main"](f"embedded:{library}"))
    assert "scene" not in left or not left["scene"].is_dirty()
    assert left.get("result") is None or left["result"].all_succeeded


@every("page", [README, *(p.read_text("utf-8") for p in (ROOT / "docs").glob("*.md"))])
def test_links_lead_somewhere(page: str) -> None:
    targets = [target for target in re.findall(r"\]\(([^)#]+)\)", page) if "://" not in target]
    missing = [t for t in targets if not ((ROOT / t).exists() or (ROOT / "docs" / t).exists())]
    assert not missing
