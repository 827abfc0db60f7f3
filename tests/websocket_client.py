"""A client of the GraphQL websocket of a served library."""

from __future__ import annotations

import json
from contextlib import contextmanager

import httpx
from websockets.sync.client import connect

MODERN, LEGACY = "graphql-transport-ws", "graphql-ws"
JOBS = "subscription { jobsSubscribe { type job { id status subTasks description progress error } } }"
SCANNED = "subscription { scanCompleteSubscribe }"


class WebSocketClient:
    """One open socket: `send` and `receive` JSON."""

    def __init__(self, socket):
        self.socket = socket

    def send(self, **message):
        self.socket.send(json.dumps(message))

    def receive(self):
        text = self.socket.recv(timeout=60)
        assert text.endswith("\n")
        return json.loads(text)

    def initialize(self):
        """Send connection_init; the legacy protocol also answers with a keep-alive."""
        self.send(type="connection_init", payload={})
        assert self.receive() == {"type": "connection_ack"}
        if self.socket.subprotocol != MODERN:
            assert self.receive() == {"type": "ka"}
        return self

    def subscribe(self, number, document, **variables):
        kind = "subscribe" if self.socket.subprotocol == MODERN else "start"
        self.send(id=number, type=kind, payload={"query": document, "variables": variables})

    def receive_until(self, wanted):
        """Messages up to the first one that `wanted` accepts."""
        found = []
        while not (found and wanted(found[-1])):
            found.append(self.receive())
        return found


@contextmanager
def open_websocket(url, *protocols, **options):
    with connect(
        url.replace("http", "ws") + "/graphql", subprotocols=protocols or (MODERN,), **options
    ) as socket:
        yield WebSocketClient(socket)


def post(url, document):
    response = httpx.post(f"{url}/graphql", json={"query": document}, timeout=60).json()
    assert "errors" not in response, response
    return response["data"]
