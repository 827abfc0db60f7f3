"""Random edits, creations, deletions, merges and imports, undone and redone in any order.

In the end everything is undone, and the library is as before, except for changes of other clients.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import tempfile
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from journal_support import Workbench, library_content, open_workbench
from typer.testing import CliRunner

from stash_cli.app import app
from stash_cli.core.edits.journal.journal import EDIT
from stash_cli.core.errors import StashError, StashJournalError
from stash_cli.core.types import Performer, Scene, Studio, Tag

numbers = st.integers(0, 30)
words = st.sampled_from(["", "a", "b", "c"])


class UndoMachine(RuleBasedStateMachine):
    """A library with a journal; `runs` are the recorded ones."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.folder = tempfile.TemporaryDirectory()
        url = f"embedded:{Path(self.folder.name) / 'library.sqlite'}"
        state = {"state_dir": Path(self.folder.name) / "state"}
        self.program = CliRunner(env={"STASH_URL": url, "STASH_STATE_DIR": str(state["state_dir"])})
        self.bench: Workbench = self.run(self.stack.enter_async_context(open_workbench(url, **state)))
        self.runs: list[int] = []
        self.theirs: dict[str, str] = {}
        self.touched: set[str] = set()
        self.count = 0

    def run(self, work: Any) -> Any:
        return self.runner.run(work)

    @initialize(seed=numbers)
    def fill(self, seed: int) -> None:
        self.run(fill(self.bench, random.Random(seed)))
        self.before = self.run(library_content(self.bench))

    def recorded(self, act: Any) -> None:
        async def work() -> None:
            async with self.bench.context.journal() as run:
                self.runs.append(run.id)
                await act()

        with suppress(StashError):  # rejected by the server: nothing was done
            self.run(work())

    def pick(self, operation: str, number: int) -> str | None:
        ids = self.run(ids_of(self.bench, operation))
        return ids[number % len(ids)] if ids else None

    def edit(self, name: str, number: int, **given: Any) -> None:
        one = self.pick(name, number)
        if one is not None:
            self.recorded(lambda: self.bench.update(name, one, **given))

    @rule(number=numbers, text=words)
    def describe_tag(self, number: int, text: str) -> None:
        self.edit("Tag", number, description=text)

    @rule(number=numbers, text=words, rating=st.sampled_from([None, 20, 40]))
    def describe_scene(self, number: int, text: str, rating: int | None) -> None:
        self.theirs.pop(self.title(number), None)
        self.edit("Scene", number, details=text, rating100=rating)

    @rule(number=numbers)
    def other_client_describes_scene(self, number: int) -> None:
        one = self.pick("Scene", number)
        scene = self.run(self.bench.client.find_scene(one)) if one else None
        self.count += 1
        text = f"theirs {self.count}"  # a text that a run has written as well is not distinguishable
        # Objects created by a run are kept once others changed them.
        if scene is not None and scene.title.startswith("scene"):
            self.theirs[scene.title] = text
            self.touched.add(scene.title)
            self.run(self.bench.update("Scene", scene.id, details=text))

    def title(self, number: int) -> str:
        one = self.pick("Scene", number)
        return self.run(self.bench.client.find_scene(one)).title if one else ""

    @rule(number=numbers, chosen=st.sets(numbers, max_size=3))
    def tag_scene(self, number: int, chosen: set[int]) -> None:
        ids = {self.pick("Tag", each) for each in chosen} - {None}
        self.edit("Scene", number, tag_ids=sorted(ids))

    @rule(number=numbers, studio=numbers, is_none=st.booleans())
    def set_studio(self, number: int, studio: int, is_none: bool) -> None:
        self.edit("Scene", number, studio_id=None if is_none else self.pick("Studio", studio))

    @rule(number=numbers, chosen=st.sets(numbers, max_size=2))
    def set_parents(self, number: int, chosen: set[int]) -> None:
        ids = {self.pick("Tag", each) for each in chosen} - {None}
        self.edit("Tag", number, parent_ids=sorted(ids))

    @rule(numbers_=st.sets(numbers, min_size=1, max_size=3), tag=numbers)
    def tag_many(self, numbers_: set[int], tag: int) -> None:
        ids = sorted({self.pick("Scene", each) for each in numbers_} - {None})
        one = self.pick("Tag", tag)
        if ids and one:
            given = {"ids": ids, "tag_ids": {"ids": [one], "mode": "ADD"}}
            self.recorded(lambda: self.bench.client.bulk_scene_update(given))

    @rule(number=numbers)
    def play(self, number: int) -> None:
        one = self.pick("Scene", number)
        self.count += 1
        time = f"2024-01-{self.count % 28 + 1:02}T00:00:{self.count % 60:02}Z"
        if one is not None:
            self.recorded(lambda: self.bench.client.scene_add_play(one, times=[time]))

    @rule()
    def create(self) -> None:
        self.count += 1
        title = f"new {self.count}"

        async def act() -> None:
            new_tag = await self.bench.client.create_tag(Tag(name=title))
            await self.bench.client.create_scene(Scene(title=title, tags=[new_tag]))

        self.recorded(act)

    @rule(number=numbers, tag=numbers, text=words)
    def add_marker(self, number: int, tag: int, text: str) -> None:
        """A marker of a scene, which keeps its tag from being deleted."""
        self.count += 1
        scene, primary = self.pick("Scene", number), self.pick("Tag", tag)
        given = {"scene_id": scene, "primary_tag_id": primary, "title": text, "seconds": self.count}
        if scene and primary:
            self.recorded(lambda: self.bench.client.call_operation("sceneMarkerCreate", input=given))

    @rule(number=numbers, chosen=st.sets(numbers, max_size=2), text=words)
    def add_performer(self, number: int, chosen: set[int], text: str) -> None:
        """A new performer in a scene, with tags."""
        self.count += 1
        given = {"name": f"performer {self.count}", "details": text, "alias_list": [f"also {self.count}"]}
        tags = sorted({self.pick("Tag", each) for each in chosen} - {None})
        scene = self.pick("Scene", number)

        async def act() -> None:
            made = await self.bench.client.call_operation("performerCreate", input={**given, "tag_ids": tags})
            if scene:
                await self.bench.update("Scene", scene, performer_ids=[made.id])

        self.recorded(act)

    @rule(source=numbers, destination=numbers)
    def merge_scenes(self, source: int, destination: int) -> None:
        one, other = self.pick("Scene", source), self.pick("Scene", destination)
        given = {"source": [one], "destination": other, "values": {"id": other}, "play_history": True}
        if one and other and one != other:
            self.recorded(lambda: self.bench.client.call_operation("sceneMerge", input=given))

    @rule(number=numbers, text=words, parent=numbers)
    def import_tags(self, number: int, text: str, parent: int) -> None:
        """A file that updates a tag, creates another, and moves both below a third one."""
        self.count += 1
        names = self.names("Tag")
        if not names:
            return
        above = names[parent % len(names)]
        rows = [{"name": names[number % len(names)], "description": text, "parents+": [above]}]
        rows.append({"name": f"imported {self.count}", "aliases": [f"from {self.count}"], "parents": [above]})
        self.run_command("tags", "import", "--upsert", "--match", "name", "-y", rows=rows)

    @rule(number=numbers, name=st.sampled_from(["a", "b"]))
    def save_filter(self, number: int, name: str) -> None:
        tag = self.pick("Tag", number)
        if tag is not None:
            self.run_command("filters", "save", name, "--kind", "scenes", f"tag:id:{tag}", "-y")

    @rule(name=st.sampled_from(["a", "b"]))
    def delete_filter(self, name: str) -> None:
        self.run_command("filters", "delete", name, "-y")

    @rule(value=st.sampled_from(["Debug", "Info", "Error"]))
    def set_level(self, value: str) -> None:
        self.run_command("config", "set", f"general.log_level={value}")

    def run_command(self, *words: str, rows: list[dict[str, Any]] | None = None) -> None:
        """Run the program, which journals like the library."""
        if rows is not None:
            file = Path(self.folder.name) / "rows.jsonl"
            file.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
            words = (*words[:2], str(file), *words[2:])
        result = self.program.invoke(app, words)
        assert "internal error" not in result.stderr, result.stderr
        latest = self.bench.journal.runs(limit=1)
        if latest and latest[0].id not in self.runs and latest[0].kind == EDIT:
            self.runs.append(latest[0].id)

    def names(self, name: str) -> list[str]:
        items = f"{name.lower()}s"
        document = f"{{ find{name}s(filter: {{per_page: -1}}) {{ {items} {{ name }} }} }}"
        answer = self.run(self.bench.client.execute(document))
        return sorted(row["name"] for row in answer[f"find{name}s"][items])

    @rule(name=st.sampled_from(["Tag", "Studio", "Scene", "Performer"]), number=numbers)
    def delete(self, name: str, number: int) -> None:
        one = self.pick(name, number)
        if one is not None:
            self.recorded(lambda: self.bench.client.destroy_entity(TYPES[name], [one]))

    @rule(source=numbers, destination=numbers)
    def merge(self, source: int, destination: int) -> None:
        one, other = self.pick("Tag", source), self.pick("Tag", destination)
        if one and other and one != other:
            self.recorded(lambda: self.bench.client.tags_merge([one], other))

    @rule(number=numbers)
    @precondition(lambda self: self.runs)
    def undo(self, number: int) -> None:
        self.revert(self.bench.context.undo, self.runs[-1 - number % len(self.runs)])

    @rule(number=numbers)
    @precondition(lambda self: self.runs)
    def redo(self, number: int) -> None:
        self.revert(self.bench.context.redo, self.runs[-1 - number % len(self.runs)])

    def revert(self, act: Any, run: int) -> None:
        with suppress(StashJournalError):  # already undone, or nothing to undo
            self.run(act(run))
        for scene in self.run(library_content(self.bench))["findScenes"]["scenes"]:
            assert scene["details"] == self.theirs.get(scene["title"], scene["details"])

    def teardown(self) -> None:
        try:
            if hasattr(self, "before"):
                self.finish()
        finally:
            self.run(self.stack.aclose())
            self.runner.close()
            self.folder.cleanup()

    def finish(self) -> None:
        for _ in range(3):
            for run in reversed(self.runs):
                self.revert(self.bench.context.undo, run)
        assert self.without_other_changes(
            self.run(library_content(self.bench))
        ) == self.without_other_changes(self.before)

    def without_other_changes(self, found: Any) -> Any:
        """Library content without changes of other clients."""
        for scene in found["findScenes"]["scenes"]:
            scene["details"] = "" if scene["title"] in self.touched else scene["details"]
        found["findScenes"]["scenes"].sort(key=repr)
        return found


TYPES = {"Tag": Tag, "Studio": Studio, "Scene": Scene, "Performer": Performer}


async def ids_of(bench: Workbench, name: str) -> list[str]:
    items = f"{name.lower()}s"
    answer = await bench.client.execute(f"{{ find{name}s(filter: {{per_page: -1}}) {{ {items} {{ id }} }} }}")
    return sorted((row["id"] for row in answer[f"find{name}s"][items]), key=int)


async def fill(bench: Workbench, rng: random.Random) -> None:
    """Fill a random library with a few tags, studios and scenes."""
    tags = [await bench.client.create_tag(Tag(name=f"tag {n}", aliases=[f"alias {n}"])) for n in range(4)]
    studios = [await bench.client.create_studio(Studio(name=f"studio {n}")) for n in range(2)]
    for number in range(4):
        chosen = rng.sample(tags, rng.randrange(3))
        scene = Scene(title=f"scene {number}", tags=chosen, studio=rng.choice([None, *studios]))
        await bench.client.create_scene(scene)


TestUndo = UndoMachine.TestCase
TestUndo.settings = settings(
    # A failing sequence is short enough to read; shrinking it takes minutes.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    max_examples=int(os.environ.get("UNDO_EXAMPLES", "2")),
    stateful_step_count=int(os.environ.get("UNDO_STEPS", "10")),
    deadline=None,
)
