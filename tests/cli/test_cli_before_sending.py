"""Operations that a server does not support are rejected before any mutation is sent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile

import pytest
from cli_support import Cli
from fault_proxy import FaultProxy
from sample_library import open_sample_library
from scraped_answers import ScrapeResponses
from served_library import serve_library
from support import run

from stash_cli import Gallery, StashContext, StashInputError
from stash_cli.embedded import tables as t

BOXES = [
    {"name": name, "endpoint": f"https://{name}.example/graphql", "api_key": "k"} for name in ("one", "two")
]
SOURCES = [{"name": "mine", "url": "https://mine.example/index.yml", "local_path": "mine"}]
NO_NET = 'listing remote packages: Get "https://mine.example": dial tcp: lookup mine.example: no such host'
PACKAGE = {"package_id": "renamer", "name": "Renamer", "version": "1", "sourceURL": SOURCES[0]["url"]}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Gallery 1 is manual, 2 is a folder, 3 an archive. Image 4 is in none, each other image in one."""
    path = tmp_path_factory.mktemp("before") / "library.sqlite"
    sample = open_sample_library(path)
    sample.create("sceneCreate", title="Sea")
    for title in ("Mine", "Folder", "Archive"):
        sample.create("galleryCreate", title=title)
    for number in (1, 2, 3):
        sample.image(f"/m/set/{number}.png", galleries=(str(number),))
    sample.image("/m/set/4.png")
    archive = sample._file("/m/set.zip", 100, {})
    folder = sample.folder("/m/set")
    with sample.library.database.write() as connection:
        connection.execute(t.galleries.update().where(t.galleries.c.id == 2).values(folder_id=folder))
        sample._attach(connection, t.galleries_files, "gallery_id", 3, archive)
    sample.write("configureGeneral", "{ databasePath }", stashBoxes=BOXES, pluginPackageSources=SOURCES)
    sample.library.close()
    return path


@pytest.fixture
def proxy(made: Path, tmp_path: Path) -> Iterator[FaultProxy]:
    copyfile(made, tmp_path / "l.sqlite")
    with serve_library(tmp_path / "l.sqlite") as url, FaultProxy(url) as opened:
        yield opened


@pytest.fixture
def cli(proxy: FaultProxy) -> Cli:
    return Cli(proxy.url)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("galleries", "images", "add", "2", "4"), "gallery 2 is a folder, whose images it has: /m/set"),
        (
            ("galleries", "images", "remove", "3", "3"),
            "gallery 3 is an archive, whose images it has: /m/set.zip",
        ),
        (("image", "update", "4", "galleries+=3"), "gallery 3 is an archive"),
        (("image", "update", "2", "galleries=1"), "gallery 2 is a folder"),
        (("images", "update", "4", "galleries=2", "--dry-run"), "gallery 2 is a folder"),
        (("galleries", "merge", "1", "--into", "2", "--yes"), "gallery 2 is a folder"),
    ],
)
def test_images_of_scanned_galleries_cannot_change(
    cli: Cli, proxy: FaultProxy, words: tuple[str, ...], message: str
) -> None:
    result = cli(*words)
    assert (result.status, proxy.mutations) == (2, []), result.err
    assert message in result.err


def test_images_of_other_galleries_change_nevertheless(cli: Cli, proxy: FaultProxy) -> None:
    result = cli("images", "update", "2", "3", "4", "galleries=1,3", "--yes")
    assert result.status == 6
    assert "updated 1 of 3 images" in result.err
    assert "gallery 2 is a folder" in result.err
    assert cli.ok("galleries", "images", "list", "1", "--ids").out.split() == ["1", "3"]
    assert len(proxy.mutations) == 1


def test_store_rejects_them_as_well(proxy: FaultProxy) -> None:
    async def work() -> None:
        async with StashContext(conn=proxy.url) as client:
            image = await client.find_image("4")
            assert image is not None
            image.galleries = [Gallery(id="3")]
            with pytest.raises(StashInputError, match="gallery 3 is an archive"):
                await image.save(client)

    run(work())
    assert proxy.mutations == []


@pytest.mark.parametrize(
    "words",
    [
        ("stashbox", "tag", "performers"),
        ("stashbox", "submit", "fingerprints", "1"),
        ("stashbox", "draft", "scene", "1"),
        ("stashbox", "draft-scene", "1"),
    ],
)
def test_unknown_stash_box_is_rejected(cli: Cli, proxy: FaultProxy, words: tuple[str, ...]) -> None:
    result = cli(*words, "--stash-box", "https://won.example/graphql")
    assert result.status == 3
    assert "there are one, two" in result.err
    result = cli(*words)
    assert result.status == 2
    assert "name a stash-box with --stash-box: there are one, two" in result.err
    assert proxy.mutations == []


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (("identify", "--source", "https://three.example/graphql"), 3, "there are one, two"),
        (("identify", "--scene", "1", "--source", "thre"), 3, "no scraper for scenes is called 'thre'"),
        (("scrapers", "scrape", "x", "--stash-box", "three"), 3, "there are one, two"),
        (("scrapers", "scrape", "--id", "1", "--scraper", "sidecars"), 3, "Did you mean sidecar?"),
        (("stashbox", "validate", "three"), 3, "there are one, two"),
        (("packages", "uninstall", "none"), 3, "no package none"),
    ],
)
def test_unknown_source_is_rejected(
    cli: Cli, proxy: FaultProxy, words: tuple[str, ...], status: int, message: str
) -> None:
    result = cli(*words)
    assert (result.status, proxy.mutations) == (status, []), result.err
    assert message in result.err


@pytest.mark.parametrize(
    ("message", "status"), [("No response from server", 5), ("Invalid or expired API key.", 4)]
)
def test_unreachable_stash_box_is_not_a_rejected_key(
    cli: Cli, proxy: FaultProxy, message: str, status: int
) -> None:
    proxy.rule = ScrapeResponses(validateStashBoxCredentials={"valid": False, "status": message})
    assert cli("stashbox", "validate").status == status


def test_stash_box_is_selected_by_name(cli: Cli, proxy: FaultProxy) -> None:
    proxy.rule = sources = ScrapeResponses(submitStashBoxFingerprints=True, stashBoxBatchPerformerTag="no")
    cli.ok("stashbox", "submit-fingerprints", "Sea", "--stash-box", "two", "--yes")
    assert cli("stashbox", "tag", "performers", "--stash-box", "one", "--refresh").status == 1
    sent = [given["input"] for _, given in sources.calls]
    assert sent[0] == {"scene_ids": ["1"], "stash_box_endpoint": BOXES[1]["endpoint"]}
    assert sent[1] == {"refresh": True, "createParent": False, "stash_box_endpoint": BOXES[0]["endpoint"]}


@pytest.mark.parametrize(
    "words", [("install", "renamer"), ("update",), ("update", "renamer"), ("available",)]
)
def test_offline_server_installs_nothing(cli: Cli, proxy: FaultProxy, words: tuple[str, ...]) -> None:
    """It lists installed packages as up to date."""
    proxy.rule = ScrapeResponses(
        availablePackages=NO_NET,
        installedPackages=lambda given: [PACKAGE] if given["type"] == "Plugin" else [],
    )
    result = cli("packages", *words)
    assert (result.status, proxy.mutations) == (5, []), result.err
    assert "the server cannot reach the plugin source" in result.err
    assert "renamer" in cli.ok("packages", "list").out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ("scrapers", "scrape", "--id", "1", "--scraper", "sidecar"),
            "reach Files beside the media: no such",
        ),
        (("system", "latest"), "the server cannot reach GitHub: no such host"),
    ],
)
def test_addresses_unreachable_for_the_server_are_reported(
    cli: Cli, proxy: FaultProxy, words: tuple[str, ...], message: str
) -> None:
    long = f'Get "https://x.example/{"a" * 900}": {NO_NET}'
    proxy.rule = ScrapeResponses(scrapeSingleScene=long, latestversion=long)
    result = cli(*words)
    assert result.status == 5, result.err
    assert message in result.err


def test_unreadable_source_does_not_hide_others(cli: Cli, proxy: FaultProxy) -> None:
    found = [{**PACKAGE, "package_id": "other", "version": "2"}]
    proxy.rule = ScrapeResponses(
        availablePackages=lambda given: found if given["type"] == "Plugin" else NO_NET
    )
    assert cli.ok("packages", "search", "other", "--json").json[0]["version"] == "2"
