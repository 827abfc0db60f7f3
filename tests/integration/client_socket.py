"""A small server with jobs: GraphQL over HTTP and graphql-transport-ws, with faults on demand."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvicorn
from client_server import schema
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from stash_cli.core.client.session import Session
from stash_cli.core.settings import Connection


def job(job_id: str = "7", status: str = "RUNNING", **facts: Any) -> dict[str, Any]:
    return {
        "id": job_id,
        "status": status,
        "description": "Scanning...",
        "progress": 0.5,
        "addTime": "2024-05-01T10:00:00Z",
        **facts,
    }


class JobServer:
    """`jobs` are the answers to findJob; `update_job` also sends an update to every listener.

    The next `hang_up_on` websockets are closed as soon as they are open.

    """

    def __init__(self) -> None:
        self.jobs: dict[str, dict[str, Any]] = {}
        self.listeners: set[WebSocket] = set()
        self.received: list[str] = []
        self.sockets = True
        self.is_down = False
        self.poll_count = 0
        self.opened = 0
        self.opened_at: list[float] = []
        self.hang_up_on = 0
        self.url = ""
        self.subprotocols: list[str] = []
        self.key: str | None = None

    async def update_job(self, changed: dict[str, Any], kind: str = "UPDATE") -> None:
        self.jobs[changed["id"]] = changed
        await self.publish("jobsSubscribe", {"type": kind, "job": changed})

    async def publish(self, field: str, value: Any) -> None:
        """Send a `next` message to every listener."""
        payload = {"data": {field: value}}
        for each in list(self.listeners):
            await each.send_json({"type": "next", "id": "1", "payload": payload})

    async def drop(self) -> None:
        """Close every websocket."""
        for each in list(self.listeners):
            await each.close(1011)

    async def post(self, request: Request) -> Response:
        body = await request.json()
        if self.is_down:
            return PlainTextResponse("gone", 502)
        if "__schema" in body["query"]:
            return JSONResponse({"data": {**schema(), "_server": {"version": "v0.31.0", "hash": "x"}}})
        if "findJob" in body["query"]:
            self.poll_count += 1
            return JSONResponse({"data": {"findJob": self.jobs.get(body["variables"]["input"]["id"])}})
        self.received.append(body["operationName"])
        return JSONResponse({"data": {"metadataScan": "7"}})

    async def listen(self, websocket: WebSocket) -> None:
        if not self.sockets:
            await websocket.close()
            return
        self.opened += 1
        self.opened_at.append(time.monotonic())
        if self.hang_up_on:
            self.hang_up_on -= 1
            await websocket.accept(subprotocol="graphql-transport-ws")
            await websocket.close(1011)
            return
        self.subprotocols = websocket.scope["subprotocols"]
        self.key = websocket.headers.get("apikey")
        await websocket.accept(subprotocol="graphql-transport-ws")
        with contextlib.suppress(WebSocketDisconnect):
            while True:
                await self.converse(websocket, await websocket.receive_json())
        self.listeners.discard(websocket)

    async def converse(self, websocket: WebSocket, message: dict[str, Any]) -> None:
        self.received.append(message["type"])
        if message["type"] == "connection_init":
            await websocket.send_json({"type": "connection_ack"})
            await websocket.send_json({"type": "ping"})
        elif message["type"] == "ping":
            await websocket.send_json({"type": "pong"})
        elif message["type"] == "subscribe":
            self.listeners.add(websocket)


class _UvicornServer(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serve_jobs(cache_dir: Path) -> AsyncIterator[tuple[Session, JobServer]]:
    """A running job server and a session with it."""
    server = JobServer()
    routes = [Route("/graphql", server.post, methods=["POST"]), WebSocketRoute("/graphql", server.listen)]
    config = uvicorn.Config(
        Starlette(routes=routes), lifespan="off", log_config=None, ws="websockets-sansio", access_log=False
    )
    config.timeout_graceful_shutdown = 1
    runner = _UvicornServer(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server.url = f"http://127.0.0.1:{listener.getsockname()[1]}/graphql"
        task = asyncio.create_task(runner.serve(sockets=[listener]))
        while not runner.started:  # noqa: ASYNC110 - uvicorn only sets a flag
            await asyncio.sleep(0.01)
        try:
            async with Session(Connection(server.url, cache_dir=cache_dir, api_key="k3y")) as session:
                yield session, server
        finally:
            runner.should_exit = True
            await task
