"""Where a request comes from: the peer of its connection, or the client of a configured proxy.

After this middleware no request carries forwarding headers that somebody other than a configured proxy has
sent: the scope says who the client is, how it was reached and under which host.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders

from stash_cli.embedded.web.addresses import Host, is_local, is_loopback, parse_address

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from starlette.requests import HTTPConnection
    from starlette.types import ASGIApp, Receive, Scope, Send

    from stash_cli.embedded.web.policy import WebPolicy

_FORWARDING = re.compile(
    r"forwarded|x-forwarded(-.*)?|x-real-ip|x-client-ip|x-cluster-client-ip|true-client-ip|cf-connecting-ip"
)
_BETWEEN = re.compile(r"[,;=\s\"]+")
_PREFIX = re.compile(r"(?:/[\w.~-]+)+", re.ASCII)
_KEY, _PREFIX_KEY = "stash.peer", "stash.prefix"


@dataclass(frozen=True)
class Peer:
    """The client of a request.

    `proxy_host` is the `Host` that a configured proxy asked for, where it names another one that the client
    asked for; `claims` are the addresses that headers of an unknown proxy name.
    """

    address: str
    proxy_host: str = ""
    is_forwarded: bool = False
    claims: tuple[str, ...] = ()

    @property
    def is_this_machine(self) -> bool:
        """Whether the request certainly comes from a program of this machine."""
        return is_loopback(self.address) and not self.is_forwarded

    @property
    def is_public(self) -> bool:
        """Whether the client is outside of private networks; one without an address is at a local socket."""
        return bool(self.address) and not is_local(self.address)

    @property
    def claims_to_be_public(self) -> bool:
        """Whether the request says that it was passed on for a public address."""
        return any(not is_local(claim) for claim in self.claims)


def peer_of(scope: Mapping[str, object]) -> Peer:
    """The peer that `PeerMiddleware` has found."""
    peer = scope[_KEY]
    assert isinstance(peer, Peer)  # noqa: S101 - the only writer is below
    return peer


def prefix_of(scope: Mapping[str, object]) -> str:
    """The path below which a configured proxy serves the library, without a slash at the end, or empty."""
    return str(scope.get(_PREFIX_KEY, ""))


class PeerMiddleware:
    """ASGI middleware: replaces the client of a request by the one that a configured proxy names.

    A configured proxy has to set or remove `X-Forwarded-For`, `-Proto`, `-Host` and `-Prefix` itself.
    `Forwarded` and other headers of the kind are removed from all requests.
    """

    def __init__(self, app: ASGIApp, policy: WebPolicy) -> None:
        self._app = app
        self._policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = scope.get("client")
        direct = client[0] if client else ""
        kept, forwarding = _parted(scope["headers"])
        scope = {**scope, "headers": kept}
        if self._policy.is_proxy(direct):
            host = Headers(scope=scope).get("host", "") if "x-forwarded-host" in forwarding else ""
            scope[_KEY] = Peer(self._client(direct, forwarding), host)
            _believe(scope, forwarding)
        else:
            scope[_KEY] = Peer(direct, "", bool(forwarding), _claims(forwarding))
        await self._app(scope, receive, send)

    def _client(self, direct: str, forwarding: Mapping[str, str]) -> str:
        """The last address on the way that is no configured proxy: what is before it may be invented."""
        listed = forwarding.get("x-forwarded-for", "").split(",")
        way = [direct, *(_address(text) for text in reversed(listed) if text.strip())]
        return next((address for address in way if not self._policy.is_proxy(address)), way[-1])


def _parted(headers: Iterable[tuple[bytes, bytes]]) -> tuple[list[tuple[bytes, bytes]], dict[str, str]]:
    """The headers without those about forwarding, and these by name; repeated ones are joined by commas."""
    kept: list[tuple[bytes, bytes]] = []
    forwarding: dict[str, str] = {}
    for raw, value in headers:
        name = raw.decode("latin-1").lower()
        if _FORWARDING.fullmatch(name) is None:
            kept.append((raw, value))
        else:
            text = value.decode("latin-1").strip()
            forwarding[name] = f"{forwarding[name]},{text}" if name in forwarding else text
    return kept, forwarding


def _address(text: str) -> str:
    """An address of `X-Forwarded-For` without its port; as it is for what is none."""
    text = text.strip()
    host = Host.parse(text)
    return host.name if host is not None and parse_address(text) is None else text


def _claims(forwarding: Mapping[str, str]) -> tuple[str, ...]:
    """All addresses in the headers of a proxy that is not known."""
    words = (_address(word) for value in forwarding.values() for word in _BETWEEN.split(value))
    return tuple(word for word in words if parse_address(word) is not None)


def _believe(scope: Scope, forwarding: Mapping[str, str]) -> None:
    """Take scheme, host and path prefix from what a configured proxy says last."""
    said = {name: value.rpartition(",")[2].strip() for name, value in forwarding.items()}
    secure = {"http": False, "https": True, "ws": False, "wss": True}.get(said.get("x-forwarded-proto", ""))
    if secure is not None:
        scope["scheme"] = ("ws" if scope["type"] == "websocket" else "http") + ("s" if secure else "")
    if "x-forwarded-host" in said:
        MutableHeaders(scope=scope)["host"] = said["x-forwarded-host"]
    prefix = said.get("x-forwarded-prefix", "").rstrip("/")
    scope[_PREFIX_KEY] = prefix if _PREFIX.fullmatch(prefix) else ""


def base_url(request: HTTPConnection) -> str:
    """Scheme, host and path prefix that a client used, a configured proxy included; no slash at the end."""
    scheme = "https" if request.url.scheme in {"https", "wss"} else "http"
    host = request.headers.get("host") or request.url.netloc
    return f"{scheme}://{host}{prefix_of(request.scope)}"
