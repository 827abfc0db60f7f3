"""Fixtures of the command-line tests."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from cli_support import Cli


@pytest.fixture
def cli(embedded_url: str) -> Cli:
    """The program over an empty library in this process."""
    return Cli(embedded_url)


@pytest.fixture
def offline() -> Cli:
    """The program with nothing to talk to."""
    return Cli("http://127.0.0.1:1")
