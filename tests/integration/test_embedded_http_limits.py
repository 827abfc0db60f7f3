"""Limits of a served library: slow requests, and connections per client."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import ExitStack, suppress

import httpx
import pytest
from served_library import ask, open_socket, read_to_end, serve_library
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from support import run
from websocket_client import LEGACY, MODERN, open_websocket
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from stash_cli.embedded import open_library
from stash_cli.embedded.server import MAX_PER_ADDRESS, MAX_SOCKETS_PER_ADDRESS
from stash_cli.embedded.web.app import BodyLimit
from stash_cli.embedded.web.graphql_ws import MAX_OPERATIONS, socket_endpoint

START = b"POST /graphql HTTP/1.1\r\nHost: localhost\r\n"
HALF = START + b"Content-Type: application/json\r\nContent-Length: 500\r\n\r\n{"
LATE = b"HTTP/1.1 408 Request Timeout\r\n"
ARRIVAL = 0.5  # seconds


@pytest.fixture
def url(library_file):
    with serve_library(library_file, arrival=ARRIVAL) as url:
        yield url


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        *((b"", b""), (b"P", LATE), (START, LATE), (HALF, LATE)),
        (HALF.replace(b"localhost", b"evil.example"), b"HTTP/1.1 403"),
        (START + b"Transfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n5\r\nab", LATE),
    ],
    ids=[
        "nothing",
        "one byte",
        "half a head",
        "half a body",
        "the body of a refused request",
        "half a chunk",
    ],
)
def test_incomplete_request_is_closed(url, sent, answer):
    with open_socket(url) as connection:
        connection.sendall(sent)
        assert read_to_end(connection).startswith(answer)


@pytest.mark.parametrize("start", [START + b"X-Long: ", HALF], ids=["head", "body"])
def test_slow_request_is_closed(url, start):
    def drip() -> None:
        with suppress(OSError):
            for _ in range(500):
                connection.sendall(b"x")
                time.sleep(0.02)

    with open_socket(url) as connection:
        connection.sendall(start)
        dripping = threading.Thread(target=drip)
        dripping.start()
        began = time.monotonic()
        with suppress(ConnectionResetError):
            read_to_end(connection)
        assert time.monotonic() - began < 6
        dripping.join()


def test_long_body_extends_the_deadline_and_connection_is_reused(url):
    with open_socket(url) as connection:
        text = b'{"query": "{ version { version } }"}'
        for _ in range(2):
            connection.sendall(HALF.replace(b"500", b"%d" % (len(text) + 40_000))[:-1])
            connection.sendall(b" " * 40_000)  # worth five seconds of arrival time
            time.sleep(1.5 * ARRIVAL)
            connection.sendall(text)
            received = connection.recv(65536)
            while not received.endswith(b"}}}"):  # head and body may arrive separately
                received += connection.recv(65536)
            assert received.startswith(b"HTTP/1.1 200")


def test_slow_reader_may_take_longer_than_a_request(url, library_file):
    long = "x" * 8_000_000  # more than the socket buffers
    create = 'mutation($t: String!) { tagCreate(input: {name: "x", description: $t}) { id } }'
    with open_library(str(library_file)) as library:
        assert library.execute(create, {"t": long}).data
    with open_socket(url) as connection:
        start = b"GET /graphql?query={findTag(id:1){description}} HTTP/1.1\r\n"
        connection.sendall(start + b"Host: localhost\r\nConnection: close\r\n\r\n")
        first = connection.recv(1000)
        time.sleep(2 * ARRIVAL)
        assert len(first + read_to_end(connection)) > len(long)


def test_half_sent_requests_do_not_block_others(library_file):
    with serve_library(library_file) as url, ExitStack() as stack:
        idle = stack.enter_context(open_socket(url))
        idle.sendall(b"HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert idle.recv(4096).startswith(b"HTTP/1.1 200")
        for _ in range(MAX_PER_ADDRESS + 10):
            stack.enter_context(open_socket(url)).sendall(b"P")
        assert ask(url).status_code == 200
        assert read_to_end(idle) == b""


@pytest.mark.parametrize("protocol", [LEGACY, MODERN])
def test_websocket_without_init_is_closed(library_file, protocol):
    async def listen():
        incoming, outgoing = asyncio.Queue(), asyncio.Queue()
        incoming.put_nowait({"type": "websocket.connect"})
        scope = {"type": "websocket", "path": "/graphql", "headers": [], "subprotocols": [protocol]}
        with open_library(str(library_file)) as library:
            await socket_endpoint(library, init_timeout=0.01)(WebSocket(scope, incoming.get, outgoing.put))
        return [await outgoing.get() for _ in range(2)][-1]

    closed = run(listen())
    assert (closed["type"], closed["code"]) == ("websocket.close", 4408)


def test_websockets_per_address_are_limited(served_url):
    address = served_url.replace("http", "ws") + "/graphql"
    with ExitStack() as stack:
        for _ in range(MAX_SOCKETS_PER_ADDRESS):
            stack.enter_context(connect(address, subprotocols=[MODERN]))
        with pytest.raises(InvalidStatus) as refused, connect(address, subprotocols=[MODERN]):
            pass
        assert refused.value.response.status_code == 503
        assert ask(served_url).status_code == 200
    with connect(address, subprotocols=[MODERN]):
        pass


def test_operations_per_websocket_are_limited(served_url):
    with open_websocket(served_url) as socket:
        socket.initialize()
        for number in range(MAX_OPERATIONS + 1):
            socket.subscribe(str(number), "subscription { scanCompleteSubscribe }")
        refused = socket.receive()
        assert (refused["id"], refused["type"]) == (str(MAX_OPERATIONS), "error")
        assert socket.receive() == {"id": str(MAX_OPERATIONS), "type": "complete"}


def test_login_body_is_limited(served_url):
    for content in (b"x" * 70_000, (b"x" * 10_000 for _ in range(7))):
        response = httpx.post(f"{served_url}/login", content=content)
        assert response.status_code == 413


def test_total_size_of_request_bodies_is_limited():
    async def count(scope, receive, send):
        await Response(str(len(await Request(scope, receive).body())))(scope, receive, send)

    async def post_all():
        app = BodyLimit(count, together=1000)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app)) as client:
            sizes = (600, 600, 1001, 1000)
            return [(await client.post("http://x/", content=b"x" * size)).status_code for size in sizes]

    assert run(post_all()) == [200, 200, 503, 200]
