"""Helpers of all tests: running coroutines, reference data, fresh interpreters."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

ROOT = Path(__file__).resolve().parent.parent


PATIENCE = 300
"""Seconds for another process: a machine that does other things beside needs more than a minute."""


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine, run in an event loop of its own."""
    return asyncio.run(coroutine)


def reference(*parts: str) -> Path | None:
    """A file or folder of the reference data, or None on a machine without it."""
    path = Path(os.environ.get("STASH_CLI_REFERENCE", ROOT.parent / "shared")).joinpath(*parts)
    return path if path.exists() else None


def rows(path: Path | None) -> Iterator[dict[str, Any]]:
    """The rows of a JSON-lines file; none where there is no file."""
    if path is not None:
        with path.open(encoding="utf-8") as lines:
            yield from map(json.loads, lines)


def fresh_python(code: str, *args: str) -> str:
    """Output of `code` in a new interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", code, *args], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
