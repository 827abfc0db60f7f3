"""Pictures given by URL or as data: only pictures, only from allowed addresses, with limits."""

from __future__ import annotations

import base64
import socket
import threading
import time
import zlib
from contextlib import contextmanager

import pytest
from library_client import PICTURE_BYTES, LibraryClient
from table_tests import table_test

from stash_cli.core.public_fetch import is_public
from stash_cli.embedded import open_library
from stash_cli.embedded.library.limits import Limits

SVG = b'<?xml version="1.0"?><!-- x --><svg xmlns="http://www.w3.org/2000/svg"></svg>'


def answer(content: bytes, status: str = "200 OK", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(content)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + content


@contextmanager
def site(*pieces: bytes, pause: float = 0.0):
    """URL of a server that sends the same chunks to every client, and the requests it received."""
    received: list[bytes] = []

    def serve(listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                received.append(connection.recv(65536))
                try:
                    for piece in pieces:
                        connection.sendall(piece)
                        time.sleep(pause)
                except OSError:
                    continue

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=[listener], daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/a.png", received
        listener.shutdown(socket.SHUT_RDWR)


@contextmanager
def library_client(folder, **limits):
    with open_library(str(folder / "library.sqlite"), limits=Limits(**limits)) as library:
        yield LibraryClient(library)


@pytest.fixture
def ask(tmp_path):
    with library_client(tmp_path, private_addresses=True, fetch_bytes=100_000, fetch_seconds=60) as found:
        yield found


@table_test(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
        *("100.64.0.1", "192.0.0.8", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
        *("::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "fe80::1", "fe80::1%eth0"),
        *("fc00::1", "fd12::1", "fec0::1", "ff02::1", "2001:db8::1", "2002:7f00:1::", "2001:0:1::1"),
        *("64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::7f00:1"),
    ],
)
def test_non_public_addresses(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"])
def test_public_addresses(address):
    assert is_public(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "0"])
def test_private_addresses_are_fetched_only_if_allowed(tmp_path, host):
    with site(answer(PICTURE_BYTES)) as (url, received), library_client(tmp_path) as ask:
        message = ask.write_error("tagCreate", name="x", image=url.replace("127.0.0.1", host))
        assert message.startswith("processing image: Get ")
        assert received == []


def test_connection_uses_the_validated_address(monkeypatch, ask):
    """The name is resolved once, and only that address is used."""
    resolved = []

    def resolve(host, port, *_, **__):
        resolved.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    with site(answer(PICTURE_BYTES)) as (url, received):
        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        ask.create("tagCreate", name="x", image=url.replace("127.0.0.1", "rebinding.test"))
        assert len(received) == 1
        assert resolved == ["rebinding.test", "127.0.0.1"]


def test_only_the_url_is_sent(ask, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with site(answer(PICTURE_BYTES, "200 OK", "Set-Cookie: a=b")) as (url, received):
        ask.create("tagCreate", name="x", image=url.replace("http://", "http://ada:secret@"))
    assert b"GET /a.png" in received[0]
    assert not [word for word in (b"Authorization", b"Cookie", b"secret") if word in received[0]]


def test_redirects_are_validated_and_limited_to_five(ask, tmp_path):
    with (
        site(answer(PICTURE_BYTES)) as (picture, _),
        site(answer(b"", "302 Found", f"Location: {picture}")) as (url, _),
    ):
        ask.create("tagCreate", name="x", image=url)
    with site(answer(b"", "307 Temporary Redirect", "Location: /again")) as (url, received):
        assert "stopped after 5 redirects" in ask.write_error("tagCreate", name="y", image=url)
        assert len(received) == 6
    with site(answer(b"", "302 Found", "Location: file:///etc/passwd")) as (url, _):
        assert 'unsupported protocol scheme "file"' in ask.write_error("tagCreate", name="y", image=url)


SLOW = [b"HTTP/1.1 200 OK\r\n", *[b"X: y\r\n"] * 20]
"""Response headers that take two seconds."""
LARGE = answer(b"x" * 300_000)


@pytest.mark.parametrize(
    ("piece", "message"),
    [
        (LARGE, "larger than 100000 bytes"),
        (LARGE.replace(b"Content-Length: 300000", b"X: y"), "larger than 100000 bytes"),
        (answer(b"", "404 Not Found"), "http error 404"),
        (b"nonsense\r\n\r\n", 'Get "http'),
        (answer(b"secret text"), "not a readable picture"),
        (answer(b""), "not a readable picture"),
    ],
)
def test_fetched_data_is_limited_and_must_be_a_picture(ask, piece, message):
    with site(piece) as (url, _):
        assert message in ask.write_error("tagCreate", name="x", image=url)


@pytest.mark.parametrize("pieces", [SLOW, [answer(PICTURE_BYTES)[:-20], *[b"x"] * 20]], ids=["head", "body"])
def test_slow_picture_times_out(tmp_path, pieces):
    with (
        library_client(tmp_path, private_addresses=True, fetch_seconds=0.5) as ask,
        site(*pieces, pause=0.1) as (url, _),
    ):
        assert "timeout exceeded" in ask.write_error("tagCreate", name="x", image=url)


def bomb() -> bytes:
    """A PNG of 400 megapixels in a few kilobytes."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        body = kind + content
        return len(content).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")

    head = (20_000).to_bytes(4, "big") * 2 + bytes([1, 0, 0, 0, 0])
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(bytes(10_000)))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    "content",
    [b"root:x:0:0", b"<html><script>1</script></html>", PICTURE_BYTES[:40], b"GIF89a", bomb(), b"{}"],
)
def test_only_pictures_are_stored(ask, content):
    given = "data:image/png;base64," + base64.b64encode(content).decode()
    for operation, field in (
        ("tagCreate", "image"),
        ("groupCreate", "back_image"),
        ("studioCreate", "image"),
    ):
        message = ask.write_error(operation, name="x", **{field: given})
        assert message.startswith(f"processing {field.replace('_', ' ')}: ")
    with ask.library.database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM blobs").scalar() == 0


def test_svg_is_served_without_active_content(served_url):
    import httpx

    given = "data:image/svg+xml;base64," + base64.b64encode(SVG).decode()
    query = "mutation($i: TagCreateInput!) { tagCreate(input: $i) { id } }"
    httpx.post(
        f"{served_url}/graphql", json={"query": query, "variables": {"i": {"name": "x", "image": given}}}
    )
    sent = httpx.get(f"{served_url}/tag/1/image")
    assert (sent.content, sent.headers["content-type"]) == (SVG, "image/svg+xml")
    policy = sent.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
