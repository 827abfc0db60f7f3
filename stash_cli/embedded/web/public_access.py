"""Protection of a library without credentials from the public internet.

One request from a public address shows that everybody can reach the library. From then on all requests are
refused, until a user name and a password are set in its file or `stash embedded unlock` is run on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stash_cli.embedded.library import settings

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from stash_cli.embedded.library.library import Library

_PART, _FIELD = "exposure", "accessedFrom"
REFUSAL = (
    "This library has no user name and password, and was reached from a public address, so it is locked."
    " On its machine, set both (stash --server embedded:FILE api --operation configureGeneral"
    " -f input.username=NAME -f input.password=WORD), or run `stash embedded unlock --library FILE`."
)
UNKNOWN_PROXY = (
    "This library has no user name and password, and this request says that it was passed on"
    " for a public address."
    " Set both, or name the proxy with --trusted-proxy."
)


def is_locked(connection: Connection) -> bool:
    """Whether a request from a public address arrived while the library had no credentials."""
    return bool(settings.read_part(connection, _PART).get(_FIELD))


def lock(library: Library, address: str) -> None:
    """Lock the library because of a request from `address`."""
    # Stored in the library, so that a restart of the server does not unlock it.
    with library.database.write() as connection:
        settings.write_part(connection, _PART, {_FIELD: address})


def unlock(connection: Connection) -> str | None:
    """Unlock the library and return the address that caused the lock, or None."""
    address = settings.read_part(connection, _PART).get(_FIELD)
    if address:
        settings.write_part(connection, _PART, {})
    return address or None
