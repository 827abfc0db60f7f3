"""Custom headers and proxy: used by HTTP and websockets, and never sent to other hosts."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from client_server import connection_to, http_response
from loopback import Loopback

from stash_cli.core.client.session import Session
from stash_cli.core.errors import StashConfigurationError, StashConnectionError, StashError
from stash_cli.core.transport import GraphQLRequest
from stash_cli.core.transport.proxies import proxy_for

HEADERS = (
    ("CF-Access-Client-Secret", "s3cret"),
    ("Authorization", "Basic bWU6d29yZA=="),
    ("user-agent", "me"),
)
FACTS = {"headers": HEADERS, "api_key": "k3y"}
LISTEN = GraphQLRequest("subscription { x }")
MINE = {"cf-access-client-secret": "s3cret", "authorization": "Basic bWU6d29yZA==", "apikey": "k3y"}


class Listener:
    """A server that answers 404 to everything; `heads` are the received request heads."""

    def __init__(self, answer: bytes) -> None:
        self.heads: list[tuple[str, dict[str, str]]] = []
        self._answer = answer

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        pairs = [line.partition(": ") for line in lines if line]
        assert len({name.lower() for name, _, _ in pairs}) == len(pairs)
        self.heads.append((first, {name.lower(): value for name, _, value in pairs}))
        writer.write(self._answer)
        await writer.drain()

    def secrets_in(self, number: int = 0) -> dict[str, str]:
        """The user's secrets in a request."""
        return {name: value for name, value in self.heads[number][1].items() if name in MINE}


@asynccontextmanager
async def listen(answer: bytes = http_response(404, "no")) -> AsyncIterator[tuple[str, Listener]]:
    listener = Listener(answer)
    async with Loopback(listener.handle) as server:
        yield server.url, listener


async def use(session: Session) -> None:
    """Send a request over HTTP and one over a websocket."""
    with pytest.raises(StashError):
        await session.execute("{ x }")
    with pytest.raises(StashError):
        async with session.transport.subscribe(LISTEN):
            pass


async def test_headers_are_sent_with_requests_and_websockets(tmp_path: Path) -> None:
    async with listen() as (url, server), Session(connection_to(url, tmp_path, **FACTS)) as session:
        await use(session)
    assert [first.partition(" ")[0] for first, _ in server.heads] == ["POST", "GET"]
    assert server.secrets_in(0) == server.secrets_in(1) == MINE
    assert server.heads[0][1]["user-agent"] == "me"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_redirects_drop_custom_headers(status: int, tmp_path: Path) -> None:
    async with (
        listen() as (elsewhere, thief),
        listen(http_response(status, "", Location=elsewhere)) as (url, _),
        Session(connection_to(url, tmp_path, **FACTS)) as session,
    ):
        await use(session)
    assert not thief.heads


async def test_downloads_from_other_hosts_omit_custom_headers(tmp_path: Path) -> None:
    async with (
        listen() as (elsewhere, other),
        listen() as (url, server),
        Session(connection_to(url, tmp_path, **FACTS)) as session,
    ):
        for address in (f"{elsewhere}/file.zip", f"{url}/file.zip"):
            with pytest.raises(StashError):
                await anext(session.transport.download(address))
    assert (other.secrets_in(), server.secrets_in()) == ({}, MINE)


async def test_all_connections_use_the_proxy_of_the_profile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "*")
    async with listen() as (url, proxy):
        through = url.replace("http://", "http://u:p%40ss@")
        connection = connection_to("http://stash.invalid", tmp_path, proxy=through, **FACTS)
        async with Session(connection) as session:
            await use(session)
    (post, posted), (opened, tunnel) = proxy.heads
    assert (post.split()[1], opened.split()[:2]) == (
        "http://stash.invalid/graphql",
        ["CONNECT", "stash.invalid:80"],
    )
    expected = "Basic " + base64.b64encode(b"u:p@ss").decode()
    assert posted["proxy-authorization"] == tunnel["proxy-authorization"] == expected
    assert (proxy.secrets_in(0), proxy.secrets_in(1)) == (MINE, {})


def test_proxy_none_disables_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert proxy_for("http://stash.invalid") == ("http://127.0.0.1:1", "ALL_PROXY")
    assert proxy_for("http://stash.invalid", "none") is None


@pytest.mark.parametrize(
    ("through", "message", "hint"),
    [
        (None, "through the proxy of HTTP_PROXY", "NO_PROXY"),
        ("http://127.0.0.1:1", "through the proxy of the profile", "`proxy`"),
    ],
)
async def test_missing_proxy_differs_from_an_unreachable_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, through: str | None, message: str, hint: str
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    async with Session(connection_to("http://stash.invalid", tmp_path, proxy=through)) as session:
        with pytest.raises(StashConnectionError) as caught:
            await session.execute("{ x }")
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")


def test_invalid_proxy_is_reported_without_its_password() -> None:
    for text in ("http://u:p@ss:x", "socks4://u:p@ss", "http://u:p@ss@"):
        with pytest.raises(StashConfigurationError, match="The proxy of the profile") as caught:
            proxy_for("http://stash.invalid", text)
        assert "p@ss" not in caught.value.message
