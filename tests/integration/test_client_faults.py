"""Network faults: one clear error for the caller, retried only if that is safe."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from client_server import (
    CERTIFICATE,
    HANG,
    RESET,
    canned_server,
    connection_to,
    error_response,
    graphql_response,
    http_response,
    in_sequence,
    session_with,
    truncated_response,
)
from support import run

from stash_cli.core.client.session import Session
from stash_cli.core.errors import (
    Delivery,
    StashAuthenticationError,
    StashConnectionError,
    StashError,
    StashGraphQLError,
    StashInputError,
    StashIntegrationError,
    StashLockedError,
    StashServerError,
    StashSystemNotReadyError,
    StashUnknownOutcomeError,
    StashUsageError,
)
from stash_cli.core.settings import Connection
from stash_cli.core.transport.faults import translate

QUERY = "query Q { version { version } }"
MUTATION = 'mutation M { tagDestroy(input: {id: "1"}) }'
DONE = {"version": {"version": "v1"}, "tagDestroy": True}
LOCKED = error_response("database is locked", "tagDestroy")
NIL = "Internal system error. Error <runtime error: invalid memory address or nil pointer dereference>"

Auth, Server, Unknown = StashAuthenticationError, StashServerError, StashUnknownOutcomeError
Malformed, Refused, Unreachable = StashIntegrationError, StashGraphQLError, StashConnectionError
PAGE = "<!doctype html><title>x"
BAD = [{"message": "bad"}]

FAULTS: dict[str, tuple[Any, type[StashError], str, int, type[StashError]]] = {
    "401": (http_response(401, ""), Auth, "needs an API key", 1, Auth),
    "JSON 401": (http_response(401, '{"errors": [{"message": "x"}]}'), Auth, "API key", 1, Auth),
    "old 401": (http_response(500, "unauthorized"), Auth, "needs an API key", 1, Auth),
    "login": (http_response(302, "", Location="/login?returnURL=x"), Auth, "API key", 1, Auth),
    "403": (http_response(403, "you are not welcome"), Auth, "you are not welcome", 1, Auth),
    "moved": (
        http_response(301, "", Location="https://x.y/graphql?k=1"),
        Server,
        "to https://x.y/graphql.",
        1,
        Server,
    ),
    "moved, with data": (
        http_response(307, '{"data": {}}', Location="/x"),
        Server,
        "redirects to /x",
        1,
        Server,
    ),
    "404": (http_response(404, "no such page"), Server, "404): no such page", 1, Server),
    "405": (http_response(405, ""), Server, "405", 1, Server),
    "413": (http_response(413, "too large"), Server, "larger than", 1, Server),
    "415": (http_response(415, "no"), Server, "415", 1, Server),
    "400": (graphql_response(None, BAD, 400), Refused, "bad", 1, Refused),
    "422": (graphql_response(None, BAD, 422), Refused, "bad", 1, Refused),
    "failed": (error_response("no such tag", "tagDestroy"), Refused, "no such tag", 1, Refused),
    "failed below": (error_response("lost", "tagDestroy", "id"), Refused, "lost", 1, Unknown),
    "500 page": (http_response(500, PAGE), Server, "web page", 1, Unknown),
    "500 with errors": (graphql_response(None, BAD, 500), Server, "500", 1, Unknown),
    "502": (http_response(502, PAGE), Unreachable, "gateway answered 502", 3, Unknown),
    "503 with errors": (graphql_response(None, BAD, 503), Unreachable, "gateway answered 503", 3, Unknown),
    "504": (http_response(504, ""), Unreachable, "gateway answered 504", 3, Unknown),
    "web page": (http_response(200, PAGE, "text/html"), Server, "web page", 1, Unknown),
    "not JSON": (http_response(200, "hello"), Server, "not GraphQL (status 200): hello", 1, Unknown),
    "other JSON": (http_response(200, '{"x": 1}'), Server, "not GraphQL", 1, Unknown),
    "empty": (http_response(200, ""), Server, "an empty answer", 1, Unknown),
    "no data": (graphql_response(None), Malformed, "neither data nor errors", 1, Unknown),
    "empty data": (graphql_response({}), Malformed, "without", 1, Unknown),
    "other data": (graphql_response({"x": 1}), Malformed, "without", 1, Unknown),
    "null": (graphql_response({"version": None, "tagDestroy": None}), Malformed, "without", 1, Unknown),
    "brackets": (http_response(200, "[" * 200_000), Malformed, "nested too deeply", 1, Unknown),
    "damaged": (
        http_response(200, b"\x1f\x8bxx", Content_Encoding="gzip"),
        Unreachable,
        "damaged",
        3,
        Unknown,
    ),
    "reset": (RESET, Unreachable, "hung up", 3, Unknown),
    "half an answer": (
        truncated_response(DONE),
        Unreachable,
        "hung up before its answer was complete",
        3,
        Unknown,
    ),
    "slow": (HANG, Unreachable, "answer within 1 s", 1, Unknown),
}
"""Fault -> response, error of a query, part of its message, attempts, error of a mutation."""


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_raise_errors_and_only_queries_are_retried(fault: str, tmp_path: Path) -> None:
    answer, for_query, words, queries, for_mutation = FAULTS[fault]

    async def attempts(document: str, error: type[StashError]) -> int:
        timeout = 1 if answer is HANG else 60
        async with session_with(lambda _: answer, tmp_path, timeout=timeout) as (session, server):
            with pytest.raises(error) as caught:
                await session.execute(document)
            assert type(caught.value) is error
            assert words in caught.value.message
            assert "\n" not in caught.value.message
            assert caught.value.delivery not in (None, Delivery.NOT_STARTED)
            return len(server.requests)

    assert run(attempts(QUERY, for_query)) == queries
    assert run(attempts(MUTATION, for_mutation)) == 1


@pytest.mark.parametrize(
    "document", ["what is this", "# x\rmutation { a }", "query A { a } mutation B { b }"]
)
async def test_uncertain_documents_are_sent_once(document: str, tmp_path: Path) -> None:
    async with session_with(lambda _: RESET, tmp_path) as (session, server):
        with pytest.raises(StashUnknownOutcomeError, match="may have been done") as caught:
            await session.execute(document)
        assert caught.value.exit_status == 10
        assert len(server.requests) == 1


async def test_transient_fault_is_retried(tmp_path: Path) -> None:
    async with session_with(in_sequence(RESET, truncated_response(DONE), DONE), tmp_path) as (
        session,
        server,
    ):
        assert await session.execute(QUERY) == DONE
        assert len(server.requests) == 3


def test_connection_refused(unused_port: int, tmp_path: Path) -> None:
    connection = Connection(f"http://127.0.0.1:{unused_port}/graphql", cache_dir=tmp_path, configured=False)

    async def main() -> StashConnectionError:
        async with Session(connection) as session:
            with pytest.raises(StashConnectionError) as caught:
                await session.call("version")
            return caught.value

    started = time.monotonic()
    error = run(main())
    assert time.monotonic() - started < 10
    assert (error.exit_status, error.sent) == (5, False)
    assert "nothing listens there" in error.message
    assert "STASH_URL" in (error.hint or "")
    assert "--demo" in (error.hint or "")


@pytest.mark.parametrize(
    ("url", "hint"), [("http://nas", "uses 9999: http://nas:9999"), ("http://nas:80", "address is right")]
)
def test_refused_connection_without_a_port_names_the_default_port(url: str, hint: str) -> None:
    error = translate(ConnectionRefusedError(), Connection(f"{url}/graphql"), Delivery.NOT_STARTED)
    assert hint in str(error.hint)


async def test_refused_mutation_is_retried_until_the_server_is_up(tmp_path: Path) -> None:
    """It reached no server, so it cannot be executed twice."""

    async with session_with(lambda _: DONE, tmp_path) as (session, server):
        await server.loopback.refuse()
        attempt = asyncio.create_task(session.execute(MUTATION))
        await asyncio.sleep(0.02)
        await server.loopback.accept()
        assert (await attempt)["tagDestroy"] is True
    assert len(server.requests) == 1


async def test_unknown_host_is_named(tmp_path: Path) -> None:
    connection = Connection("http://stash.invalid:9999/graphql", cache_dir=tmp_path)
    async with Session(connection) as session:
        with pytest.raises(StashConnectionError) as caught:
            await session.execute(QUERY)
    assert "host name is not known" in caught.value.message
    assert not caught.value.sent


def test_certificates_are_verified_by_default(tmp_path: Path) -> None:
    async def asked(verify: bool | str) -> object:
        async with canned_server(lambda _: DONE, tls=True) as server:
            connection = connection_to(server.url, tmp_path, verify=verify, timeout=5)
            async with Session(connection) as session:
                return await session.execute(QUERY)

    with pytest.raises(StashConnectionError, match="certificate is not trusted") as caught:
        run(asked(verify=True))
    assert "--ca-cert" in (caught.value.hint or "")
    assert run(asked(verify=False)) == DONE
    assert run(asked(verify=str(CERTIFICATE))) == DONE


def test_http_to_a_tls_port_and_vice_versa(tmp_path: Path) -> None:
    async def asked(*, tls: bool) -> None:
        async with canned_server(lambda _: DONE, tls=tls) as server:
            other = server.url.replace("https", "http") if tls else server.url.replace("http", "https")
            async with Session(connection_to(other, tmp_path, timeout=2)) as session:
                await session.execute(MUTATION)

    for tls in (True, False):
        with pytest.raises(StashConnectionError):
            run(asked(tls=tls))


async def test_invalid_key_differs_from_missing_key(tmp_path: Path) -> None:
    async with session_with(lambda _: http_response(401, ""), tmp_path, api_key="s3cret") as (
        session,
        server,
    ):
        with pytest.raises(StashAuthenticationError, match="refused the API key") as caught:
            await session.execute(QUERY)
        assert "s3cret" not in f"{caught.value!r} {caught.value.hint} {session.connection!r}"
        assert "ApiKey: s3cret" in server.headers[0]
    assert caught.value.exit_status == 4


async def test_locked_database_is_retried(tmp_path: Path) -> None:
    args = {"input": {"id": "1"}}
    async with session_with(in_sequence(LOCKED, LOCKED, DONE), tmp_path) as (session, server):
        assert await session.call("tagDestroy", args) is True
        assert server.operations == ["Introspection", "TagDestroy", "TagDestroy", "TagDestroy"]
    several = "mutation M { a: tagDestroy(input: {id: 1}) b: tagDestroy(input: {id: 2}) }"
    async with session_with(in_sequence(LOCKED), tmp_path) as (session, server):
        with pytest.raises(StashLockedError) as caught:
            await session.execute(several)
        assert len(server.requests) == 1
    assert caught.value.exit_status == 5


def test_error_carries_partial_data_and_path(tmp_path: Path) -> None:
    answer = error_response("no such thing", "b", data={"a": {"id": "1"}, "b": None})

    async def main() -> StashGraphQLError:
        async with session_with(lambda _: answer, tmp_path) as (session, _):
            with pytest.raises(StashGraphQLError) as caught:
                await session.execute("query Q { a: x b: y }")
            return caught.value

    error = run(main())
    assert (error.path, error.data) == (["b"], {"a": {"id": "1"}, "b": None})
    assert error.message == "no such thing"


@pytest.mark.parametrize(("status", "expected"), [("NEEDS_MIGRATION", "migration"), ("SETUP", "set up")])
async def test_server_that_needs_setup_is_reported(status: str, expected: str, tmp_path: Path) -> None:
    def answer(request: dict[str, Any]) -> Any:
        return (
            {"systemStatus": {"status": status}}
            if "systemStatus" in request["query"]
            else error_response(NIL, "x")
        )

    async with session_with(answer, tmp_path) as (session, _):
        with pytest.raises(StashSystemNotReadyError, match=expected):
            await session.execute(QUERY)


async def test_panic_of_a_ready_server_is_reported_as_panic(tmp_path: Path) -> None:
    def answer(request: dict[str, Any]) -> Any:
        return (
            {"systemStatus": {"status": "OK"}}
            if "systemStatus" in request["query"]
            else error_response(NIL, "x")
        )

    async with session_with(answer, tmp_path) as (session, _):
        with pytest.raises(StashGraphQLError, match=r"^the server failed internally$") as caught:
            await session.execute(QUERY)
        assert "invalid memory address" in caught.value.originals[0]


async def test_read_only_sends_no_mutation(tmp_path: Path) -> None:
    async with session_with(lambda _: DONE, tmp_path, read_only=True) as (session, server):
        for document in (MUTATION, "# m\nfragment F on Tag { id }\nmutation { x }"):
            with pytest.raises(StashUsageError, match="read-only"):
                await session.execute(document)
        assert server.requests == []
        assert await session.execute('query Q { version(q: "mutation {x}") }') == DONE


async def test_numbers_are_sent_without_exponents(tmp_path: Path) -> None:
    async with session_with(lambda _: DONE, tmp_path) as (session, server):
        value = {"fields": {"far": 1e20, "near": 1.5e-7, "plain": 2.5, "whole": 3, "text": "1e5"}}
        await session.execute(QUERY, value)
        assert server.requests[0]["variables"] == value
    from stash_cli.core.transport.http import encode

    with pytest.raises(StashInputError, match="cannot be sent as JSON"):
        encode({"query": "", "variables": {"x": float("nan")}})
    sent = encode({"query": "", "variables": value})
    assert b"100000000000000000000.0" in sent
    assert b"0.00000015" in sent


async def test_connection_is_reused(tmp_path: Path) -> None:
    async with session_with(lambda _: DONE, tmp_path) as (session, server):
        for _ in range(5):
            await session.execute(QUERY)
        assert server.connections == 1
