"""Where library files are: the path in `embedded:PATH`, and the demo's own place."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_data_path

DEMO = "demo"


def resolve_location(location: str) -> Path:
    """The library file that `location` names: a path, or "demo"."""
    return demo_path() if location == DEMO else Path(location).expanduser().absolute()


def demo_path() -> Path:
    """The file of the demo library, in the user's data directory; it may not be there yet."""
    return user_data_path("stash-cli", appauthor=False) / "demo.db"
