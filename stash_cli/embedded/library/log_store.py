"""Storage of the library's log in its file, for processes that open it later."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DatabaseError

from stash_cli.embedded.jobs.events import KEPT, LibraryLog
from stash_cli.embedded.library import settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from stash_cli.embedded.library.database import Database

Line = dict[str, str]

_LOG = logging.getLogger("stash_cli.embedded")
_PART, _LINES = "log", "lines"


class LogStore:
    """Writes the lines of a LibraryLog to the library's file, the newest thousand of all processes."""

    def __init__(self, database: Database, log: LibraryLog) -> None:
        self._database, self._log = database, log
        self._written: Line | None = None
        """The newest line that is in the file."""

    def save(self) -> None:
        """Write what was logged since the last time; a file that cannot be written is logged elsewhere."""
        lines = [entry.as_dict() for entry in self._log.entries()]
        if not lines or lines[0] == self._written:
            return
        try:
            with self._database.write() as connection:
                settings.write_part(connection, _PART, {_LINES: _merged(lines, _stored(connection))})
        except DatabaseError as error:
            _LOG.warning("The log of the library is not kept: %s", getattr(error, "orig", None) or error)
            return
        self._written = lines[0]


def read(connection: Connection, log: LibraryLog) -> list[Line]:
    """The lines of this process and those of earlier ones, the newest first."""
    return _merged([entry.as_dict() for entry in log.entries()], _stored(connection))


def _stored(connection: Connection) -> list[Line]:
    found: list[Any] = settings.read_part(connection, _PART).get(_LINES) or []
    return found


def _merged(lines: Sequence[Line], others: Sequence[Line]) -> list[Line]:
    """The lines of both, each once, the newest first."""
    found = {tuple(line.values()): line for line in (*lines, *others)}
    return sorted(found.values(), key=lambda line: line["time"], reverse=True)[:KEPT]
