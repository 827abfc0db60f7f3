"""A library without credentials and the public internet: who is local, and what one stranger causes."""

from __future__ import annotations

import httpx
import pytest
from embedded_asking import asking
from starlette.requests import HTTPConnection
from support import run
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from stash_cli.embedded.app import create_app
from stash_cli.embedded.web.exposure import public_address

VERSION = {"query": "{ version { version } }"}
CONFIGURE = "mutation($input: ConfigGeneralInput!) { configureGeneral(input: $input) { username } }"
STRANGER = {"X-Forwarded-For": "203.0.113.7"}


def request(client: str | None, forwarded: str | None = None) -> HTTPConnection:
    headers = [] if forwarded is None else [(b"x-forwarded-for", forwarded.encode())]
    return HTTPConnection({"type": "http", "headers": headers, "client": client and (client, 1)})


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.8.8", "::1", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1"),
        *("169.254.1.1", "100.64.0.1", "100.127.255.255", "fd00::1", "fe80::1", "fe80::1%eth0"),
        "::ffff:192.168.1.1",
    ],
)
def test_private_addresses_are_local(address):
    assert public_address(request(address)) is None
    assert public_address(request("127.0.0.1", address)) is None


@pytest.mark.parametrize(
    "address",
    [
        *("8.8.8.8", "172.15.0.1", "172.32.0.1", "192.169.0.1", "100.63.255.255", "100.128.0.0", "0.0.0.0"),
        *("2001:db8::1", "::ffff:8.8.8.8", "unknown", "10.0.0.1:80"),
    ],
)
def test_all_other_addresses_are_public(address):
    assert public_address(request(address)) == address
    assert public_address(request("127.0.0.1", address)) == address


@pytest.mark.parametrize(
    ("client", "forwarded", "found"),
    [
        ("127.0.0.1", "192.168.1.1, 10.0.0.1", None),
        ("127.0.0.1", "192.168.1.1,10.0.0.1", None),
        ("127.0.0.1", "203.0.113.7, 10.0.0.1", "203.0.113.7"),
        ("127.0.0.1", "10.0.0.1, 203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", "", None),
        ("8.8.8.8", "10.0.0.1", "8.8.8.8"),
        (None, "10.0.0.1", None),
    ],
)
def test_the_whole_way_has_to_be_local(client, forwarded, found):
    assert public_address(request(client, forwarded)) == found


def test_one_request_from_outside_ends_all_answers(served_url):
    endpoint = f"{served_url}/graphql"
    assert httpx.post(endpoint, json=VERSION, headers={"X-Forwarded-For": "10.0.0.9"}).status_code == 200
    refused = httpx.post(endpoint, json=VERSION, headers=STRANGER)
    assert (refused.status_code, refused.headers["content-type"]) == (403, "text/plain; charset=utf-8")
    assert "no user name and password" in refused.text
    for path in ("/graphql", "/", "/login", "/scene/1/screenshot", "/css/x.css"):
        assert httpx.get(f"{served_url}{path}").status_code == 403
    assert httpx.post(endpoint, json=VERSION, headers={"ApiKey": "any"}).status_code == 403
    assert httpx.get(f"{served_url}/healthz").status_code == 200


def test_a_socket_from_outside_is_refused_as_well(served_url):
    address = served_url.replace("http", "ws") + "/graphql"
    for headers in (STRANGER, {}):
        with pytest.raises(InvalidStatus) as refused, connect(address, additional_headers=headers):
            pass
        assert refused.value.response.status_code == 403


def test_a_wrong_key_is_refused_as_such_and_exposes_nothing(served_url):
    endpoint = f"{served_url}/graphql"
    wrong = httpx.post(endpoint, json=VERSION, headers={**STRANGER, "ApiKey": "wrong"})
    assert (wrong.status_code, wrong.headers["www-authenticate"]) == (401, "FormBased")
    assert httpx.post(endpoint, json=VERSION).status_code == 200


def test_a_library_with_credentials_may_be_reached_from_everywhere(served_url):
    endpoint = f"{served_url}/graphql"
    given = {"query": CONFIGURE, "variables": {"input": {"username": "ada", "password": "x"}}}
    assert httpx.post(endpoint, json=given).status_code == 200
    assert httpx.post(endpoint, json=VERSION, headers=STRANGER).status_code == 401
    with httpx.Client(base_url=served_url, headers=STRANGER) as client:
        assert client.get("/login").status_code == 200
        assert client.post("/login", data={"username": "ada", "password": "x"}).status_code == 200
        assert client.post("/graphql", json=VERSION).status_code == 200


def test_the_file_itself_can_still_be_opened_and_given_credentials(library_file):
    async def ask(app, headers) -> int:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://here", headers=headers) as client:
            return (await client.post("/graphql", json=VERSION)).status_code

    with asking(library_file) as library:
        served = create_app(library.library, served=True)
        assert run(ask(served, STRANGER)) == 403
        assert run(ask(served, {})) == 403
        assert run(ask(library.library.app, {})) == 200
        library(CONFIGURE, input={"username": "ada", "password": "x"})
        assert run(ask(served, {})) == 401
        library(CONFIGURE, input={"password": ""})
        assert run(ask(served, {})) == 200
