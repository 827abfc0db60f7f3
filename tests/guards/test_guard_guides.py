"""Every code block of the README and the guides runs as written, or is marked as output."""

from __future__ import annotations

import ast
import asyncio
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import PIL.Image
import pytest
import yaml
from guide_blocks import PAGES, Block, blocks, of_language
from guide_session import Session
from served_library import serve_library
from support import ROOT
from support import run as run_async
from table_tests import table_test

from stash_cli import StashContext

LANGUAGES = {"sh", "bash", "console", "python", "toml", "yaml", "text"}
"""`console` is generated and compared by scripts/generate; `text` is output or belongs to another program."""

PREPARED = """\
stash library remove /media
stash library add ~/Videos
stash tags create --name Beach --if-missing
stash tags create --name Shore --if-missing
stash tags create --name Coast --if-missing
stash performers create --name Alice --if-missing
stash filters save 'To watch' rating:80.. --kind scenes
"""
"""Data the guides assume beside the demo library."""
RUNS = "\n".join(f"stash tags create --name run{number}" for number in range(14))
BEFORE = {"editing-and-undo": RUNS}
"""Commands to run before those of a page."""


@table_test("page", PAGES, ids=lambda page: page.name)
def test_every_block_has_a_language(page: Path) -> None:
    wrong = [block.text for block in blocks(page) if block.language not in LANGUAGES]
    assert not wrong, "write ```sh, ```python, ... around it, or ```text around output"


@pytest.fixture(scope="module")
def prepared_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library as the guides assume it."""
    from stash_cli.embedded import open_library
    from stash_cli.embedded.demo import build

    folder = tmp_path_factory.mktemp("guides")
    (folder / "Videos").mkdir()
    with open_library(str(folder / "library.sqlite")) as library:
        build(library)
    Session(folder, STASH_URL=f"embedded:{folder / 'library.sqlite'}").type(PREPARED)
    return folder / "library.sqlite"


SHELL = [page for page in PAGES if any(block.language == "sh" for block in blocks(page))]


@pytest.mark.parametrize("page", SHELL, ids=lambda page: page.stem)
def test_commands_succeed(
    page: Path, prepared_file: Path, tmp_path: Path, own_state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Videos").mkdir()
    (tmp_path / "backups").mkdir()
    library = shutil.copy(prepared_file, tmp_path / "library.sqlite")
    session = Session(tmp_path, STASH_URL=f"embedded:{library}")
    session.type(BEFORE.get(page.stem, ""))
    for block in blocks(page):
        if block.language == "sh":
            session.type(block.text)


@table_test("block", of_language("toml", "yaml"), ids=lambda block: block.text.split("\n")[0])
def test_settings_are_valid(block: Block) -> None:
    assert (tomllib.loads if block.language == "toml" else yaml.safe_load)(block.text)


def test_scripts_run(prepared_file: Path, tmp_path: Path) -> None:
    """Bash scripts, with the installed program."""
    library = shutil.copy(prepared_file, tmp_path / "library.sqlite")
    program = tmp_path / "stash"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m stash_cli "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    paths = {"PATH": f"{tmp_path}:/usr/bin:/bin", "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
    for block in of_language("bash"):
        command = ["bash", "-eu", "-c", block.text]
        environ = {**paths, "STASH_URL": f"embedded:{library}"}
        subprocess.run(command, check=True, env=environ, cwd=tmp_path, stdout=-1)


SCRIPTS = [block for block in of_language("python") if "asyncio.run(" in block.text]
"""Complete programs."""
PARTS = sorted({block.page for block in of_language("python") if block not in SCRIPTS})
COMPILED = {
    "subscribe_to_jobs": "ends when it is told to; test_client_jobs.py",
    "from_plugin_stdin": "reads what a server gives it; test_plugin_context.py",
}
"""Blocks that are only compiled, and the test that covers them."""
SETTINGS = """\
[profiles.home]
url = "embedded:{library}"
[profiles.nas]
url = "embedded:{library}"
"""
NEEDS = """
import asyncio
from datetime import UTC, datetime
from stash_cli import *
from stash_cli.core.types import *

known = store = context.store
tag, studio, alice = [await known.find_one(kind) for kind in (Tag, Studio, Performer)]
performer, gallery = alice, await known.find_one(Gallery, image_count__gt=0)
image = await known.find_one(Image, galleries=gallery)
group = await known.find_one(Group)
scene = await known.get(Scene, 12)
await client.export_objects({"scenes": {"ids": ["5"]}}, target="export.zip")
"""
"""Names that the reader of a fragment has defined."""


@table_test("block", SCRIPTS, ids=lambda block: block.page)
def test_programs_can_run_repeatedly(block: Block, prepared_file: Path, tmp_path: Path) -> None:
    library = Path(shutil.copy(prepared_file, tmp_path / f"{block.page}.sqlite"))
    with serve_library(library) as url:
        for _ in range(2):
            exec(compile(as_typed(block.text, url), block.page, "exec"), {})


@pytest.mark.parametrize("page", PARTS)
def test_fragments_run_in_order(
    page: str, prepared_file: Path, tmp_path: Path, own_state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All examples of a page, in the order a reader types them."""
    monkeypatch.chdir(tmp_path)
    library = shutil.copy(prepared_file, tmp_path / "copy.sqlite")
    (own_state / "stash-cli").mkdir()
    (own_state / "stash-cli" / "settings.toml").write_text(SETTINGS.format(library=library), encoding="utf-8")
    PIL.Image.new("RGB", (4, 4)).save("alice.jpg")
    (tmp_path / "backups").mkdir()
    parts = [block for block in of_language("python") if block.page == page and block not in SCRIPTS]

    async def read_on(url: str) -> dict[str, Any]:
        context = StashContext(f"embedded:{library}")
        async with context as client:
            names = {"context": context, "client": client}
            for text in (NEEDS, *(as_typed(block.text, url) for block in parts)):
                code = compile(text, page, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
                if not any(word in text for word in COMPILED):
                    await (eval(code, names) or asyncio.sleep(0))
        return names

    with serve_library(tmp_path / "empty.sqlite") as url:
        left = run_async(read_on(url))
    assert not left["scene"].is_dirty()
    assert left.get("result") is None or left["result"].all_succeeded


def as_typed(text: str, url: str) -> str:
    """The text for a server at `url` with media in the working directory."""
    port = urlsplit(url).port
    text = re.sub(r'"localhost", "(Port|port)": 9999', rf'"127.0.0.1", "\1": {port}', text)
    return text.replace(', "ApiKey": "..."', "").replace("/media/new", str(Path.cwd()))
