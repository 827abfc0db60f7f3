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
        """The newest line that was written to the file."""

    def save(self) -> None:
        """Write the lines since the last call; if the file cannot be written, log a warning."""
        lines = [entry.as_dict() for entry in self._log.entries()]
        if not lines or lines[0] == self._written:
            return
        try:
            with self._database.write() as connection:
                settings.write_part(connection, _PART, {_LINES: _merge(lines, _read_stored(connection))})
        except DatabaseError as error:
            _LOG.warning("The log of the library is not kept: %s", getattr(error, "orig", None) or error)
            return
        self._written = lines[0]


def read(connection: Connection, log: LibraryLog) -> list[Line]:
    """The lines of this process and those of earlier ones, the newest first."""
    return _merge([entry.as_dict() for entry in log.entries()], _read_stored(connection))


def _read_stored(connection: Connection) -> list[Line]:
    lines: list[Any] = settings.read_part(connection, _PART).get(_LINES) or []
    return lines


def _merge(lines: Sequence[Line], others: Sequence[Line]) -> list[Line]:
    """The lines of both, each once, the newest first."""
    unique = {tuple(line.values()): line for line in (*lines, *others)}
    return sorted(unique.values(), key=lambda line: line["time"], reverse=True)[:KEPT]
