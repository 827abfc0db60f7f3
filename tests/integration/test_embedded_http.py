"""The embedded library over real HTTP: methods, content types, status codes, uploads, limits."""

from __future__ import annotations

import gzip
import json
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from table_tests import table_test

VERSION = "{ version { version } }"
HEAD = (
    b"POST /graphql HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n"
)


@pytest.fixture
def endpoint(served_url: str) -> str:
    return f"{served_url}/graphql"


def post(endpoint: str, document: str, variables: dict | None = None, accept: str = "application/json"):
    body = {"query": document, "variables": variables or {}, "unknown": 1}
    return httpx.post(endpoint, json=body, headers={"Accept": accept}, timeout=60)


def test_responses_are_json_and_not_cacheable(endpoint):
    response = post(endpoint, VERSION)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"
    assert response.json()["data"]["version"]["version"]


@table_test(
    ("accept", "plain"),
    [
        *(("", True), ("application/json", True), ("application/json, text/plain, */*", True)),
        *(("text/html, application/json;q=0.5", True), ("*/*", False), ("*/*, application/json", False)),
        *(("text/html", False), ("nonsense", False), ("application/*", False)),
        ("application/graphql-response+json", False),
    ],
)
def test_first_supported_accept_type_is_used(endpoint, accept, plain):
    response = post(endpoint, VERSION, accept=accept)
    kind = "application/json" if plain else "application/graphql-response+json"
    assert response.headers["content-type"] == kind


def test_missing_accept_header_gives_plain_json(endpoint):
    address = urlsplit(endpoint)
    body = json.dumps({"query": VERSION}).encode()
    with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
        connection.sendall(HEAD % len(body) + body)
        answer = connection.recv(65536)
    assert b"content-type: application/json\r\n" in answer


def test_trailing_slash_is_accepted(endpoint):
    assert post(endpoint + "/", VERSION).status_code == 200


@table_test(
    "document",
    [
        "{ nope }",
        "{",
        "query($x: Int!) { version { version } }",
        "query A { __typename } query B { __typename }",
    ],
)
@table_test(("accept", "status"), [("application/json", 422), ("*/*", 400)])
def test_invalid_document_is_a_client_error(endpoint, document, accept, status):
    response = post(endpoint, document, accept=accept)
    assert response.status_code == status
    assert response.json()["data"] is None
    assert response.json()["errors"][0]["extensions"]["code"].startswith("GRAPHQL_")


def test_resolver_error_is_200_with_partial_data(endpoint):
    response = post(
        endpoint,
        'mutation { a: tagCreate(input: {name: "x"}) { id } b: tagCreate(input: {name: "x"}) { id } }',
    )
    assert response.status_code == 200
    assert response.json()["data"] == {"a": {"id": "1"}, "b": None}
    assert response.json()["errors"] == [{"message": "tag with name 'x' already exists", "path": ["b"]}]


@table_test("body", ["", "[]", "nonsense", '[{"query": "{ version { version } }"}]', '{"query": 1}'])
def test_invalid_request_bodies_are_rejected(endpoint, body):
    response = httpx.post(endpoint, content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 400
    assert response.json()["errors"][0]["message"].startswith("json request body could not be decoded: ")
    assert response.json()["errors"][0]["message"].endswith(f"body:{body}")
    assert response.json()["data"] is None


def test_get_reads_but_does_not_write(endpoint):
    query = {
        "query": "query($q: FindFilterType) { findTags(filter: $q) { count } }",
        "variables": '{"q": {"q": "x"}}',
    }
    assert httpx.get(endpoint, params=query).json() == {"data": {"findTags": {"count": 0}}}
    response = httpx.get(endpoint, params={"query": 'mutation { tagCreate(input: {name: "x"}) { id } }'})
    assert response.status_code == 406
    assert response.json()["errors"][0]["message"] == "GET requests only allow query operations"


@table_test("name", ["variables", "extensions"])
@table_test("text", ["{", "[1]", "3"])
def test_non_object_parameters_are_rejected(endpoint, name, text):
    response = httpx.get(endpoint, params={"query": VERSION, name: text})
    assert (response.status_code, response.json()["errors"][0]["message"]) == (
        400,
        f"{name} could not be decoded",
    )
    assert response.json()["data"] is None


def test_other_methods(endpoint, served_url):
    assert httpx.head(endpoint).status_code == 405
    options = httpx.options(endpoint)
    assert (options.status_code, options.headers["allow"]) == (200, "OPTIONS, GET, POST")
    for answer in (
        httpx.put(endpoint),
        httpx.post(endpoint, content="x", headers={"Content-Type": "text/plain"}),
    ):
        assert (answer.status_code, answer.text) == (400, "transport not supported")
    assert (httpx.get(f"{served_url}/healthz").status_code, httpx.get(f"{served_url}/healthz").text) == (
        200,
        ".",
    )


def raw(endpoint: str, accept: str) -> httpx.Response:
    document = "{ __schema { types { name description fields { name } } } }"
    with httpx.stream(
        "POST", endpoint, json={"query": document}, headers={"Accept": accept, "Accept-Encoding": "gzip"}
    ) as answer:
        answer.raw_body = b"".join(answer.iter_raw())  # type: ignore[attr-defined]
    return answer


def test_plain_json_is_compressed_on_request(endpoint):
    response = raw(endpoint, "application/json")
    assert response.headers["content-encoding"] == "gzip"
    assert json.loads(gzip.decompress(response.raw_body))["data"]["__schema"]
    other = raw(endpoint, "*/*")
    assert "content-encoding" not in other.headers
    assert json.loads(other.raw_body)["data"]["__schema"]


def test_oversized_content_length_is_rejected_at_once(endpoint):
    address = urlsplit(endpoint)
    with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
        connection.sendall(HEAD % 40_000_000)
        assert connection.recv(4096).startswith(b"HTTP/1.1 413")


def test_oversized_chunked_body_is_rejected(endpoint):
    chunks = (b"x" * 1_000_000 for _ in range(40))
    try:
        response = httpx.post(endpoint, content=chunks, headers={"Content-Type": "application/json"})
    except httpx.WriteError:
        return  # rejected and closed before everything was sent
    assert response.status_code == 413


def multipart(endpoint: str, operations: object, mapping: object, **files: bytes) -> httpx.Response:
    parts: dict = {"operations": (None, json.dumps(operations)), "map": (None, json.dumps(mapping))}
    parts |= {name: (f"{name}.bin", content) for name, content in files.items()}
    return httpx.post(endpoint, files=parts)


def test_multipart_request_uploads_files(endpoint):
    answer = multipart(endpoint, {"query": VERSION, "variables": {}}, {})
    assert answer.json()["data"]["version"]
    options = "file: $f, duplicateBehaviour: FAIL, missingRefBehaviour: FAIL"
    document = f"mutation($f: Upload!) {{ importObjects(input: {{{options}}}) }}"
    answer = multipart(
        endpoint, {"query": document, "variables": {"f": None}}, {"0": ["variables.f"]}, **{"0": b"\x00zip"}
    )
    assert answer.json() == {"data": {"importObjects": "1"}}


def test_malformed_multipart_request_is_unprocessable(endpoint):
    assert multipart(endpoint, {"query": VERSION}, {"0": ["variables.f"]}).status_code == 422
    assert (
        multipart(
            endpoint, {"query": VERSION, "variables": {}}, {"0": ["variables.f.1.x"]}, **{"0": b""}
        ).status_code
        == 422
    )


def test_multipart_operations_may_contain_a_picture(endpoint):
    """More than the megabyte that form fields are limited to elsewhere."""
    document = "query($text: String!) { findTags(filter: {q: $text}) { count } }"
    answer = multipart(endpoint, {"query": document, "variables": {"text": "x" * 2_000_000}}, {})
    assert answer.json() == {"data": {"findTags": {"count": 0}}}


def test_multipart_request_with_too_many_files_is_unprocessable(endpoint):
    answer = multipart(endpoint, {"query": VERSION}, {}, **{str(place): b"" for place in range(1001)})
    assert answer.status_code == 422
    assert "Too many files" in answer.json()["errors"][0]["message"]


def wait_until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def temporary_files(folder: Path) -> list[str]:
    """Temporary files below `folder` that this process has open; on POSIX they are already unlinked."""
    links = [str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    return [target for target in links if target.startswith(str(folder))]


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("hang_up", [False, True])
def test_large_upload_leaves_no_temporary_file(endpoint, tmp_path, monkeypatch, hang_up):
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    part = b'--b\r\nContent-Disposition: form-data; name="%s"; filename="f"\r\n\r\n%s\r\n'
    body = part % (b"0", b"x" * 3_000_000) + part % (b"1", b"x" * 3_000_000)
    head = HEAD.replace(b"application/json", b"multipart/form-data; boundary=b") % (len(body) + 5)
    address = urlsplit(endpoint)
    with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
        connection.sendall(head + body)
        wait_until(lambda: len(temporary_files(folder)) == 2)
        if not hang_up:
            connection.sendall(b"--b--")
            assert connection.recv(4096).startswith(b"HTTP/1.1 422")
    wait_until(lambda: not temporary_files(folder))


def test_requests_run_concurrently(endpoint):
    """A connection that sends its body slowly does not block others."""
    address = urlsplit(endpoint)
    with socket.create_connection((address.hostname, address.port), timeout=60) as slow:
        slow.sendall(HEAD % 99 + b"{")
        assert post(endpoint, VERSION).status_code == 200


def test_links_start_with_the_url_the_client_used(endpoint):
    tag = httpx.post(
        endpoint,
        json={"query": 'mutation { tagCreate(input: {name: "x"}) { image_path } }'},
        headers={"Host": "localhost:8080"},
    )
    assert tag.json()["data"]["tagCreate"]["image_path"].startswith("http://localhost:8080/tag/1/image")


@table_test("path", ["/", "/playground", "/scenes/7/edit"])
def test_browser_is_told_that_there_is_no_web_interface(served_url, path):
    response = httpx.get(f"{served_url}{path}")
    assert (response.status_code, response.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "/graphql" in response.text


@table_test("path", ["/scene/1/preview", "/gallery/1/cover", "/downloads/1", "/plugin/a/x.js"])
def test_missing_generated_files_are_404(served_url, path):
    assert httpx.get(f"{served_url}{path}").status_code == 404


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_short_responses_are_compressed_on_request(endpoint, encoding):
    headers = {"Accept": "application/json", "Accept-Encoding": encoding}
    response = httpx.get(endpoint, params={"query": VERSION}, headers=headers)
    assert response.headers["content-encoding"] == encoding
    assert response.json()["data"]["version"]
