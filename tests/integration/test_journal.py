"""The journal: every change is stored before it is sent, and its outcome afterwards."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from journal_support import fill_journal_disk, open_workbench

from stash_cli.core.client import BatchOperation
from stash_cli.core.edits.journal.changes import Recorded, add, set_undone
from stash_cli.core.edits.journal.databases import NewIds, database_of
from stash_cli.core.edits.journal.journal import Journal
from stash_cli.core.edits.journal.pruning import prunable, prune
from stash_cli.core.errors import StashJournalError, StashUsageError
from stash_cli.core.types import Scene, Tag


async def test_records_before_after_and_response(embedded_url: str) -> None:
    async with open_workbench(embedded_url) as bench:
        scene = await bench.client.create_scene(Scene(title="Sea", rating100=60))
        scene.title, scene.rating100 = " Beach ", 80
        async with bench.context.journal("by hand") as run:
            await scene.save(bench.client)
        rows = {row.field: row for row in bench.rows(run.id)}
        assert (rows["title"].before, rows["title"].wanted["after"]) == ("Sea", " Beach ")
        assert rows["title"].answered == "Beach"
        assert (rows["rating100"].before, rows["rating100"].answered) == (60, 80)
        assert bench.journal.run(run.id).command == "by hand"
        assert {row.state for row in rows.values()} == {"done"}


async def test_rows_are_planned_before_the_first_request_and_marked_sent_before_each(
    embedded_url: str,
) -> None:
    async with open_workbench(embedded_url) as bench:
        tags = [Tag(name=f"{n}") for n in range(6)]
        seen: list[dict[str, int]] = []
        async with bench.context.journal() as run:
            bench.wire.on_request = lambda: seen.append(bench.counts(run.id))
            await bench.store.save_batch(tags[:3], max_batch_size=3)
            await bench.store.save_batch(tags[3:], max_batch_size=1)
        mutations = [states for states in seen if states.get("sent")]
        assert [states["sent"] for states in mutations] == [3, 1, 1, 1]
        assert bench.counts(run.id) == {"done": 6}


async def test_unread_fields_are_read_before_a_change(embedded_url: str) -> None:
    async with open_workbench(embedded_url) as bench:
        tag = await bench.client.create_tag(Tag(name="A"))
        scene = await bench.client.create_scene(Scene(title="Sea", tags=[tag]))
        async with bench.context.journal() as run:
            await bench.client.bulk_scene_update({"ids": [scene.id], "tag_ids": {"ids": [], "mode": "SET"}})
        [row] = bench.rows(run.id)
        assert (row.before, row.answered) == ([tag.id], [])


async def test_costs_one_extra_request_per_session(embedded_url: str) -> None:
    async with open_workbench(embedded_url) as bench:
        scene = await bench.client.create_scene(Scene(title="Sea"))
        bench.wire.take_documents()
        async with bench.context.journal():
            for title in ("A", "B", "C"):
                scene.title = title
                await scene.save(bench.client)
        assert len(bench.wire.take_documents()) == 3 + 1


async def test_records_only_on_request(embedded_url: str) -> None:
    async with open_workbench(embedded_url) as bench:
        await bench.client.create_tag(Tag(name="A"))
        assert not bench.context.connection.journal.exists()


async def test_unopenable_journal_stops_the_edit(embedded_url: str, own_state: Path) -> None:
    async with open_workbench(embedded_url) as bench:
        bench.context.connection.journal.mkdir(parents=True)
        with pytest.raises(StashJournalError, match="cannot be written"):
            async with bench.context.journal():
                pytest.fail("it has begun")


async def test_full_disk_stops_the_edit_before_the_next_request(embedded_url: str) -> None:
    async with open_workbench(embedded_url) as bench:
        tags = [Tag(name=f"{n}", description="x" * 5000) for n in range(20)]
        async with bench.context.journal() as run:
            for _ in fill_journal_disk(run.journal):
                bench.wire.take_documents()
                with pytest.raises(StashJournalError):
                    await bench.store.save_batch(tags)
                assert not [sent for sent in bench.wire.take_documents() if sent.startswith("mutation")]
        assert await bench.store.count(Tag) == 0


async def test_secret_settings_are_not_recorded(embedded_url: str) -> None:
    async with open_workbench(embedded_url) as bench:
        async with bench.context.journal() as run:
            await bench.client.configure_general({"username": "ada", "password": "hunter22"})
        operations = [(row.operation, row.id) for row in bench.rows(run.id)]
        assert operations == [("update", "general.username"), ("configureGeneral", "")]
        folder = bench.context.connection.journal.parent
        assert not [file for file in folder.iterdir() if b"hunter22" in file.read_bytes()]


async def test_file_is_private_and_named_by_a_setting(embedded_url: str, tmp_path: Path) -> None:
    async with open_workbench(embedded_url) as bench:
        async with bench.context.journal():
            await bench.client.create_tag(Tag(name="A"))
        file = bench.context.connection.journal
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_blocks_cannot_be_nested(embedded_url: str) -> None:
    async with open_workbench(embedded_url) as bench:
        with pytest.raises(StashUsageError, match="recorded already"):
            async with bench.context.journal(), bench.context.journal():
                pytest.fail("it has begun")


async def test_bulk_change_is_recorded_per_object(embedded_url: str) -> None:
    async with open_workbench(embedded_url) as bench:
        made = [BatchOperation("sceneCreate", {"input": {"title": f"{n}"}}) for n in range(5)]
        await bench.client.execute_batch(made)
        scenes = await bench.store.find(Scene, fields=["rating100"])
        for scene in scenes:
            scene.rating100 = 20
        async with bench.context.journal() as run:
            await bench.store.save_all()
        rows = bench.rows(run.id)
        assert {row.id for row in rows} == {scene.id for scene in scenes}
        assert {(json.dumps(row.before), row.answered) for row in rows} == {("null", 20)}


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with closing(Journal(tmp_path / "journal.sqlite")) as journal:
        yield journal


def test_pruning_keeps_the_last_runs_and_their_dependencies(journal: Journal) -> None:
    for number in range(30):
        run = journal.start("x", "here", who="me", is_person=True)
        add(journal, run, [Recorded("Tag", f"{number}", "update", "name", "a" * 1000, {"after": "b"})])
    undo = journal.start("undo 4", "here", who="me", is_person=True, kind="undo", target=4)
    set_undone(journal, undo, [(4, 1)])
    NewIds(journal, 1).add([("Tag", "4", "40")])
    assert prunable(journal) == []
    assert [run.id for run in prunable(journal, megabytes=0.0315)] == [2, 1]
    prune(journal, prunable(journal, days=-1))
    assert [run.id for run in journal.runs()] == [*range(31, 11, -1), 4]
    assert journal.counts(5) == {}
    assert NewIds(journal, 1).current("Tag", "4") == "40"


def test_one_database_under_two_urls(journal: Journal) -> None:
    one = database_of(journal, "http://nas", {"Tag": ["1", "2024"], "Scene": ["1", "2025"]})
    assert database_of(journal, "http://10.0.0.2", {"Tag": ["1", "2024"], "Scene": ["7", "2026"]}) == one
    other = database_of(journal, "http://nas", {"Tag": ["1", "2020"]})
    assert other != one
    assert database_of(journal, "http://nas", {}) == other
