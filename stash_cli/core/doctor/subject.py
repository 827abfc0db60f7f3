"""The subject of the checks: a connection, its environment, and the results of earlier checks."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from time import perf_counter, time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from stash_cli.core.errors import StashConnectionError, StashError
from stash_cli.core.path_maps import PathMaps
from stash_cli.core.transport.answers import read_all
from stash_cli.core.transport.faults import translate
from stash_cli.core.transport.http import HttpTransport, encode, load_httpx
from stash_cli.core.transport.outcome import Progress
from stash_cli.core.transport.proxies import Proxy, proxy_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from stash_cli.core.capabilities import ServerCapabilities
    from stash_cli.core.settings import Connection

_PORTS = {"http": 80, "https": 443}
_LARGEST = 32 * 1024 * 1024
"""Maximum bytes of a response; an introspection has half a megabyte."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A raw response: status, headers in lower case, body, duration in seconds, and time of receipt."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    took: float
    at: float


@dataclass
class Environment:
    """The parts of the program's environment that checks need.

    `folders` are the folders that it writes to, `files` the files that hold secrets, both by name for
    messages. `origin` names the setting that the address came from, `demo` is the demo library's file,
    `path_maps` say where the server's folders are here, in `profile`; `profiles` are the names of all.
    """

    environ: Mapping[str, str]
    folders: Mapping[str, Path] = field(default_factory=dict)
    files: Mapping[str, Path] = field(default_factory=dict)
    origin: str = ""
    demo: Path | None = None
    path_maps: PathMaps = field(default_factory=PathMaps)
    profile: str | None = None
    profiles: Sequence[str] = ()


class Subject:
    """One connection under examination.

    `problem` is the error of its settings, `key_problem` the error of its key; without a connection, only the
    environment is checked.
    """

    def __init__(
        self,
        connection: Connection | None,
        environment: Environment,
        problem: StashError | None = None,
        key_problem: StashError | None = None,
    ) -> None:
        self._connection = connection
        self.environment = environment
        self.problem, self.key_problem = problem, key_problem
        self.first: Answer | None = None
        self.server: Mapping[str, Any] = {}
        self.capabilities: ServerCapabilities | None = None
        self._transports: dict[bool, HttpTransport] = {}

    @property
    def connection(self) -> Connection:
        """The connection; checks that follow a failed address are skipped."""
        if self._connection is None:
            raise self.problem or StashError("There is no connection.")
        return self._connection

    @property
    def is_remote(self) -> bool:
        return self._connection is not None and not self._connection.is_embedded

    @property
    def host(self) -> str:
        return urlsplit(self.connection.url).hostname or ""

    @property
    def port(self) -> int:
        parts = urlsplit(self.connection.url)
        return parts.port or _PORTS[parts.scheme]

    @property
    def is_https(self) -> bool:
        return self.connection.url.startswith("https:")

    @cached_property
    def proxy(self) -> Proxy | None:
        """The proxy of the connection. Raises StashConfigurationError for an invalid setting."""
        return proxy_for(self.connection.url, self.connection.proxy)

    @property
    def peer(self) -> tuple[str, int]:
        """Host and port of the socket: the proxy's, or the server's."""
        if self.proxy is None:
            return self.host, self.port
        parts = urlsplit(self.proxy.url)
        return parts.hostname or "", parts.port or (1080 if self.proxy.is_socks else _PORTS[parts.scheme])

    async def post(self, document: str, *, with_key: bool = True) -> Answer:
        """Post a document and return any response. Raises StashConnectionError without a response."""
        transport = self._transport(with_key=with_key)
        client = await transport.clients.get()
        progress, began = Progress(), perf_counter()
        body = encode({"query": document, "variables": {}})
        try:
            async with client.stream(
                "POST", transport.endpoint, content=body, extensions={"trace": progress.trace}
            ) as answer:
                content = await read_all(answer, _LARGEST)
        except (load_httpx().HTTPError, OSError) as error:
            raise translate(error, self.connection, progress.delivery, progress.handled) from error
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(answer.status_code, headers, content, perf_counter() - began, time())

    def _transport(self, *, with_key: bool) -> HttpTransport:
        if with_key not in self._transports:
            from stash_cli.core.transport import open_transport

            key = self.connection.api_key if with_key else None
            opened = open_transport(replace(self.connection, api_key=key, create=False))
            if not isinstance(opened, HttpTransport):
                raise StashConnectionError("This transport cannot be examined.")
            self._transports[with_key] = opened
        return self._transports[with_key]

    async def close(self) -> None:
        for each in self._transports.values():
            await each.close()
