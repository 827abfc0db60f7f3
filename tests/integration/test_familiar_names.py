"""Names used by other clients: primary files, `create`, the API's own names; lenient creates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from client_server import canned_server, connection_to
from graphql import introspection_from_schema
from sample_library import SampleLibrary
from store_support import recorded_store
from support import run

from stash_cli.core.client import StashClient
from stash_cli.core.client.session import Session
from stash_cli.core.errors import (
    StashCapabilityError,
    StashConnectionError,
    StashGraphQLError,
    StashInputError,
    StashUsageError,
)
from stash_cli.core.types import (
    UNSET,
    Folder,
    Gallery,
    GenerateMetadataOptions,
    Image,
    Performer,
    Scene,
    SystemStatus,
    Tag,
    VideoFile,
)
from stash_cli.embedded import open_library
from stash_cli.embedded.graphql.schema import library_schema


def test_setting_the_primary_file_sends_nothing_else(library_file: Path) -> None:
    with open_library(str(library_file)) as library:
        sample = SampleLibrary(library)
        scene_id = sample.create("sceneCreate", title="x")
        first, second = (sample.video(f"/m/{name}.mp4", scene=scene_id) for name in "ab")

    async def main() -> None:
        async with recorded_store(f"embedded:{library_file}") as (store, wire):
            scene: Any = await store.get(Scene, scene_id)
            scene.set_primary_file(scene.files[1])
            assert [each.id for each in scene.files] == [str(second), str(first)]
            assert await scene.to_input() == {"id": scene_id, "primary_file_id": str(second)}
            assert scene.get_changed_fields() == {}
            await store.save(scene)
            assert not scene.is_dirty()
            wire.take_documents()
            await store.populate(scene, ["files"], force_refetch=True)
            assert [each.id for each in scene.files] == [str(second), str(first)]

    run(main())


FILES = {Scene: "files", Image: "visual_files", Gallery: "files"}


@pytest.mark.parametrize("cls", FILES)
def test_primary_file_must_be_a_file_of_the_object(cls: Any) -> None:
    rows = [{"__typename": "VideoFile", "id": "7"}, {"__typename": "VideoFile", "id": "8"}]
    known, unread = cls.from_graphql({"id": "1", FILES[cls]: rows}), cls.from_graphql({"id": "2"})
    with pytest.raises(StashInputError, match=r"File 9 is not of .*\. Its files: 7, 8\."):
        known.set_primary_file(9)
    for file in (9, "9", VideoFile(id=9)):
        unread.set_primary_file(file)
        assert run(unread.to_input()) == {"id": "2", "primary_file_id": "9"}
    for wrong in (None, "nope", Folder(id=3), Tag(id=4), True, ""):
        with pytest.raises(StashInputError, match="A file or its id is expected"):
            known.set_primary_file(wrong)
    with pytest.raises(StashUsageError, match="not saved yet"):
        cls(title="new").set_primary_file(7)
    assert not known.is_dirty()


async def test_client_without_a_context(embedded_url: str) -> None:
    client = await StashClient.create(embedded_url)
    try:
        tag = await client.create_tag(Tag(name="Rock"))
        assert (await client.find_tag(tag.id)) == tag
    finally:
        await client.close()
    with pytest.raises(StashConnectionError):
        await StashClient.create({"Host": "127.0.0.1", "Port": 9}, verify_ssl=False)


async def test_operations_by_api_names(embedded_url: str) -> None:
    client = await StashClient.create(embedded_url)
    try:
        found = await client.querySQL("SELECT 1 AS one")
        assert found.rows == [[1]]
        with pytest.raises(StashGraphQLError, match="execSQL is not allowed"):
            await client.execSQL("UPDATE tags SET name = name")
        assert (await client.dlnaStatus()).running is False
    finally:
        await client.close()
    assert client.validateStashBoxCredentials == client.validate_stashbox_credentials


def test_fields_by_api_names() -> None:
    status = SystemStatus.from_graphql({"appSchema": 70})
    assert (status.app_schema, status.appSchema, status.databaseSchema) == (70, 70, UNSET)  # type: ignore[attr-defined]
    assert not hasattr(status, "appSchemas")
    scene: Any = Scene.from_graphql({"id": "1", "sceneStreams": []})
    assert (scene.sceneStreams, Scene(title="x").scene_streams) == ([], UNSET)
    with pytest.raises(AttributeError, match="scene_stream"):
        _ = scene.scene_stream


async def test_empty_values_of_a_new_object_need_no_mutation(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, _):
        performer: Any = Performer(name="Alice", groups=[], scenes=[], death_date=None)
        await store.save(performer)
        assert not performer.is_dirty()
        scene = Scene(title="x", scene_markers=[], last_played_at=None)
        assert await scene.to_input() == {"title": "x"}
        with pytest.raises(StashInputError, match=r"Scene\.interactive is not written by save"):
            await Scene(title="x", interactive=True).to_input()


async def test_generating_for_paths_never_generates_for_everything(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        await store.client.metadata_generate({"covers": True}, paths=["/media/new"])
        assert wire.sent[-1].variables["input"] == {"covers": True, "paths": ["/media/new"]}
        with pytest.raises(StashInputError, match="paths"):
            await store.client.metadata_generate(paths="/media/new")
    with pytest.raises(ValueError, match="paths"):
        GenerateMetadataOptions(covers=True, paths=["/media/new"])  # type: ignore[call-arg]


async def test_paths_are_not_sent_to_servers_that_ignore_them(tmp_path: Path) -> None:
    schema = introspection_from_schema(library_schema(), descriptions=False)
    [generate] = [each for each in schema["__schema"]["types"] if each["name"] == "GenerateMetadataInput"]
    generate["inputFields"] = [each for each in generate["inputFields"] if each["name"] != "paths"]

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        known = schema if "__schema" in request["query"] else {"metadataGenerate": "1"}
        return {**known, "_server": {"version": "v0.30.1", "hash": "abc"}}

    async with (
        canned_server(answer) as server,
        StashClient(Session(connection_to(server.url, tmp_path))) as client,
    ):
        with pytest.raises(StashCapabilityError, match=r"GenerateMetadataInput\.paths needs Stash 0\.31"):
            await client.metadata_generate({"covers": True}, paths=["/media/new"])
