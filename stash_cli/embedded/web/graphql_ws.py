"""GraphQL over websocket: `graphql-transport-ws`, and the older `graphql-ws` that the server prefers."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocket, WebSocketDisconnect

from stash_cli.embedded.graphql.execution import Stream, open_stream
from stash_cli.embedded.web.graphql_http import MalformedRequest, Query
from stash_cli.embedded.web.login import allow_privileged
from stash_cli.embedded.web.peers import base_url

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from stash_cli.embedded.graphql.execution import ExecutionOutcome
    from stash_cli.embedded.library.library import Library

_NORMAL = 1000
_PROTOCOL_ERROR = 1002
_DUPLICATE_ID = 4409
_INIT_TIMED_OUT = 4408
# Seconds between two keep-alive messages.
KEEP_ALIVE = 10.0
# Seconds until `connection_init`; the reference implementation of the protocol has 3.
INIT_TIMEOUT = 5.0
MAX_OPERATIONS = 100
"""Concurrent operations on one socket."""


@dataclass(frozen=True)
class Subprotocol:
    """The message types of a subprotocol."""

    start: str
    answer: str
    stop: str
    # The older protocol has messages for keep-alive, connection errors and termination by the client.
    is_legacy: bool


LEGACY = Subprotocol("start", "data", "stop", is_legacy=True)
MODERN = Subprotocol("subscribe", "next", "complete", is_legacy=False)
_SUBPROTOCOLS = {"graphql-ws": LEGACY, "graphql-transport-ws": MODERN}


class _Ended(Exception):  # noqa: N818 - the end of a connection is not an error
    pass


def socket_endpoint(
    library: Library, keep_alive: float = KEEP_ALIVE, init_timeout: float = INIT_TIMEOUT
) -> Callable[[WebSocket], Awaitable[None]]:
    """The handler of websockets on `/graphql`.

    `keep_alive` is the interval of keep-alive messages, `init_timeout` the time limit for `connection_init`,
    both in seconds.
    """

    async def handle(socket: WebSocket) -> None:
        offered = socket.scope.get("subprotocols", ())
        protocol = next((name for name in _SUBPROTOCOLS if name in offered), None)
        await socket.accept(protocol)
        subprotocol = _SUBPROTOCOLS.get(protocol or "", LEGACY)
        await GraphQLSocket(library, socket, subprotocol, keep_alive, init_timeout).run()

    return handle


class GraphQLSocket:
    """One websocket connection: initialisation, then any number of concurrent operations."""

    def __init__(
        self,
        library: Library,
        socket: WebSocket,
        subprotocol: Subprotocol,
        keep_alive: float,
        init_timeout: float,
    ) -> None:
        self._library = library
        self._socket = socket
        self._subprotocol = subprotocol
        self._keep_alive_interval = keep_alive
        self._init_timeout = init_timeout
        self._running: dict[str, asyncio.Task[None]] = {}
        self._streams: dict[str, Stream] = {}
        # One queue for all subscriptions, so that events are sent in the order in which they happened.
        self._events: asyncio.Queue[tuple[str, Stream]] = asyncio.Queue()

    async def run(self) -> None:
        """Serve until either side closes; operations that are still running are cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                await self._initialise(tasks)
                while True:
                    await self._handle(tasks, await self._receive())
        except* (_Ended, WebSocketDisconnect):
            pass
        finally:
            for stream in self._streams.values():
                stream.close()

    async def _initialise(self, tasks: asyncio.TaskGroup) -> None:
        try:
            async with asyncio.timeout(self._init_timeout):
                message = await self._receive()
        except TimeoutError:
            await self._close(_INIT_TIMED_OUT, "Connection initialisation timeout")
        if self._ends(message):
            await self._close(_NORMAL, "terminated")
        if message.get("type") != "connection_init":
            await self._refuse(message)
        await self._send("connection_ack")
        tasks.create_task(self._send_events())
        if self._subprotocol.is_legacy:
            await self._send("ka")
            tasks.create_task(self._keep_alive())

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(self._keep_alive_interval)
            await self._send("ka")

    async def _send_events(self) -> None:
        """Send the events of subscriptions."""
        while True:
            number, stream = await self._events.get()
            answer = stream.next_response() if self._streams.get(number) is stream else None
            if answer is not None:
                await self._send(self._subprotocol.answer, number, answer)

    async def _handle(self, tasks: asyncio.TaskGroup, message: dict[str, Any]) -> None:
        kind, number = message.get("type"), str(message.get("id", ""))
        if kind == self._subprotocol.start:
            await self._start(tasks, number, message.get("payload"))
        elif kind == self._subprotocol.stop:
            await self._stop(number)
        elif kind == "ping":
            await self._send("pong", payload=message.get("payload"))
        elif self._ends(message):
            await self._close(_NORMAL, "terminated")
        elif kind != "pong":
            await self._refuse(message)

    def _ends(self, message: dict[str, Any]) -> bool:
        return self._subprotocol.is_legacy and message.get("type") == "connection_terminate"

    async def _start(self, tasks: asyncio.TaskGroup, number: str, payload: Any) -> None:
        """Start an operation: a subscription receives events from now on, others have one result."""
        if number in self._running or number in self._streams:
            await self._close(_DUPLICATE_ID, f"Subscriber for {number} already exists")
        if len(self._running) + len(self._streams) >= MAX_OPERATIONS:
            await self._reject(number, f"more than {MAX_OPERATIONS} operations at a time")
            return
        try:
            query = Query.load(payload if isinstance(payload, dict) else {})
        except MalformedRequest as problem:
            await self._reject(number, problem.message)
            return
        stream = open_stream(self._library, query, lambda stream: self._events.put_nowait((number, stream)))
        if stream is not None:
            self._streams[number] = stream
        else:
            self._running[number] = tasks.create_task(self._answer(number, query))

    async def _reject(self, number: str, message: str) -> None:
        """End an operation that is not executed with an error."""
        await self._send("error", number, [{"message": message}])
        await self._send("complete", number)

    async def _stop(self, number: str) -> None:
        """Stop an operation; the server confirms this with `complete`."""
        if number in self._streams:
            self._streams.pop(number).close()
        elif number in self._running:
            self._running.pop(number).cancel()
        else:
            return
        await self._send("complete", number)

    async def _answer(self, number: str, query: Query) -> None:
        """Execute a query or mutation and send its result."""
        outcome = await self._execute(query)
        # A request error ends the operation with `error`; field errors are part of the result.
        if outcome.data is None and any("extensions" in error for error in outcome.errors):
            await self._send("error", number, outcome.errors)
        else:
            errors = {"errors": outcome.errors} if outcome.errors else {}
            await self._send(self._subprotocol.answer, number, {**errors, "data": outcome.data})
        self._running.pop(number, None)
        await self._send("complete", number)

    async def _execute(self, query: Query) -> ExecutionOutcome:
        """Execute in a thread, which stops early when this task is cancelled."""
        stop = Event()
        try:
            return await run_in_threadpool(
                self._library.execute,
                query.document,
                query.variables,
                query.operation_name,
                base_url(self._socket),
                allow_privileged=allow_privileged(self._socket.scope),
                stop=stop,
            )
        finally:
            # If this task was cancelled, the thread need not finish the query.
            stop.set()

    async def _receive(self) -> dict[str, Any]:
        received = await self._socket.receive()
        if received["type"] == "websocket.disconnect":
            raise _Ended
        try:
            message = json.loads(received.get("text") or received.get("bytes") or "")
        except ValueError:
            message = None
        if not isinstance(message, dict):
            await self._explain("invalid json")
            await self._close(_PROTOCOL_ERROR, "decoding error")
        return dict(message or {})

    async def _refuse(self, message: dict[str, Any]) -> None:
        await self._explain(f"unexpected message {message.get('type')}")
        await self._close(_PROTOCOL_ERROR, "unexpected message")

    async def _explain(self, reason: str) -> None:
        """Send the reason of an error, where the subprotocol has a message for it."""
        if self._subprotocol.is_legacy:
            await self._send("connection_error", payload={"message": reason})

    async def _send(self, kind: str, number: str | None = None, payload: Any = None) -> None:
        """Send a message in the server's format: payload, id, type in this order, and a newline."""
        message = {"payload": payload, "id": number, "type": kind}
        text = json.dumps(
            {key: value for key, value in message.items() if value is not None}, ensure_ascii=False
        )
        await self._socket.send_text(text + "\n")

    async def _close(self, code: int, reason: str) -> None:
        await self._socket.close(code, reason)
        raise _Ended
