"""Login with user name and password, on all releases and on foreign servers."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from client_server import connection_to, http_response
from loopback import Loopback
from table_tests import table_test

from stash_cli.core.errors import (
    StashAuthenticationError,
    StashConnectionError,
    StashError,
    StashServerError,
)
from stash_cli.core.login import log_in

COOKIE = {"Set-Cookie": "session=t0ken; Path=/; HttpOnly"}
ANSWERS: list[tuple[bytes, type[StashError] | None, str]] = [
    # the response, the error, part of its message
    (http_response(200, "", **COOKIE), None, ""),
    (http_response(302, "", Location="/", **COOKIE), None, ""),
    (
        http_response(401, "Username or password is invalid"),
        StashAuthenticationError,
        "refused the user name",
    ),
    (http_response(200, "<html>wrong</html>"), StashAuthenticationError, "refused the user name"),
    (http_response(302, "", Location="/login?x"), StashAuthenticationError, "refused the user name"),
    (
        http_response(302, "", Location="https://sso.example/auth?token=s3cret"),
        StashServerError,
        "redirects to https://sso",
    ),
    (http_response(404, "no"), StashServerError, "has no login (status 404)"),
    (http_response(500, "no", **COOKIE), StashServerError, "has no login (status 500)"),
    (http_response(429, "slow down", Retry_After="7"), StashConnectionError, "too many requests"),
    (http_response(502, "no"), StashConnectionError, "gateway answered 502"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", StashConnectionError, "hung up"),
]


@table_test(("answer", "error", "message"), ANSWERS)
def test_login_responses(answer: bytes, error: type[StashError] | None, message: str, tmp_path: Path) -> None:
    sent: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
        )
        sent.extend([head, await reader.readexactly(length)])
        writer.write(answer)
        await writer.drain()

    async def main() -> None:
        async with Loopback(handle) as server:
            connection = connection_to(
                f"{server.url}/stash", tmp_path, api_key="k3y", headers=(("X-A", "b"),)
            )
            if error is None:
                found = await log_in(connection, "ada", "pass word&=+")
                assert (found.api_key, found.headers) == (None, (("X-A", "b"),))
                assert found.session == "t0ken"
                return
            with pytest.raises(error) as caught:
                await log_in(connection, "ada", "pass word&=+")
            assert message in caught.value.message
            assert "s3cret" not in caught.value.message

    asyncio.run(main())
    head, body = sent
    assert head.startswith(b"POST /stash/login HTTP/1.1\r\n")
    assert b"k3y" not in head
    assert b"X-A: b" in head
    assert parse_qs(body.decode()) == {"username": ["ada"], "password": ["pass word&=+"]}
