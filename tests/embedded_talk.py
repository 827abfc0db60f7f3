"""A websocket conversation with a served library, message by message."""

from __future__ import annotations

import json
from contextlib import contextmanager

import httpx
from websockets.sync.client import connect

MODERN, LEGACY = "graphql-transport-ws", "graphql-ws"
JOBS = "subscription { jobsSubscribe { type job { id status subTasks description progress error } } }"
SCANNED = "subscription { scanCompleteSubscribe }"


class Talk:
    """One open socket: `send` and `receive` JSON."""

    def __init__(self, socket):
        self.socket = socket

    def send(self, **message):
        self.socket.send(json.dumps(message))

    def receive(self):
        text = self.socket.recv(timeout=10)
        assert text.endswith("\n")
        return json.loads(text)

    def greet(self):
        """Say hello; the older protocol answers with its first sign of life as well."""
        self.send(type="connection_init", payload={})
        assert self.receive() == {"type": "connection_ack"}
        if self.socket.subprotocol != MODERN:
            assert self.receive() == {"type": "ka"}
        return self

    def subscribe(self, number, document, **variables):
        kind = "subscribe" if self.socket.subprotocol == MODERN else "start"
        self.send(id=number, type=kind, payload={"query": document, "variables": variables})

    def until(self, wanted):
        """All messages up to the first for which `wanted` holds."""
        found = []
        while not (found and wanted(found[-1])):
            found.append(self.receive())
        return found


@contextmanager
def talk(url, *protocols, **options):
    with connect(
        url.replace("http", "ws") + "/graphql", subprotocols=protocols or (MODERN,), **options
    ) as socket:
        yield Talk(socket)


def post(url, document):
    answer = httpx.post(f"{url}/graphql", json={"query": document}).json()
    assert "errors" not in answer, answer
    return answer["data"]
