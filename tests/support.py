"""Shared helpers: running coroutines, reference data, subprocesses."""

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
"""Timeout in seconds for subprocesses; a loaded machine needs more than a minute."""


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in a new event loop; return its result."""
    return asyncio.run(coroutine)


def reference(*parts: str) -> Path | None:
    """Path of reference data, or None if it is not available."""
    path = Path(os.environ.get("STASH_CLI_REFERENCE", ROOT.parent / "shared")).joinpath(*parts)
    return path if path.exists() else None


def rows(path: Path | None) -> Iterator[dict[str, Any]]:
    """Rows of a JSON-lines file; none without a file."""
    if path is not None:
        with path.open(encoding="utf-8") as lines:
            yield from map(json.loads, lines)


def fresh_python(code: str, *args: str) -> str:
    """Output of `code` in a new interpreter."""
    result = subprocess.run(
        [sys.executable, "-c", code, *args], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout
