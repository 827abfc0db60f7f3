"""File transfer: images from paths, uploads, and atomic downloads."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from client_server import canned_server, graphql_response, http_response
from loopback import Loopback
from PIL import Image as Picture
from support import run
from table_tests import table_test

from stash_cli.core.client import StashClient
from stash_cli.core.client.mixins.metadata import download
from stash_cli.core.client.session import Session
from stash_cli.core.context import StashContext
from stash_cli.core.errors import (
    StashAuthenticationError,
    StashConnectionError,
    StashError,
    StashInputError,
    StashServerError,
)
from stash_cli.core.settings import Connection, normalise_url
from stash_cli.core.transport.files import download_url
from stash_cli.core.types import ImportObjectsInput, Performer, Tag, TagCreateInput

IMPORT = {"duplicateBehaviour": "OVERWRITE", "missingRefBehaviour": "CREATE"}
EXPORT = {"tags": {"all": True}, "includeDependencies": False}


@pytest.fixture(params=["in process", "served"])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue("embedded_url" if request.param == "in process" else "served_url"))


@pytest.fixture
def dot(tmp_path: Path) -> Path:
    path = tmp_path / "dot.png"
    Picture.new("RGB", (2, 2)).save(path)
    return path


async def picture_of(client: StashClient, path: str | None) -> bytes:
    assert path is not None
    base = client.session.transport.endpoint.removesuffix("graphql")  # type: ignore[attr-defined]
    httpx_client = await client.session.transport.clients.get()  # type: ignore[attr-defined]
    answer = await httpx_client.get(base + path.partition("://")[2].partition("/")[2])
    return bytes(answer.content)


async def test_image_from_a_path(url: str, dot: Path) -> None:
    content = dot.read_bytes()

    async with StashContext(url) as client:
        alice = await client.create_performer(Performer(name="Alice"))
        changed = await client.update_performer_image(alice, str(dot))
        assert await picture_of(client, changed.image_path) == content
        made: Tag = await client.call_operation("tagCreate", input=TagCreateInput(name="A", image=dot))
        assert await picture_of(client, made.image_path) == content


def test_image_sources(dot: Path) -> None:
    for image in ("http://x/y.png", "HTTPS://x/y.png", "data:image/png;base64,AAAA", "", None):
        assert TagCreateInput(name="A", image=image).image == image
    assert TagCreateInput(name="A", image=dot).image.startswith("data:image/png;base64,")
    with pytest.raises(StashInputError, match=r"nowhere\.png cannot be read: No such file"):
        TagCreateInput.parse({"name": "A", "image": "nowhere.png"})


def upload_input(form: str, path: Path) -> Any:
    """The input of an import, with its file in one of the accepted forms."""
    content = io.BytesIO(path.read_bytes())
    source: Any = {"path": path, "text": str(path), "file": content, "input": path}[form]
    values: Any = {**IMPORT, "file": source}
    return ImportObjectsInput(**values) if form == "input" else values


def is_database(path: Path) -> bool:
    return path.read_bytes().startswith(b"SQLite format 3")


@pytest.mark.parametrize("form", ["path", "text", "file", "input"])
async def test_export_download_upload_import(form: str, url: str, tmp_path: Path) -> None:
    async with StashContext(url) as client:
        tag = await client.create_tag(Tag(name="Outdoor"))
        path = Path(await client.export_objects(EXPORT, tmp_path))
        assert path.parent == tmp_path
        assert zipfile.is_zipfile(path)
        await client.tag_destroy({"id": tag.id})
        job = await client.import_objects(upload_input(form, path))
        assert await client.wait_for_job(job, timeout=20) is True
        assert [each.name for each in (await client.find_tags()).tags] == ["Outdoor"]


def test_missing_upload_is_rejected_before_sending(embedded_url: str) -> None:
    async def main() -> None:
        async with StashContext(embedded_url) as client:
            await client.import_objects({**IMPORT, "file": "nowhere.zip"})

    with pytest.raises(StashInputError, match=r"no file nowhere\.zip"):
        run(main())


@pytest.mark.parametrize("method", ["backup_database", "anonymise_database"])
async def test_database_backup_download(method: str, url: str, tmp_path: Path) -> None:
    async with StashContext(url) as client:
        path = Path(await getattr(client, method)({}, tmp_path / "copy.sqlite"))
        assert path == tmp_path / "copy.sqlite"
        assert is_database(path)
        assert await getattr(client, method)({"download": True})
        with pytest.raises(StashInputError, match="There is no folder"):
            await getattr(client, method)({}, f"{tmp_path}/new/")


def test_multipart_parts_are_in_the_required_order(tmp_path: Path) -> None:
    """The server reads them in order: operations, map, files."""
    seen: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.split(b"content-length: ")[1].split(b"\r\n")[0])
        seen.append(head + await reader.readexactly(length))
        writer.write(graphql_response({"importObjects": "7"}))

    async def main() -> Any:
        async with (
            Loopback(handle) as server,
            Session(Connection(normalise_url(server.url), cache_dir=tmp_path)) as session,
        ):
            file = io.BytesIO(b"PK content")
            return await session.execute(
                "mutation($input: I!) { importObjects(input: $input) }", {"input": {"file": file, "a": [1]}}
            )

    assert run(main()) == {"importObjects": "7"}
    [sent] = seen
    places = [sent.index(f'name="{name}"'.encode()) for name in ("operations", "map", "0")]
    assert places == sorted(places)
    assert json.dumps({"0": ["variables.input.file"]}).encode() in sent
    assert b'"variables":{"input":{"file":null,"a":[1]}}' in sent
    assert b"PK content" in sent
    assert b"multipart/form-data; boundary=" in sent


@asynccontextmanager
async def serve_file(answer: bytes, tmp_path: Path) -> AsyncIterator[tuple[Session, Any]]:
    """A session with a server that gives this response to any GET."""
    heads: list[str] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(answer)

    async with Loopback(handle) as server:
        url = normalise_url(f"{server.url}/stash")
        async with Session(Connection(url, cache_dir=tmp_path / "cache", api_key="k3y")) as session:
            yield session, heads


def test_download_replaces_the_file_when_complete(tmp_path: Path) -> None:
    target = tmp_path / "copy.zip"
    target.write_text("before")

    async def main() -> list[str]:
        async with serve_file(http_response(200, b"after" * 50_000), tmp_path) as (session, heads):
            assert await download(session, "http://elsewhere.example/downloads/k/copy.zip", target) == target
            return list(heads)

    [head] = run(main())
    assert target.read_bytes() == b"after" * 50_000
    assert head.startswith("GET /stash/downloads/k/copy.zip ")
    assert "k3y" in head


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (http_response(200, b"x" * 1000)[:-10], StashConnectionError),
        (http_response(404, "Not Found"), StashServerError),
        (http_response(401, ""), StashAuthenticationError),
        (http_response(302, "", Location="/login?returnURL=x"), StashAuthenticationError),
        (b"", StashConnectionError),
    ],
)
def test_failed_download_leaves_no_file(answer: bytes, error: type[StashError], tmp_path: Path) -> None:
    target = tmp_path / "copy.zip"
    target.write_text("before")

    async def main() -> None:
        async with serve_file(answer, tmp_path) as (session, _):
            await download(session, "/downloads/k/copy.zip", target)

    with pytest.raises(error):
        run(main())
    assert target.read_text() == "before"
    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == ["copy.zip"]


def test_unwritable_target_is_named(tmp_path: Path) -> None:
    async def main() -> None:
        async with serve_file(http_response(200, b"x"), tmp_path) as (session, _):
            await download(session, "/downloads/k/a.zip", tmp_path / "nowhere" / "a.zip")

    with pytest.raises(StashInputError, match=r"nowhere/a\.zip cannot be written"):
        run(main())


@table_test(
    ("endpoint", "address", "url"),
    [
        ("http://a/graphql", "/downloads/k/x.zip", "http://a/downloads/k/x.zip"),
        ("https://a/stash/graphql", "http://b:9999/downloads/k/x.zip", "https://a/stash/downloads/k/x.zip"),
        ("http://a/graphql", "/stash/downloads/k/x", "http://a/downloads/k/x"),
        ("http://a/graphql", "/other/x?t=1", "http://a/other/x?t=1"),
        ("http://a/stash/graphql", "http://a/stash/scene/1/screenshot", "http://a/stash/scene/1/screenshot"),
        ("http://a/graphql", "https://b/x.jpg?w=1#top", "https://b/x.jpg?w=1"),
        ("https://a/graphql", "//b/x.jpg", "https://b/x.jpg"),
    ],
)
def test_downloads_are_below_the_server_url(endpoint: str, address: str, url: str) -> None:
    assert download_url(endpoint, address) == url


def test_invalid_download_urls_are_rejected() -> None:
    with pytest.raises(StashInputError, match="no address of a file"):
        download_url("http://a/graphql", "http://[b/x")


@pytest.mark.parametrize("address", ["{own}/scene/1/screenshot", "{other}/scene/1/screenshot", "//{host}/x"])
def test_key_is_sent_to_the_server_origin_only(address: str, tmp_path: Path) -> None:
    async def main() -> tuple[list[str], list[str]]:
        async with (
            serve_file(http_response(200, b"x"), tmp_path) as (session, own),
            serve_file(http_response(200, b"x"), tmp_path) as (elsewhere, other),
        ):
            urls = {"own": session.transport.url.removesuffix("/graphql"), "other": elsewhere.transport.url}
            place = address.format(**urls, host=elsewhere.transport.url.split("/")[2])
            await download(session, place, tmp_path / "x")
            return own, other

    own, other = run(main())
    assert [("k3y" in head) for head in own + other] == ["own" in address]
    assert len(own) == ("own" in address)


def test_in_process_library_downloads_from_itself_only(embedded_url: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with Session(Connection(embedded_url)) as session:
            await download(session, "http://elsewhere.example/x.jpg", tmp_path / "x")

    with pytest.raises(StashInputError, match="not a file of this library"):
        run(main())


def test_requests_without_files_are_json(tmp_path: Path) -> None:
    async def main() -> str:
        async with canned_server(lambda _: {"x": 1}) as server:
            async with Session(Connection(normalise_url(server.url), cache_dir=tmp_path)) as session:
                await session.execute("{ x }", {"a": [1]})
            return server.headers[0].lower()

    assert "content-type: application/json" in run(main())
