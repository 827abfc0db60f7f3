"""Origins, hosts and clients that a served library accepts, over HTTP and websockets, for all paths."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx
import pytest
from served_library import VERSION, ask, open_socket, read_to_end, serve_library, set_password
from table_tests import table_test

ALLOWED, EVIL = "https://app.example", "https://evil.example"
FORM = (
    '--b\r\nContent-Disposition: form-data; name="operations"\r\n\r\n{"query": "{ version { version } }"}\r\n'
    '--b\r\nContent-Disposition: form-data; name="map"\r\n\r\n{}\r\n--b--\r\n'
)
QUERY = "/graphql?query=%7Bversion%7Bversion%7D%7D"
REQUESTS = {
    "query": ("POST", "/graphql", {"json": VERSION}),
    "form": (
        *("POST", "/graphql"),
        {"content": FORM, "headers": {"Content-Type": "multipart/form-data; boundary=b"}},
    ),
    "script": ("GET", QUERY, {}),
    "picture": ("GET", "/tag/1/image", {}),
    "video": ("GET", "/scene/1/stream", {}),
    "download": ("GET", "/downloads/abc/x.zip", {}),
    "login": ("POST", "/login", {"data": {"username": "a", "password": "b"}}),
    "logout": ("GET", "/logout", {}),
    "health": ("GET", "/healthz", {}),
    "unknown": ("PUT", "/x", {}),
    "preflight": ("OPTIONS", "/graphql", {"headers": {"Access-Control-Request-Method": "POST"}}),
}
NAVIGATION = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
FOREIGN = {
    "foreign origin": {"Origin": EVIL},
    "opaque origin": {"Origin": "null"},
    "empty origin": {"Origin": ""},
    "same host, other port": {"Origin": "http://127.0.0.1:1"},
    "same host, other scheme": {"Origin": "https://{netloc}"},
    "other name of this machine": {"Origin": "http://localhost:{port}"},
    "allowed origin, other port": {"Origin": f"{ALLOWED}:444"},
    "allowed origin, other scheme": {"Origin": "http://app.example"},
    "name that begins alike": {"Origin": f"{ALLOWED}.evil.example"},
    "user before the host": {"Origin": "http://{netloc}@evil.example"},
    "image or script": {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
    "other port of the same site": {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors"},
    "own origin after a redirect": {"Origin": "http://{netloc}", "Sec-Fetch-Site": "cross-site"},
    "unknown site": {"Sec-Fetch-Site": "elsewhere"},
    "referer": {"Referer": f"{EVIL}/page"},
    "foreign link": {"Sec-Fetch-Site": "cross-site", **NAVIGATION},
    "foreign host": {"Host": "evil.example"},
    "rebound name": {"Host": "evil.example:{port}", "Sec-Fetch-Site": "same-origin"},
    "name that begins like an address": {"Host": "127.0.0.1.evil.example"},
    "other address": {"Host": "192.168.1.77:{port}"},
    "every address": {"Host": "0.0.0.0:{port}"},
    "malformed host": {"Host": "127.0.0.1:{port}@evil.example"},
    "forwarded host": {"Host": "evil.example", "X-Forwarded-Host": "127.0.0.1"},
}
OWN = {
    "program": {},
    "own page": {"Origin": "http://{netloc}", "Sec-Fetch-Site": "same-origin"},
    "own page, upper case": {"Origin": "HTTP://{netloc}"},
    "own picture": {"Referer": "http://{netloc}/x", "Sec-Fetch-Site": "same-origin"},
    "typed address": {"Sec-Fetch-Site": "none", **NAVIGATION},
    "localhost": {"Host": "localhost:{port}", "Origin": "http://localhost:{port}"},
    "localhost with a dot": {"Host": "LOCALHOST.:1"},
    "other loopback address": {"Host": "127.8.8.8"},
    "loopback of IPv6": {"Host": "[::1]:80", "Origin": "http://[::1]"},
    "allowed host": {"Host": "media.lan", "Origin": "http://media.lan"},
    "allowed page": {"Origin": ALLOWED, "Sec-Fetch-Site": "cross-site"},
    "picture in an allowed page": {"Referer": f"{ALLOWED}/x", "Sec-Fetch-Site": "cross-site"},
}


@pytest.fixture(scope="module", params=["open", "with a password"])
def url(request, tmp_path_factory):
    with serve_library(
        tmp_path_factory.mktemp("x") / "l.sqlite", origins=[ALLOWED], hosts=["media.lan"]
    ) as url:
        if request.param == "with a password":
            set_password(url)
        yield url


@pytest.fixture(scope="module")
def client(url):
    with httpx.Client(base_url=url) as client:
        yield client


def send(client: httpx.Client, kind: str, headers: dict[str, str]) -> httpx.Response:
    method, path, options = REQUESTS[kind]
    return client.request(method, path, **options | {"headers": options.get("headers", {}) | headers})


def is_let_in(url: str, headers: dict[str, str]) -> bool:
    """Whether a websocket passes the origin check; the handshake is written by hand to set `Host`."""
    shake = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    shake |= {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Host": urlsplit(url).netloc}
    lines = "\r\n".join(f"{name}: {text}" for name, text in (shake | headers).items())
    with open_socket(url) as connection:
        connection.sendall(f"GET /graphql HTTP/1.1\r\n{lines}\r\n\r\n".encode())
        status = int(connection.recv(4096).split()[1])
    assert status in {101, 401, 403}
    return status != 403


def filled(headers: dict[str, str], url: str) -> dict[str, str]:
    place = urlsplit(url)
    return {name: text.format(netloc=place.netloc, port=place.port) for name, text in headers.items()}


@table_test("source", FOREIGN)
def test_foreign_origins_are_rejected_on_every_path(client, url, source):
    headers = filled(FOREIGN[source], url)
    answers = {kind: send(client, kind, headers) for kind in REQUESTS}
    assert {kind: answer.status_code for kind, answer in answers.items()} == dict.fromkeys(REQUESTS, 403)
    assert all("--allow-" in answer.text for answer in answers.values())
    assert not [name for answer in answers.values() for name in answer.headers if name.startswith("access-")]
    assert not is_let_in(url, headers)


@table_test("source", OWN)
def test_own_origins_are_accepted_on_every_path(client, url, source):
    headers = filled(OWN[source], url)
    assert 403 not in {kind: send(client, kind, headers).status_code for kind in REQUESTS}.values()
    assert is_let_in(url, headers)


def test_links_to_harmless_pages_are_followed(client):
    link = {"Sec-Fetch-Site": "cross-site", **NAVIGATION}
    for path, headers, allowed in (
        *(("/", link, True), ("/login", link, True), ("/logout", link, False), (QUERY, link, False)),
        ("/", link | {"Sec-Fetch-Dest": "iframe"}, False),
        ("/", link | {"Sec-Fetch-Mode": "no-cors"}, False),
        ("/", link | {"Origin": EVIL}, False),
        ("/", link | {"Host": "evil.example"}, False),
    ):
        assert (path, headers, client.get(path, headers=headers).status_code != 403) == (
            path,
            headers,
            allowed,
        )


def test_cors_headers_are_sent_to_allowed_origins_only(client):
    lookups = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "apikey"}
    preflight = client.options("/graphql", headers={"Origin": ALLOWED, **lookups})
    assert preflight.status_code == 200
    for answer in (preflight, send(client, "query", {"Origin": ALLOWED})):
        assert answer.headers["access-control-allow-origin"] == ALLOWED
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
        assert "Origin" in answer.headers["vary"]
    assert "apikey" in preflight.headers["access-control-allow-headers"].lower()
    assert "access-control-allow-origin" not in send(client, "query", {}).headers


def test_request_without_host_is_rejected(url):
    with open_socket(url) as connection:
        connection.sendall(f"GET {QUERY} HTTP/1.0\r\n\r\n".encode())
        assert read_to_end(connection).startswith(b"HTTP/1.1 403")


def test_responses_have_headers_against_script_execution(client):
    for kind in REQUESTS:
        headers = send(client, kind, {}).headers
        assert (kind, headers["x-content-type-options"]) == (kind, "nosniff")
        assert (kind, headers["cross-origin-resource-policy"]) == (kind, "same-origin")
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert ("sandbox" in headers["content-security-policy"]) != (
            "html" in headers.get("content-type", "")
        )


def test_server_on_all_addresses_is_reachable_at_each(tmp_path):
    with serve_library(tmp_path / "l.sqlite", host="0.0.0.0") as url:
        port = urlsplit(url).port
        assert url == f"http://127.0.0.1:{port}"
        for host, status in (("127.0.0.1", 200), ("0.0.0.0", 403), ("192.0.2.1", 403)):
            assert ask(url, headers={"Host": f"{host}:{port}"}).status_code == status
