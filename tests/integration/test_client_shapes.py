"""Malformed responses raise a readable error, over HTTP and websockets."""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from client_server import canned_server, connection_to, graphql_response, http_response, schema, session_with
from loopback import Loopback
from support import run
from table_tests import table_test
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from stash_cli.core.client.session import Session
from stash_cli.core.errors import (
    StashConnectionError,
    StashError,
    StashIntegrationError,
    StashServerError,
    StashUnknownOutcomeError,
    StashUsageError,
)
from stash_cli.core.transport import GraphQLRequest

PAGE = {"count": 1, "tags": [{"id": "1"}]}
PAYLOADS: dict[str, Any] = {
    "null": None,
    "a number": 5,
    "a text": "x",
    "a list": [{"data": {}}],
    "no data": {"data": None},
    "empty data": {"data": {}},
    "data that is a list": {"data": [1, 2]},
    "data that is a text": {"data": "x"},
    "data that is a number": {"data": 0},
    "data that is false": {"data": False},
    "other data": {"data": {"x": 1}},
    "errors that are texts": {"errors": ["boom", 3, None], "data": None},
    "errors that are a text": {"errors": "boom"},
    "errors that are an object": {"errors": {"message": "boom"}},
    "errors that are true": {"errors": True},
    "a message that is a number": {"errors": [{"message": 5}]},
    "a path that is a text": {"errors": [{"message": "x", "path": "findTags"}]},
    "a path of objects": {"errors": [{"message": "x", "path": [{}]}]},
    "extensions that are a text": {"errors": [{"message": "x", "extensions": "y"}]},
    "a null field": {"data": {"findTags": None}},
    "a field that is a text": {"data": {"findTags": "x"}},
    "a field that is a list": {"data": {"findTags": [PAGE]}},
    "a page without its count": {"data": {"findTags": {"tags": []}}},
    "a page without its rows": {"data": {"findTags": {"count": 1}}},
    "a count that is a text": {"data": {"findTags": {**PAGE, "count": "x"}}},
    "rows that are an object": {"data": {"findTags": {**PAGE, "tags": {"id": "1"}}}},
    "rows that are null": {"data": {"findTags": {**PAGE, "tags": None}}},
    "rows of texts": {"data": {"findTags": {**PAGE, "tags": ["x"]}}},
    "rows without ids": {"data": {"findTags": {**PAGE, "tags": [{"name": "x"}]}}},
    "ids that are objects": {"data": {"findTags": {**PAGE, "tags": [{"id": {}}]}}},
}
"""Malformed answers to `findTags` with its count and row ids."""
ASKED = ("findTags", {"filter": {"page": 1}}, ["count", "tags.id"])


@table_test("shape", PAYLOADS)
def test_query_over_http(shape: str, tmp_path: Path) -> None:
    answer = http_response(200, json.dumps(PAYLOADS[shape]), "application/json")

    async def main() -> None:
        async with session_with(lambda _: answer, tmp_path) as (session, server):
            with pytest.raises((StashIntegrationError, StashServerError)) as caught:
                await session.call(*ASKED)
            assert len(caught.value.message) < 250
            assert server.operations.count("FindTags") == 1

    run(main())


MUTATED = [shape for shape, payload in PAYLOADS.items() if "findTags" not in json.dumps(payload)]


@table_test("shape", MUTATED)
def test_malformed_mutation_response_has_unknown_outcome(shape: str, tmp_path: Path) -> None:
    answer = http_response(200, json.dumps(PAYLOADS[shape]), "application/json")

    async def main() -> None:
        async with session_with(lambda _: answer, tmp_path) as (session, server):
            with pytest.raises(StashUnknownOutcomeError, match="may have been done"):
                await session.call("tagCreate", {"input": {"name": "x"}}, ["id"])
            assert server.operations.count("TagCreate") == 1

    run(main())


@table_test(
    ("operation", "args", "value"),
    [
        ("tagCreate", {"input": {"name": "x"}}, None),
        ("tagCreate", {"input": {"name": "x"}}, "1"),
        ("tagCreate", {"input": {"name": "x"}}, {"name": "x"}),
        ("tagDestroy", {"input": {"id": "1"}}, None),
        ("tagDestroy", {"input": {"id": "1"}}, {}),
        ("metadataScan", {"input": {}}, None),
        ("bulkTagUpdate", {"input": {"ids": ["1"]}}, {"id": "1"}),
        ("bulkTagUpdate", {"input": {"ids": ["1"]}}, [5]),
    ],
)
def test_mutation_succeeds_if_its_value_is_present(
    operation: str, args: Any, value: Any, tmp_path: Path
) -> None:
    async def main() -> None:
        async with session_with(lambda _: {operation: value}, tmp_path) as (session, _):
            with pytest.raises(StashUnknownOutcomeError):
                await session.call(operation, args)

    run(main())


@pytest.mark.parametrize(
    ("operation", "args", "value"),
    [
        ("tagDestroy", {"input": {"id": "1"}}, False),
        ("backupDatabase", {"input": {}}, None),
        ("bulkTagUpdate", {"input": {"ids": []}}, None),
        ("runPluginOperation", {"plugin_id": "x"}, [1]),
    ],
)
async def test_odd_but_valid_values_are_accepted(
    operation: str, args: Any, value: Any, tmp_path: Path
) -> None:
    async with session_with(lambda _: {operation: value}, tmp_path) as (session, _):
        assert await session.call(operation, args) == value


# Websockets

Handler = Callable[[ServerConnection], Any]


@asynccontextmanager
async def websocket(
    handler: Handler, cache_dir: Path, **facts: Any
) -> AsyncIterator[tuple[Session, list[Any]]]:
    """A session with a websocket server that runs `handler` after the subscription."""
    received: list[Any] = []

    async def converse(socket: ServerConnection) -> None:
        async for text in socket:
            message = json.loads(text)
            received.append(message)
            if message["type"] == "connection_init":
                await socket.send('{"type": "connection_ack"}')
            elif message["type"] == "subscribe":
                await socket.send('{"type": "pong"}')
                await handler(socket)

    async with (
        serve(converse, "127.0.0.1", 0, subprotocols=["graphql-transport-ws"]) as server,  # type: ignore[list-item]
        canned_server(lambda _: schema()) as known,
    ):
        port = server.sockets[0].getsockname()[1]
        async with Session(connection_to(known.url, cache_dir)) as first:
            facts_known = await first.load_capabilities()
        async with Session(connection_to(f"http://127.0.0.1:{port}", cache_dir, **facts)) as session:
            session._server = facts_known
            yield session, received


def sends(*messages: Any) -> Handler:
    async def responder(socket: ServerConnection) -> None:
        for message in messages:
            await socket.send(message if isinstance(message, str) else json.dumps(message))

    return responder


async def hangs_up(socket: ServerConnection) -> None:
    await socket.close()


def following(payload: Any) -> dict[str, Any]:
    return {"type": "next", "id": "1", "payload": payload}


STREAMED = json.loads(json.dumps(PAYLOADS).replace("findTags", "jobsSubscribe"))
NOT_MESSAGES = {
    "no JSON": "hello",
    "a JSON list": "[1]",
    "brackets": "[" * 200_000,
    "deep data": '{"type": "next", "id": "1", "payload": {"data": ' + "[" * 500 + "]" * 500 + "}}",
    "refused with a text": {"type": "error", "payload": "no"},
    "refused with texts": {"type": "error", "payload": ["no"]},
    "nothing in it": {"type": "next"},
}
OF_PAGES = ("a page", "rows", "a count", "ids")
MESSAGES = NOT_MESSAGES | {
    shape: following(payload) for shape, payload in STREAMED.items() if not shape.startswith(OF_PAGES)
}


@table_test("shape", MESSAGES)
def test_subscription_rejects_malformed_messages(shape: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with websocket(sends(MESSAGES[shape]), tmp_path) as (session, _):
            with pytest.raises(StashIntegrationError) as caught:
                async with session.subscribe("jobsSubscribe", paths=["type", "job.id"]) as stream:
                    await anext(stream)
            assert len(caught.value.message) < 250

    run(main())


UNANSWERED = {
    "lost": hangs_up,
    "over": sends({"type": "complete", "id": "1"}),
    "no JSON": sends("hello"),
    "no data": sends(following({"data": None})),
    "data that is a list": sends(following({"data": [1]})),
    "errors that are texts": sends({"type": "error", "payload": ["no"]}),
}
MUTATION = GraphQLRequest("mutation M { tagDestroy(input: {id: 1}) }", {}, "M")


@pytest.mark.parametrize("fault", UNANSWERED)
async def test_websocket_mutation_is_sent_once(fault: str, tmp_path: Path) -> None:
    async with websocket(UNANSWERED[fault], tmp_path) as (session, received):
        with pytest.raises(StashUnknownOutcomeError):
            async with session.transport.subscribe(MUTATION, reconnect=True) as answers:
                await anext(answers)
        assert [each["type"] for each in received].count("subscribe") == 1


async def test_rejected_websocket_mutation(tmp_path: Path) -> None:
    refusal = {"type": "error", "id": "1", "payload": [{"message": "no such field"}]}
    async with (
        websocket(sends(refusal), tmp_path) as (session, _),
        session.transport.subscribe(MUTATION) as answers,
    ):
        answer = await anext(answers)
        assert answer.errors == [{"message": "no such field"}]


async def test_read_only_applies_to_websockets(tmp_path: Path) -> None:
    async with websocket(sends(), tmp_path, read_only=True) as (session, received):
        for document in ("# x\rmutation { a }", "nonsense"):
            with pytest.raises(StashUsageError, match="read-only"):
                session.transport.subscribe(GraphQLRequest(document))
            with pytest.raises(StashUsageError, match="read-only"):
                await session.transport.execute(GraphQLRequest(document))
        assert received == []


REDIRECTS = {
    "http": "http://127.0.0.1:{port}/x",
    "https": "https://127.0.0.1:{port}/x",
    "ws": "ws://127.0.0.1:{port}/graphql",
    "wss": "wss://127.0.0.1:{port}/graphql",
    "no scheme": "//127.0.0.1:{port}/graphql",
    "a path": "/elsewhere",
    "nonsense": "http://[::1",
}


@table_test("status", [300, 301, 302, 303, 307, 308])
@table_test("target", REDIRECTS)
def test_websocket_follows_no_redirect(status: int, target: str, tmp_path: Path) -> None:
    keys: list[str | None] = []

    def steal(_: ServerConnection, request: Request) -> Response:
        keys.append(request.headers.get("ApiKey"))
        return Response(200, "OK", Headers())

    async def main() -> None:
        async with serve(_silent, "127.0.0.1", 0, process_request=steal) as thief:
            place = REDIRECTS[target].format(port=thief.sockets[0].getsockname()[1])
            moved = Response(status, "Moved", Headers(Location=place))
            async with serve(_silent, "127.0.0.1", 0, process_request=lambda *_: moved) as server:
                port = server.sockets[0].getsockname()[1]
                connection = connection_to(f"http://127.0.0.1:{port}", tmp_path, api_key="k3y")
                async with Session(connection) as session:
                    with pytest.raises(StashServerError, match="redirects to"):
                        async with session.transport.subscribe(MUTATION, reconnect=True):
                            pass

    run(main())
    assert keys == []


async def _silent(socket: ServerConnection) -> None:
    await socket.wait_closed()


async def test_oversized_message_ends_the_subscription(tmp_path: Path) -> None:
    async def flood(socket: ServerConnection) -> None:
        await socket.send(json.dumps(following({"data": {"x": "y" * 100_000}})))
        with pytest.raises(ConnectionClosed):
            await socket.recv()

    async with websocket(flood, tmp_path, max_answer_bytes=10_000) as (session, _):
        stream = session.subscribe("jobsSubscribe", paths=["type"], reconnect=True)
        with pytest.raises(StashIntegrationError, match="larger than 10,000 bytes"):
            await anext(stream)
        await stream.aclose()


# Bounds


def zipped(body: bytes, encoding: str = "gzip", cut: int = 0) -> bytes:
    packed = gzip.compress(body) if encoding == "gzip" else zlib.compress(body)
    if encoding == "bare deflate":
        packed = packed[2:-4]
    name = encoding.rpartition(" ")[2]
    return http_response(200, packed[: len(packed) - cut], "application/json", Content_Encoding=name)


BODY = json.dumps({"data": {"version": {"version": "v1"}}}).encode()
QUERY = "query Q { version { version } }"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "bare deflate"])
async def test_compressed_responses(encoding: str, tmp_path: Path) -> None:
    padded = BODY + b" " * 3_000_000

    async with session_with(lambda _: zipped(padded, encoding), tmp_path) as (session, _):
        assert await session.execute(QUERY) == {"version": {"version": "v1"}}


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (zipped(b" " * 50_000_000), StashIntegrationError, "larger than 100,000 bytes"),
        (http_response(200, b" " * 100_001), StashIntegrationError, "larger than 100,000 bytes"),
        (zipped(BODY, cut=4), StashConnectionError, "damaged"),
        (http_response(200, b"x", Content_Encoding="br"), StashConnectionError, "damaged"),
    ],
)
async def test_oversized_or_corrupt_responses(
    answer: bytes, error: type[StashError], words: str, tmp_path: Path
) -> None:
    async with session_with(lambda _: answer, tmp_path, max_answer_bytes=100_000) as (session, _):
        session._server = object()  # type: ignore[assignment]
        with pytest.raises(error, match=words):
            await session.execute(QUERY)
        with pytest.raises(StashUnknownOutcomeError, match=words):
            await session.execute("mutation { tagDestroy(input: {id: 1}) }")


async def drips(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A response sent byte by byte, without end."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while not writer.is_closing():
        writer.write(b" ")
        await asyncio.sleep(0.02)


async def test_slow_response_times_out(tmp_path: Path) -> None:
    async with (
        Loopback(drips) as server,
        Session(connection_to(server.url, tmp_path, timeout=1)) as session,
        asyncio.timeout(60),
    ):
        with pytest.raises(StashConnectionError, match=r"no complete answer within 1 s"):
            await session.execute(QUERY)
        with pytest.raises(StashUnknownOutcomeError, match=r"no complete answer within 1 s"):
            await session.execute("mutation { a }")
        with pytest.raises(StashConnectionError, match=r"hardly anything came within 1 s"):
            async for _ in session.transport.download("/downloads/x/y"):
                pass


# Too many requests


@pytest.mark.parametrize(
    ("document", "status", "wait", "requests"),
    [
        (QUERY, 429, "0", 3),
        (QUERY, 429, "Thu, 01 Jan 1970 00:00:00 GMT", 3),
        (QUERY, 429, "100", 1),
        (QUERY, 503, "0", 3),
        (QUERY, 503, "100", 1),
        ("mutation { tagDestroy(input: {id: 1}) }", 429, "0", 1),
        ("mutation { tagDestroy(input: {id: 1}) }", 503, "0", 1),
    ],
)
def test_retry_after_is_honoured(
    document: str, status: int, wait: str, requests: int, tmp_path: Path
) -> None:
    answer = http_response(status, "slow down", Retry_After=wait)

    async def main() -> StashError:
        async with session_with(lambda _: answer, tmp_path) as (session, server):
            with pytest.raises(StashConnectionError) as caught:
                await session.execute(document)
            assert len(server.requests) == requests
            return caught.value

    assert run(main()).exit_status == (10 if "mutation" in document and status == 503 else 5)


async def test_repeated_retry_after_ends_at_the_timeout(tmp_path: Path) -> None:
    """One second each, as often as two seconds allow."""
    answer = http_response(503, "", Retry_After="1")

    async with session_with(lambda _: answer, tmp_path, timeout=2) as (session, server):
        with pytest.raises(StashConnectionError):
            await session.execute(QUERY)
        assert len(server.requests) == 3


@pytest.mark.parametrize("status", [429, 502, 503])
def test_websocket_retry_after_is_honoured(status: int, tmp_path: Path) -> None:
    busy = Response(status, "Busy", Headers({"Retry-After": "7"}))

    async def main() -> StashConnectionError:
        async with serve(_silent, "127.0.0.1", 0, process_request=lambda *_: busy) as server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            async with Session(connection_to(url, tmp_path)) as session:
                with pytest.raises(StashConnectionError) as caught:
                    await anext(session.transport.subscribe(GraphQLRequest(QUERY)))
                return caught.value

    error = run(main())
    assert (error.transient, error.retry_after, error.exit_status) == (True, 7, 5)


@pytest.mark.parametrize("times", [1, 4])
def test_retry_waits_for_the_requested_pause(times: int, tmp_path: Path) -> None:
    answers = [
        *[http_response(429, "", Retry_After="1")] * times,
        graphql_response({"version": {"version": "v1"}}),
    ]

    async def main() -> float:
        async with session_with(lambda _: answers.pop(0), tmp_path) as (session, _):
            started = asyncio.get_running_loop().time()
            assert await session.execute(QUERY) == {"version": {"version": "v1"}}
            return asyncio.get_running_loop().time() - started

    assert run(main()) >= times
