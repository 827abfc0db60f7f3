"""Fields of a newer server: read where supported, never requested elsewhere."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from client_server import canned_server, connection_to
from graphql import build_schema, introspection_from_schema, print_schema
from support import run

from stash_cli.core.client import StashClient
from stash_cli.core.client.session import Session
from stash_cli.core.errors import StashUnmappedFieldWarning
from stash_cli.core.graphql.releases import since
from stash_cli.core.store import StashEntityStore
from stash_cli.core.types import Gallery, GalleryFile, Image, ImageFile, Scene, VideoFile
from stash_cli.core.unset import UNSET
from stash_cli.embedded.graphql.schema import library_schema

NEWER = """
extend type VideoFile { scenes: [Scene!]! }
extend type ImageFile { images: [Image!]! }
extend type GalleryFile { galleries: [Gallery!]! }
"""
OWNERS = [
    (Scene, "files", VideoFile, "scenes"),
    (Image, "visual_files", ImageFile, "images"),
    (Gallery, "files", GalleryFile, "galleries"),
]


@cache
def introspected(*, newer: bool) -> Any:
    text = print_schema(library_schema()) + (NEWER if newer else "")
    return introspection_from_schema(build_schema(text, assume_valid=True), descriptions=False)


async def populated(tmp_path: Path, case: tuple[Any, ...], *, newer: bool) -> tuple[Any, str]:
    """The file's field that `populate` reads through the owner, and the requests sent."""
    owner, files, cls, field = case
    file = {"__typename": cls.__name__, "id": "3", **({field: [{"id": "7"}]} if newer else {})}

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        row = {"id": "1", **({files: [file]} if files in request["query"] else {})}
        found = {f"find{field.title()}": {field: [row]}, f"find{owner.__name__}": row}
        return {
            **(introspected(newer=newer) if "__schema" in request["query"] else found),
            "_server": {"version": server.version, "hash": "abc"},
        }

    async with canned_server(answer) as server:
        server.version = "v0.32.0" if newer else "v0.31.0"
        async with StashClient(Session(connection_to(server.url, tmp_path))) as client:
            store = StashEntityStore(client)
            found = await store.get(owner, "1", fields=["id"])
            assert found is not None
            await store.populate(found, [f"{files}__{field}"])
            documents = [each["query"] for each in server.requests if "__schema" not in each["query"]]
            return getattr(getattr(found, files)[0], field), " ".join(documents)


@pytest.mark.parametrize("case", OWNERS)
def test_owners_of_a_file_are_loaded(tmp_path: Path, case: tuple[Any, ...]) -> None:
    found, document = run(populated(tmp_path, case, newer=True))
    assert [(type(each), each.id) for each in found] == [(case[0], "7")]
    assert f"{case[3]} {{" in document.partition("files")[2]


@pytest.mark.parametrize("case", OWNERS)
def test_older_server_is_not_asked(tmp_path: Path, case: tuple[Any, ...]) -> None:
    needed = f"{case[2].__name__}.{case[3]} needs Stash 0.32 or newer"
    with pytest.warns(StashUnmappedFieldWarning, match=needed):
        found, document = run(populated(tmp_path, case, newer=False))
    assert found is UNSET
    assert case[3] not in document.partition("files")[2]


@pytest.mark.parametrize("case", OWNERS)
def test_library_does_not_support_them_yet(case: tuple[Any, ...]) -> None:
    assert since(f"{case[2].__name__}.{case[3]}") == "0.32"
    assert case[3] not in library_schema().type_map[case[2].__name__].fields  # type: ignore[attr-defined]
