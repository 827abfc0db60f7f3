"""API tasks as commands: their input, and checks before the start."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from cli_support import Cli, leaf_commands, running_process
from fault_kinds import truncated_response
from fault_proxy import Exchange, FaultProxy
from table_tests import table_test

from stash_cli.commands.file_tasks import FILE_TASKS
from stash_cli.commands.metadata import TASKS
from stash_cli.core.types.api import describe_api


@pytest.fixture
def library(embedded_url: str, pictures: Path) -> Cli:
    """A scanned library of six pictures."""
    cli = Cli(embedded_url)
    cli.ok("library", "add", str(pictures))
    cli.ok("scan", "--wait")
    return cli


def sent(cli: Cli, *words: str) -> dict[str, Any]:
    """Task input, as printed by -v."""
    stderr = cli(*words, "-v").err
    [line] = [line for line in stderr.splitlines() if " with {" in line] or [stderr]
    found: dict[str, Any] = json.loads(line.partition(" with ")[2])
    return found


def test_every_task_of_the_api_has_a_verb() -> None:
    expected = {
        name
        for name in describe_api().mutations
        if name.startswith(("metadata", "migrate", "optimise", "backup", "anonymise", "export", "import"))
    }
    here = {task.operation for task in TASKS.values()}
    files = {"metadataImport", "importObjects", "metadataExport", "exportObjects"}
    assert expected == here | files | {"backupDatabase", "anonymiseDatabase"}
    verbs = {path[1] for path in leaf_commands() if path[0] == "metadata"}
    assert verbs == {*TASKS, *FILE_TASKS}


@table_test(
    ("words", "input_"),
    [
        (("generate", "--covers", "--scene", "Sea"), {"covers": True, "sceneIDs": ["1"]}),
        (
            ("generate", "--preview-segments", "3", "--overwrite"),
            {"previewOptions": {"previewSegments": 3}, "overwrite": True},
        ),
        (("auto-tag",), {"performers": ["*"], "studios": ["*"], "tags": ["*"]}),
        (("auto-tag", "--tag", "Outdoor", "--tag", "id:1"), {"tags": ["1"]}),
        (("auto-tag", "--studio", "*"), {"studios": ["*"]}),
        (("metadata", "migrate-blobs", "--delete-old"), {"deleteOld": True}),
        (("metadata", "migrate", "--yes"), {"backupPath": ""}),
        (
            ("scan", "--min-mod-time", "2024-01-02T00:00:00Z"),
            {"filter": {"minModTime": "2024-01-02T00:00:00Z"}},
        ),
    ],
)
def test_flags_become_the_input(small_library: Path, words: tuple[str, ...], input_: dict[str, Any]) -> None:
    assert sent(Cli(f"embedded:{small_library}"), *words) == input_


def test_sources_become_the_input(cli: Cli) -> None:
    endpoint = "https://box.example/graphql"
    box = f'{{"name": "box", "endpoint": "{endpoint}", "api_key": "abc"}}'
    cli.ok("config", "set", f"general.stash_boxes=[{box}]")
    words = ("identify", "--source", "sidecar", "--source", endpoint, "--set-organized")
    assert sent(cli, *words) == {
        "sources": [{"source": {"scraper_id": "sidecar"}}, {"source": {"stash_box_endpoint": endpoint}}],
        "options": {"setOrganized": True},
    }


def test_clean_generated_takes_all_or_named_kinds(cli: Cli) -> None:
    assert all(sent(cli, "metadata", "clean-generated").values())
    assert {kind for kind, on in sent(cli, "metadata", "clean-generated", "--sprites").items() if on} == {
        "sprites"
    }


def test_saved_defaults_apply_unless_a_flag_is_given(library: Cli) -> None:
    saved = "{scan: {scanGeneratePhashes: true, rescan: true}}"
    library.ok("api", f"mutation {{ configureDefaults(input: {saved}) {{ deleteFile }} }}")
    found = sent(library, "scan", "--no-rescan")
    assert (found["scanGeneratePhashes"], found["rescan"]) == (True, False)


def test_confirmation_is_required_without_a_terminal(cli: Cli) -> None:
    for words in (("import",), ("metadata", "migrate")):
        assert (done := cli(*words)).status == 11, done.err
        assert "--yes" in done.err


def test_identify_without_sources_explains_sources(cli: Cli) -> None:
    result = cli("identify", "--wait")
    assert (result.status, "--source" in result.err) == (2, True)


def test_paths_are_absolute_and_checked_for_every_task(library: Cli, pictures: Path) -> None:
    relative = os.path.relpath(pictures / "p1.png")
    for verb in ("scan", "generate", "auto-tag"):
        assert sent(library, verb, relative)["paths"] == [str(pictures / "p1.png")]
        assert "not in a media folder" in library(verb, "/elsewhere").err
        assert "no file or folder" in library(verb, str(pictures / "p99.png")).err
        assert library(verb, "").status == 2


def test_clean_previews_and_confirms_large_deletions(library: Cli, pictures: Path) -> None:
    assert "nothing to clean" in library.ok("clean").err
    assert library.ok("clean", "--json").json["status"] == "FINISHED"
    (pictures / "p1.png").unlink()
    dry = library.ok("clean", "--dry-run", "--json")
    assert [row["path"] for row in dry.json] == [str(pictures / "p1.png")]
    refused = library("clean", "--wait")
    assert (refused.status, "1 of about 6 files would go" in refused.err) == (11, True)
    assert "p1.png (File not found)" in refused.err
    assert library.ok("images", "count").out == "6\n"
    declined = library("clean", "--wait", terminal=True, answers="n\n")
    assert (declined.status, "Remove all the same" in " ".join(declined.err.split())) == (11, True)
    library.ok("clean", "--wait", "--max-missing", "1")
    assert library.ok("images", "count").out == "5\n"
    assert library("clean", "--max-missing", "lots").status == 2


def gone(folder: Path) -> None:
    shutil.rmtree(folder)


def emptied(folder: Path) -> None:
    gone(folder)
    folder.mkdir()


@table_test(
    ("happens", "message"), [(gone, "is missing"), (emptied, "is empty, though 6 objects in it are known")]
)
def test_clean_keeps_an_unmounted_media_folder(
    tmp_path: Path, pictures: Path, happens: Any, message: str
) -> None:
    cli, folder = (
        Cli(f"embedded:{tmp_path / happens.__name__}.sqlite"),
        tmp_path / f"{happens.__name__}-media",
    )
    shutil.copytree(pictures, folder)
    cli.ok("library", "add", str(folder))
    cli.ok("scan", "--wait")
    happens(folder)
    for words in (("--wait",), ("--max-missing", "100%"), (str(folder),)):
        refused = cli("clean", *words)
        assert (refused.status, f"{folder} {message}" in refused.err) == (11, True), refused.err
    cli.ok("clean", "--forget-folder", str(folder), "--wait")
    assert cli.ok("images", "count").out == "0\n"
    assert cli.ok("library", "list", "--json").json == []


def test_backup_is_downloaded_or_stays_on_the_server(library: Cli, tmp_path: Path) -> None:
    result = library.ok("backup", str(tmp_path / "copy.sqlite"))
    assert result.out == f"{tmp_path / 'copy.sqlite'}\n"
    assert Cli(f"embedded:{tmp_path / 'copy.sqlite'}").ok("images", "count").out == "6\n"
    assert "the copy is on the server" in library.ok("backup").err
    for missing in (str(tmp_path / "none" / "copy"), f"{tmp_path}/none/"):
        assert library("backup", missing).status == 2
    written = library.ok("backup", str(tmp_path), "--json").json
    assert Path(written["path"]).stat().st_size == written["size"]
    library.ok("metadata", "anonymise", str(tmp_path), "-q")
    assert len(list(tmp_path.glob("*anonymous*"))) == 1


def test_objects_are_exported_and_imported(library: Cli, tmp_path: Path) -> None:
    library.ok("tag", "create", "--name", "Outdoor")
    target = str(tmp_path / "all.zip")
    assert library.ok("export", target).out == f"{target}\n"
    assert any("tags" in name for name in zipfile.ZipFile(target).namelist())
    other = Cli(f"embedded:{tmp_path / 'other.sqlite'}")
    other.ok("import", target, "--wait", "--missing-ref-behaviour", "ignore")
    assert other.ok("tags", "count").out == "1\n"
    assert library("export", target, "--tags", "1,x").status == 2
    assert library("export", "--tags", "all").status == 2
    assert library("import", str(tmp_path / "none.zip")).status == 2


SLICES, SLICE = 40, b"x" * 65536


async def stalled_download(exchange: Exchange) -> None:
    """A download that stops in the middle."""
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {SLICES * len(SLICE)}\r\n\r\n"
    await exchange.send(head.encode() + SLICE * 10)
    await asyncio.Event().wait()


def test_killed_backup_leaves_no_file(served_url: str, tmp_path: Path) -> None:
    target = tmp_path / "backups" / "copy.sqlite"
    target.parent.mkdir()
    target.write_text("the last one", encoding="utf-8")
    with FaultProxy(served_url) as proxy:
        proxy.rule = lambda request: stalled_download if "/downloads/" in request.path else None
        with running_process("--server", proxy.url, "backup", str(target)) as process:
            while not any(part.stat().st_size for part in target.parent.glob(".stash-*.part")):
                assert process.poll() is None, process.communicate()
                time.sleep(0.02)
            process.kill()
            process.wait()
    assert target.read_text() == "the last one"
    [part] = target.parent.glob(".*")
    part.unlink()
    with FaultProxy(served_url) as proxy:
        proxy.rule = lambda request: truncated_response if "/downloads/" in request.path else None
        cut = Cli(proxy.url)("backup", str(target))
        assert (cut.status, cut.out) == (5, "")
    assert [path.name for path in target.parent.iterdir()] == ["copy.sqlite"]
    Cli(served_url).ok("backup", str(target))
    assert Cli(f"embedded:{target}").ok("tags", "count").out == "0\n"
