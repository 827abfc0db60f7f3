"""Delivery stage of failed requests, derived from the bytes written."""

from __future__ import annotations

import asyncio
import socket
import struct
from pathlib import Path
from typing import Any

import pytest
from client_server import canned_server, connection_to, graphql_response
from loopback import Handler, Loopback
from support import run

from stash_cli.core.client.session import Session
from stash_cli.core.errors import Delivery, StashConnectionError, StashError, StashUnknownOutcomeError
from stash_cli.core.transport import GraphQLRequest

MUTATION = 'mutation { tagDestroy(input: {id: "1"}) }'
QUERY = "query { version { version } }"
DONE = graphql_response({"tagDestroy": True, "version": {"version": "v1"}})
NOT_STARTED, HEADERS, BODY, ANSWER = Delivery


def reset(writer: asyncio.StreamWriter) -> None:
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


async def read_request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    return head + await reader.readexactly(length)


async def resets_at_once(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    reset(writer)


async def resets_after_the_head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    reset(writer)


async def resets_after_the_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    reset(writer)


async def closes_after_the_request(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await read_request(reader)


async def stays_silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await read_request(reader)
    await reader.read()


async def truncates_response(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(DONE[:-5])
    await writer.drain()


async def sends_garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(b"SSH-2.0-OpenSSH_9.6\r\n")
    await writer.drain()


LARGE = {"x": "y" * 20_000_000}
"""More than the socket buffers of both sides."""
FAULTS: dict[str, tuple[Handler, dict[str, Any], set[Delivery], int]] = {
    "reset at once": (resets_at_once, LARGE, {HEADERS}, 3),
    "reset in the request": (resets_after_the_head, LARGE, {HEADERS}, 3),
    "reset after it": (resets_after_the_request, {}, {BODY}, 3),
    "closed after it": (closes_after_the_request, {}, {BODY}, 3),
    "silence": (stays_silent, {}, {BODY}, 1),
    "half an answer": (truncates_response, {}, {ANSWER}, 3),
    "nonsense": (sends_garbage, {}, {BODY}, 3),
}
"""Fault -> server, variables, possible delivery stages, attempts of a query."""


async def assert_fails(session: Session, document: str, variables: dict[str, Any]) -> StashError:
    with pytest.raises(StashConnectionError) as caught:
        await session.execute(document, variables)
    return caught.value


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("handling", [True, False])
def test_delivery_stage_of_faults(fault: str, handling: bool, unused_port: int, tmp_path: Path) -> None:
    """The same while the caller handles another connection's error."""
    handle, variables, stages, queries = FAULTS[fault]

    async def main(document: str) -> tuple[StashError, int]:
        async with (
            Loopback(handle) as server,
            Session(connection_to(server.url, tmp_path, timeout=1 if fault == "silence" else 60)) as session,
        ):
            if not handling:
                return await assert_fails(session, document, variables), server.connections
            try:
                socket.create_connection(("127.0.0.1", unused_port))
            except ConnectionRefusedError:
                return await assert_fails(session, document, variables), server.connections
            raise AssertionError("something listens there")

    error, sent = run(main(MUTATION))
    assert (type(error), sent) == (StashUnknownOutcomeError, 1)
    assert error.delivery in stages
    assert "nothing listens" not in error.message
    error, sent = run(main(QUERY))
    assert (type(error), sent) == (StashConnectionError, queries)
    assert error.delivery in stages


@pytest.mark.parametrize("kind", ["nothing listens", "unknown host", "no TLS", "TLS not trusted"])
@pytest.mark.parametrize("document", [MUTATION, QUERY])
def test_unsent_requests_have_stage_not_sent(
    kind: str, document: str, unused_port: int, tmp_path: Path
) -> None:
    async def main() -> StashError:
        async with (
            Loopback(sends_garbage) as plain,
            canned_server(lambda _: {}, tls=True) as secure,
        ):
            url = {
                "nothing listens": f"http://127.0.0.1:{unused_port}",
                "unknown host": "http://stash.invalid",
                "no TLS": plain.url.replace("http:", "https:"),
                "TLS not trusted": secure.url,
            }[kind]
            async with Session(connection_to(url, tmp_path, timeout=2)) as session:
                return await assert_fails(session, document, {})

    error = run(main())
    assert type(error) is StashConnectionError
    assert (error.delivery, error.exit_status) == (NOT_STARTED, 5)


@pytest.mark.parametrize("answer", [b"HTTP/1.1 403 Forbidden\r\n\r\n", b"HTTP/1.1 502 Bad\r\n\r\n", b""])
def test_proxy_connect_is_not_part_of_the_request(
    answer: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuses(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"CONNECT stash.invalid:443")
        writer.write(answer)
        await writer.drain()

    async def main() -> StashError:
        async with Loopback(refuses) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", proxy.url)
            async with Session(connection_to("https://stash.invalid", tmp_path)) as session:
                return await assert_fails(session, MUTATION, {})

    error = run(main())
    assert (type(error), error.delivery) == (StashConnectionError, NOT_STARTED)


def test_forwarding_proxy_received_the_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> tuple[StashError, int]:
        async with Loopback(closes_after_the_request) as proxy:
            monkeypatch.setenv("HTTP_PROXY", proxy.url)
            async with Session(connection_to("http://stash.invalid", tmp_path)) as session:
                return await assert_fails(session, MUTATION, {}), proxy.connections

    error, sent = run(main())
    assert (type(error), error.delivery, sent) == (StashUnknownOutcomeError, BODY, 1)


@pytest.mark.parametrize("pause", [0.0, 0.1])
async def test_mutation_is_not_repeated_on_a_closed_keepalive_connection(
    pause: float, tmp_path: Path
) -> None:
    """Whether the close is noticed in time or not: it is sent once, or its outcome is unknown."""
    done: list[bytes] = []

    async def answers_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        done.append(await read_request(reader))
        writer.write(DONE)
        await writer.drain()

    async with (
        Loopback(answers_once) as server,
        Session(connection_to(server.url, tmp_path)) as session,
    ):
        for number in range(1, 6):
            before = len(done)
            try:
                await session.execute(MUTATION)
            except StashUnknownOutcomeError:
                assert len(done) - before <= 1
            else:
                assert len(done) - before == 1, number
            await asyncio.sleep(pause)


@pytest.mark.parametrize(("scheme", "stage"), [("http", BODY), ("https", NOT_STARTED)])
def test_cancelled_request_reports_its_delivery_stage(
    scheme: str, stage: Delivery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With https the proxy never answers CONNECT, so the request is not sent."""

    async def ended(session: Session) -> object:
        try:
            await session.transport.execute(GraphQLRequest(MUTATION))
        except asyncio.CancelledError as error:
            return vars(error)["delivery"]
        raise AssertionError("it was not cancelled")

    async def main() -> object:
        received = asyncio.Event()

        async def reads_on(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
            await (reader.readuntil(b"\r\n\r\n") if scheme == "https" else read_request(reader))
            received.set()
            await reader.read()

        async with (
            Loopback(reads_on) as server,
            Session(connection_to(f"{scheme}://stash.invalid", tmp_path)) as session,
        ):
            monkeypatch.setenv(f"{scheme.upper()}_PROXY", server.url)
            task = asyncio.create_task(ended(session))
            await received.wait()
            await asyncio.sleep(0.1)  # for the client to record what it has written
            task.cancel()
            return await task

    assert run(main()) is stage


def test_in_process_library_receives_the_whole_request(embedded_url: str) -> None:
    async def breaks(scope: Any, receive: Any, send: Any) -> None:
        raise ConnectionResetError("in the app")

    async def main() -> StashError:
        async with Session(connection_to(embedded_url, Path())) as session:
            session.transport.library.app = breaks  # type: ignore[attr-defined]
            return await assert_fails(session, MUTATION, {})

    error = run(main())
    assert (type(error), error.delivery) == (StashUnknownOutcomeError, BODY)
