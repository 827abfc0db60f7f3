"""The mutations querySQL (read-only) and execSQL (permitted when the library is opened)."""

from __future__ import annotations

import base64
import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sqlalchemy.exc import DBAPIError

from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.library.database import Deadline, driver_connection
from stash_cli.embedded.library.functions import register

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stash_cli.embedded.library.context import RequestContext, Resolver
    from stash_cli.embedded.library.limits import Limits

_READING = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
)
# Bytes that are counted for a number.
_NUMBER_BYTES = 8
_SECRET_TABLE = "settings"  # noqa: S105 - contains the password hash and the API key


def _allow_reading(action: int, table: str | None, *_: str | None) -> int:
    is_secret = action == sqlite3.SQLITE_READ and table == _SECRET_TABLE
    return sqlite3.SQLITE_OK if action in _READING and not is_secret else sqlite3.SQLITE_DENY


@contextmanager
def _reading(path: Path, limits: Limits) -> Iterator[sqlite3.Connection]:
    """A read-only connection of its own, with an authorizer and a deadline."""
    with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as connection:
        register(connection)
        # `mode=ro` protects this file; the authorizer also refuses ATTACH, PRAGMA and the secrets in
        # `settings`.
        connection.set_authorizer(_allow_reading)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, limits.sql_bytes)
        with Deadline(limits.sql_seconds).over(connection):
            yield connection


def query(context: RequestContext, *, sql: str, args: list[Any] | None = None) -> dict[str, Any]:
    """Columns and rows of a SELECT."""
    limits = context.library.limits
    try:
        with _reading(context.library.database.path, limits) as connection:
            cursor = connection.execute(sql, args or [])
            columns = [column[0] for column in cursor.description or ()]
            return {"columns": columns, "rows": list(_limited_rows(cursor, limits))}
    except sqlite3.Error as failure:
        raise Refused(f"error executing `{sql}`: {_reason(failure, limits)}") from failure


def _limited_rows(cursor: sqlite3.Cursor, limits: Limits) -> Iterator[list[Any]]:
    """Rows as JSON values. Raises Refused past the limits on rows or bytes."""
    size = 0
    for number, row in enumerate(cursor):
        if number >= limits.sql_rows:
            raise Refused(f"the query gives more than {limits.sql_rows} rows: end it with LIMIT")
        size += sum(len(value) if isinstance(value, str | bytes) else _NUMBER_BYTES for value in row)
        if size > limits.sql_bytes:
            raise Refused(f"the query gives more than {limits.sql_bytes} bytes: end it with LIMIT")
        yield [_json_value(value) for value in row]


def _reason(failure: Exception, limits: Limits) -> str:
    if "interrupted" in str(failure):
        return f"it took longer than {limits.sql_seconds:g} s"
    return f"{failure} (at most {limits.sql_bytes} bytes)" if "too big" in str(failure) else str(failure)


def execute(context: RequestContext, *, sql: str, args: list[Any] | None = None) -> dict[str, Any]:
    """Execute a statement that changes the library. Raises Refused unless that is permitted.

    A statement that exceeds its time limit is rolled back, because all other writers wait for it.
    """
    if not context.library.allow_sql:
        raise Refused("execSQL is not allowed: the library was opened without it")
    limits = context.library.limits
    try:
        with Deadline(limits.sql_seconds).over(driver_connection(context.connection)):
            result = context.connection.exec_driver_sql(sql, tuple(args or ()))
    except DBAPIError as failure:
        raise Refused(f"error executing `{sql}`: {_reason(failure, limits)}") from failure
    return {"rows_affected": result.rowcount, "last_insert_id": result.lastrowid}


def _json_value(value: Any) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


RESOLVERS: dict[str, Resolver] = {"querySQL": query, "execSQL": execute}
