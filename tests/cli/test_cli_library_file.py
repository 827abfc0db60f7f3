"""Missing library files: created by commands that write, an error for all others."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_support import Cli, running_process
from support import run

from stash_cli.core.client.session import Session
from stash_cli.core.errors import StashConfigurationError
from stash_cli.core.settings import Connection

CREATING = [
    ("tag", "create", "--name", "New"),
    ("library", "add", "."),
    ("api", 'mutation { tagCreate(input: {name: "New"}) { id } }'),
    ("api", "--operation", "tagCreate", "-f", "input.name=New"),
    ("scan", "--wait"),
]
READING = [
    ("tags", "find"),
    ("tags", "count"),
    ("tag", "show", "1"),
    ("tag", "update", "Old", "--name", "New", "--dry-run"),
    ("tag", "create", "--name", "New", "--dry-run", "--parent", "Old"),
    ("jobs", "list"),
    ("library", "list"),
    ("library", "remove", "."),
    ("version",),
    ("api", "{ version { version } }"),
    ("api", "--operation", "findTags"),
]


@pytest.fixture
def library_file(new_file: Path) -> Path:
    """Path of a missing library."""
    return new_file


@pytest.mark.parametrize("args", CREATING, ids=" ".join)
def test_writing_command_creates_the_library_with_a_note(
    args: tuple[str, ...], embedded_url: str, library_file: Path
) -> None:
    cli = Cli(embedded_url)
    assert f"created the library {library_file}" in cli.ok(*args).err
    assert "made" not in cli.ok("tags", "count").err


@pytest.mark.parametrize("args", [("update", "1", "--name", "New"), ("delete", "1", "--yes")], ids=" ".join)
def test_updating_command_finds_nothing_in_a_new_library(
    args: tuple[str, ...], embedded_url: str, library_file: Path
) -> None:
    result = Cli(embedded_url)("tag", *args)
    assert (result.status, f"created the library {library_file}" in result.err) == (3, True)


@pytest.mark.parametrize("args", READING, ids=" ".join)
def test_reading_command_creates_no_library(
    args: tuple[str, ...], embedded_url: str, library_file: Path
) -> None:
    result = Cli(embedded_url)(*args)
    assert (result.status, result.out) == (2, "")
    assert f"There is no library {library_file}" in result.err
    assert not list(library_file.parent.glob("*.sqlite*"))


@pytest.mark.parametrize("args", CREATING, ids=" ".join)
def test_read_only_creates_no_library(args: tuple[str, ...], embedded_url: str, library_file: Path) -> None:
    result = Cli(embedded_url)("--read-only", *args, "--json")
    assert result.status != 0
    assert "made" not in result.err
    assert not library_file.exists()


def test_misspelt_library_suggests_near_names(small_library: Path) -> None:
    result = Cli(f"embedded:{small_library.with_name('smal.sqlite')}")("scenes", "find")
    assert (result.status, result.out) == (2, "")
    assert "Did you mean small.sqlite?" in result.err


def test_library_in_a_missing_folder_is_reported(tmp_path: Path) -> None:
    result = Cli(f"embedded:{tmp_path}/no/such/library.sqlite")("scenes", "find")
    assert (result.status, "There is no library" in result.err) == (2, True)


@pytest.mark.parametrize("facts", [{"read_only": True}, {"create": False}], ids=str)
def test_client_can_require_an_existing_library(
    facts: dict[str, bool], embedded_url: str, library_file: Path
) -> None:
    async def main() -> None:
        async with Session(Connection(embedded_url, **facts)) as session:
            await session.execute("{ version { version } }")

    with pytest.raises(StashConfigurationError, match="There is no library"):
        run(main())
    assert not library_file.exists()


def test_serve_reports_a_new_library(library_file: Path) -> None:
    with running_process("embedded", "serve", "--library", str(library_file), "--port", "0") as process:
        assert process.stderr is not None
        announced = process.stderr.readline()
    assert announced.startswith(f"serving the new library {library_file} at http://127.0.0.1:")
