"""Raw SQL: reading on a connection that can do nothing else; writing only where it was allowed."""

from __future__ import annotations

import base64
import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from stash_cli.embedded.errors import Refused
from stash_cli.embedded.functions import register

if TYPE_CHECKING:
    from pathlib import Path

    from stash_cli.embedded.context import RequestContext
    from stash_cli.embedded.mutations.resolver import Resolver

_READING = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
)
_LONGEST = 30.0  # seconds that a query may take
_STEPS = 100_000  # of SQLite's machine between two looks at the clock
_SECRET_TABLE = "settings"  # noqa: S105 - holds the password's hash and the API key


def _allow_reading(action: int, table: str | None, *_: str | None) -> int:
    secret = action == sqlite3.SQLITE_READ and table == _SECRET_TABLE
    return sqlite3.SQLITE_OK if action in _READING and not secret else sqlite3.SQLITE_DENY


def _open_reading(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)
    register(connection)
    connection.set_authorizer(_allow_reading)
    ends = time.monotonic() + _LONGEST
    connection.set_progress_handler(lambda: time.monotonic() > ends, _STEPS)
    return connection


def query(context: RequestContext, *, sql: str, args: list[Any] | None = None) -> dict[str, Any]:
    """Columns and rows of a SELECT."""
    try:
        with closing(_open_reading(context.library.database.path)) as connection:
            cursor = connection.execute(sql, args or [])
            columns = [column[0] for column in cursor.description or ()]
            return {"columns": columns, "rows": [[_shown(value) for value in row] for row in cursor]}
    except sqlite3.Error as failure:
        raise Refused(f"error executing `{sql}`: {failure}") from failure


def execute(context: RequestContext, *, sql: str, args: list[Any] | None = None) -> dict[str, Any]:
    """Run a statement that changes the library; refused unless it was opened for that."""
    if not context.library.allow_sql:
        raise Refused("execSQL is not allowed: the library was opened without it")
    result = context.connection.exec_driver_sql(sql, tuple(args or ()))
    return {"rows_affected": result.rowcount, "last_insert_id": result.lastrowid}


def _shown(value: Any) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


RESOLVERS: dict[str, Resolver] = {"querySQL": query, "execSQL": execute}
