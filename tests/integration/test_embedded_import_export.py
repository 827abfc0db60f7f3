"""Export and import of objects as JSON, and library backups to download."""

from __future__ import annotations

import io
import json
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from library_client import PICTURE, PNG, LibraryClient
from sample_library import SampleLibrary, open_sample_library

from stash_cli.embedded import demo, open_library
from stash_cli.embedded.server import LibraryServer

IMPORT = "mutation($input: ImportObjectsInput!) { importObjects(input: $input) }"
EXPORT = "mutation($input: ExportObjectsInput!) { exportObjects(input: $input) }"


@pytest.fixture
def sample(tmp_path: Path) -> Iterator[SampleLibrary]:
    sample = open_sample_library(tmp_path / "source.sqlite")
    yield sample
    sample.library.close()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[SampleLibrary]:
    """An empty library to import into."""
    sample = open_sample_library(tmp_path / "target.sqlite")
    yield sample
    sample.library.close()


def export(ask: LibraryClient, **wanted: Any) -> dict[str, Any]:
    """Path in the zip file -> exported object."""
    return unpacked(exported(ask, **wanted))


def exported(ask: LibraryClient, **wanted: Any) -> bytes:
    url = ask(EXPORT, input=wanted)
    assert url.startswith("/downloads/")
    assert url.endswith(".zip")
    path = ask.library.downloads.find(url.split("/")[2])
    assert path is not None
    return path.read_bytes()


def unpacked(content: bytes) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: json.loads(archive.read(name)) for name in archive.namelist()}


def packed(objects: dict[str, Any]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path, value in objects.items():
            archive.writestr(path, json.dumps(value))
    return content.getvalue()


def contents(objects: dict[str, Any]) -> list[str]:
    """Archive content, independent of ids in file names and of list order."""
    return sorted(f"{path.split('/')[0]} {_in_order(value)}" for path, value in objects.items())


def _in_order(value: Any) -> str:
    if isinstance(value, dict):
        return str({name: _in_order(value[name]) for name in sorted(value)})
    return str(sorted(map(_in_order, value))) if isinstance(value, list) else repr(value)


def build_small(sample: SampleLibrary) -> None:
    """Fill the library with the first objects of the demo, which cover everything."""
    demo.build(sample.library)
    for field, destroy, kept in (("scenes", "scenesDestroy", 40), ("images", "imagesDestroy", 30)):
        find = f'{{ find{field.title()}(filter: {{per_page: -1, sort: "id"}}) {{ {field} {{ id }} }} }}'
        ids = [each["id"] for each in sample(find)[field]]
        sample(f"mutation($ids: [ID!]!) {{ {destroy}(input: {{ids: $ids}}) }}", ids=ids[kept:])


class Uploaded:
    """A file of a multipart request."""

    def __init__(self, content: bytes) -> None:
        self.name = "export.zip"
        self.content = content


def load(ask: LibraryClient, content: bytes, duplicates: str = "FAIL", missing: str = "FAIL") -> list[str]:
    """Import an archive; return the errors in the log."""
    given = {"file": Uploaded(content), "duplicateBehaviour": duplicates, "missingRefBehaviour": missing}
    return ended(ask, ask(IMPORT, input=given))


def ended(ask: LibraryClient, job: str, status: str = "FINISHED") -> list[str]:
    assert ask.library.jobs.wait_idle(60)
    found = ask("query($id: ID!) { findJob(input: {id: $id}) { status error } }", id=job)
    assert found["status"] == status, found
    lines = ask("{ logs { level message } }")
    return [line["message"] for line in lines if line["level"] in ("Warning", "Error")]


ALL = {
    name: {"all": True}
    for name in ("scenes", "images", "studios", "performers", "tags", "groups", "galleries")
}


def test_scene_is_written_as_by_the_server(sample: SampleLibrary) -> None:
    studio = sample.create("studioCreate", name="Amber")
    tag = sample.create("tagCreate", name="calm")
    performer = sample.create("performerCreate", name="Ada")
    group = sample.create("groupCreate", name="Series")
    gallery = sample.create("galleryCreate", title="stills")
    scene = sample.create(
        "sceneCreate",
        title="A/B",
        code="x1",
        date="2021-03",
        rating100=80,
        studio_id=studio,
        tag_ids=[tag],
        performer_ids=[performer],
        gallery_ids=[gallery],
        groups=[{"group_id": group, "scene_index": 2}],
        urls=["https://example.com/1"],
        cover_image=PICTURE,
        custom_fields={"a": 1},
    )
    sample.video("/media/a.mp4", scene, hashes={"oshash": "0123456789abcdef"})
    sample.create("sceneMarkerCreate", scene_id=scene, primary_tag_id=tag, seconds=1.5, title="m")
    sample('mutation { sceneAddPlay(id: 1, times: ["2024-01-02T03:04:05Z"]) { count } }')
    found = export(sample, scenes={"ids": [scene]})
    assert {name.split("/")[0] for name in found} == {"scenes", "files"}
    written = found["scenes/A-B.0123456789abcdef.json"]
    (marker,) = written.pop("markers")
    stamps = [written.pop("created_at"), written.pop("updated_at"), marker.pop("created_at")]
    assert all(stamps)
    assert marker.pop("updated_at")
    assert marker == {"title": "m", "seconds": "1.5", "primary_tag": "calm"}
    assert written == {
        "title": "A/B",
        "code": "x1",
        "date": "2021-03",
        "rating": 80,
        "studio": "Amber",
        "tags": ["calm"],
        "performers": ["Ada"],
        "galleries": [{"title": "stills"}],
        "movies": [{"movieName": "Series", "scene_index": 2}],
        "urls": ["https://example.com/1"],
        "cover": PNG,
        "custom_fields": {"a": 1},
        "files": ["/media/a.mp4"],
        "play_history": ["2024-01-02T03:04:05Z"],
    }


def test_referenced_objects_are_included_on_request(sample: SampleLibrary) -> None:
    top = sample.create("tagCreate", name="top")
    tag = sample.create("tagCreate", name="below", parent_ids=[top])
    network = sample.create("studioCreate", name="network")
    studio = sample.create("studioCreate", name="studio", parent_id=network)
    performer = sample.create("performerCreate", name="Ada", tag_ids=[tag])
    scene = sample.create("sceneCreate", title="s", studio_id=studio, performer_ids=[performer])
    group = sample.create("groupCreate", name="g")
    sample.write("sceneUpdate", id=scene, groups=[{"group_id": group}])
    sample.create("sceneCreate", title="other")
    with_all = {"scenes/s.1.json", "studios/studio.json", "studios/network.json", "performers/Ada.json"}
    with_all |= {"tags/below.json", "tags/top.json", "movies/g.json"}
    assert set(export(sample, scenes={"ids": [scene]}, includeDependencies=True)) == with_all
    assert set(export(sample, groups={"ids": [group]}, includeDependencies=True)) == with_all
    assert set(export(sample, scenes={"ids": [scene]})) == {"scenes/s.1.json"}
    assert set(export(sample, groups={"ids": [group]})) == {"movies/g.json"}
    assert set(export(sample, movies={"all": True})) == {"movies/g.json"}


def test_archive_round_trips(sample: SampleLibrary, other: SampleLibrary) -> None:
    """A second export after an import is equal."""
    build_small(sample)
    content = exported(sample, **ALL)
    assert load(other, content) == []
    assert contents(unpacked(content)) == contents(export(other, **ALL))
    document = "{ stats { scene_count image_count gallery_count performer_count studio_count tag_count"
    document += " group_count scenes_size total_o_count total_play_count } }"
    assert sample(document) == other(document)


def test_folders_and_zips_are_linked_to_their_galleries(sample: SampleLibrary, other: SampleLibrary) -> None:
    folder = sample.folder("/media/set")
    zipped = sample._file("/media/pack.zip", 10, {"md5": "00"})
    from stash_cli.embedded import tables as t

    stamps = {"created_at": "2024-01-02T03:04:05Z", "updated_at": "2024-01-02T03:04:05Z"}
    with sample.library.database.write() as connection:
        connection.execute(t.galleries.insert().values(folder_id=folder, **stamps))
        connection.execute(t.galleries.insert().values(**stamps))
        connection.execute(t.galleries_files.insert().values(gallery_id=2, file_id=zipped, primary=True))
        inside = {"path": "/media/pack.zip", "basename": "pack.zip", "mod_time": "2024-01-02T03:04:05Z"}
        connection.execute(t.folders.insert().values(zip_file_id=zipped, **inside, **stamps))
    sample.image("/media/set/1.png", galleries=("1",), hashes={"md5": "01"})
    sample.image("/media/pack.zip/2.png", galleries=("2",), hashes={"md5": "02"})
    with sample.library.database.write() as connection:
        connection.execute(t.files.update().where(t.files.c.basename == "2.png").values(zip_file_id=zipped))
    assert load(other, exported(sample, galleries={"all": True})) == []
    document = '{ findGalleries(filter: {sort: "path"}) { galleries { folder { path } files { path }'
    document += " image_count } } }"
    assert other(document) == sample(document)
    document = '{ findImages(filter: {sort: "path"}) { images { galleries { folder { path } } visual_files'
    document += " { ... on ImageFile { path width zip_file { path } fingerprints { type value } } } } } }"
    assert other(document) == sample(document)


@pytest.mark.parametrize(
    ("duplicates", "problems", "description"),
    [
        ("FAIL", ["[tags] <tags/calm.json> import failed: existing object found with name 'calm'"], "old"),
        ("IGNORE", [], "old"),
        ("OVERWRITE", [], "new"),
    ],
)
def test_existing_objects(
    sample: SampleLibrary, duplicates: str, problems: list[str], description: str
) -> None:
    sample.create("tagCreate", name="Calm", description="old", aliases=["quiet"], favorite=True)
    data = {"tags/calm.json": {"name": "calm", "description": "new"}, "tags/new.json": {"name": "new"}}
    assert load(sample, packed(data), duplicates) == problems
    tags = sample("{ findTags { tags { name description aliases favorite } } }")["tags"]
    overwritten = duplicates == "OVERWRITE"
    assert tags == [
        {
            "name": "calm" if overwritten else "Calm",
            "description": description,
            "aliases": [] if overwritten else ["quiet"],
            "favorite": not overwritten,
        },
        {"name": "new", "description": "", "aliases": [], "favorite": False},
    ]


@pytest.mark.parametrize(
    ("missing", "problems", "tags"),
    [
        ("FAIL", ["[performers] <performers/a.json> import failed: tags [gone] not found"], None),
        ("IGNORE", [], ["here"]),
        ("CREATE", [], ["gone", "here"]),
    ],
)
def test_missing_references(
    sample: SampleLibrary, missing: str, problems: list[str], tags: list[str] | None
) -> None:
    sample.create("tagCreate", name="here")
    data = {"performers/a.json": {"name": "a", "tags": ["here", "gone"]}}
    assert load(sample, packed(data), missing=missing) == problems
    performers = sample("{ findPerformers { performers { tags { name } } } }")["performers"]
    assert performers == ([] if tags is None else [{"tags": [{"name": name} for name in tags]}])


def test_parents_are_imported_before_children(sample: SampleLibrary) -> None:
    found = {
        "tags/a.json": {"name": "a", "parents": ["b"]},
        "tags/b.json": {"name": "b", "parents": ["c"]},
        "tags/c.json": {"name": "c"},
        "studios/a.json": {"name": "a", "parent_studio": "b"},
        "studios/b.json": {"name": "b"},
        "groups/a.json": {"name": "a", "sub_groups": [{"name": "b", "description": "part"}]},
        "movies/b.json": {"name": "b"},
    }
    assert load(sample, packed(found)) == []
    tags = sample("{ findTags { tags { name parents { name } } } }")["tags"]
    assert tags[0] == {"name": "a", "parents": [{"name": "b"}]}
    groups = sample("{ findGroups { groups { name sub_groups { group { name } description } } } }")["groups"]
    assert groups[0]["sub_groups"] == [{"group": {"name": "b"}, "description": "part"}]


def test_invalid_object_is_skipped(sample: SampleLibrary) -> None:
    found = {
        "tags/a.json": {"name": "a", "parents": ["a"]},
        "tags/b.json": {"name": ["b"]},
        "tags/c.json": {},
        "tags/d.json": {"name": "d", "image": "no base64!"},
        "tags/e.json": {"name": "e"},
        "scenes/x.json": {"title": "x", "files": ["/nowhere.mp4"]},
        "../../outside.json": {"name": "f"},
        "readme.json": {},
    }
    problems = load(sample, packed(found))
    assert len(problems) == 5
    assert sample("{ allTags { name } }") == [{"name": "e"}]
    assert "[scenes] <scenes/x.json> import failed: scene file '/nowhere.mp4' not found" in problems


def test_invalid_archive_fails_the_job(sample: SampleLibrary) -> None:
    given = {"file": Uploaded(b"no zip"), "duplicateBehaviour": "FAIL", "missingRefBehaviour": "FAIL"}
    assert ended(sample, sample(IMPORT, input=given), "FAILED")
    given["file"] = None
    outcome = sample.library.execute(IMPORT, {"input": given})
    assert outcome.errors


def test_whole_library_round_trips_through_a_folder(sample: SampleLibrary, tmp_path: Path) -> None:
    build_small(sample)
    for mutation in ("metadataExport", "metadataImport"):
        assert sample.error(f"mutation {{ {mutation} }}") == "metadata path must be set in config"
    folder = tmp_path / "metadata"
    sample.write("configureGeneral", "{ metadataPath }", metadataPath=str(folder))
    assert ended(sample, sample("mutation { metadataImport }"), "FAILED")
    before = export(sample, **ALL)
    assert ended(sample, sample("mutation { metadataExport }")) is not None
    (folder / "mine.txt").write_text("stays")
    saved = "{ findSavedFilters { name mode find_filter { q sort } object_filter } }"
    filters = sample(saved)
    sample.create("tagCreate", name="made after the export")
    job = sample("mutation { metadataImport }")
    ended(sample, job)
    assert contents(export(sample, **ALL)) == contents(before)
    key = lambda each: (each["mode"], each["name"])  # noqa: E731
    assert sorted(
        sample("{ findSavedFilters { name mode find_filter { q sort } object_filter } }"), key=key
    ) == sorted(filters, key=key)
    assert sample("{ configuration { general { metadataPath } } }")["general"]["metadataPath"] == str(folder)
    assert (folder / "mine.txt").exists()


def test_uploads_and_downloads_over_http(tmp_path: Path) -> None:
    import threading

    server = LibraryServer(str(tmp_path / "served.sqlite"), port=0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        with httpx.Client(base_url=server.wait_until_ready(10)) as client:
            given = {"file": None, "duplicateBehaviour": "FAIL", "missingRefBehaviour": "FAIL"}
            content = packed({"tags/a.json": {"name": "a", "image": PNG}})
            response = client.post(
                "/graphql",
                data={
                    "operations": json.dumps({"query": IMPORT, "variables": {"input": given}}),
                    "map": json.dumps({"0": ["variables.input.file"]}),
                },
                files={"0": ("export.zip", content)},
            ).json()
            assert response == {"data": {"importObjects": "1"}}
            while client.post("/graphql", json={"query": "{ jobQueue { id } }"}).json()["data"]["jobQueue"]:
                pass
            body = {"query": EXPORT, "variables": {"input": {"tags": {"all": True}}}}
            url = client.post("/graphql", json=body).json()["data"]["exportObjects"]
            fetched = client.get(url)
            assert unpacked(fetched.content)["tags/a.json"]["image"] == PNG
            assert client.get("/downloads/0123/export.zip").status_code == 404
            key = 'mutation { configureGeneral(input: {username: "u", password: "p"}) { username } }'
            client.post("/graphql", json={"query": key})
            assert client.get(url).status_code == 401
    finally:
        server.stop()
        thread.join(10)


def test_backup_can_be_downloaded(sample: SampleLibrary) -> None:
    sample.create("tagCreate", name="x")
    url = sample.write("backupDatabase", "", download=True)
    path = sample.library.downloads.find(url.split("/")[2])
    assert path is not None
    with open_library(str(path)) as library:
        assert LibraryClient(library)("{ allTags { name } }") == [{"name": "x"}]
    sample.library.downloads.close()
    assert sample.library.downloads.find(url.split("/")[2]) is None


def test_anonymised_copy_contains_no_text_of_the_library(sample: SampleLibrary, library_file: Path) -> None:
    demo.build(sample.library)
    sample.write("configureGeneral", "{ username }", username="somebody", password="secret word")
    assert sample.write("anonymiseDatabase", "") is None
    (path,) = Path(sample.library.path).parent.glob("source.sqlite.anonymous.*")
    names = {row["name"] for row in sample("{ allTags { name } }")}
    names |= {row["name"] for row in sample("{ allPerformers { name } }")} | {"somebody"}
    content = path.read_bytes()
    assert not [name for name in names if len(name) > 4 and name.encode() in content]
    with open_library(str(path)) as library:
        stats = "{ stats { scene_count tag_count performer_count scenes_duration total_play_count } }"
        assert LibraryClient(library)(stats) == sample(stats)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_missing_plugins(sample: SampleLibrary) -> None:
    assert sample("mutation { setPluginsEnabled(enabledMap: {a: false}) }") is True
    job = sample('mutation { runPluginTask(plugin_id: "a", task_name: "t") }')
    assert sample.library.jobs.wait_idle(10)
    found = sample(f'{{ findJob(input: {{id: "{job}"}}) {{ status description error }} }}')
    assert found == {
        "status": "FAILED",
        "description": "Running plugin task: t",
        "error": "Error creating plugin task: no plugin with ID a",
    }
    assert sample("{ pluginTasks { name } }") is None


def test_backups_and_exports_do_not_block_writers(sample: SampleLibrary) -> None:
    sample.create("tagCreate", name="x")
    with sample.library.database.write():
        assert export(sample, tags={"all": True}).keys() == {"tags/x.json"}
        assert sample.write("backupDatabase", "", download=True)
        assert sample('mutation { querySQL(sql: "SELECT name FROM tags") { rows } }') == {"rows": [["x"]]}


def test_reader_sees_earlier_writes(sample: SampleLibrary) -> None:
    outcome = sample.library.execute(
        """mutation {
          tagCreate(input: {name: "x"}) { id }
          before: querySQL(sql: "SELECT name FROM tags") { rows }
          tagDestroy(input: {id: "1"})
          after: querySQL(sql: "SELECT name FROM tags") { rows }
          exportObjects(input: {tags: {all: true}})
        }"""
    )
    assert not outcome.errors
    assert outcome.data is not None
    assert (outcome.data["before"]["rows"], outcome.data["after"]["rows"]) == ([["x"]], [])
    path = sample.library.downloads.find(outcome.data["exportObjects"].split("/")[2])
    assert path is not None
    assert unpacked(path.read_bytes()) == {}
