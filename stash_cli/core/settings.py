"""Where the server is and how to talk to it: one `Connection`, made from flags, environment and defaults."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from stash_cli.core.errors import StashConfigurationError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping
    from urllib.parse import SplitResult

DEFAULT_URL = "http://localhost:9999"
DEFAULT_TIMEOUT = 60.0
EMBEDDED = "embedded:"
_EVERYWHERE = {"0.0.0.0": "localhost", "::": "localhost"}  # noqa: S104 - recognised, never bound
_CONN_KEYS = {"scheme": "http", "host": "localhost", "port": 9999, "apikey": None, "timeout": DEFAULT_TIMEOUT}
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
)


@dataclass(frozen=True, slots=True)
class Connection:
    """How to reach one server.

    `url` is the GraphQL endpoint, or `embedded:PATH` / `embedded:demo`; `timeout` is in seconds;
    `verify` is whether certificates are checked, or the path of a CA file; `read_only` refuses every
    mutation before sending; `cache_dir` None is the platform's; `configured` is False when nobody chose
    the address, so that errors can say how to.
    """

    url: str
    api_key: str | None = field(default=None, repr=False)
    timeout: float = DEFAULT_TIMEOUT
    verify: bool | str = True
    read_only: bool = False
    cache_dir: Path | None = None
    configured: bool = True

    @property
    def server(self) -> str:
        """The address as people write it, for sentences."""
        return self.url.removesuffix("/graphql")

    @property
    def is_embedded(self) -> bool:
        return self.url.startswith(EMBEDDED)

    @property
    def location(self) -> str:
        """Of an embedded library: its file, or "demo"."""
        return self.url.removeprefix(EMBEDDED)

    @property
    def cache(self) -> Path:
        """Folder for what can be learnt again."""
        if self.cache_dir is not None:
            return self.cache_dir
        from platformdirs import user_cache_path

        return user_cache_path("stash-cli", appauthor=False)


def resolve_connection(
    flags: Mapping[str, Any],
    environ: Mapping[str, str],
    profile: Mapping[str, Any] | None = None,
) -> Connection:
    """The connection that `flags`, then `environ`, then `profile`, then the defaults describe.

    Flags and profile share the keys url, demo, api_key, api_key_file, timeout, insecure, ca_cert,
    read_only and cache_dir; None and "" count as not given. Raises StashConfigurationError.
    """
    unknown = [key for key in (*flags, *(profile or ())) if key not in _FLAGS]
    if unknown:
        raise StashConfigurationError(f"Unknown setting {unknown[0]!r}. {did_you_mean(unknown[0], _FLAGS)}")
    sources = [_expand(source) for source in (flags, _from_environment(environ), profile or {})]
    chosen = {key: value for source in reversed(sources) for key, value in source.items()}
    cache_dir = chosen.get("cache_dir")
    return Connection(
        url=normalise_url(chosen.get("url", DEFAULT_URL)),
        api_key=chosen.get("api_key"),
        timeout=_timeout(chosen.get("timeout", DEFAULT_TIMEOUT)),
        verify=_verify(chosen),
        read_only=bool(chosen.get("read_only", False)),
        cache_dir=Path(cache_dir) if cache_dir else None,
        configured="url" in chosen,
    )


def connection_from_environment() -> Connection:
    """What STASH_URL, STASH_API_KEY and STASH_API_KEY_FILE say."""
    return resolve_connection({}, os.environ)


def connection_from_conn(conn: Mapping[str, Any], verify: bool | str = True) -> Connection:
    """The connection of a `conn` mapping: Scheme, Host, Port, ApiKey, Timeout in any case of letters."""
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
        api_key=facts["apikey"] or None,
        timeout=_timeout(facts["timeout"]),
        verify=verify,
    )


def normalise_url(text: str) -> str:
    """The GraphQL endpoint for a base URL or endpoint; a path prefix is kept.

    >>> normalise_url("localhost:9999/stash/")
    'http://localhost:9999/stash/graphql'
    """
    text = text.strip()
    if text.startswith(EMBEDDED):
        return EMBEDDED + _library(text.removeprefix(EMBEDDED))
    parts = _split(text if "://" in text else f"http://{text}")
    host = _EVERYWHERE.get(parts.hostname or "", parts.hostname or "")
    host = f"[{host}]" if ":" in host else host
    port = f":{parts.port}" if parts.port is not None else ""
    path = parts.path.rstrip("/").removesuffix("/graphql")
    return f"{parts.scheme.lower()}://{host}{port}{path}/graphql"


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise StashConfigurationError(f"Not a server address: {error}.") from error
    # The text itself may hold a secret and is not repeated in these messages.
    if parts.username or parts.password or "apikey" in parts.query.lower():
        raise StashConfigurationError(
            "The server address holds a user name, password or key.",
            hint="Give the API key with STASH_API_KEY or STASH_API_KEY_FILE.",
        )
    if parts.scheme.lower() not in ("http", "https"):
        raise StashConfigurationError(
            f"Not a server address: {parts.scheme}:// is not http, https or embedded:FILE."
        )
    if not parts.hostname or any(c.isspace() for c in url) or parts.query or parts.fragment:
        raise StashConfigurationError(f"Not a server address: {url!r}.")
    return parts


def _library(location: str) -> str:
    if location in ("", "demo"):
        if not location:
            raise StashConfigurationError("embedded: wants a file, or demo: embedded:library.sqlite.")
        return location
    return str(Path(location).expanduser().absolute())


def _from_environment(environ: Mapping[str, str]) -> dict[str, str | None]:
    return {
        "url": environ.get("STASH_URL"),
        "api_key": environ.get("STASH_API_KEY"),
        "api_key_file": environ.get("STASH_API_KEY_FILE"),
    }


def _expand(source: Mapping[str, Any]) -> dict[str, Any]:
    """The given values of one source, with short forms spelt out."""
    given = {key: value for key, value in source.items() if value not in (None, "")}
    if given.pop("demo", False):
        if "url" in given:
            raise StashConfigurationError("A URL and the demo library exclude each other.")
        given["url"] = f"{EMBEDDED}demo"
    key_file = given.pop("api_key_file", None)
    if key_file and "api_key" not in given:
        given["api_key"] = _read_key(Path(key_file).expanduser())
    return given


def _read_key(path: Path) -> str:
    try:
        key = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise StashConfigurationError(f"Cannot read the API key file {path}: {error.strerror}.") from error
    if not key:
        raise StashConfigurationError(f"The API key file {path} is empty.")
    return key


def _timeout(value: Any) -> float:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        seconds = math.nan
    if not seconds > 0 or math.isinf(seconds):
        raise StashConfigurationError(f"The timeout is a number of seconds above 0, not {value!r}.")
    return seconds


def _verify(chosen: Mapping[str, Any]) -> bool | str:
    if chosen.get("insecure"):
        return False
    ca_cert = chosen.get("ca_cert")
    if ca_cert and not Path(ca_cert).is_file():
        raise StashConfigurationError(f"There is no CA file {ca_cert}.")
    return str(ca_cert) if ca_cert else True
