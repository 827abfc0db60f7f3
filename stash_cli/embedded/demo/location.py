"""Where the demo library is kept, and how it is made when it is first asked for."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from platformdirs import user_data_path

from stash_cli.embedded.database import Database
from stash_cli.embedded.demo.content import fill

_SIDE_FILES = ("-wal", "-shm")


def demo_path() -> Path:
    """The demo library's file in the user's data folder; it need not exist."""
    return user_data_path("stash-cli", appauthor=False) / "demo.sqlite"


def ensure_demo() -> Path:
    """The demo library's file, made and filled if it is not there yet."""
    path = demo_path()
    return path if path.exists() else reset_demo()


def reset_demo() -> Path:
    """Make the demo library anew and return its file; nobody ever sees it half filled."""
    path = demo_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        fresh = Path(folder) / path.name
        database = Database(fresh)
        try:
            fill(database)
        finally:
            database.close()
        for suffix in _SIDE_FILES:
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        os.replace(fresh, path)  # noqa: PTH105 - says what matters: it replaces
    return path
