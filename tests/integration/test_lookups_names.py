"""Names of related objects resolved to ids."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from stash_cli.core.client import Session
from stash_cli.core.client.query_names import resolve_lookups
from stash_cli.core.client.resolver import resolve_ids
from stash_cli.core.context import StashContext
from stash_cli.core.errors import StashAmbiguousError, StashNotFoundError
from stash_cli.core.graphql.batch import BatchOperation
from stash_cli.embedded import open_library
from stash_cli.embedded.tables import folders


@asynccontextmanager
async def library(url: str) -> AsyncIterator[tuple[Session, list[str]]]:
    """Tags 1 Rock (alias Metal), 2 Pop, 3 "2", 4 "Hard, loud"; performers 1 and 2 both Alice; markers."""
    async with StashContext(conn=url) as client:
        tags = [
            {"name": "Rock", "aliases": ["Metal", "50%"]},
            {"name": "Pop"},
            {"name": "2"},
            {"name": "Hard, loud"},
            {"name": "Metal Core", "aliases": ["rocky"]},
        ]
        people = [
            {"name": "Alice", "disambiguation": "singer"},
            {"name": "Alice", "disambiguation": "actress", "alias_list": ["Al"]},
            {"name": "Bea"},
        ]
        made = [BatchOperation("tagCreate", {"input": one}) for one in tags]
        made += [BatchOperation("performerCreate", {"input": one}) for one in people]
        made += [BatchOperation("studioCreate", {"input": {"name": "Acme"}})]
        made += [BatchOperation("sceneCreate", {"input": {"title": "One"}})]
        assert (await client.execute_batch(made)).all_succeeded
        for title in ("Intro", "Chorus", "chorus"):
            marker = {"scene_id": "1", "title": title, "seconds": 1.0, "primary_tag_id": "1"}
            await client.execute_batch([BatchOperation("sceneMarkerCreate", {"input": marker})])
        sent: list[str] = []
        execute = client.session.transport.execute

        async def watched(request):  # type: ignore[no-untyped-def]
            sent.append(request.document)
            return await execute(request)

        client.session.transport.execute = watched  # type: ignore[method-assign]
        yield client.session, sent


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        (["Rock"], ["1"]),
        (["ROCK", "pop", "Rock"], ["1", "2"]),
        (["metal"], ["1"]),
        (["50%"], ["1"]),
        (["id:2"], ["2"]),
        (["name:2"], ["3"]),
        (["4"], ["4"]),
        ([1, "Hard, loud"], ["1", "4"]),
        (["Metal Core"], ["5"]),
        ([], []),
    ],
)
async def test_tags(embedded_url: str, words: list[str | int], ids: list[str]) -> None:
    async with library(embedded_url) as (session, sent):
        assert await resolve_ids(session, "Tag", words) == ids
        assert len(sent) == bool(words)


async def test_markers_are_named_by_title_or_id(embedded_url: str) -> None:
    async with library(embedded_url) as (session, sent):
        words = ["intro", "id:2", "3", "Chorus"]
        assert await resolve_ids(session, "SceneMarker", words) == ["1", "2", "3"]
        assert len(sent) == 1
        with pytest.raises(StashAmbiguousError, match=r"matches several markers: id:[23] [Cc]horus, id:[23]"):
            await resolve_ids(session, "SceneMarker", ["CHORUS"])
        with pytest.raises(StashNotFoundError, match="There is no marker 'id:9'"):
            await resolve_ids(session, "SceneMarker", ["id:9"])
        with pytest.raises(StashNotFoundError, match="Did you mean Intro"):
            await resolve_ids(session, "SceneMarker", ["Intr"])


async def test_performers_are_named_with_disambiguation(embedded_url: str) -> None:
    async with library(embedded_url) as (session, _):
        assert await resolve_ids(session, "Performer", ["alice (actress)", "al", "Bea"]) == ["2", "3"]
        with pytest.raises(StashAmbiguousError) as caught:
            await resolve_ids(session, "Performer", ["Alice"])
        assert "id:1 Alice (singer)" in caught.value.message
        assert "id:2 Alice (actress)" in caught.value.message


@pytest.mark.parametrize(
    ("word", "error", "words"),
    [
        ("Rok", StashNotFoundError, "There is no tag 'Rok'. Did you mean Rock?"),
        ("id:99", StashNotFoundError, "There is no tag 'id:99'."),
        ("name:99", StashNotFoundError, "'name:99'"),
        ("2", StashAmbiguousError, "'2' matches several tags: id:2 Pop, id:3 2."),
    ],
)
async def test_unresolvable_names_raise(
    embedded_url: str, word: str, error: type[Exception], words: str
) -> None:
    async with library(embedded_url) as (session, _):
        with pytest.raises(error) as caught:
            await resolve_ids(session, "Tag", ["Pop", word])
        assert words in str(caught.value)


async def test_nested_names_are_resolved_once_per_type(embedded_url: str) -> None:
    async with library(embedded_url) as (session, sent):
        lookups = {
            "tags__includes": (name for name in ["rock", "Pop"]),
            "tags__excludes": ["Metal Core"],
            "performers__tags": "hard, loud",
            "performers__custom_fields__tags": "Rock",
            "markers__scene_tags__in": ["Rock"],
        }
        assert await resolve_lookups(session, "Scene", lookups) == {
            "tags__includes": ["1", "2"],
            "tags__excludes": ["5"],
            "performers__tags": ["4"],
            "performers__custom_fields__tags": "Rock",
            "markers__scene_tags__in": ["1"],
        }
        assert len(sent) == 1


async def test_only_relation_names_are_resolved(embedded_url: str) -> None:
    async with library(embedded_url) as (session, sent):
        lookups = {
            "title": "Rock",
            "tags": ["rock", 2],
            "tags__depth": 1,
            "studio": "acme",
            "performers": [1, "3"],
        }
        assert await resolve_lookups(session, "Scene", lookups) == {
            "title": "Rock",
            "tags": [2, "1"],
            "tags__depth": 1,
            "studio": ["1"],
            "performers": [1, "3"],
        }
        assert len(sent) == 2


async def test_folders_are_named_by_path(library_file: Path) -> None:
    own = open_library(str(library_file))
    with own.database.write() as connection:
        stamp = dict.fromkeys(("mod_time", "created_at", "updated_at"), "2024-01-02T03:04:05Z")
        rows = [{"path": path, "basename": path[-1], **stamp} for path in ("/a", "/A", "/a/b")]
        connection.execute(folders.insert(), rows)
    own.close()
    async with library(f"embedded:{library_file}") as (session, sent):
        lookups = {"parent_folder__in": ["/a/b/", "id:2"], "files__parent_folder": "/a"}
        assert await resolve_lookups(session, "Gallery", lookups) == {
            "parent_folder__in": ["3", "2"],
            "files__parent_folder": ["1"],
        }
        assert len(sent) == 1
        with pytest.raises(StashNotFoundError, match="There is no folder '/x'"):
            await resolve_ids(session, "Folder", ["/x"])
