"""The embedded library in process: opened lazily, closed in order, stopped on interrupt."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from support import fresh_python, run

from stash_cli.core.client.session import Session
from stash_cli.core.errors import StashConnectionError
from stash_cli.core.settings import Connection
from stash_cli.core.transport.in_process import InProcessTransport, open_asgi_channel


def slow(progress: Any) -> None:
    """A ten-second task that checks for cancellation."""
    for _ in range(1000):
        progress.check()
        time.sleep(0.01)


def test_file_is_opened_by_the_first_request(new_file: Path) -> None:
    async def main(*, ask: bool) -> None:
        async with Session(Connection(f"embedded:{new_file}")) as session:
            if ask:
                assert (await session.call("version"))["hash"] == "embedded"
        await session.close()

    run(main(ask=False))
    assert not new_file.exists()
    run(main(ask=True))
    assert new_file.exists()


def test_jobs_end_before_the_library_closes(embedded_url: str) -> None:
    async def main() -> list[str]:
        session = Session(Connection(embedded_url))
        assert isinstance(session.transport, InProcessTransport)
        library, ended = session.transport.library, []
        library.jobs.add("Waiting", lambda progress: ended.append("done"))
        await session.close()
        return ended

    assert run(main()) == ["done"]


def test_interrupted_caller_does_not_wait_for_jobs(embedded_url: str) -> None:
    async def follow() -> None:
        async with Session(Connection(embedded_url)) as session:
            session.transport.library.jobs.add("Slow", slow)  # type: ignore[attr-defined]
            async with session.subscribe("jobsSubscribe") as updates:
                async for _ in updates:
                    pass

    async def main() -> None:
        task = asyncio.create_task(follow())
        await asyncio.sleep(0.5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    started = time.monotonic()
    run(main())
    assert time.monotonic() - started < 5


async def test_websocket_rejected_or_dropped_by_the_app() -> None:
    async def refuse(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.close"})

    async def leave(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})

    with pytest.raises(StashConnectionError, match="refused the websocket"):
        await open_asgi_channel(refuse)
    channel = await open_asgi_channel(leave)
    for _ in range(2):
        with pytest.raises(StashConnectionError, match="closed the websocket"):
            await channel.receive()
    await channel.close()


def test_missing_extra_is_named(embedded_url: str) -> None:
    code = """
import asyncio, sys
sys.modules["sqlalchemy"] = None
from stash_cli.core.client.session import Session
from stash_cli.core.errors import StashConfigurationError
from stash_cli.core.settings import Connection
try:
    asyncio.run(Session(Connection(sys.argv[1])).call("version"))
except StashConfigurationError as error:
    print(error.message, error.hint)
"""
    output = fresh_python(code, embedded_url)
    assert "need the package sqlalchemy" in output
    assert "stash-cli[embedded]" in output


def test_server_client_does_not_import_the_embedded_library() -> None:
    code = """
import sys
from stash_cli.core.context import StashContext
StashContext({"Host": "nas"}).open_session()
heavy = {"httpx", "sqlalchemy", "graphql", "websockets", "pydantic"}
print(*[name for name in sys.modules if name in heavy])
"""
    assert fresh_python(code).split() == []


def test_slow_request_times_out(embedded_url: str) -> None:
    """The program exits soon after, although a thread of the library still runs."""
    code = """
import asyncio, sys, threading, time
from stash_cli.core.client.session import Session
from stash_cli.core.errors import StashConnectionError
from stash_cli.core.settings import Connection

async def stuck(scope, receive, send):
    from starlette.concurrency import run_in_threadpool
    await run_in_threadpool(time.sleep, 60)

async def main():
    async with Session(Connection(sys.argv[1], timeout=0.3)) as session:
        session.transport.library.app = stuck
        try:
            await session.execute("{ version { version } }")
        except StashConnectionError as error:
            print(error.message)

started = time.monotonic()
asyncio.run(main())
print(time.monotonic() - started < 10)
"""
    assert "no complete answer within 0.3 s" in (output := fresh_python(code, embedded_url))
    assert output.splitlines()[-1] == "True"
