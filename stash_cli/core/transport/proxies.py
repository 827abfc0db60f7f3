"""Proxies from the environment: which one a URL goes through, and the hosts of NO_PROXY.

HTTP_PROXY, HTTPS_PROXY and ALL_PROXY (also in lower case) are read as httpx and curl do. NO_PROXY lists names
of hosts and domains, addresses, networks such as 10.0.0.0/8, or `*`; each may have a port.
"""

from __future__ import annotations

import os
import re
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit
from urllib.request import getproxies

from stash_cli.core.errors import StashConfigurationError
from stash_cli.core.server_url import is_host
from stash_cli.core.settings import NO_PROXY
from stash_cli.core.transport.setup import naming

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

    import httpx

_LOCAL = ("localhost", "127.0.0.1", "::1")
_PORTS = {"http": 80, "https": 443}
_SCHEMES = ("http", "https", "socks5", "socks5h")
_ENTRY = re.compile(r"(?:\w+://)?(?:\[(?P<ipv6>[^\]]*)\]|(?P<name>[^:]*))(?::(?P<port>\d+))?")
_HINT = "Write it like http://proxy:3128 or socks5://proxy:1080, or unset it."
_OF_PROFILE = "The proxy of the profile"
_OF_SYSTEM = "The system's proxy setting"
_SOCKS_HINT = "Run: pip install 'httpx[socks]' python-socks"


class Proxy(NamedTuple):
    """A proxy's URL, which may hold a password, and the setting that names it."""

    url: str
    setting: str

    @property
    def is_socks(self) -> bool:
        return self.url.startswith("socks")

    @property
    def named(self) -> str:
        """A phrase for the middle of a sentence, such as "the proxy of HTTP_PROXY"."""
        named = {_OF_PROFILE: "the proxy of the profile", _OF_SYSTEM: "the proxy of the system"}
        return named.get(self.setting, f"the proxy of {self.setting}")

    @property
    def fix(self) -> str:
        """The next step where it fails. NO_PROXY has no effect on the proxy of a profile."""
        otherwise = "set `proxy` to none" if self.setting == _OF_PROFILE else "list the server in NO_PROXY"
        return f"Correct {self.named}, or {otherwise}."

    @property
    def hint(self) -> str:
        """The next step where it cannot be used: SOCKS needs packages that are not installed by default."""
        return _SOCKS_HINT if self.is_socks else _HINT


def is_local(url: str) -> bool:
    """Whether the server is on this machine: no proxy then, and compression would only cost time."""
    return urlsplit(url).hostname in _LOCAL


def proxy_for(url: str, chosen: str | None = None) -> Proxy | None:
    """The proxy for a URL: the `chosen` one, or that of the environment.

    Raises StashConfigurationError for a setting that is not the URL of a proxy.
    """
    parts = urlsplit(url)
    if chosen:
        # The profile is for this server, so it takes precedence over the environment, even for a local
        # server.
        return None if chosen == NO_PROXY else _checked_proxy(chosen, _OF_PROFILE)
    if is_local(url):
        return None
    # Not `os.environ`, because `getproxies` also reads the system settings of macOS and Windows.
    known = getproxies()
    # Only the proxy that is used is checked: a broken one for other URLs is no reason to fail.
    scheme = next((name for name in (parts.scheme, "all") if known.get(name)), None)
    port = parts.port or _PORTS.get(parts.scheme, 0)
    if scheme is None or is_exempt(parts.hostname or "", port, known.get("no", "")):
        return None
    return _checked_proxy(known[scheme], _setting_name(scheme))


def _checked_proxy(url: str, setting: str) -> Proxy:
    found = Proxy(_with_scheme(url), setting)
    _check(found)
    return found


def is_exempt(host: str, port: int, no_proxy: str) -> bool:
    """Whether `no_proxy` lists a host; entries that are neither names nor networks are ignored."""
    host = host.rstrip(".").lower()
    return any(_entry_matches(entry.lower(), host, port) for entry in re.split(r"[\s,]+", no_proxy) if entry)


def _entry_matches(entry: str, host: str, port: int) -> bool:
    if entry == "*" or _in_network(entry, host):
        return True
    found = _ENTRY.fullmatch(entry)
    if found is None or int(found["port"] or port) != port:
        return False
    if found["ipv6"]:
        return _in_network(found["ipv6"], host)
    # `*.example.com`, `.example.com` and `example.com` mean the same, as for curl.
    name = found["name"].removeprefix("*").strip(".")
    return bool(name) and (host == name or host.endswith(f".{name}") or _in_network(name, host))


def _in_network(entry: str, host: str) -> bool:
    try:
        return ip_address(host) in ip_network(entry, strict=False)
    except ValueError:
        return False


def _setting_name(scheme: str) -> str:
    names = (f"{scheme}_proxy", f"{scheme}_proxy".upper())
    return next((name for name in names if os.environ.get(name)), _OF_SYSTEM)


def _with_scheme(url: str) -> str:
    # curl accepts `proxy:3128` without a scheme, and many variables are written that way.
    return url if "://" in url else f"http://{url}"


def _check(proxy: Proxy) -> None:
    """Refuse anything but the URL of a proxy; the message does not repeat it, as it may hold a password."""
    with naming(proxy.setting, _HINT, quote=False):
        parts = urlsplit(proxy.url)
        port = parts.port
    if parts.scheme not in _SCHEMES:
        raise StashConfigurationError(
            f"{proxy.setting} cannot be used: {parts.scheme[:20]!r} is not {', '.join(_SCHEMES)}.", hint=_HINT
        )
    if port == 0 or not is_host(parts.hostname or "") or not proxy.url.isprintable():
        raise StashConfigurationError(f"{proxy.setting} is not the address of a proxy.", hint=_HINT)


class Routes:
    """httpx transports by proxy, for routing each request through the proxy of its URL.

    `options` are those of AsyncHTTPTransport, `chosen` is the proxy of the connection itself.
    """

    def __init__(self, library: ModuleType, options: Mapping[str, object], chosen: str | None) -> None:
        self._chosen = chosen
        self._library = library
        self._options = options
        self._opened: dict[Proxy | None, httpx.AsyncHTTPTransport] = {}
        self._proxies: dict[tuple[str, str, int | None], Proxy | None] = {}

    def of(self, url: httpx.URL) -> httpx.AsyncHTTPTransport:
        """The transport for a URL, opened on first use; raises StashConfigurationError."""
        origin = (url.scheme, url.host, url.port)
        if origin not in self._proxies:
            self._proxies[origin] = proxy_for(str(url), self._chosen)
        proxy = self._proxies[origin]
        if proxy not in self._opened:
            self._opened[proxy] = self._open(proxy)
        return self._opened[proxy]

    def _open(self, proxy: Proxy | None) -> httpx.AsyncHTTPTransport:
        library, options = self._library, self._options
        if proxy is None:
            return library.AsyncHTTPTransport(**options)  # type: ignore[no-any-return]
        # httpx's message may contain the URL with its password; for SOCKS it names the missing package.
        with naming(proxy.setting, proxy.hint, quote=proxy.is_socks):
            return library.AsyncHTTPTransport(**options, proxy=library.Proxy(proxy.url))  # type: ignore[no-any-return]

    async def aclose(self) -> None:
        for each in self._opened.values():
            await each.aclose()


def routing_transport(
    library: ModuleType, options: Mapping[str, object], chosen: str | None = None
) -> httpx.AsyncBaseTransport:
    """An httpx transport over `Routes`; its class is made here, as httpx is imported by the first request.

    `chosen` is the proxy of the connection itself, None that of the environment.
    """
    routes = Routes(library, options, chosen)

    class RoutingTransport(library.AsyncBaseTransport):  # type: ignore[misc, name-defined]
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            return await routes.of(request.url).handle_async_request(request)

        async def aclose(self) -> None:
            await routes.aclose()

    return RoutingTransport()
