"""Connection settings: the address of a server and how to reach it, from flags, environment and defaults."""

from __future__ import annotations

import math
import os
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from stash_cli.core.errors import StashConfigurationError, did_you_mean
from stash_cli.core.key_sources import check_key, read_key
from stash_cli.core.server_url import DEMO, EMBEDDED, check_url, is_ip, normalise_url

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
"""Seconds for a whole response."""
DEFAULT_MAX_ANSWER = 256 * 1024 * 1024
"""Bytes of a response after decompression."""
_SIZE_DIGITS = 18
"""The largest number of digits of a size in bytes."""
_CONN_KEYS = {"scheme": "http", "host": "localhost", "port": 9999, "apikey": None, "timeout": DEFAULT_TIMEOUT}
_VARIABLES = {
    "url": "STASH_URL",
    "api_key": "STASH_API_KEY",
    "api_key_file": "STASH_API_KEY_FILE",
    "max_answer_bytes": "STASH_MAX_ANSWER_BYTES",
    "state_dir": "STASH_STATE_DIR",
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
    "state_dir",
    "max_answer_bytes",
    "headers",
    "proxy",
)
NO_PROXY = "none"
"""The value of `proxy` for no proxy, which overrides the environment."""


@dataclass(frozen=True, slots=True)
class Connection:
    """The settings of a connection.

    `url` is the GraphQL endpoint, or `embedded:PATH` / `embedded:demo`. `timeout` (seconds) is for a whole
    response, `max_answer_bytes` its size after decompression. `verify` is whether certificates are checked,
    or the path of a CA file. `read_only` refuses mutations before they are sent. `create` allows an embedded
    library to be created, which `read_only` forbids. `cache_dir` and `state_dir` None are the platform's
    folders. `configured` is False for the default address, for hints in errors. `session` is the cookie of a
    login, `headers` are sent to this server only; `proxy` None means that of the environment. `profile` and
    `source` say where the settings come from. `protected_by` is the profile that makes the server read-only,
    `known_as` an unused profile with a key for the server, `mirror_of` the server of an offline copy.

    Raises StashConfigurationError for a key that no HTTP header can carry, and for a URL that is malformed or
    holds a secret.
    """

    url: str
    api_key: str | None = field(default=None, repr=False)
    timeout: float = DEFAULT_TIMEOUT
    verify: bool | str = True
    read_only: bool = False
    cache_dir: Path | None = None
    state_dir: Path | None = None
    configured: bool = True
    create: bool = True
    max_answer_bytes: int = DEFAULT_MAX_ANSWER
    session: str | None = field(default=None, repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    proxy: str | None = field(default=None, repr=False)
    profile: str | None = field(default=None, compare=False)
    source: str = field(default="", compare=False)
    protected_by: str | None = field(default=None, compare=False)
    known_as: str | None = field(default=None, compare=False)
    mirror_of: str | None = field(default=None, compare=False)

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
    def is_on_this_machine(self) -> bool:
        """Whether paths of the server are local paths, judging by its address."""
        host = urlsplit(self.url).hostname or ""
        return self.is_embedded or host == "localhost" or (is_ip(host) and ip_address(host).is_loopback)

    @property
    def location(self) -> str:
        """The file of an embedded library, or "demo"."""
        return self.url.removeprefix(EMBEDDED)

    @property
    def secrets(self) -> list[str]:
        """The secrets among the settings, in all encodings in which they are sent."""
        found = [
            self.api_key or "",
            self.session or "",
            *(value for _, value in self.headers),
            *_passwords(self),
        ]
        return [form for secret in dict.fromkeys(found) if secret for form in secret_forms(secret)]

    @property
    def cache(self) -> Path:
        """The folder of the schema cache."""
        if self.cache_dir is not None:
            return self.cache_dir
        from platformdirs import user_cache_path

        return user_cache_path("stash-cli", appauthor=False)

    @property
    def journal(self) -> Path:
        """The file with the journal of edits."""
        if self.state_dir is not None:
            return self.state_dir / "journal.sqlite"
        from platformdirs import user_state_path

        return user_state_path("stash-cli", appauthor=False) / "journal.sqlite"


def resolve_connection(
    flags: Mapping[str, Any],
    environ: Mapping[str, str],
    profile: Mapping[str, Any] | None = None,
    *,
    source: str = "",
    profile_name: str | None = None,
) -> Connection:
    """The connection of `flags`, `environ`, `profile` and defaults, in this order of precedence.

    Flags and profile have the keys url, demo, api_key, api_key_file, timeout, insecure, ca_cert, read_only,
    cache_dir, state_dir, max_answer_bytes, headers and proxy; None and "" count as missing. A key from flags
    or environment is sent to the server named there or to the default; a profile's settings are used for the
    profile's server only. Raises StashConfigurationError.
    """
    unknown = [key for key in (*flags, *(profile or ())) if key not in _FLAGS]
    if unknown:
        raise StashConfigurationError(f"Unknown setting {unknown[0]!r}. {did_you_mean(unknown[0], _FLAGS)}")
    options = _expand(flags, _OPTIONS)
    given = {**_expand(_from_environment(environ, with_key="api_key" not in options), _VARIABLES), **options}
    chosen = _with_profile(given, _expand(profile or {}, {}))
    cache_dir, state_dir = chosen.get("cache_dir"), chosen.get("state_dir")
    return Connection(
        url=chosen.get("url") or normalise_url(DEFAULT_URL),
        api_key=chosen.get("api_key"),
        timeout=_timeout(chosen.get("timeout", DEFAULT_TIMEOUT)),
        verify=_verify(chosen),
        read_only=bool(chosen.get("read_only", False)),
        cache_dir=Path(cache_dir) if cache_dir else None,
        state_dir=Path(state_dir).expanduser() if state_dir else None,
        configured="url" in chosen,
        max_answer_bytes=_size(chosen.get("max_answer_bytes", DEFAULT_MAX_ANSWER)),
        headers=tuple(chosen.get("headers", ())),
        proxy=chosen.get("proxy"),
        profile=profile_name,
        source=source,
        protected_by=profile_name if (profile or {}).get("read_only") else None,
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
    """Settings from environment variables, without those of the key if flags override it."""
    names = _VARIABLES.keys() - (set() if with_key else {"api_key", "api_key_file"})
    return {name: environ.get(_VARIABLES[name]) for name in names}


def _with_profile(given: Mapping[str, Any], profile: Mapping[str, Any]) -> dict[str, Any]:
    """Flags and environment override a profile; URL and key always come from the same source."""
    # Key, headers, proxy and certificates of a profile are for its server only.
    if "url" in given:
        return dict(given)
    if not profile.keys() & {"url", "api_key"}:
        return {**profile, "api_key": None, **given}
    return {**profile, **given, "api_key": profile.get("api_key")}


def _passwords(connection: Connection) -> list[str]:
    """The password of a proxy, and those inside an Authorization header."""
    from binascii import a2b_base64

    found = []
    if connection.proxy and "@" in connection.proxy:
        address = connection.proxy if "://" in connection.proxy else f"//{connection.proxy}"
        pair = urlsplit(address).netloc.rpartition("@")[0]
        found += [pair.partition(":")[2], unquote(pair.partition(":")[2])]
    for name, value in connection.headers:
        scheme, _, rest = value.partition(" ")
        if name.lower() == "authorization" and rest:
            found.append(rest)
            with suppress(ValueError):
                pair = a2b_base64(rest).decode() if scheme.lower() == "basic" else ""
                found.append(pair.partition(":")[2])
    return found


def secret_forms(secret: str) -> list[str]:
    """A secret as it is, percent-encoded, and in base64."""
    from binascii import b2a_base64

    encoded = b2a_base64(secret.encode(), newline=False).decode()
    return list(dict.fromkeys([secret, quote(secret, safe=""), encoded]))


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
