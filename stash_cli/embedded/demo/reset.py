"""Makes the demo library anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stash_cli.embedded.library.library_path import DEMO, demo_path

if TYPE_CHECKING:
    from pathlib import Path

_SIDE_FILES = ("", "-wal", "-shm")


def reset_demo() -> Path:
    """Forget the demo library with all changes to it, make it again and return its file."""
    from stash_cli.embedded.library.library import (
        open_library,  # a library knows its demo, not the other way round
    )

    path = demo_path()
    for suffix in _SIDE_FILES:
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    open_library(DEMO).close()
    return path
