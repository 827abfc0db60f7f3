"""`fill`: values from paths and sidecars, applied changes, and notes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import copyfile
from threading import Thread
from typing import Any

import pytest
from cli_support import Cli, CommandResult
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from scan_library import picture, scan_library, write_picture, write_video
from table_tests import table_test

from stash_cli.commands.common.noun import Noun
from stash_cli.commands.common.outcomes import Outcomes
from stash_cli.commands.housekeeping.fill_files import MediaFiles
from stash_cli.commands.housekeeping.fill_sources import MediaPath
from stash_cli.commands.housekeeping.sidecar_export import SidecarWriter
from stash_cli.core.path_maps import PathMaps
from stash_cli.core.types.entities import ENTITIES

VIDEOS = (
    "Acme/2024-05-31 - A day [Alice, Bob].mp4",
    "Acme/2024-06-01 - Night [Zoe].mp4",
    "BlueHarbour/25.09.26 Out.mp4",
    "other.mp4",
)
PATTERN = "{studio}/{date} - {title} [{performers}]"


@pytest.fixture(scope="session")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four videos, a picture and a gallery, created once; studios, and performers, two of them called Bob."""
    folder = tmp_path_factory.mktemp("fill")
    with scan_library(folder) as opened:
        for seed, name in enumerate(VIDEOS):
            write_video(opened.media / name, seed)
        write_picture(opened.media / "set" / "one.png", 9)
        opened.configure(createGalleriesFromFolders=True)
        opened.scan()
    cli = Cli(f"embedded:{folder / 'library.sqlite'}")
    cli.ok("scenes", "update", "--all", "title!", "-y")
    for noun, names in {"studio": ["Acme", "Blue Harbour"], "performer": ["Alice"], "tag": ["Beach"]}.items():
        for name in names:
            cli.ok(noun, "create", "--name", name)
    for more in ("actor", "singer"):
        cli.ok("performer", "create", "--name", f"B {more}", "--alias", "Bob")
    return folder


@pytest.fixture
def media(scanned: Path) -> Path:
    """The folder that the library knows; tests do not write to it."""
    return scanned / "media"


@pytest.fixture
def cli(scanned: Path, library_file: Path, embedded_url: str) -> Cli:
    copyfile(scanned / "library.sqlite", library_file)
    return Cli(embedded_url)


@pytest.fixture
def sidecars(tmp_path: Path) -> Path:
    """A folder for sidecars, mapped to the media folder."""
    folder = tmp_path / "sidecars"
    folder.mkdir()
    return folder


def scenes(cli: Cli, fields: str = "title,date,studio.name,performers.name") -> dict[str, Any]:
    """Scenes by file name."""
    rows = cli.ok("scenes", "find", "--json", "--fields", f"files.basename,{fields}").json
    return {
        row["files"][0]["basename"]: {k: v for k, v in row.items() if k not in ("id", "files")}
        for row in rows
    }


def plan(cli: Cli, *args: str) -> Any:
    return cli.ok("scenes", "fill", "--all", *args, "-n", "--json").json


def test_fields_from_paths(cli: Cli) -> None:
    result = cli.ok("scenes", "fill", "--all", "--from", "path", "--pattern", PATTERN, "--yes")
    found = scenes(cli)
    assert found["2024-05-31 - A day [Alice, Bob].mp4"] == {
        "title": "A day",
        "date": "2024-05-31",
        "studio": {"name": "Acme"},
        "performers": [{"name": "Alice"}],
    }
    assert found["2024-06-01 - Night [Zoe].mp4"]["performers"] == []
    assert found["other.mp4"] == {"title": "", "date": None, "studio": None, "performers": []}
    assert "2 of 4 scenes matched\n  2: does not match" in result.err
    assert "no performer is called 'Zoe': not set for 1 scene" in result.err
    assert (
        "several performers are called 'Bob': not set for 1 scene; perhaps id:2 B actor or id:3" in result.err
    )
    assert "--create-missing" in result.err
    assert "updated 2 scenes" in result.err


def test_name_that_is_an_alias_of_another_is_not_set(cli: Cli) -> None:
    cli.ok("performer", "update", "B actor", "alias_list+=alice")
    found = plan(cli, "--pattern", PATTERN)
    assert found["unknown"][0]["candidates"] == ["id:1 Alice", "id:2 B actor"]
    assert "performers" not in {each["field"] for each in found["edits"]}


def test_first_matching_pattern_and_studio_without_spaces(cli: Cli) -> None:
    patterns = ("--pattern", PATTERN, "--pattern", "{studio}/{date:%d.%m.%y} {title}")
    cli.ok("scenes", "fill", "--all", *patterns, "--yes")
    found = scenes(cli)["25.09.26 Out.mp4"]
    assert found == {
        "title": "Out",
        "date": "2026-09-25",
        "studio": {"name": "Blue Harbour"},
        "performers": [],
    }


def test_regular_expression_and_selected_fields(cli: Cli) -> None:
    regex = r"(?P<date>\d\d\.\d\d\.\d\d) (?P<title>\w+)"
    given = ("--regex", regex, "--date-format", "%d.%m.%y", "--only", "date", "--yes")
    cli.ok("scenes", "fill", "--all", *given)
    assert scenes(cli, "title,date")["25.09.26 Out.mp4"] == {"title": "", "date": "2026-09-25"}


def test_existing_values_are_kept_unless_overwriting(cli: Cli) -> None:
    cli.ok("scenes", "update", "--all", "title=Mine", "tags=Beach", "-y")
    fill = partial(
        cli.ok, "scenes", "fill", "--all", "--pattern", "{title} [{tags}]", "--create-missing", "--yes"
    )
    fill()
    found = scenes(cli, "title,tags.name")["2024-06-01 - Night [Zoe].mp4"]
    assert (found["title"], {tag["name"] for tag in found["tags"]}) == ("Mine", {"Beach", "Zoe"})
    fill("--overwrite")
    found = scenes(cli, "title,tags.name")["2024-06-01 - Night [Zoe].mp4"]
    assert (found["title"], {tag["name"] for tag in found["tags"]}) == (
        "2024-06-01 - Night",
        {"Beach", "Zoe"},
    )
    assert "nothing to change: 2 scenes unchanged" in fill("--overwrite").err


def test_saved_plan_is_applied_later(cli: Cli, tmp_path: Path) -> None:
    before, target = scenes(cli), str(tmp_path / "plan.jsonl")
    words = ("--all", "--pattern", PATTERN, "--create-missing", "--plan-out", target)
    assert "2 of 4 scenes matched" in cli.ok("scenes", "fill", *words).err
    assert scenes(cli) == before
    cli.ok("scenes", "update", "--where", "path~Night", "title=Mine", "-y")
    result = cli("apply", target, "-y")
    assert (result.status, "changed by others since it was read, in title" in result.err) == (6, True)
    assert scenes(cli)["2024-05-31 - A day [Alice, Bob].mp4"]["title"] == "A day"
    cli.ok("undo", "2", "-y")
    assert scenes(cli)["2024-05-31 - A day [Alice, Bob].mp4"] == before["2024-05-31 - A day [Alice, Bob].mp4"]


def test_missing_objects_are_created_and_undone(cli: Cli) -> None:
    before = scenes(cli)
    result = cli.ok("scenes", "fill", "--all", "--pattern", PATTERN, "--create-missing", "--yes")
    assert "made the performer 'Zoe'" in result.err
    assert scenes(cli)["2024-06-01 - Night [Zoe].mp4"]["performers"] == [{"name": "Zoe"}]
    [run, *_] = cli.ok("history", "--json").json
    cli.ok("undo", str(run["id"]), "--yes")
    assert scenes(cli) == before
    assert "Zoe" not in cli.ok("performers", "find", "--csv").out


def test_dry_run_shows_values_and_sends_nothing(cli: Cli) -> None:
    found = plan(cli, "--pattern", PATTERN)
    assert [row["result"] for row in found["read"]] == ["filled", "filled", "no match", "no match"]
    assert found["read"][0]["found"]["performers"] == ["Alice", "Bob"]
    assert found["read"][0]["unknown"] == ["performer Bob"]
    assert {each["field"] for each in found["edits"]} == {"title", "date", "studio", "performers"}
    assert found["unknown"] == [
        {"type": "Performer", "name": "Bob", "count": 1, "candidates": ["id:2 B actor", "id:3 B singer"]},
        {"type": "Performer", "name": "Zoe", "count": 1, "candidates": []},
    ]
    rows = cli.ok("scenes", "fill", "--all", "--pattern", PATTERN, "-n", "--csv").out.splitlines()
    assert len(rows) == 5
    people = cli.ok("scenes", "fill", "--all", "--pattern", PATTERN, "-n")
    assert "other.mp4" in people.out
    assert "A day" not in people.out
    assert 'title: "" -> "A day"' in people.err
    assert scenes(cli)["other.mp4"]["title"] == ""


def test_confirmation_is_asked_once_and_no_changes_nothing(cli: Cli) -> None:
    result = cli("scenes", "fill", "--all", "--pattern", PATTERN, terminal=True, answers="n\n")
    assert (result.status, result.err.count("2 of 4 scenes matched")) == (11, 1)
    assert "change 2 scenes" in result.err
    assert cli("scenes", "fill", "--all", "--pattern", PATTERN).status == 11
    assert scenes(cli)["2024-06-01 - Night [Zoe].mp4"]["title"] == ""
    limited = cli("scenes", "fill", "--all", "--pattern", PATTERN, "--yes", "--max-changes", "1")
    assert limited.status == 11


@table_test(
    ("args", "message"),
    [
        (["--pattern", "{titel}"], "no such field: titel. Did you mean title"),
        (["--regex", "("], "--regex: missing ), unterminated subpattern at character 1"),
        (["--from", "path"], "give --pattern or --regex"),
        (["--from", "nfo", "--pattern", "{title}"], "leave out --pattern"),
        (["--from", "info"], "--from info: one of path, nfo, json, xmp"),
        ([], "say where to read"),
        (["--pattern", "{title}", "--date-format", "%Y"], "--date-format is for --regex"),
        (["--pattern", "{title}", "--only", "titel"], "--only: no such field: titel. Did you mean title"),
        (["--from", "nfo", "--map", "x"], "write SERVER_FOLDER=FOLDER_OR_ADDRESS"),
        (["--from", "nfo", "--map", "/media=Nowhere"], "there is no folder Nowhere"),
        (["--pattern", "{photographer}"], "no such field: photographer"),
        (["--from", "path", "--cover"], "give --pattern or --regex"),
    ],
)
def test_invalid_options_are_rejected(offline: Cli, args: list[str], message: str) -> None:
    result = offline("scenes", "fill", "--all", *args)
    assert (result.status, message in result.err) == (2, True), result.err


def test_empty_selection_is_rejected(offline: Cli) -> None:
    assert "no scenes are chosen" in offline("scenes", "fill", "--pattern", "{title}").err


NFO = """<?xml version="1.0"?>
<movie><title>Tom &amp; Jerry &nbsp; & more</title><plot>One.
Two.</plot><premiered>2024-05</premiered><studio>blueharbour</studio><actor><name>Alice</name></actor>
<genre>Beach</genre><userrating>8</userrating><runtime>90</runtime>
<uniqueid type="tmdb">deadbeef-0000-4000-8000-000000000001</uniqueid>
<uniqueid type="imdb">tt1</uniqueid></movie>
https://example.com/a"""


def from_nfo(cli: Cli, media: Path, sidecars: Path, *args: str) -> CommandResult:
    return cli("scenes", "fill", "--all", "--from", "nfo", "--map", f"{media}={sidecars}", *args)


def test_nfo_through_a_path_map(cli: Cli, media: Path, sidecars: Path) -> None:
    (sidecars / "other.nfo").write_bytes(NFO.encode("utf-16"))
    cli.ok("api", BOXES)
    result = from_nfo(cli, media, sidecars, "--yes")
    assert result.status == 0, result.err
    fields = "title,details,date,studio.name,performers.name,tags.name,rating100,urls,stash_ids"
    found = scenes(cli, fields)["other.mp4"]
    assert found["stash_ids"][0]["stash_id"] == "deadbeef-0000-4000-8000-000000000001"
    assert {name: value for name, value in found.items() if name != "stash_ids"} == {
        "title": "Tom & Jerry \xa0 & more",
        "details": "One.\nTwo.",
        "date": "2024-05",
        "studio": {"name": "Blue Harbour"},
        "performers": [{"name": "Alice"}],
        "tags": [{"name": "Beach"}],
        "rating100": 80,
        "urls": ["https://example.com/a"],
    }
    assert "not used: runtime (1)" in result.err
    assert "1 of 4 scenes matched\n  3: no NFO file" in result.err


BOXES = """mutation { configureGeneral(input: {stashBoxes: [
  {name: "box", endpoint: "https://box.example.org/graphql", api_key: "secret"}]}) { apiKey } }"""
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><movie><title>&b;</title></movie>'


def test_hostile_and_corrupt_sidecars_are_skipped(cli: Cli, media: Path, sidecars: Path) -> None:
    (sidecars / "Acme").mkdir()
    (sidecars / "Acme" / "2024-06-01 - Night [Zoe].nfo").write_text(BOMB)
    (sidecars / "Acme" / "2024-05-31 - A day [Alice, Bob].nfo").write_text("<movie><title>A")
    (sidecars / "other.nfo").write_text("<movie><title>Fine</title></movie>")
    result = from_nfo(cli, media, sidecars, "--yes")
    assert result.status == 6
    assert "refused: it declares a document type" in result.err
    assert "not readable as NFO" in result.err
    assert scenes(cli)["other.mp4"]["title"] == "Fine"
    assert from_nfo(cli, media, sidecars, "--yes", "--only", "title").status == 1


def test_sidecar_size_is_limited(cli: Cli, media: Path, sidecars: Path) -> None:
    (sidecars / "other.nfo").mkdir()
    assert "not a file" in from_nfo(cli, media, sidecars, "--yes").err
    (sidecars / "other.nfo").rmdir()
    (sidecars / "other.nfo").write_text("<movie>" + " " * 1_000_000)
    assert "larger than 1,000,000 bytes" in from_nfo(cli, media, sidecars, "--yes").err


def test_json_and_xmp_of_galleries_and_images(cli: Cli, media: Path, sidecars: Path) -> None:
    (sidecars / "set").mkdir()
    written = {"title": "A set", "artist": "Alice", "tags": "beach"}
    (sidecars / "set" / "info.json").write_text(json.dumps(written))
    given = ("--all", "--map", f"{media}={sidecars}", "--yes")
    cli.ok("galleries", "fill", "--from", "json", *given)
    [gallery] = cli.ok("galleries", "find", "--json", "--fields", "title,performers.name,tags.name").json
    assert (gallery["title"], gallery["performers"], gallery["tags"]) == (
        "A set",
        [{"name": "Alice"}],
        [{"name": "Beach"}],
    )
    (sidecars / "set" / "one.png.xmp").write_text(XMP)
    cli.ok("images", "fill", "--from", "xmp", *given)
    [image] = cli.ok("images", "find", "--json", "--fields", "title,photographer").json
    assert (image["title"], image["photographer"]) == ("One", "Kim")


XMP = """<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
  xmlns:dc="http://purl.org/dc/elements/1.1/">
  <r:Description dc:title="One"><dc:creator><r:Seq><r:li>Kim</r:li></r:Seq></dc:creator></r:Description>
</r:RDF>"""


@contextmanager
def web_folder(folder: Path) -> Iterator[str]:
    """Serve a folder; return its URL."""
    handler = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_sidecars_from_a_url(cli: Cli, media: Path, sidecars: Path) -> None:
    (sidecars / "Acme").mkdir()
    name = "2024-05-31 - A day [Alice, Bob].nfo"
    (sidecars / "Acme" / name).write_text("<movie><title>From afar</title></movie>")
    (sidecars / "other.nfo").write_text("<movie>" + " " * 1_000_000)
    with web_folder(sidecars) as address:
        result = cli("scenes", "fill", "--all", "--from", "nfo", "--map", f"{media}={address}", "--yes")
    assert scenes(cli)["2024-05-31 - A day [Alice, Bob].mp4"]["title"] == "From afar"
    assert (result.status, "larger than" in result.err) == (6, True)
    gone = cli("scenes", "fill", "--all", "--from", "nfo", "--map", f"{media}={address}", "--yes")
    assert (gone.status, "onnect" in gone.err) == (1, True), gone.err


def test_sidecars_of_a_folder(cli: Cli, media: Path, sidecars: Path) -> None:
    """`movie.nfo` is for the only video of a folder, `folder.nfo` has values that its videos share."""
    for folder in ("Acme", "BlueHarbour"):
        (sidecars / folder).mkdir()
        (sidecars / folder / "movie.nfo").write_text("<movie><title>Whole</title></movie>")
    shared = "<movie><title>Days</title><plot>All</plot><studio>Acme</studio><tag>Beach</tag></movie>"
    (sidecars / "Acme" / "folder.nfo").write_text(shared)
    (sidecars / "Acme" / "2024-06-01 - Night [Zoe].nfo").write_text(
        "<movie><studio>Blue Harbour</studio></movie>"
    )
    result = from_nfo(cli, media, sidecars, "--create-missing", "--yes")
    found = scenes(cli, "title,details,studio.name,tags.name,groups.group.name")
    assert [found[Path(name).name]["title"] for name in VIDEOS] == ["", "", "Whole", ""], result.err
    assert [(found[Path(name).name]["studio"] or {}).get("name") for name in VIDEOS[:2]] == [
        "Acme",
        "Blue Harbour",
    ]
    day = found["2024-05-31 - A day [Alice, Bob].mp4"]
    assert (day["details"], day["tags"], day["groups"]) == (
        "",
        [{"name": "Beach"}],
        [{"group": {"name": "Days"}}],
    )


def test_folder_of_several_videos_ignores_single_sidecars(cli: Cli, media: Path, sidecars: Path) -> None:
    (sidecars / "Acme").mkdir()
    (sidecars / "Acme" / "movie.nfo").write_text("<movie><title>Whole</title></movie>")
    result = from_nfo(cli, media, sidecars, "--dry-run")
    assert "2: movie.nfo is for a folder with one video" in result.err


COVERS = {
    "Acme/2024-05-31 - A day [Alice, Bob]-poster.jpg": picture(1, (60, 90), "JPEG"),
    "Acme/poster.jpg": picture(2, (60, 90), "JPEG"),
    "BlueHarbour/folder.png": picture(3, (90, 60)),
    "other.jpg": b"no picture",
}
"""A cover of one of two videos, two of folders of which one has a single video, and an unrelated file."""


def covers(cli: Cli) -> list[int]:
    """Ids of scenes with a cover."""
    bare = cli.ok("scenes", "find", "missing:cover", "--ids").out.split()
    return [one for one in range(1, len(VIDEOS) + 1) if str(one) not in bare]


def test_covers_beside_the_media(cli: Cli, media: Path, sidecars: Path) -> None:
    for name, data in COVERS.items():
        (sidecars / name).parent.mkdir(exist_ok=True)
        (sidecars / name).write_bytes(data)
    fill = partial(cli, "scenes", "fill", "--all", "--cover", "--map", f"{media}={sidecars}", "--yes")
    result = fill()
    assert (result.status, covers(cli)) == (0, [1, 3]), result.err
    assert "cover not used for 1 scene: no JPEG, PNG, GIF or WebP" in result.err
    (sidecars / "BlueHarbour" / "folder.png").write_bytes(picture(4, (30, 20)))
    assert "2: has a cover\n  2: no cover" in fill().err
    assert "cover not used for 1 scene: 30x20 is not larger than 90x60" in fill("--overwrite").err
    (sidecars / "BlueHarbour" / "folder.png").write_bytes(picture(5, (180, 120)))
    assert "updated 1 scene" in fill("--overwrite").err
    cli.ok("undo", str(cli.ok("history", "--json").json[0]["id"]), "--yes")
    assert "updated 1 scene" in fill("--overwrite").err


def test_cover_named_in_an_nfo(cli: Cli, media: Path, sidecars: Path) -> None:
    """A picture in the folder or at a URL: of a server named by a path map, else only on the internet."""
    thumbs = {"own": "own.png", "mapped": "{}/far.png", "private": "http://127.0.0.1:9/a.png"}
    (sidecars / "Acme").mkdir()
    for name in ("own.png", "far.png"):
        (sidecars / name).write_bytes(picture(1, (40, 20)))
    with web_folder(sidecars) as address:
        for video, thumb in zip((VIDEOS[0], VIDEOS[1], VIDEOS[3]), ("mapped", "private", "own"), strict=True):
            nfo = f"<movie><title>A</title><thumb>{thumbs[thumb].format(address)}</thumb></movie>"
            (sidecars / video).with_suffix(".nfo").write_text(nfo)
        maps = ("--map", f"{media}={sidecars}", "--map", f"/far={address}")
        result = cli.ok("scenes", "fill", "--all", "--from", "nfo", "--cover", *maps, "--yes")
    assert covers(cli) == [1, 4]
    assert "cover not used for 1 scene: 127.0.0.1 is not an address of the public internet" in result.err


def test_remote_server_cannot_name_local_files(tmp_path: Path) -> None:
    """Without a path map no local file is read because a server names it."""
    mapped = MediaFiles(PathMaps((("/data", str(tmp_path)),)))
    assert mapped.local("/data/a.nfo") == str(tmp_path / "a.nfo")
    assert mapped.local(str(tmp_path / "a.nfo")) is None
    assert mapped.local("/data/../../etc/a.nfo") is None


KEPT = (
    "title,code,details,director,date,rating100,urls,studio.name,performers.name,performers.disambiguation,"
    "tags.name,groups.group.name,groups.scene_index,stash_ids.endpoint,stash_ids.stash_id"
)
EMPTIED = (
    "title",
    "code",
    "details",
    "director",
    "date",
    "rating100",
    "urls",
    "studio",
    "performers",
    "tags",
)
BOX = "https://box.example.org/graphql"
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Co"]), max_size=12).map(
    str.strip
)
NAMES = st.lists(
    TEXT.filter(lambda name: len(name) > 1 and name.isprintable()), max_size=3, unique_by=str.casefold
)
VALUES = st.fixed_dictionaries(
    {
        **dict.fromkeys(("title", "code", "director"), TEXT),
        "details": st.text(st.sampled_from("ab \n<&>\"'é"), max_size=20).map(str.strip),
        "date": st.sampled_from([None, "2024", "2024-02", "2024-02-29"]),
        "rating100": st.none() | st.integers(1, 100),
        "urls": st.lists(TEXT.filter(bool).map("https://example.com/{}".format), max_size=2, unique=True),
        "tags": NAMES,
        "performers": NAMES,
        "studio": NAMES.map(lambda names: names[0] if names else None),
        "index": st.none() | st.integers(0, 99),
    }
)


def set_values(cli: Cli, values: dict[str, Any]) -> None:
    """Set these values of scene 4, and create the objects they name."""
    plain = {
        name: values[name] for name in ("title", "code", "director", "details", "date", "rating100", "urls")
    }
    given: dict[str, Any] = {"id": "4", **plain, "stash_ids": [{"endpoint": BOX, "stash_id": "x-1"}]}
    for field, noun, many in (
        ("tags", "tag", True),
        ("performers", "performer", True),
        ("studio", "studio", False),
    ):
        names = values[field] if many else [values[field]] if values[field] else []
        made = [cli.ok(noun, "create", "--name", name, "--if-missing", "--json").json["id"] for name in names]
        given[f"{noun}_ids" if many else "studio_id"] = made if many else next(iter(made), None)
    group = cli.ok("group", "create", "--name", "Days", "--if-missing", "--json").json["id"]
    given["groups"] = [{"group_id": group, "scene_index": values["index"]}]
    document = "mutation($i: SceneUpdateInput!) { sceneUpdate(input: $i) { id } }"
    cli.ok("api", document, "-F", f"i={json.dumps(given)}")


@settings(
    max_examples=int(os.environ.get("FILL_EXAMPLES", "3")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate],  # one example runs a dozen commands
)
@given(values=VALUES)
def test_exported_sidecars_restore_a_library(
    scanned: Path, tmp_path_factory: pytest.TempPathFactory, values: dict[str, Any]
) -> None:
    folder = tmp_path_factory.mktemp("round")
    copyfile(scanned / "library.sqlite", folder / "library.sqlite")
    cli = Cli(f"embedded:{folder / 'library.sqlite'}")
    set_values(cli, values)
    before = cli.ok("scenes", "find", "--json", "--fields", KEPT).json
    cli.ok("scenes", "export", "--sidecar", "nfo", str(folder / "out"))
    cli.ok("scenes", "update", "--all", *(f"{name}!" for name in (*EMPTIED, "groups", "stash_ids")), "--yes")
    assert cli.ok("scenes", "find", "--json", "--fields", KEPT).json != before
    cli.ok("scenes", "fill", "--all", "--from", "nfo", "--map", f"/={folder / 'out'}", "--yes")
    assert cli.ok("scenes", "find", "--json", "--fields", KEPT).json == before


def test_sidecars_are_written_beside_the_media_and_replaced_on_request(
    cli: Cli, media: Path, sidecars: Path, own_state: Path
) -> None:
    (own_state / "stash-cli").mkdir()
    maps = (
        f'[profiles.p]\nurl = "{cli.environ.pop("STASH_URL")}"\npath_maps = {{ "{media}" = "{sidecars}" }}\n'
    )
    (own_state / "stash-cli" / "settings.toml").write_text(maps)
    export = partial(cli, "-P", "p", "scenes", "export", "--sidecar", "nfo")
    cli.ok("-P", "p", "scenes", "update", "4", "title=Mine")
    assert "1 NFO file written" in export().err
    assert "<title>Mine</title>" in (sidecars / "other.nfo").read_text()
    assert "1 NFO file is unchanged" in export().err
    (sidecars / "other.nfo").write_text("<movie/>")
    result = export()
    assert (result.status, "another NFO is there" in result.err) == (1, True), result.err
    assert (sidecars / "other.nfo").read_text() == "<movie/>"
    assert export("--overwrite").status == 0
    cli.ok("-P", "p", "scenes", "update", "1", "title=Far")
    result = export()
    assert (result.status, "its folder is not on this machine" in result.err) == (1, True)


@table_test(
    ("args", "message"),
    [
        (["--sidecar", "xmp"], "only nfo is written"),
        (["--sidecar", "nfo", "-"], "name a folder"),
        (["--sidecar", "nfo", "--json"], "leave out other formats"),
        ([], "name the file to write"),
    ],
)
def test_invalid_export_options_are_rejected(offline: Cli, args: list[str], message: str) -> None:
    result = offline("scenes", "export", *args)
    assert (result.status, message in result.err) == (2, True), result.err


def test_files_with_one_name_have_separate_sidecars(scanned: Path) -> None:
    noun = Noun(ENTITIES["Scene"], (), (), ("files.path",))
    writer = SidecarWriter(noun, MediaFiles(PathMaps(), is_here=True), Outcomes(noun.entity, "", []))
    names = [writer._target(MediaPath(f"/m/a.{suffix}")).name for suffix in ("mp4", "mkv")]
    assert names == ["a.nfo", "a.mkv.nfo"]
