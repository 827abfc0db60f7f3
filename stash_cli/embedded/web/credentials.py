"""Credentials of a library: user name, password hash and API key."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stash_cli.embedded.library import settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stash_cli.embedded.library.library import Library

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
            return cls.of(settings.read_part(connection, "general"))

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


def matches(password: str, kept: str) -> bool:
    """Whether `kept` is the hash of `password`."""
    salt, _, expected = kept.removeprefix(_PREFIX).partition("$")
    if not kept.startswith(_PREFIX) or not expected:
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
