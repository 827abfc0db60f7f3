"""Errors of the previous run of a task, stored per server in the user's state folder.

Only digests of the errors are stored, because their texts contain file names.
"""

from __future__ import annotations

import json
from contextlib import suppress
from hashlib import blake2b
from typing import TYPE_CHECKING

from stash_cli.core.log import logger
from stash_cli.core.private_files import make_private_folder, write_private

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from stash_cli.core.settings import Connection

_MOST = 10_000
"""Maximum number of errors stored per task."""


def digest(text: str) -> str:
    """A short digest of a text, also for names of files."""
    return blake2b(text.encode(), digest_size=8).hexdigest()


class SeenErrors:
    """The errors of the previous run of `task` on a server: a container of their signatures.

    Without a readable file all errors are new. A failure to write is only logged.
    """

    def __init__(self, connection: Connection, task: str) -> None:
        self._path = state_path() / "job-errors" / f"{digest(connection.url)}-{task}.json"
        self._digests = self._read()

    def __contains__(self, signature: object) -> bool:
        return digest(str(signature)) in self._digests

    def replace(self, signatures: Iterable[str]) -> None:
        """Replace the stored errors by those of the run that has ended.

        A run with new errors adds them instead: the errors of files on an offline drive are still known when
        the drive is back.
        """
        new = set(map(digest, signatures))
        stored = sorted(new if new <= self._digests else new | self._digests)[:_MOST]
        if set(stored) == self._digests:
            return
        try:
            make_private_folder(self._path.parent)
            write_private(self._path, json.dumps(stored))
        except OSError as error:
            logger.info("The errors of this run are not remembered: %s", error)

    def _read(self) -> frozenset[str]:
        with suppress(OSError, ValueError):
            digests = json.loads(self._path.read_text(encoding="utf-8"))
            return frozenset(map(str, digests)) if isinstance(digests, list) else frozenset()
        return frozenset()


def state_path() -> Path:
    """The platform's folder for state of this program, which may not exist yet."""
    from platformdirs import user_state_path

    return user_state_path("stash-cli", appauthor=False)
