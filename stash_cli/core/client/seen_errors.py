"""Errors of the last run of a task, remembered per server in the user's state folder.

Only digests of the errors are kept: their texts hold names of files.
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
"""Errors that are remembered of one task."""


def digest(text: str) -> str:
    """A short digest of a text, also for names of files."""
    return blake2b(text.encode(), digest_size=8).hexdigest()


class SeenErrors:
    """The errors of the last run of `task` on a server: a container of their signatures.

    A folder that cannot be read or written is logged: then all errors are new.
    """

    def __init__(self, connection: Connection, task: str) -> None:
        self._path = state_path() / "job-errors" / f"{digest(connection.url)}-{task}.json"
        self._digests = self._read()

    def __contains__(self, signature: object) -> bool:
        return digest(str(signature)) in self._digests

    def replace(self, signatures: Iterable[str]) -> None:
        """Remember the errors of the run that has ended in place of those of the one before.

        A run with new errors adds them: where a drive was away, the errors in its files are still known when
        it is back.
        """
        now = set(map(digest, signatures))
        found = sorted(now if now <= self._digests else now | self._digests)[:_MOST]
        if set(found) == self._digests:
            return
        try:
            make_private_folder(self._path.parent)
            write_private(self._path, json.dumps(found))
        except OSError as error:
            logger.info("The errors of this run are not remembered: %s", error)

    def _read(self) -> frozenset[str]:
        with suppress(OSError, ValueError):
            found = json.loads(self._path.read_text(encoding="utf-8"))
            return frozenset(map(str, found)) if isinstance(found, list) else frozenset()
        return frozenset()


def state_path() -> Path:
    """The platform's folder for state of this program, which may not exist yet."""
    from platformdirs import user_state_path

    return user_state_path("stash-cli", appauthor=False)
