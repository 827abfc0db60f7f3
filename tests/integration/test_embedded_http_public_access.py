"""Client addresses, and what public clients may do with a library without credentials."""

from __future__ import annotations

import httpx
import pytest
from served_library import CONFIGURE, VERSION, ask, client_from, serve_library, set_password
from table_tests import table_test
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from stash_cli.embedded import open_library
from stash_cli.embedded.library.settings import unlock
from stash_cli.embedded.web.policy import is_local

STRANGER = {"X-Forwarded-For": "203.0.113.7"}
CLAIMS = [
    *({"X-Forwarded-For": "8.8.8.8"}, {"Forwarded": "for=8.8.8.8;proto=https"}, {"X-Real-IP": "8.8.8.8"}),
    *({"Forwarded": 'for="[2001:db8::1]:4711"'}, {"X-Forwarded-For": "10.0.0.1, 8.8.8.8"}),
    *({"X-Client-IP": "8.8.8.8"}, {"CF-Connecting-IP": "8.8.8.8"}, {"True-Client-IP": "8.8.8.8"}),
    {"X-Forwarded-For": "8.8.8.8:80"},
]


@pytest.fixture
def proxied(library_file):
    """A library behind a proxy, whose part the test plays."""
    with serve_library(library_file, proxies=["127.0.0.1", "10.0.0.0/8"], hosts=["media.example"]) as url:
        yield url


@table_test(
    ("address", "expected"),
    [
        *((text, True) for text in ("127.0.0.1", "127.8.8.8", "::1", "10.1.2.3", "::ffff:10.0.0.1")),
        *((text, True) for text in ("172.31.255.255", "192.168.1.1", "169.254.1.1", "100.64.0.1", "fd00::1")),
        *((text, True) for text in ("100.127.255.255", "fe80::1", "fe80::1%eth0", "172.16.0.1")),
        *((text, False) for text in ("8.8.8.8", "172.15.0.1", "172.32.0.1", "192.169.0.1", "100.63.255.255")),
        *((text, False) for text in ("100.128.0.0", "0.0.0.0", "2001:db8::1", "::ffff:8.8.8.8", "unknown")),
    ],
)  # fmt: skip
def test_private_addresses_are_local_and_all_others_are_not(address, expected):
    assert is_local(address) is expected


def test_untrusted_forwarded_header_is_rejected_without_locking(served_url):
    for claim in CLAIMS:
        assert (claim, ask(served_url, headers=claim).status_code) == (claim, 403)
        with pytest.raises(InvalidStatus), connect(socket_of(served_url), additional_headers=claim):
            pass
        assert ask(served_url).status_code == 200
    set_password(served_url)
    assert {ask(served_url, headers=claim).status_code for claim in CLAIMS} == {401}


def test_forwarded_local_address_of_an_unknown_proxy_is_ignored(served_url):
    for claim in ({"X-Forwarded-For": "127.0.0.1"}, {"X-Real-IP": "10.0.0.1"}, {"Forwarded": "for=unknown"}):
        assert ask(served_url, headers=claim).status_code == 200
        configured = ask(served_url, CONFIGURE, claim, input={"username": "x"})
        assert "only be changed on the machine" in configured.text


LOCAL_WAYS = [
    *("192.168.1.9", "8.8.8.8, 192.168.1.9", "192.168.1.9, 10.0.0.1", "", "10.0.0.1", "192.168.1.9:4711"),
    *("8.8.8.8,fe80::1,10.1.1.1", "[fd00::1]:80"),
]
PUBLIC_WAYS = [
    "8.8.8.8",
    "192.168.1.9, 8.8.8.8",
    "8.8.8.8, 10.0.0.1",
    "2001:db8::1",
    "unknown",
    "10.0.0.2, x",
]


def test_client_is_the_nearest_address_that_is_no_proxy(proxied, library_file):
    for way in LOCAL_WAYS:
        assert (way, ask(proxied, headers={"X-Forwarded-For": way}).status_code) == (way, 200)
    for way in PUBLIC_WAYS:
        assert (way, ask(proxied, headers={"X-Forwarded-For": way}).status_code) == (way, 403)
        assert ask(proxied).status_code == 403
        with open_library(str(library_file)) as library, library.database.write() as connection:
            assert unlock(connection)
        assert ask(proxied).status_code == 200


def test_repeated_headers_are_joined(proxied):
    headers = [("X-Forwarded-For", "192.168.1.9"), ("X-Forwarded-For", "8.8.8.8")]
    assert httpx.post(f"{proxied}/graphql", json=VERSION, headers=headers).status_code == 403


def test_only_configured_proxies_may_forward_the_host(proxied):
    output = {
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Prefix": "/stash",
        "X-Forwarded-Host": "media.example",
    }
    tag = ask(proxied, 'mutation { tagCreate(input: {name: "x"}) { image_path } }', output).json()["data"]
    assert tag["tagCreate"]["image_path"].startswith("https://media.example/stash/tag/1/image")
    own_page = output | {"Origin": "https://media.example"}
    assert ask(proxied, headers=own_page).status_code == 200
    for wrong in (
        {"X-Forwarded-Host": "evil.example"},
        {"Host": "evil.example"},
        {"Origin": "http://media.example"},
    ):
        assert ask(proxied, headers=own_page | wrong).status_code == 403
    with client_from("127.0.0.2", proxied) as elsewhere:
        answer = elsewhere.post(
            "/graphql", json={"query": "{ findTag(id: 1) { image_path } }"}, headers=output
        )
    assert answer.json()["data"]["findTag"]["image_path"].startswith(f"{proxied}/tag/1/image")


def test_prefix_applies_to_the_login_redirect_only(proxied):
    set_password(proxied)
    behind = httpx.get(f"{proxied}/scene/1/screenshot?t=2", headers={"X-Forwarded-Prefix": "/stash"})
    assert behind.headers["location"] == "/stash/login?returnURL=%2Fstash%2Fscene%2F1%2Fscreenshot%3Ft%3D2"
    for prefix in ("//evil.example", "/a b", "/x\\y", "https://evil.example", "evil"):
        response = httpx.get(f"{proxied}/scene/1/screenshot", headers={"X-Forwarded-Prefix": prefix})
        assert response.headers["location"].startswith("/login?")


def test_public_client_locks_the_library(proxied):
    refused = ask(proxied, headers=STRANGER)
    assert (refused.status_code, refused.headers["content-type"]) == (403, "text/plain; charset=utf-8")
    assert "stash embedded unlock" in refused.text
    for path in ("/graphql", "/", "/login", "/scene/1/screenshot", "/css/x.css"):
        assert httpx.get(f"{proxied}{path}").status_code == 403
    assert ask(proxied, headers={"ApiKey": "any"}).status_code == 403
    assert httpx.get(f"{proxied}/healthz").status_code == 200


def test_public_websocket_is_rejected(proxied):
    for headers in (STRANGER, {}):
        with pytest.raises(InvalidStatus) as refused, connect(socket_of(proxied), additional_headers=headers):
            pass
        assert refused.value.response.status_code == 403


def test_invalid_key_is_rejected_without_locking(proxied):
    wrong = ask(proxied, headers={**STRANGER, "ApiKey": "wrong"})
    assert (wrong.status_code, wrong.headers["www-authenticate"]) == (401, "FormBased")
    assert ask(proxied).status_code == 200


def test_library_with_credentials_is_publicly_reachable(proxied):
    set_password(proxied)
    assert ask(proxied, headers=STRANGER).status_code == 401
    with httpx.Client(base_url=proxied, headers=STRANGER) as client:
        assert client.get("/login").status_code == 200
        assert client.post("/login", data={"username": "ada", "password": "secret"}).status_code == 200
        assert client.post("/graphql", json=VERSION).status_code == 200
        given = {"query": CONFIGURE, "variables": {"input": {"logFile": "/tmp/x"}}}
        assert "errors" not in client.post("/graphql", json=given).json()


def test_locked_library_can_be_opened_and_given_credentials(proxied, library_file):
    assert ask(proxied, headers=STRANGER).status_code == 403
    with open_library(str(library_file)) as library:
        for given, status in (({"username": "ada", "password": "x"}, 401), ({"password": ""}, 200)):
            assert not library.execute(CONFIGURE, {"input": given}).errors
            assert ask(proxied).status_code == status


def socket_of(url: str) -> str:
    return url.replace("http", "ws") + "/graphql"
