"""Fixtures of the command-line tests."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent))

from cli_support import Cli


@pytest.fixture
def cli(embedded_url: str) -> Cli:
    """The program over an empty library in this process."""
    return Cli(embedded_url)


RATINGS = {"Sea": 90, "Sand": 80, "Rocks": 79, "Dunes": None}


@pytest.fixture(scope="session")
def small_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four scenes, two tags (one below the other), two performers of one name, a studio; created once.

    Copy it before writing to it.

    """
    path = tmp_path_factory.mktemp("small") / "small.sqlite"
    cli = Cli(f"embedded:{path}")
    cli.ok("tag", "create", "--name", "Outdoor")
    cli.ok("tag", "create", "--name", "Beach", "--parent", "Outdoor", "--alias", "Shore")
    cli.ok("performer", "create", "--name", "Alice", "--country", "JP")
    cli.ok("performer", "create", "--name", "Alice", "--disambiguation", "singer")
    cli.ok("studio", "create", "--name", "Acme")
    for title, rating in RATINGS.items():
        facts = ["--rating100", str(rating)] if rating else []
        cli.ok("scene", "create", "--title", title, *facts, "--performer", "id:1")
    cli.ok("scene", "update", "1", "--set-tags", "shore", "--studio", "acme", "--date", "2024-03")
    cli.ok("scene", "update", "2", "--set-tags", "Outdoor", "--clear", "performers")
    return path


@pytest.fixture
def offline() -> Cli:
    """The program with an unreachable server."""
    return Cli("http://127.0.0.1:1")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder of six pictures."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(6):
        Image.new("RGB", (8 + number, 8), (number * 20, 0, 0)).save(folder / f"p{number}.png")
    return folder
