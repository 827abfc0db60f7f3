"""`stash mirror`: the copy answers like the server, follows changes, and is read-only."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import random_rows
from cli_support import Cli
from fault_kinds import fixed_response, reset_before
from fault_proxy import Exchange, FaultProxy
from library_client import PICTURE
from served_library import ask, serve_library

from stash_cli.embedded import tables as t
from stash_cli.embedded.library.own_folders import path_of_mirror
from stash_cli.embedded.mirror.mirror import updating

UNLIKE = {
    *("recognised", "order_index", "cover", "interactive", "interactive_speed"),
    *(f"{name}_blob" for name in ("image", "cover", "front_image", "back_image")),
}
"""Columns that differ in a mirror: not visible in any field, or compared as shown."""
MUTATIONS = """mutation {
  tagsMerge(input: {source: ["1", "2"], destination: "3"}) { id }
  addGroupSubGroups(input: {containing_group_id: "2", sub_groups: [{group_id: "5", description: "last"}]})
  addGalleryImages(input: {gallery_id: "10", image_ids: ["1", "2", "3"]})
  setGalleryCover(input: {gallery_id: "10", cover_image_id: "3"})
  removeGalleryImages(input: {gallery_id: "10", image_ids: ["1"]})
  galleryChapterCreate(input: {gallery_id: "10", title: "End", image_index: 2}) { id }
  imageIncrementO(id: "4")
  sceneAddO(id: "4", times: ["2020-01-01T00:00:00Z"]) { count }
  sceneAddPlay(id: "5", times: ["2020-01-01T00:00:00Z"]) { count }
  sceneSaveActivity(id: "6", resume_time: 1.5, playDuration: 7)
  sceneMerge(input: {source: ["1"], destination: "2", play_history: true}) { id }
  a: studioUpdate(input: {id: "4", name: "free"}) { id }
  b: studioUpdate(input: {id: "5", name: "alpha"}) { id }
  c: studioUpdate(input: {id: "4", name: "beta", parent_id: null}) { id }
  performersDestroy(ids: ["1", "2"])
  groupDestroy(input: {id: "8"})
  tagCreate(input: {name: "New", parent_ids: ["3"], aliases: ["Newer"]}) { id }
  saveFilter(input: {mode: SCENES, name: "Best", object_filter: {a: 1}, ui_options: {b: [2]}}) { id }
}"""
"""Edits of another client, half of which do not change `updated_at`."""


def contents(path: Path) -> dict[str, list[Any]]:
    """Rows of all tables that a server's answers depend on, with their sort keys."""
    found = {}
    with closing(sqlite3.connect(path)) as connection:
        for table in t.metadata.tables.values():
            unlike = UNLIKE | ({"id"} if table.name.endswith("_dates") else set())
            shown = [f"nullif(\"{each.name}\", '')" for each in table.c if each.name not in unlike]
            order = "containing_id, order_index" if "order_index" in table.c else ", ".join(shown)
            query = f"SELECT {', '.join(shown)} FROM {table.name} ORDER BY {order}"
            if table.name not in ("settings", "blobs", "video_captions"):
                found[table.name] = connection.execute(query).fetchall()
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    return found


def write_random(path: Path, seed: int) -> None:
    rows = random_rows.rows_of(seed, 9)
    for row in (*rows["scenes"], *rows["images"]):
        row["title"] = row["title"] or None  # as servers store it
    random_rows.write(path, rows).close()


@pytest.fixture(scope="module")
def random_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random library with a gallery without files."""
    path = tmp_path_factory.mktemp("random") / "library.sqlite"
    write_random(path, 7)
    Cli(f"embedded:{path}").ok("gallery", "create", "--title", "Mine")
    return path


@pytest.fixture(scope="module")
def mirrored(random_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """A library with a mirror, both read-only for tests."""
    data = tmp_path_factory.mktemp("data")
    cli = Cli(f"embedded:{random_library}", XDG_DATA_HOME=str(data))
    cli.ok("mirror", "update")
    return cli


def prepared(url: str, mirrored: Cli) -> Cli:
    """The program over a copy of the random library at a URL, with a mirror."""
    path = path_of_mirror(f"{url}/graphql" if url.startswith("http") else url)
    path.parent.mkdir(parents=True)
    shutil.copy(mirror_of(mirrored), path)
    return Cli(url)


@pytest.fixture
def changing(mirrored: Cli, random_library: Path, library_file: Path) -> Cli:
    """A writable library with a mirror."""
    return prepared(f"embedded:{shutil.copy(random_library, library_file)}", mirrored)


@pytest.fixture
def proxied(
    mirrored: Cli, random_library: Path, library_file: Path, short_pauses: None
) -> Iterator[FaultProxy]:
    """A writable library behind a proxy, with a mirror."""
    shutil.copy(random_library, library_file)
    with serve_library(library_file) as url, FaultProxy(url) as proxy:
        prepared(proxy.url, mirrored)
        yield proxy


def mirror_of(cli: Cli) -> Path:
    return Path(cli.ok("mirror", "status", "--json").json["path"])


def test_mirror_equals_the_server(changing: Cli, library_file: Path, random_library: Path) -> None:
    """Another random library replaces the first one, with the same ids and names."""
    assert contents(mirror_of(changing)) == contents(random_library)
    library_file.unlink()
    write_random(library_file, 107)
    changing.ok("mirror", "update", "--full")
    assert contents(mirror_of(changing)) == contents(library_file)


@pytest.mark.parametrize(
    "words",
    [
        *(f"{noun} find --json --sort id --fields {fields}" for noun, fields in {
            "scenes": "id,files,interactive,captions,stash_ids,custom_fields,groups,o_history,play_count",
            "galleries": "id,title,cover,image_count,chapters.title,folder.path",
            "tags": "id,name,parents,children,scene_count,aliases",
            "groups": "id,sub_groups,containing_groups,performer_count",
            "files": "id,path,size,fingerprints,zip_file,mod_time",
        }.items()),
        "scenes show 3 --json --fields title,date,performers,studio,files.path",
        "scenes find rating:50.. or alpha --sort -rating,title --ids",
        "performers find -tag:1 birthdate:2019.. --csv",
        "images find --path-contains B_b --paths",
        "scenes count has_markers:true",
        "scenes stats --by studio --json",
        "tags tree",
        "stats --json",
        "performers export - --jsonl --fields name,tags",
    ],
)  # fmt: skip
def test_reading_commands_give_the_same_output(mirrored: Cli, words: str) -> None:
    assert mirrored.ok("--mirror", *words.split()).out == mirrored.ok(*words.split()).out


def test_update_fetches_changes_of_others(changing: Cli, library_file: Path) -> None:
    changing.ok("api", MUTATIONS)
    result = changing.ok("mirror", "update")
    assert "1 scene removed" in result.err
    mirror = mirror_of(changing)
    assert contents(mirror) == contents(library_file)
    assert "nothing has changed" in changing.ok("mirror", "update").err


def test_update_fetches_only_changed_objects(proxied: FaultProxy) -> None:
    cli = Cli(proxied.url)
    cli.ok("scene", "update", "3", "title=Other")
    proxied.requests.clear()
    cli.ok("mirror", "update")
    assert [each.operation for each in proxied.requests if "title" in each.document] == ["FindScene"]
    assert len(proxied.requests) <= 14


def test_killed_or_failed_update_keeps_the_last_copy(mirrored: Cli, random_library: Path) -> None:
    path = mirror_of(mirrored)
    before = contents(path)
    child = os.fork()
    if not child:
        with updating(path, "another") as mirror:
            mirror.clear_contents([str(number) for number in range(9)])
            os._exit(9)
    os.waitpid(child, 0)
    assert contents(path) == before
    assert mirrored.ok("mirror", "status", "--json").json["server"] == f"embedded:{random_library}"


def test_unreachable_server_keeps_the_last_copy(proxied: FaultProxy) -> None:
    cli = Cli(proxied.url)
    before = contents(mirror_of(cli))
    cli.ok("api", 'mutation { tagUpdate(input: {id: "3", name: "changed"}) { id } }')
    proxied.rule = lambda request: reset_before if request.operation == "FindImages" else None
    assert cli("mirror", "update").status == 5
    assert contents(mirror_of(cli)) == before
    proxied.rule = lambda _: None
    assert "1 tag changed" in cli.ok("mirror", "update").err


def test_one_update_at_a_time_beside_readers(changing: Cli) -> None:
    with updating(mirror_of(changing), "another"):
        for words in ("update", "delete --yes"):
            result = changing("mirror", *words.split())
            assert (result.status, "another process" in result.err) == (5, True)
        assert changing.ok("--mirror", "tags", "count").out == "9\n"


@pytest.mark.parametrize(
    "words",
    [
        "tag create --name A",
        "scenes update 3 title=x",
        "scenes update --all rating100=1 --yes",
        "tags delete 3 --yes",
        "tags merge 3 --into 4 --yes",
        "scene play 3",
        "scan",
        "filters save New rating:80.. --kind scenes",
        "api 'mutation { tagDestroy(input: {id: 3}) }'",
        "mirror update",
    ],
)
def test_mirror_rejects_changes(mirrored: Cli, words: str) -> None:
    path = mirror_of(mirrored)
    held = path.read_bytes()
    result = mirrored("--mirror", *shlex.split(words))
    assert (result.status in (1, 2), "the server itself" in result.err) == (True, True), result.err
    assert path.read_bytes() == held


def test_mirror_file_is_read_only_without_the_option_too(mirrored: Cli) -> None:
    """Opening or serving it without --mirror cannot change it, and does not report what it lacks."""
    path = mirror_of(mirrored)
    with serve_library(path) as url:
        for query in (
            'mutation { tagCreate(input: {name: "A"}) { id } }',
            "{ configuration { general { parallelTasks } } }",
        ):
            assert "is not available in a mirror of embedded:" in ask(url, query).text
        assert ask(url, "{ findTags { count } }").json()["data"]["findTags"]["count"] == 9


def test_mirror_stores_no_secrets_and_no_pictures(changing: Cli) -> None:
    given = {"username": "ada", "password": "pass-w0rd"}
    box = {"name": "box", "endpoint": "https://box.example/graphql", "api_key": "box-k3y"}
    fields = ["-F", f"input={json.dumps({**given, 'stashBoxes': [box]})}"]
    changing.ok("api", "--operation", "configureGeneral", *fields)
    key = changing.ok("api", "--operation", "generateAPIKey", "-F", "input={}").json
    changing.ok("tag", "update", "3", f"image={PICTURE}")
    changing.ok("mirror", "update")
    path = mirror_of(changing)
    assert path.stat().st_mode & 0o077 == 0
    for secret in (key, "pass-w0rd", "box-k3y", "scrypt"):
        assert secret.encode() not in path.read_bytes()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM blobs").fetchone() == (0,)


def test_age_is_noted_once_and_no_key_is_read(random_library: Path, own_state: Path, tmp_path: Path) -> None:
    settings = own_state / "stash-cli" / "settings.toml"
    settings.parent.mkdir()
    settings.write_text(f'default = "home"\n[profiles.home]\nurl = "embedded:{random_library}"\n')
    Cli().ok("mirror", "update")
    ran = tmp_path / "ran"
    settings.write_text(settings.read_text() + f'api_key_command = ["touch", "{ran}"]\n')
    result = Cli().ok("scenes", "count", "--mirror", "-P", "home")
    assert (result.out, result.err) == ("9\n", f"mirror of embedded:{random_library}, updated just now\n")
    assert Cli().ok("--mirror", "-q", "scenes", "count").err == ""
    assert not ran.exists()


def test_missing_mirror_is_reported(changing: Cli, offline: Cli) -> None:
    for words in (("--mirror", "scenes", "find"), ("mirror", "status"), ("mirror", "delete", "--yes")):
        result = offline(*words)
        assert (result.status, "There is no mirror of http://127.0.0.1:1." in result.err) == (2, True)
        assert "stash mirror update" in result.err
    assert changing("mirror", "delete").status == 11
    changing.ok("mirror", "delete", "--yes")
    assert changing("--mirror", "scenes", "find").status == 2


def test_server_without_file_lists_is_rejected(served_url: str) -> None:
    async def as_older(exchange: Exchange) -> None:
        _, _, body = (await exchange.forward()).partition(b"\r\n\r\n")
        text = body.decode().replace("v0.31.0-embedded", "v0.28.1").replace('"findFiles"', '"findNothing"')
        await fixed_response(text)(exchange)

    with FaultProxy(served_url) as proxy:
        proxy.rule = lambda _: as_older
        result = Cli(proxy.url)("mirror", "update")
    assert (result.status, "findFiles needs Stash 0.29" in result.err) == (7, True), result.err
