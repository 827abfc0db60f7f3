"""The fault proxy forwards, records, and injects faults as its rule decides."""

from __future__ import annotations

import gc
import http.client
import json
import socket
import warnings
from collections.abc import Iterator
from contextlib import closing

import pytest
from fault_kinds import (
    MALFORMED_BODIES,
    after_handling,
    error_page,
    fixed_response,
    redirect,
    reset_after,
    reset_before,
    truncated_response,
)
from fault_proxy import FaultProxy, on_mutation, on_operation, on_websocket
from websocket_client import open_websocket
from websockets.exceptions import ConnectionClosed

CREATE = "mutation { tagCreate(input: {name: %s}) { id } }"
COUNT = "query { findTags { count } }"


@pytest.fixture
def proxy(served_url: str) -> Iterator[FaultProxy]:
    with FaultProxy(served_url) as proxy:
        yield proxy


def ask(proxy: FaultProxy, document: str, connection: http.client.HTTPConnection | None = None) -> dict:
    connection = connection or http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=10)
    body = json.dumps({"query": document})
    connection.request("POST", "/graphql", body, {"Content-Type": "application/json"})
    return json.loads(connection.getresponse().read())["data"]


def create(proxy: FaultProxy, name: str) -> None:
    with pytest.raises((OSError, http.client.HTTPException, ValueError)):
        ask(proxy, CREATE % json.dumps(name))


def test_unmatched_requests_share_one_connection(proxy: FaultProxy) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=10)
    assert ask(proxy, CREATE % '"a"', connection)["tagCreate"]["id"]
    assert ask(proxy, COUNT, connection) == {"findTags": {"count": 1}}
    assert (len(proxy.requests), len(proxy.mutations), proxy.faulted) == (2, 1, [])


def test_faults_differ_in_server_effects(proxy: FaultProxy) -> None:
    done = {
        reset_after: 1,
        truncated_response: 1,
        reset_before: 0,
        error_page(502): 0,
        after_handling(error_page(502)): 1,
    }
    for fault, count in done.items():
        before = ask(proxy, COUNT)["findTags"]["count"]
        proxy.rule = on_mutation(fault)
        create(proxy, f"tag {len(proxy.requests)}")
        assert ask(proxy, COUNT)["findTags"]["count"] - before == count, fault


def test_rule_may_count(proxy: FaultProxy) -> None:
    proxy.rule = on_operation("findTags", fixed_response(MALFORMED_BODIES["null data"]), 2)
    assert [ask(proxy, COUNT) for _ in range(3)][1] is None
    assert len(proxy.faulted) == 1


def test_server_may_stop_and_restart(proxy: FaultProxy) -> None:
    proxy.refuse()
    with pytest.raises(ConnectionError):
        ask(proxy, COUNT)
    proxy.accept()
    assert ask(proxy, COUNT)


def test_websockets_are_tunnelled_until_reset(proxy: FaultProxy) -> None:
    with open_websocket(proxy.url) as conversation:
        conversation.initialize()
        proxy.drop_websockets()
        with pytest.raises(ConnectionClosed):
            conversation.receive()
    proxy.rule = on_websocket(redirect("ws://127.0.0.1:1/graphql"))
    with pytest.raises(ConnectionRefusedError), open_websocket(proxy.url):
        pass


def test_closing_during_an_exchange_leaves_nothing_open() -> None:
    """The server has not responded when the proxy closes; an open connection would warn."""
    with socket.create_server(("127.0.0.1", 0)) as silent, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ResourceWarning)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with FaultProxy(url) as proxy, closing(http.client.HTTPConnection("127.0.0.1", proxy.port)) as client:
            client.request("POST", "/graphql", COUNT)
            server, _ = silent.accept()
        server.close()
        gc.collect()
    assert [str(each.message) for each in caught] == []
