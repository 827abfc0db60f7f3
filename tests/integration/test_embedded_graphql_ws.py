"""GraphQL over a real websocket: both protocols, subscriptions, and closing."""

from __future__ import annotations

import json
import time

import httpx
import pytest
from support import reference, rows
from websocket_client import JOBS, LEGACY, MODERN, SCANNED, open_websocket, post
from websockets.exceptions import ConnectionClosed, InvalidStatus


def test_server_prefers_the_legacy_protocol(served_url):
    with open_websocket(served_url, MODERN, LEGACY) as both, open_websocket(served_url, MODERN) as modern:
        assert both.socket.subprotocol == LEGACY
        assert modern.socket.subprotocol == MODERN


def test_scan_is_followed_from_queueing_to_completion(served_url):
    with open_websocket(served_url) as socket:
        socket.initialize()
        socket.subscribe("1", JOBS)
        socket.subscribe("2", SCANNED)
        socket.send(type="ping")
        assert socket.receive() == {"type": "pong"}
        job = post(served_url, "mutation { metadataScan(input: {}) }")["metadataScan"]
        seen = socket.receive_until(lambda message: "REMOVE" in json.dumps(message))
    assert {message["type"] for message in seen} == {"next"}
    scanned = [number for number, message in enumerate(seen) if message["id"] == "2"]
    assert scanned == [len(seen) - 2]
    updates = [message["payload"]["data"]["jobsSubscribe"] for message in seen if message["id"] == "1"]
    assert [update["job"]["id"] for update in updates] == [job] * len(updates)
    assert (updates[0]["type"], updates[0]["job"]["status"]) == ("ADD", "READY")
    assert (updates[1]["type"], updates[1]["job"]["status"]) == ("UPDATE", "RUNNING")
    assert (updates[-1]["type"], updates[-1]["job"]["status"]) == ("REMOVE", "FINISHED")


def test_subscription_ends_on_the_clients_complete(served_url):
    with open_websocket(served_url) as socket:
        socket.initialize().subscribe("1", JOBS)
        socket.send(id="1", type="complete")
        assert socket.receive() == {"id": "1", "type": "complete"}
        post(served_url, "mutation { metadataScan(input: {}) }")
        socket.send(type="ping")
        assert socket.receive() == {"type": "pong"}
        socket.subscribe("1", "{ __typename }")
        assert socket.receive()["payload"] == {"data": {"__typename": "Query"}}


def test_log_is_sent_in_batches(served_url):
    with open_websocket(served_url) as socket:
        socket.initialize().subscribe("1", "subscription { loggingSubscribe { time level message } }")
        socket.send(type="ping")
        socket.receive()
        post(served_url, 'mutation { migrate(input: {backupPath: ""}) }')
        entries = socket.receive()["payload"]["data"]["loggingSubscribe"]
        assert entries[0]["level"] == "Info"
        assert entries[0]["message"]


def test_queries_and_mutations_over_the_websocket(served_url):
    with open_websocket(served_url) as socket:
        socket.initialize().subscribe(
            "7", "mutation($n: String!) { tagCreate(input: {name: $n}) { id name } }", n="x"
        )
        assert socket.receive() == {
            "payload": {"data": {"tagCreate": {"id": "1", "name": "x"}}},
            "id": "7",
            "type": "next",
        }
        assert socket.receive() == {"id": "7", "type": "complete"}
        socket.subscribe("7", 'mutation { tagCreate(input: {name: "x"}) { id } }')
        failed = socket.receive()
        assert failed["type"] == "next"
        assert failed["payload"]["data"] == {"tagCreate": None}
        assert failed["payload"]["errors"][0]["path"] == ["tagCreate"]
        assert socket.receive()["type"] == "complete"


@pytest.mark.parametrize("document", ["subscription { nonsense }", "{ nonsense }", "{", ""])
def test_invalid_document_yields_error_and_complete(served_url, document):
    with open_websocket(served_url) as socket:
        socket.initialize().subscribe("3", document)
        error = socket.receive()
        assert (error["type"], error["id"]) == ("error", "3")
        assert error["payload"][0]["extensions"]["code"].startswith("GRAPHQL_")
        assert socket.receive() == {"id": "3", "type": "complete"}


def test_messages_have_payload_id_and_type_in_this_order(served_url):
    with open_websocket(served_url) as socket:
        socket.initialize().subscribe("3", "{ __typename }")
        assert list(socket.receive()) == ["payload", "id", "type"]


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        (['{"type": "subscribe"}'], "unexpected message"),
        (["junk"], "decoding error"),
        (["[]"], "decoding error"),
        (['{"type": "connection_init"}', "junk"], "decoding error"),
        (['{"type": "connection_init"}', '{"type": "nonsense"}'], "unexpected message"),
    ],
)
def test_protocol_violations_close_the_websocket(served_url, messages, reason):
    with open_websocket(served_url) as socket:
        for message in messages:
            socket.socket.send(message)
        with pytest.raises(ConnectionClosed) as closed:
            socket.receive_until(lambda _: False)
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1002, reason)


def test_duplicate_operation_id_is_rejected(served_url):
    with open_websocket(served_url) as socket:
        socket.initialize()
        socket.subscribe("1", JOBS)
        socket.subscribe("1", JOBS)
        with pytest.raises(ConnectionClosed) as closed:
            socket.receive()
    assert closed.value.rcvd.code == 4409


def test_legacy_protocol_messages(served_url):
    with open_websocket(served_url, LEGACY) as socket:
        socket.initialize()
        socket.send(id="1", type="start", payload={"query": "{ __typename }"})
        assert socket.receive() == {"payload": {"data": {"__typename": "Query"}}, "id": "1", "type": "data"}
        assert socket.receive() == {"id": "1", "type": "complete"}
        socket.send(id="2", type="start", payload={"query": JOBS})
        socket.send(id="2", type="stop")
        assert socket.receive() == {"id": "2", "type": "complete"}
        socket.send(type="connection_terminate")
        with pytest.raises(ConnectionClosed) as closed:
            socket.receive()
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1000, "terminated")


def test_websocket_requires_the_api_key(served_url):
    configure = 'mutation { configureGeneral(input: {username: "ada", password: "x"}) { username } }'
    post(served_url, configure)
    with pytest.raises(InvalidStatus) as refused, open_websocket(served_url):
        pass
    assert refused.value.response.status_code == 401
    with httpx.Client(base_url=served_url) as client:
        client.post("/login", data={"username": "ada", "password": "x"})
        key = client.post("/graphql", json={"query": "mutation { generateAPIKey(input: {}) }"}).json()
        with open_websocket(
            served_url, additional_headers={"ApiKey": key["data"]["generateAPIKey"]}
        ) as socket:
            socket.initialize()


def test_dropped_websocket_does_not_affect_the_server(served_url):
    with open_websocket(served_url) as socket:
        socket.initialize().subscribe("1", JOBS)
        socket.socket.socket.close()
    post(served_url, "mutation { metadataScan(input: {}) }")
    deadline = time.monotonic() + 10
    while post(served_url, "{ jobQueue { id } }")["jobQueue"] and time.monotonic() < deadline:
        time.sleep(0.02)
    assert post(served_url, '{ findJob(input: {id: "1"}) { status } }')["findJob"]["status"] == "FINISHED"


def test_recorded_messages_appear_in_the_same_order(served_url):
    """Every kind of message that a real server sent is sent here, in the order of first appearance."""
    recorded = list(rows(reference("conformance", "subscription.jsonl")))
    theirs = [row["server"] for row in recorded if "server" in row]
    ours = []
    with open_websocket(served_url) as socket:
        for row in recorded:
            client = row.get("client")
            if client and client["type"] not in {"ping", "complete"}:
                socket.send(**client)
        if not recorded:
            return
        ours += socket.receive_until(lambda message: message["type"] == "complete")
        post(served_url, "mutation { metadataScan(input: {}) }")
        ours += socket.receive_until(lambda message: "REMOVE" in json.dumps(message))
        socket.send(type="ping")
        ours.append(socket.receive())
    assert kinds(ours) == kinds(theirs)


def kinds(messages):
    """Distinct message types, and for jobs the event and the status."""
    found = []
    for message in messages:
        data = (message.get("payload") or {}) if message["type"] == "next" else {}
        job = data.get("data", {}).get("jobsSubscribe")
        found.append((message["type"], message.get("id"), job and (job["type"], job["job"]["status"])))
    return list(dict.fromkeys(found))
