"""Settings: one JSON object for each part of the configuration; the credentials and the lock among them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from stash_cli.core.texts import is_text
from stash_cli.embedded import tables as t

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stash_cli.embedded.library.library import Library


MIRROR = "mirror"
"""The part that only mirrors have: their server, and the state after the last update."""


def read_part(connection: Connection, part: str) -> dict[str, Any]:
    """The values set in `part` ("general", "ui", ...); empty without any.

    Library folders whose paths are not valid text, which earlier releases stored, are omitted.
    """
    values = dict(connection.scalar(select(t.settings.c.value).where(t.settings.c.key == part)) or {})
    if values.get("stashes"):
        values["stashes"] = [stash for stash in values["stashes"] if is_text(stash["path"])]
    return values


def write_part(connection: Connection, part: str, values: Mapping[str, Any]) -> None:
    """Replace the values of `part`."""
    row = insert(t.settings).values(key=part, value=dict(values))
    connection.execute(row.on_conflict_do_update(index_elements=["key"], set_={"value": row.excluded.value}))


# 16 MB of memory and a tenth of a second for each attempt.
_SCRYPT = {"n": 2**14, "r": 8, "p": 1}
_PREFIX = "$scrypt$"


@dataclass(frozen=True)
class Credentials:
    """The credentials in `configuration.general`; empty texts are unset."""

    username: str = ""
    password: str = field(default="", repr=False)
    api_key: str = field(default="", repr=False)
    max_session_age: int = 3600

    @classmethod
    def of(cls, general: Mapping[str, Any]) -> Credentials:
        return cls(
            general.get("username") or "",
            general.get("password") or "",
            general.get("apiKey") or "",
            int(general.get("maxSessionAge") or 3600),
        )

    @classmethod
    def read(cls, library: Library) -> Credentials:
        """The current credentials."""
        with library.database.read() as connection:
            return cls.of(read_part(connection, "general"))

    @property
    def needed(self) -> bool:
        """Whether requests must authenticate."""
        return bool(self.api_key or (self.username and self.password))

    def accepts_key(self, key: str) -> bool:
        """Whether `key` is the API key; always false without one."""
        return bool(self.api_key) and hmac.compare_digest(key.encode(), self.api_key.encode())

    def accepts_login(self, username: str, password: str) -> bool:
        """Whether both match, in the same time for a wrong user name as for a wrong password."""
        same_user = hmac.compare_digest(username.encode(), self.username.encode())
        same_password = matches(password, self.password)
        return bool(self.username and self.password) and same_user and same_password


def hash_password(password: str) -> str:
    """A salted scrypt hash of the password."""
    salt = secrets.token_bytes(16)
    return f"{_PREFIX}{_encode(salt)}${_encode(_scrypt(password, salt))}"


def matches(password: str, stored: str) -> bool:
    """Whether `stored` is the hash of `password`."""
    salt, _, expected = stored.removeprefix(_PREFIX).partition("$")
    if not stored.startswith(_PREFIX) or not expected:
        return False
    return hmac.compare_digest(_scrypt(password, _decode(salt)), _decode(expected))


def _scrypt(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=_SCRYPT["n"], r=_SCRYPT["r"], p=_SCRYPT["p"])


def make_api_key(username: str, secret: str) -> str:
    """A JSON web token with the claims of a Stash API key, signed with `secret` (HS256)."""
    claims = {"uid": username, "sub": "APIKey", "iat": int(time.time())}
    parts = [_encode(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    signature = hmac.new(secret.encode(), ".".join(parts).encode(), hashlib.sha256).digest()
    return ".".join([*parts, _encode(signature)])


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


# A request from a public address shows that everybody can reach the library. Without credentials all requests
# are refused from then on, until they are set in its file or `stash embedded unlock` is run on it.
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
    return bool(read_part(connection, _PART).get(_FIELD))


def lock(library: Library, address: str) -> None:
    """Lock the library because of a request from `address`."""
    # Stored in the library, so that a restart of the server does not unlock it.
    with library.database.write() as connection:
        write_part(connection, _PART, {_FIELD: address})


def unlock(connection: Connection) -> str | None:
    """Unlock the library and return the address that caused the lock, or None."""
    address = read_part(connection, _PART).get(_FIELD)
    if address:
        write_part(connection, _PART, {})
    return address or None
