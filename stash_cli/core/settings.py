"""Connection settings: the address of a server and how to reach it, from flags, environment and defaults."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashConfigurationError, did_you_mean
from stash_cli.core.server_url import DEMO, EMBEDDED, check_url, normalise_url
from stash_cli.core.texts import ENCODINGS, decode_text

if TYPE_CHECKING:
    from collections.abc import Mapping


__all__ = [
    "DEMO",
    "EMBEDDED",
    "Connection",
    "check_key",
    "connection_from_conn",
    "connection_from_environment",
    "normalise_url",
    "read_key",
    "resolve_connection",
]

DEFAULT_URL = "http://localhost:9999"
DEFAULT_TIMEOUT = 60.0
DEFAULT_MAX_ANSWER = 256 * 1024 * 1024
_SIZE_DIGITS = 18
_CONN_KEYS = {"scheme": "http", "host": "localhost", "port": 9999, "apikey": None, "timeout": DEFAULT_TIMEOUT}
_VARIABLES = {
    "url": "STASH_URL",
    "api_key": "STASH_API_KEY",
    "api_key_file": "STASH_API_KEY_FILE",
    "max_answer_bytes": "STASH_MAX_ANSWER_BYTES",
}
_OPTIONS = {"url": "--server", "api_key_file": "--api-key-file", "ca_cert": "--ca-cert"}
_FLAGS = (
    "url",
    "demo",
    "api_key",
    "api_key_file",
    "timeout",
    "insecure",
    "ca_cert",
    "read_only",
    "cache_dir",
    "max_answer_bytes",
)


@dataclass(frozen=True, slots=True)
class Connection:
    """The settings of a connection.

    `url` is the GraphQL endpoint, or `embedded:PATH` / `embedded:demo`. `timeout` (seconds) is for a whole
    response, `max_answer_bytes` its size after decompression. `verify` is whether certificates are checked,
    or the path of a CA file. `read_only` refuses mutations before they are sent. `create` allows an embedded
    library to be created, which `read_only` forbids. `cache_dir` None is the platform's. `configured` is
    False for the default address, for hints in errors.

    Raises StashConfigurationError for a key that no HTTP header can carry, and for a URL that is malformed or
    holds a secret.
    """

    url: str
    api_key: str | None = field(default=None, repr=False)
    timeout: float = DEFAULT_TIMEOUT
    verify: bool | str = True
    read_only: bool = False
    cache_dir: Path | None = None
    configured: bool = True
    create: bool = True
    max_answer_bytes: int = DEFAULT_MAX_ANSWER

    def __post_init__(self) -> None:
        if not self.is_embedded:
            check_url(self.url)
        if self.api_key:
            check_key(self.api_key, "The API key")

    @property
    def server(self) -> str:
        """The address for messages, without the endpoint's path."""
        return self.url.removesuffix("/graphql")

    @property
    def is_embedded(self) -> bool:
        return self.url.startswith(EMBEDDED)

    @property
    def location(self) -> str:
        """The file of an embedded library, or "demo"."""
        return self.url.removeprefix(EMBEDDED)

    @property
    def cache(self) -> Path:
        """The folder of the schema cache."""
        if self.cache_dir is not None:
            return self.cache_dir
        from platformdirs import user_cache_path

        return user_cache_path("stash-cli", appauthor=False)


def resolve_connection(
    flags: Mapping[str, Any],
    environ: Mapping[str, str],
    profile: Mapping[str, Any] | None = None,
) -> Connection:
    """The connection of `flags`, then `environ`, then `profile`, then defaults.

    Flags and profile have the keys url, demo, api_key, api_key_file, timeout, insecure, ca_cert, read_only,
    cache_dir and max_answer_bytes; None and "" count as missing. A key from flags or environment is sent to
    the server named there or to the default; a profile's key only to the profile's server. Raises
    StashConfigurationError.
    """
    unknown = [key for key in (*flags, *(profile or ())) if key not in _FLAGS]
    if unknown:
        raise StashConfigurationError(f"Unknown setting {unknown[0]!r}. {did_you_mean(unknown[0], _FLAGS)}")
    options = _expand(flags, _OPTIONS)
    given = {**_expand(_from_environment(environ, with_key="api_key" not in options), _VARIABLES), **options}
    chosen = _with_profile(given, _expand(profile or {}, {}))
    cache_dir = chosen.get("cache_dir")
    return Connection(
        url=chosen.get("url") or normalise_url(DEFAULT_URL),
        api_key=chosen.get("api_key"),
        timeout=_timeout(chosen.get("timeout", DEFAULT_TIMEOUT)),
        verify=_verify(chosen),
        read_only=bool(chosen.get("read_only", False)),
        cache_dir=Path(cache_dir) if cache_dir else None,
        configured="url" in chosen,
        max_answer_bytes=_size(chosen.get("max_answer_bytes", DEFAULT_MAX_ANSWER)),
    )


def connection_from_environment() -> Connection:
    """The connection of STASH_URL, STASH_API_KEY and STASH_API_KEY_FILE."""
    return resolve_connection({}, os.environ)


def connection_from_conn(conn: Mapping[str, Any], verify: bool | str = True) -> Connection:
    """The connection of a `conn` mapping: Scheme, Host, Port, ApiKey, Timeout, ignoring case."""
    given = {key.lower(): value for key, value in conn.items()}
    for key in conn:
        if key.lower() not in _CONN_KEYS:
            known = ["Scheme", "Host", "Port", "ApiKey", "Timeout"]
            raise StashConfigurationError(
                f"Unknown conn key {key!r}; known are {', '.join(known)}. {did_you_mean(key, known)}".rstrip()
            )
    facts = {**_CONN_KEYS, **{key: value for key, value in given.items() if value is not None}}
    host = str(facts["host"])
    if ":" in host and not host.startswith("["):
        host = f"[{host}]"
    return Connection(
        url=normalise_url(f"{facts['scheme']}://{host}:{facts['port']}"),
        api_key=check_key(str(facts["apikey"]).strip(), "ApiKey") if facts["apikey"] else None,
        timeout=_timeout(facts["timeout"]),
        verify=verify,
    )


def _from_environment(environ: Mapping[str, str], *, with_key: bool) -> dict[str, str | None]:
    """Settings from environment variables; without those of the key if flags replace it."""
    names = _VARIABLES.keys() - (set() if with_key else {"api_key", "api_key_file"})
    return {name: environ.get(_VARIABLES[name]) for name in names}


def _with_profile(given: Mapping[str, Any], profile: Mapping[str, Any]) -> dict[str, Any]:
    """Flags and environment over a profile; URL and key are taken from the same source."""
    # A key of the profile must not reach a server that a flag or the environment names.
    if "url" in given or not profile.keys() & {"url", "api_key"}:
        return {**profile, "api_key": None, **given}
    return {**profile, **given, "api_key": profile.get("api_key")}


def _expand(source: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """The settings of one source in canonical form; `names` are the names of its keys in messages."""
    given = {key: value for key, value in source.items() if value not in (None, "")}
    if given.pop("demo", False):
        if "url" in given:
            raise StashConfigurationError("A URL and the demo library exclude each other.")
        given["url"] = f"{EMBEDDED}{DEMO}"
    if "url" in given:
        given["url"] = normalise_url(given["url"], names.get("url", "url"))
    key_file = given.pop("api_key_file", None)
    if "api_key" in given:
        given["api_key"] = check_key(given["api_key"].strip(), names.get("api_key", "api_key"))
    elif key_file:
        given["api_key"] = read_key(key_file, names.get("api_key_file", "api_key_file"))
    return given


def _timeout(value: Any) -> float:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        seconds = math.nan
    # Written so that NaN, which is neither above nor below 0, is refused as well.
    if not seconds > 0 or math.isinf(seconds):
        raise StashConfigurationError(f"The timeout is a number of seconds above 0, not {value!r}.")
    return seconds


def _size(value: Any) -> int:
    text = str(value)
    if not (text.isascii() and text.isdecimal()) or len(text) > _SIZE_DIGITS or int(text) == 0:
        raise StashConfigurationError(
            f"The largest answer (STASH_MAX_ANSWER_BYTES) is a number of bytes, not {text[:40]!r}."
        )
    return int(text)


def _verify(chosen: Mapping[str, Any]) -> bool | str:
    if chosen.get("insecure"):
        return False
    ca_cert = chosen.get("ca_cert")
    try:
        missing = ca_cert and not Path(ca_cert).is_file()
    except ValueError:  # a NUL in the name
        missing = True
    if missing:
        raise StashConfigurationError(f"There is no CA file {ca_cert} (--ca-cert).")
    return str(ca_cert) if ca_cert else True


_LONGEST = 8192
"""Bytes of a key including the line break; servers accept no longer headers."""


def check_key(key: str, setting: str) -> str:
    """`key` if an HTTP header can carry it; `setting` is its source, for the message.

    Raises StashConfigurationError, which never quotes the key.
    """
    if not key:
        raise StashConfigurationError(f"{setting} holds no API key.")
    if len(key) > _LONGEST:
        raise StashConfigurationError(f"{setting} is no API key: it has more than {_LONGEST} characters.")
    if not (key.isascii() and key.isprintable()):
        raise StashConfigurationError(
            f"{setting} is no API key: it holds line breaks, control characters or letters beyond ASCII.",
            hint="Copy the key again from the server's Settings > Security.",
        )
    return key


def read_key(path: str | Path, setting: str) -> str:
    """The key in a file of UTF-8 or marked UTF-16, without the mark and surrounding white space.

    Raises StashConfigurationError with `setting` and the path, and never the content.
    """
    place = f"{setting} ({path})"
    try:
        with Path(path).expanduser().open("rb") as file:
            # Little more than a key in UTF-16: a wrong path may lead to a file of any size, or to a device.
            data = file.read(2 * _LONGEST + 4)
    except OSError as error:
        raise StashConfigurationError(f"{place} cannot be read: {error.strerror}.") from None
    except (RuntimeError, ValueError):  # a home folder that is not known, a NUL in the name
        raise StashConfigurationError(f"{place} is not the path of a file.") from None
    try:
        text = decode_text(data)
    except UnicodeDecodeError:  # its message quotes what could not be read
        raise StashConfigurationError(
            f"{place} is not text in {ENCODINGS}.", hint="Save the file as UTF-8."
        ) from None
    return check_key(text.strip(), place)


def parse_connection(
    conn: Mapping[str, Any] | Connection | str | None, verify_ssl: bool | str = True
) -> Connection:
    """The connection that a mapping, a URL, a Connection or (None) the environment describes."""
    if conn is None:
        return connection_from_environment()
    if isinstance(conn, Connection):
        return conn
    if isinstance(conn, str):
        return resolve_connection({"url": conn, "insecure": verify_ssl is False}, {})
    return connection_from_conn(conn, verify_ssl)
