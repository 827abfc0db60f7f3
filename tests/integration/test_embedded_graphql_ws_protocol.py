"""Edge cases of the server's websocket protocols, one rule each."""

from __future__ import annotations

import asyncio
import json
import time

import pytest
from starlette.websockets import WebSocket
from support import run
from websocket_client import LEGACY, MODERN, SCANNED, open_websocket, post
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from stash_cli.embedded import open_library
from stash_cli.embedded.web.graphql_ws import socket_endpoint

INIT = '{"type": "connection_init"}'


def messages_until_close(open_websocket):
    """All messages until the close, and its code and reason."""
    received = []
    try:
        while True:
            received.append(open_websocket.receive())
    except ConnectionClosed as closed:
        return received, (closed.rcvd.code, closed.rcvd.reason)


@pytest.mark.parametrize("path", ["/graphql", "/graphql/"])
def test_same_origin_page_may_connect_with_and_without_trailing_slash(served_url, path):
    address = served_url.replace("http", "ws") + path
    with connect(address, subprotocols=[MODERN], origin=served_url) as socket:
        socket.send(INIT)
        assert json.loads(socket.recv(timeout=5)) == {"type": "connection_ack"}


@pytest.mark.parametrize("offered", [(), ("mqtt",)])
def test_unknown_subprotocol_falls_back_to_legacy(served_url, offered):
    with connect(served_url.replace("http", "ws") + "/graphql", subprotocols=offered or None) as socket:
        socket.send(INIT)
        assert [json.loads(socket.recv(timeout=5))["type"] for _ in range(2)] == ["connection_ack", "ka"]
        assert socket.subprotocol is None


def test_first_keepalive_precedes_any_response(served_url):
    with open_websocket(served_url, LEGACY) as socket:
        socket.socket.send(INIT)
        socket.send(type="ping")
        assert [socket.receive()["type"] for _ in range(3)] == ["connection_ack", "ka", "pong"]


def test_init_may_come_late_and_pings_before_it_are_answered(served_url):
    with open_websocket(served_url) as socket:
        assert socket.socket.ping().wait(5)
        time.sleep(0.3)
        socket.initialize()


@pytest.mark.parametrize("payload", [None, {}, {"ApiKey": "wrong"}, {"Authorization": "Bearer x"}])
def test_init_payload_is_ignored(served_url, payload):
    with open_websocket(served_url) as socket:
        socket.send(type="connection_init", payload=payload)
        assert socket.receive() == {"type": "connection_ack"}


def test_invalid_key_is_rejected_before_the_upgrade(served_url):
    for options in ({"additional_headers": {"ApiKey": "wrong"}}, {}):
        address = served_url.replace("http", "ws") + ("/graphql" if options else "/graphql?apikey=wrong")
        with pytest.raises(InvalidStatus) as refused, connect(address, subprotocols=[MODERN], **options):
            pass
        assert refused.value.response.status_code == 401
        assert refused.value.response.headers["www-authenticate"] == "FormBased"


@pytest.mark.parametrize(
    ("said", "reason", "why"),
    [
        ('{"type": "ping"}', "unexpected message", "unexpected message ping"),
        ('{"type": "start"}', "unexpected message", "unexpected message start"),
        ("junk", "decoding error", "invalid json"),
        ("[]", "decoding error", "invalid json"),
    ],
)
def test_only_legacy_protocol_sends_the_close_reason(served_url, said, reason, why):
    for protocol, expected in ((MODERN, []), (LEGACY, [{"payload": {"message": why}}])):
        with open_websocket(served_url, protocol) as socket:
            socket.socket.send(said)
            received, ended = messages_until_close(socket)
        assert received == [message | {"type": "connection_error"} for message in expected]
        assert ended == (1002, reason)


def test_legacy_protocol_may_terminate_before_init(served_url):
    with open_websocket(served_url, LEGACY) as socket:
        socket.send(type="connection_terminate")
        assert messages_until_close(socket) == ([], (1000, "terminated"))


def test_second_init_is_unexpected(served_url):
    with open_websocket(served_url) as socket:
        socket.initialize().send(type="connection_init")
        assert messages_until_close(socket) == ([], (1002, "unexpected message"))


def test_binary_messages_are_accepted(served_url):
    with open_websocket(served_url) as socket:
        socket.socket.send(INIT.encode())
        assert socket.receive() == {"type": "connection_ack"}


def test_pong_echoes_the_ping_payload(served_url):
    with open_websocket(served_url) as socket:
        socket.initialize().send(type="ping", payload={"a": [1]})
        assert socket.receive() == {"payload": {"a": [1]}, "type": "pong"}
        socket.send(type="pong")
        socket.send(type="ping")
        assert socket.receive() == {"type": "pong"}


def test_invalid_operation_gets_no_complete(served_url):
    with open_websocket(served_url) as socket:
        socket.initialize().send(id="9", type="complete")
        socket.send(type="ping")
        assert socket.receive() == {"type": "pong"}


@pytest.mark.parametrize(
    "document",
    [
        "subscription { x: scanCompleteSubscribe }",
        "subscription { ...F } fragment F on Subscription { x: scanCompleteSubscribe }",
        "subscription { ... on Subscription { ... { x: scanCompleteSubscribe } } }",
    ],
)
def test_subscription_may_be_named_and_use_fragments(served_url, document):
    with open_websocket(served_url) as socket:
        socket.initialize().subscribe("1", document)
        socket.send(type="ping")
        assert socket.receive() == {"type": "pong"}
        post(served_url, "mutation { metadataScan(input: {}) }")
        assert socket.receive()["payload"] == {"data": {"x": True}}


@pytest.mark.parametrize("protocol", [MODERN, LEGACY])
@pytest.mark.parametrize(
    ("document", "variables", "message"),
    [
        ("subscription { nonsense }", {}, 'Cannot query field "nonsense" on type "Subscription".'),
        ("subscription($p: Boolean!) { jobsSubscribe { type @include(if: $p) } }", {}, "must be defined"),
        (
            "query($f: FindFilterType) { findTags(filter: $f) { count } }",
            {"f": {"page": "x"}},
            "cannot use string as Int",
        ),
        ("query A { __typename } query B { __typename }", {}, "operation  not found"),
    ],
)
def test_rejection_yields_error_and_complete(served_url, protocol, document, variables, message):
    with open_websocket(served_url, protocol) as socket:
        socket.initialize().subscribe("3", document, **variables)
        error = socket.receive()
        assert (error["type"], error["id"], error["payload"][0]["message"]) == ("error", "3", message)
        assert socket.receive() == {"id": "3", "type": "complete"}


@pytest.mark.parametrize(("protocol", "kind"), [(MODERN, "next"), (LEGACY, "data")])
def test_resolver_errors_are_sent_with_the_data(served_url, protocol, kind):
    with open_websocket(served_url, protocol) as socket:
        socket.initialize().subscribe("3", "{ __typename findFile(id: 99) { id } }")
        answer = socket.receive()
        assert (answer["type"], answer["payload"]["data"]) == (kind, None)
        assert answer["payload"]["errors"][0]["path"] == ["findFile"]
        assert socket.receive() == {"id": "3", "type": "complete"}


@pytest.mark.parametrize("payload", [None, "x", {"query": 1}])
def test_subscription_without_a_document_is_rejected(served_url, payload):
    with open_websocket(served_url) as socket:
        socket.initialize().send(id="3", type="subscribe", payload=payload)
        assert socket.receive()["type"] == "error"
        assert socket.receive() == {"id": "3", "type": "complete"}


def test_reads_over_one_websocket_are_never_stale(served_url):
    """A server caches loaded rows per websocket; here each response is fresh."""
    post(served_url, 'mutation { studioCreate(input: {name: "old"}) { id } }')
    post(served_url, 'mutation { groupCreate(input: {name: "g", studio_id: 1}) { id } }')
    with open_websocket(served_url) as socket:
        socket.initialize()
        names = []
        for name in ("new", "newer"):
            post(served_url, f'mutation {{ studioUpdate(input: {{id: 1, name: "{name}"}}) {{ id }} }}')
            socket.subscribe(name, "{ findGroup(id: 1) { studio { name } } }")
            names.append(socket.receive()["payload"]["data"]["findGroup"]["studio"]["name"])
            assert socket.receive()["type"] == "complete"
    assert names == ["new", "newer"]


def test_legacy_protocol_sends_keepalives(library_file):
    async def listen():
        incoming, outgoing = asyncio.Queue(), asyncio.Queue()
        for message in ({"type": "websocket.connect"}, {"type": "websocket.receive", "text": INIT}):
            incoming.put_nowait(message)
        scope = {"type": "websocket", "path": "/graphql", "headers": [], "subprotocols": [LEGACY]}
        with open_library(str(library_file)) as library:
            socket = WebSocket(scope, incoming.get, outgoing.put)
            talking = asyncio.ensure_future(socket_endpoint(library, keep_alive=0.01)(socket))
            messages = [await outgoing.get() for _ in range(6)]
            incoming.put_nowait({"type": "websocket.disconnect", "code": 1000})
            await talking
        return [json.loads(message["text"])["type"] for message in messages[1:]]

    assert run(listen()) == ["connection_ack", "ka", "ka", "ka", "ka"]


def test_subscription_over_plain_http_is_rejected(served_url):
    with pytest.raises(AssertionError, match="answered over a websocket"):
        post(served_url, SCANNED)
