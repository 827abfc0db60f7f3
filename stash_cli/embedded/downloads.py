"""Files that a client may fetch: exports and copies of the library, until it is closed."""

from __future__ import annotations

import secrets
import shutil
import threading
from typing import TYPE_CHECKING

from stash_cli.core.private_files import FOLDER
from stash_cli.embedded.scratch import ScratchFolder, sweep

if TYPE_CHECKING:
    from pathlib import Path

KEPT = 10
_PREFIX = "stash-cli-downloads-"


def sweep_downloads() -> None:
    """Remove the downloads of libraries whose processes were killed."""
    sweep(_PREFIX)


class Downloads:
    """Files by a key that cannot be guessed, in a folder of their own; only the last ten are kept."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._folder: ScratchFolder | None = None
        self._files: dict[str, Path] = {}

    def reserve(self, name: str) -> tuple[str, Path]:
        """The URL path and the place of a file that is about to be written."""
        key = secrets.token_hex(16)
        with self._lock:
            if self._folder is None:
                self._folder = ScratchFolder(_PREFIX)
            path = self._folder.path / key / name
            path.parent.mkdir(FOLDER)
            self._files[key] = path
            for old in list(self._files)[:-KEPT]:
                shutil.rmtree(self._files.pop(old).parent, ignore_errors=True)
        return f"/downloads/{key}/{name}", path

    def find(self, key: str) -> Path | None:
        """The file behind a key; None when there is none (any more)."""
        with self._lock:
            path = self._files.get(key)
        return path if path is not None and path.is_file() else None

    def close(self) -> None:
        """Remove all files."""
        with self._lock:
            if self._folder is not None:
                self._folder.close()
            self._folder = None
            self._files.clear()
