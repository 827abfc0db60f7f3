"""The client of a request: the peer of its connection, or the client that a configured proxy names.

The middleware removes all forwarding headers; those of a configured proxy determine the client, scheme and
host in the scope.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders

from stash_cli.embedded.web.policy import Host, WebPolicy, is_local, is_loopback, parse_address

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from starlette.requests import HTTPConnection
    from starlette.types import ASGIApp, Receive, Scope, Send


_FORWARDING = re.compile(
    r"forwarded|x-forwarded(-.*)?|x-real-ip|x-client-ip|x-cluster-client-ip|true-client-ip|cf-connecting-ip"
)
_SEPARATORS = re.compile(r"[,;=\s\"]+")
_PREFIX = re.compile(r"(?:/[\w.~-]+)+", re.ASCII)
_KEY, _PREFIX_KEY = "stash.peer", "stash.prefix"


@dataclass(frozen=True)
class Peer:
    """The client of a request.

    `proxy_host` is the `Host` of a configured proxy's own request, if the client requested another one;
    `claims` are the addresses in the forwarding headers of a peer that is not a configured proxy.
    """

    address: str
    proxy_host: str = ""
    is_forwarded: bool = False
    claims: tuple[str, ...] = ()

    @property
    def is_this_machine(self) -> bool:
        """Whether the request certainly comes from a program on this machine."""
        return is_loopback(self.address) and not self.is_forwarded

    @property
    def is_public(self) -> bool:
        """Whether the client has a public address; a local socket has none."""
        return bool(self.address) and not is_local(self.address)

    @property
    def claims_to_be_public(self) -> bool:
        """Whether forwarding headers name a public address."""
        return any(not is_local(claim) for claim in self.claims)


def peer_of(scope: Mapping[str, object]) -> Peer:
    """The peer that `PeerMiddleware` determined."""
    peer = scope[_KEY]
    assert isinstance(peer, Peer)  # noqa: S101 - the only writer is below
    return peer


def prefix_of(scope: Mapping[str, object]) -> str:
    """The path prefix of a configured proxy, without a trailing slash, or empty."""
    return str(scope.get(_PREFIX_KEY, ""))


class PeerMiddleware:
    """ASGI middleware: replaces the client of a request by the one that a configured proxy names.

    A configured proxy has to set or remove `X-Forwarded-For`, `-Proto`, `-Host` and `-Prefix` itself.
    `Forwarded` and similar headers are removed from all requests.
    """

    def __init__(self, app: ASGIApp, policy: WebPolicy) -> None:
        self._app = app
        self._policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = scope.get("client")
        peer_address = client[0] if client else ""
        other_headers, forwarding = _split_headers(scope["headers"])
        scope = {**scope, "headers": other_headers}
        if self._policy.is_proxy(peer_address):
            host = Headers(scope=scope).get("host", "") if "x-forwarded-host" in forwarding else ""
            scope[_KEY] = Peer(self._client(peer_address, forwarding), host)
            _apply(scope, forwarding)
        else:
            scope[_KEY] = Peer(peer_address, "", bool(forwarding), _claims(forwarding))
        await self._app(scope, receive, send)

    def _client(self, peer_address: str, forwarding: Mapping[str, str]) -> str:
        """The last address in the chain that is not a configured proxy; the ones before it may be forged."""
        forwarded_for = forwarding.get("x-forwarded-for", "").split(",")
        chain = [peer_address, *(_address(text) for text in reversed(forwarded_for) if text.strip())]
        return next((address for address in chain if not self._policy.is_proxy(address)), chain[-1])


def _split_headers(
    headers: Iterable[tuple[bytes, bytes]],
) -> tuple[list[tuple[bytes, bytes]], dict[str, str]]:
    """The other headers, and the forwarding headers by name; values of repeated ones are joined by commas."""
    others: list[tuple[bytes, bytes]] = []
    forwarding: dict[str, str] = {}
    for raw, value in headers:
        name = raw.decode("latin-1").lower()
        if _FORWARDING.fullmatch(name) is None:
            others.append((raw, value))
        else:
            text = value.decode("latin-1").strip()
            forwarding[name] = f"{forwarding[name]},{text}" if name in forwarding else text
    return others, forwarding


def _address(text: str) -> str:
    """An address of `X-Forwarded-For` without its port; other text is unchanged."""
    text = text.strip()
    host = Host.parse(text)
    return host.name if host is not None and parse_address(text) is None else text


def _claims(forwarding: Mapping[str, str]) -> tuple[str, ...]:
    """All addresses in the forwarding headers of a peer that is not a configured proxy."""
    words = (_address(word) for value in forwarding.values() for word in _SEPARATORS.split(value))
    return tuple(word for word in words if parse_address(word) is not None)


def _apply(scope: Scope, forwarding: Mapping[str, str]) -> None:
    """Set scheme, host and path prefix from the headers of a configured proxy; the last value applies."""
    last_values = {name: value.rpartition(",")[2].strip() for name, value in forwarding.items()}
    secure = {"http": False, "https": True, "ws": False, "wss": True}.get(
        last_values.get("x-forwarded-proto", "")
    )
    if secure is not None:
        scope["scheme"] = ("ws" if scope["type"] == "websocket" else "http") + ("s" if secure else "")
    if "x-forwarded-host" in last_values:
        MutableHeaders(scope=scope)["host"] = last_values["x-forwarded-host"]
    prefix = last_values.get("x-forwarded-prefix", "").rstrip("/")
    scope[_PREFIX_KEY] = prefix if _PREFIX.fullmatch(prefix) else ""


def base_url(request: HTTPConnection) -> str:
    """Scheme, host and path prefix of the client's request, without a trailing slash."""
    scheme = "https" if request.url.scheme in {"https", "wss"} else "http"
    host = request.headers.get("host") or request.url.netloc
    return f"{scheme}://{host}{prefix_of(request.scope)}"
