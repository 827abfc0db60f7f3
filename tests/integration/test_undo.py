"""Undo and redo: changes of a run are reverted, and later changes of others stay."""

from __future__ import annotations

import asyncio
import base64
import io
import sqlite3
from contextlib import closing, suppress
from itertools import pairwise
from pathlib import Path

import pytest
from journal_support import Workbench, library_content, open_workbench
from PIL import Image

from stash_cli.core.edits.apply import Applier
from stash_cli.core.edits.operation import Operation
from stash_cli.core.errors import StashConnectionError, StashJournalError
from stash_cli.core.orm.edit import Edit
from stash_cli.core.types import Scene, Studio, Tag


async def test_fields_are_undone_and_redone(embedded_url: str) -> None:
    async with open_workbench(embedded_url) as bench:
        tag = await bench.client.create_tag(Tag(name="A"))
        scene = await bench.client.create_scene(
            Scene(title="Sea", rating100=60, urls=["http://b", "http://a"])
        )
        async with bench.context.journal() as run:
            scene.title, scene.rating100, scene.urls = " Beach ", 80, ["http://c"]
            scene.tags = [tag]
            await scene.save(bench.client)
        assert (await bench.context.undo(run.id)).is_complete
        assert await bench.scene_values(scene) == ("Sea", 60, ["http://b", "http://a"], [])
        assert (await bench.context.redo(run.id)).is_complete
        assert await bench.scene_values(scene) == ("Beach", 80, ["http://c"], [tag.id])
        assert (await bench.context.undo(run.id)).is_complete
        assert await bench.scene_values(scene) == ("Sea", 60, ["http://b", "http://a"], [])
        with pytest.raises(StashJournalError, match="undone already"):
            await bench.context.undo(run.id)


async def test_later_changes_of_others_are_kept(embedded_url: str) -> None:
    async with open_workbench(embedded_url) as bench, open_workbench(embedded_url) as other:
        tags = [await bench.client.create_tag(Tag(name=name)) for name in "ABC"]
        scene = await bench.client.create_scene(Scene(title="Sea", rating100=60, tags=tags[:1]))
        async with bench.context.journal() as run:
            scene.title, scene.rating100, scene.tags = "Beach", 80, [tags[1]]
            await scene.save(bench.client)
        theirs = await other.store.get(Scene, scene.id, ["title", "tags"])
        assert theirs is not None
        theirs.title = "Dunes"
        theirs.tags.append(await other.store.get(Tag, tags[2].id))
        await theirs.save(other.client)
        report = await bench.context.undo(run.id)
        assert [str(each) for each in report.problems] == [
            f"scene {scene.id} title: changed since by somebody else"
        ]
        assert await bench.scene_values(scene) == ("Dunes", 60, [], [tags[0].id, tags[2].id])
        await bench.set_title(scene, "Beach")
        assert (await bench.context.undo(run.id)).is_complete
        assert (await bench.scene_values(scene))[0] == "Sea"


async def test_later_run_is_named(embedded_url: str) -> None:
    async with open_workbench(embedded_url) as bench:
        scene = await bench.client.create_scene(Scene(title="Sea"))
        runs = []
        for title in ("Beach", "Dunes"):
            async with bench.context.journal() as run:
                scene.title = title
                await scene.save(bench.client)
            runs.append(run.id)
        [problem] = (await bench.context.undo(runs[0])).problems
        assert problem.reason == f"changed since by run {runs[1]}"


async def test_change_on_another_server_is_no_later_change(embedded_url: str, tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    async with open_workbench(embedded_url) as bench, open_workbench(f"embedded:{path}") as other:
        runs = []
        for each in (bench, other):
            scene = await each.client.create_scene(Scene(title="Sea"))
            if each is other:  # libraries are identified by creation times
                with closing(sqlite3.connect(path)) as connection, connection:
                    connection.execute("UPDATE scenes SET created_at = '2020-01-01T00:00:00Z'")
            async with each.context.journal() as run:
                await each.set_title(scene, "Beach")
                runs.append(run.id)
        assert scene.id == "1"
        assert (await bench.context.undo(runs[0])).is_complete
        assert (await bench.scene_values(scene))[0] == "Sea"
        assert (await other.scene_values(scene))[0] == "Beach"


async def test_created_objects_are_deleted_unless_used_by_others(embedded_url: str) -> None:
    async with open_workbench(embedded_url) as bench:
        async with bench.context.journal() as run:
            tags = [await bench.client.create_tag(Tag(name=name)) for name in "AB"]
            scene = await bench.client.create_scene(Scene(title="Sea", tags=tags))
        used = await bench.client.create_scene(Scene(title="Sand", tags=tags[:1]))
        [problem] = (await bench.context.undo(run.id)).problems
        assert (problem.id, problem.reason) == (tags[0].id, f"scene {used.id} uses it")
        assert await bench.store.count(Tag) == 1
        assert await bench.client.find_scene(scene.id) is None
        await used.delete(bench.client)
        assert (await bench.context.undo(run.id)).is_complete
        assert await bench.store.count(Tag) == 0


async def test_deleted_objects_are_restored_with_links(embedded_url: str) -> None:
    async with open_workbench(embedded_url) as bench:
        tag = await bench.client.create_tag(Tag(name="A", aliases=["a1"], favorite=True))
        child = await bench.client.create_tag(Tag(name="B", parents=[tag]))
        studio = await bench.client.create_studio(Studio(name="Acme", tags=[tag]))
        scene = await bench.client.create_scene(Scene(title="Sea", tags=[tag, child], studio=studio))
        async with bench.context.journal() as run:
            await bench.client.destroy_entity(Tag, [tag.id])
            await bench.client.destroy_entity(Studio, [studio.id])
        report = await bench.context.undo(run.id)
        assert report.is_complete, report.problems
        again = await bench.client.find_scene(scene.id)
        assert again is not None
        assert again.studio is not None
        assert {each.name for each in again.tags} == {"A", "B"}
        made = next(each for each in again.tags if each.name == "A")
        found = await bench.client.find_tag(made.id)
        assert found is not None
        assert (found.aliases, found.favorite, [each.id for each in found.children]) == (
            ["a1"],
            True,
            [child.id],
        )
        assert (await bench.context.redo(run.id)).is_complete
        assert await bench.store.count(Tag) == 1
        assert (await bench.context.undo(run.id)).is_complete
        assert await bench.store.count(Tag) == 2


async def test_older_runs_find_recreated_objects(embedded_url: str) -> None:
    async with open_workbench(embedded_url) as bench:
        tag = await bench.client.create_tag(Tag(name="A"))
        async with bench.context.journal() as renamed:
            tag.name = "B"
            await tag.save(bench.client)
        async with bench.context.journal() as deleted:
            await bench.client.destroy_entity(Tag, [tag.id])
        assert (await bench.context.undo(deleted.id)).is_complete
        assert (await bench.context.undo(renamed.id)).is_complete
        [found] = await bench.store.find(Tag)
        assert (found.name, found.id == tag.id) == ("A", False)


async def test_plays_are_removed_by_time(embedded_url: str) -> None:
    async with open_workbench(embedded_url) as bench:
        scene = await bench.client.create_scene(Scene(title="Sea"))
        await bench.client.scene_add_play(scene.id, times=["2024-01-01T00:00:00Z"])
        async with bench.context.journal() as run:
            await bench.client.scene_add_play(scene.id, times=["2024-02-01T00:00:00Z"])
            await bench.client.scene_reset_o(scene.id)
        await bench.client.scene_add_play(scene.id, times=["2024-03-01T00:00:00Z"])
        assert (await bench.context.undo(run.id)).is_complete
        found = await bench.client.find_scene(scene.id)
        assert found is not None
        assert sorted(time.month for time in found.play_history) == [1, 3]


async def test_tag_merge_is_undone(embedded_url: str) -> None:
    async with open_workbench(embedded_url) as bench:
        tags = [await bench.client.create_tag(Tag(name=name, aliases=[name.lower()])) for name in "AB"]
        both = await bench.client.create_scene(Scene(title="both", tags=tags))
        only = await bench.client.create_scene(Scene(title="only", tags=tags[:1]))
        async with bench.context.journal() as run:
            await bench.client.tags_merge([tags[0].id], tags[1].id)
        report = await bench.context.undo(run.id)
        assert report.is_complete, report.problems
        found = {each.title: {tag.name for tag in each.tags} for each in await titles(bench)}
        assert found == {"both": {"A", "B"}, "only": {"A"}}
        kept = await bench.client.find_tag(tags[1].id)
        assert kept is not None
        assert kept.aliases == ["b"]
        assert (await bench.context.redo(run.id)).is_complete
        assert await bench.store.count(Tag) == 1
        assert (await bench.context.undo(run.id)).is_complete
        assert {both.id, only.id} == {each.id for each in await titles(bench)}


MARKERS = [("A", ["B"]), ("B", ["A"]), ("C", ["A", "B"]), ("B", ["B"]), ("A", ["A", "B"])]
"""Primary tag and further tags of markers; the last two result only from merges."""


async def test_markers_keep_a_primary_tag_among_their_tags(embedded_url: str) -> None:
    async with open_workbench(embedded_url) as bench:
        tags = {name: await bench.client.create_tag(Tag(name=name)) for name in "ABC"}
        scene = await bench.client.create_scene(Scene(title="Sea"))
        for number, (primary, names) in enumerate(MARKERS):
            given = {"title": "", "scene_id": scene.id, "seconds": number, "primary_tag_id": tags["C"].id}
            ids = {"tag_ids": [tags[name].id for name in names]}
            made = await bench.client.call_operation("sceneMarkerCreate", input=given | ids)
            given = {"id": made.id, "primary_tag_id": tags[primary].id}
            await bench.client.call_operation("sceneMarkerUpdate", input=given)
        before = await library_content(bench)
        async with bench.context.journal() as run:
            await bench.client.tags_merge([tags["A"].id], tags["B"].id)
        merged = await library_content(bench)
        for _ in range(2):
            assert (await bench.context.undo(run.id)).is_complete
            assert await library_content(bench) == before
            assert (await bench.context.redo(run.id)).is_complete
            assert await library_content(bench) == merged


async def titles(bench: Workbench) -> list[Scene]:
    return (await bench.client.find_scenes()).scenes


async def test_interrupted_run_is_finished(embedded_url: str) -> None:
    async with open_workbench(embedded_url) as bench:
        tags = [await bench.client.create_tag(Tag(name=name)) for name in "ABCD"]
        operations = [tag_update(tag.id, f"new {tag.name}") for tag in tags]
        bench.wire.drops_request = lambda request: (
            request.document.count("tagUpdate") and len(bench.wire.sent) > 0
        )
        with suppress(StashConnectionError):
            async with bench.context.journal() as run:
                await Applier(bench.client.session).apply(operations, lambda *_: None, size=2)
        bench.wire.drops_request = lambda _: False
        assert bench.counts(run.id) == {"unknown": 4}
        await bench.update("Tag", tags[3].id, description="theirs")
        assert await bench.context.resume(run.id) == {"done": 3, "conflict": 1}
        found = {tag.name: tag.description for tag in await bench.store.find(Tag, fields=["description"])}
        assert found == {"A": "new A", "B": "new B", "C": "new C", "D": "theirs"}
        assert (await bench.context.undo(run.id)).is_complete
        assert (await bench.client.find_tag(tags[0].id)).description == ""  # type: ignore[union-attr]


def tag_update(one: str, text: str) -> Operation:
    edit = Edit("Tag", one, "description", "", text)
    return Operation("tagUpdate", {"input": {"id": one, "description": text}}, (one,), (edit,))


async def test_two_processes_edit_concurrently(embedded_url: str) -> None:
    async with open_workbench(embedded_url) as one, open_workbench(embedded_url) as other:
        tag = await one.client.create_tag(Tag(name="A"))

        async def edit(bench: Workbench, name: str) -> int:
            async with bench.context.journal(name) as run:
                for number in range(5):
                    await bench.client.create_scene(Scene(title=f"{name} {number}", tags=[tag]))
            return run.id

        runs = await asyncio.gather(edit(one, "one"), edit(other, "other"))
        assert [one.counts(run) for run in runs] == [{"done": 5}] * 2
        assert (await one.context.undo(runs[0])).is_complete
        assert {scene.title[:5] for scene in await titles(one)} == {"other"}


async def test_pictures_are_restored(embedded_url: str) -> None:
    async with open_workbench(embedded_url) as bench:
        one, other = (
            f"data:image/png;base64,{base64.b64encode(picture(c)).decode()}" for c in ("red", "blue")
        )
        tag = await bench.client.create_tag(Tag(name="A"))
        plain = await bench.client.create_tag(Tag(name="B"))
        await bench.update("Tag", tag.id, image=one)
        async with bench.context.journal() as run:
            await bench.update("Tag", tag.id, image=other)
            await bench.update("Tag", plain.id, image=other)
        async with bench.context.journal() as deleted:
            await bench.client.destroy_entity(Tag, [tag.id])
        for file in bench.journal.path.parent.iterdir():
            assert file.is_dir() or b"base64" not in file.read_bytes()
        assert (await bench.context.undo(deleted.id)).is_complete
        assert await seen(bench, "A") == picture("blue")
        assert (await bench.context.undo(run.id)).is_complete
        assert await seen(bench, "A") == picture("red")
        assert await seen(bench, "B") is None


def picture(color: str) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (4, 4), color).save(content, "PNG")
    return content.getvalue()


async def seen(bench: Workbench, name: str) -> bytes | None:
    """Picture of a tag as served."""
    [tag] = await bench.store.find(Tag, name=name, fields=["image_path"])
    if "default=true" in str(tag.image_path):
        return None
    return b"".join([piece async for piece in bench.client.session.transport.download(str(tag.image_path))])


async def test_group_scene_indexes_are_restored(embedded_url: str) -> None:
    async with open_workbench(embedded_url) as bench:
        answer = await bench.client.execute('mutation { groupCreate(input: {name: "G"}) { id } }')
        group = answer["groupCreate"]["id"]
        scene = await bench.client.create_scene(Scene(title="Sea"))
        await bench.update("Scene", scene.id, groups=[{"group_id": group, "scene_index": 3}])
        async with bench.context.journal() as run:
            await bench.client.call_operation("groupDestroy", input={"id": group})
        for act in (bench.context.undo, bench.context.redo, bench.context.undo):
            assert (await act(run.id)).is_complete
        found = await bench.client.find_scene(scene.id)
        assert found is not None
        assert [(each.group.name, each.scene_index) for each in found.groups] == [("G", 3)]


async def test_interrupted_undo_is_finished_by_the_next(embedded_url: str) -> None:
    async with open_workbench(embedded_url) as bench:
        tag = await bench.client.create_tag(Tag(name="A"))
        scene = await bench.client.create_scene(Scene(title="Sea", tags=[tag]))
        async with bench.context.journal() as run:
            await bench.client.destroy_entity(Tag, [tag.id])
        bench.wire.drop_responses_from("tagCreate")
        assert not (await bench.context.undo(run.id)).is_complete
        bench.wire.drop_response("bulkSceneUpdate", done=False)
        assert not (await bench.context.undo(run.id)).is_complete
        assert (await bench.context.undo(run.id)).is_complete
        assert await bench.store.count(Tag) == 1
        assert len((await bench.scene_values(scene))[3]) == 1


LOST = {
    "tagCreate": lambda client, *_: client.create_tag(Tag(name="New", description="n", aliases=["m"])),
    "sceneCreate": lambda client, *_: client.create_scene(Scene(title="New", urls=["http://a"])),
    "tagUpdate": lambda client, one, _: client.call_operation(
        "tagUpdate", input={"id": one, "description": "new"}
    ),
    "tagsDestroy": lambda client, one, _: client.destroy_entity(Tag, [one]),
    "tagsMerge": lambda client, one, other: client.tags_merge([one], other),
    "sceneAddPlay": lambda client, *_: client.scene_add_play("1", times=["2024-02-01T00:00:00Z"]),
}


@pytest.mark.parametrize("is_done", [True, False])
async def test_undo_looks_up_lost_responses(embedded_url: str, is_done: bool) -> None:
    async with open_workbench(embedded_url) as bench:
        tags = [await bench.client.create_tag(Tag(name=name)) for name in "AB"]
        await bench.client.create_scene(Scene(title="Sea", tags=tags[:1]))
        before = await library_content(bench)
        for word, act in LOST.items():
            ids = {tag.name: tag.id for tag in await bench.store.find(Tag)}
            bench.wire.drop_response(word, done=is_done)
            with suppress(StashConnectionError):
                async with bench.context.journal() as run:
                    await act(bench.client, ids["A"], ids["B"])
            assert "unknown" in bench.counts(run.id), word
            assert (await bench.context.undo(run.id)).is_complete, word
            assert await library_content(bench) == before, word
            assert bench.counts(run.id).keys() == {"done" if is_done else "failed"}, word


async def test_undo_is_exclusive(embedded_url: str) -> None:
    async with open_workbench(embedded_url) as bench:
        async with bench.context.journal() as run:
            await bench.client.create_tag(Tag(name="A"))
        with bench.journal.exclusive(), pytest.raises(StashJournalError, match="Another undo"):
            await bench.context.undo(run.id)
        assert (await bench.context.undo(run.id)).is_complete


async def test_group_order_is_restored(embedded_url: str) -> None:
    async with open_workbench(embedded_url) as bench:
        saga, *parts = [
            await bench.client.call_operation("groupCreate", input={"name": name}) for name in "SABC"
        ]
        ids = [each.id for each in parts]

        async def order() -> list[str]:
            data = await bench.client.execute("{ findGroup(id: 1) { sub_groups { group { id } } } }")
            return [each["group"]["id"] for each in data["findGroup"]["sub_groups"]]

        async with bench.context.journal() as run:
            given = {"containing_group_id": saga.id, "sub_groups": [{"group_id": one} for one in ids]}
            await bench.client.call_operation("addGroupSubGroups", input=given)
        async with bench.context.journal() as reordering:
            moved = {"sub_group_ids": ids[:1], "insert_at_id": ids[1], "insert_after": True}
            await bench.client.call_operation("reorderSubGroups", input={"group_id": saga.id, **moved})
        assert await order() == [ids[1], ids[0], ids[2]]
        await bench.context.undo(reordering.id)
        assert await order() == ids
        await bench.context.redo(reordering.id)
        assert await order() == [ids[1], ids[0], ids[2]]
        await bench.context.undo(reordering.id)
        assert (await bench.context.undo(run.id)).is_complete
        assert await order() == []


async def test_marker_at_0_without_title_is_restored(embedded_url: str) -> None:
    async with open_workbench(embedded_url) as bench:
        tag = await bench.client.create_tag(Tag(name="A"))
        scene = await bench.client.create_scene(Scene(title="Sea"))
        given = {"scene_id": scene.id, "primary_tag_id": tag.id, "title": "", "seconds": 0}
        await bench.client.call_operation("sceneMarkerCreate", input=given)
        async with bench.context.journal() as run:
            await bench.client.destroy_entity(Scene, [scene.id])
        assert (await bench.context.undo(run.id)).is_complete
        document = "{ findSceneMarkers { scene_markers { title seconds scene { title } } } }"
        [marker] = (await bench.client.execute(document))["findSceneMarkers"]["scene_markers"]
        assert marker == {"title": "", "seconds": 0, "scene": {"title": "Sea"}}


async def test_undo_of_a_merge_waits_for_later_runs(embedded_url: str) -> None:
    async with open_workbench(embedded_url) as bench:
        tags = [await bench.client.create_tag(Tag(name=name)) for name in "AB"]
        scene = await bench.client.create_scene(Scene(title="Sea", tags=tags[:1]))
        runs = []
        async with bench.context.journal() as run:
            runs.append(run.id)
            await bench.client.tags_merge([tags[0].id], tags[1].id)
        async with bench.context.journal() as run:
            runs.append(run.id)
            await bench.update("Scene", scene.id, tag_ids=[])
        assert "changed since by run 2" in str((await bench.context.undo(runs[0])).problems)
        for number in reversed(runs):
            assert (await bench.context.undo(number)).is_complete
        data = await bench.client.execute("{ findScene(id: 1) { tags { name } } }")
        assert data["findScene"]["tags"] == [{"name": "A"}]


async def test_items_removed_after_a_merge_are_not_restored(embedded_url: str) -> None:
    async with open_workbench(embedded_url) as bench:
        tags = [await bench.client.create_tag(Tag(name=name)) for name in "ABC"]
        source, into, child = (tag.id for tag in tags)
        async with bench.context.journal() as linking:
            await bench.update("Tag", child, parent_ids=[into])
        async with bench.context.journal() as merging:
            await bench.client.tags_merge([source], into)
        for run in (linking, merging):
            assert (await bench.context.undo(run.id)).is_complete
        found = await bench.client.find_tag(child)
        assert found is not None
        assert found.parents == []


async def test_chained_merges_are_undone_one_by_one(embedded_url: str) -> None:
    async with open_workbench(embedded_url) as bench:
        tags = [await bench.client.create_tag(Tag(name=name)) for name in "ABC"]
        scene = await bench.client.create_scene(Scene(title="Sea"))
        given = {"scene_id": scene.id, "primary_tag_id": tags[0].id, "title": "", "seconds": 1}
        await bench.client.call_operation("sceneMarkerCreate", input=given)
        runs = []
        for source, into in pairwise(tags):
            async with bench.context.journal() as run:
                runs.append(run.id)
                await bench.client.tags_merge([source.id], into.id)
        for number in reversed(runs):
            assert (await bench.context.undo(number)).is_complete
        data = await bench.client.execute("{ findScene(id: 1) { scene_markers { primary_tag { name } } } }")
        assert data["findScene"]["scene_markers"] == [{"primary_tag": {"name": "A"}}]
