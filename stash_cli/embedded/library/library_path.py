"""Paths of library files: `embedded:PATH` and the demo library."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_data_path

DEMO = "demo"


def resolve_location(location: str) -> Path:
    """The file of a library: a path, or "demo"."""
    return demo_path() if location == DEMO else Path(location).expanduser().absolute()


def demo_path() -> Path:
    """The file of the demo library in the user's data directory, which may not exist yet."""
    return user_data_path("stash-cli", appauthor=False) / "demo.db"
