"""Rename plans of random libraries: no path collision, no lost file, idempotent."""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from stash_cli.core.renames.collisions import POLICIES
from stash_cli.core.renames.names import fold, safe_name
from stash_cli.core.renames.order import ordered
from stash_cli.core.renames.paths import join, split
from stash_cli.core.renames.plan import RenamePlan, Target

EXAMPLES = int(os.environ.get("RENAME_EXAMPLES", "20"))
ROOT = "/lib"
FOLDERS = (ROOT, "/lib/a", "/lib/A", "/lib/a/b")
names = st.sampled_from(["a", "A", "b", "c", "a (2)", "b (3)", "é", "e\u0301", "ß", "ss"])
folders = st.sampled_from(FOLDERS)


@dataclass
class Disk:
    """A disk that rejects overwriting, like the server; `files` are contents by path."""

    is_case_blind: bool
    files: dict[str, int] = field(default_factory=dict)

    def _key(self, path: str) -> str:
        return fold(path) if self.is_case_blind else path

    def find(self, path: str) -> str | None:
        return next((each for each in self.files if self._key(each) == self._key(path)), None)

    def put(self, path: str, content: int) -> None:
        if self.find(path) is None:
            self.files[path] = content

    def move(self, source: str, target: str) -> None:
        assert self.find(target) is None, f"{target} exists"
        self.files[target] = self.files.pop(source)


@dataclass
class Library:
    """Files by id, and the target paths of the selected ones."""

    disk: Disk
    targets: dict[int, tuple[str, str]]

    def plan(self, policy: str) -> RenamePlan:
        plan = RenamePlan()
        paths = {content: path for path, content in self.disk.files.items()}
        plan.add(self.target(one, paths[one]) for one in sorted(self.targets) if one in paths)
        plan.use_existing_case({ROOT, *(split(path)[0] for path in self.disk.files)})
        plan.reserve((str(one), path) for one, path in paths.items())
        plan.resolve(policy, 255)
        return plan

    def target(self, one: int, path: str) -> Target:
        folder, stem = self.targets[one]
        return Target(str(one), f"s{one}", "", path, folder, safe_name(stem), ".mp4")


@st.composite
def libraries(draw: Any) -> Library:
    disk = Disk(draw(st.booleans()))
    for one in range(draw(st.integers(1, 9))):
        disk.put(join(draw(folders), draw(names) + ".mp4"), one)
    chosen = [one for one in disk.files.values() if draw(st.integers(0, 4))]
    return Library(disk, {one: (draw(folders), draw(names)) for one in chosen})


@settings(max_examples=EXAMPLES, deadline=None)
@given(libraries(), st.sampled_from(POLICIES))
def test_no_file_is_lost_or_overwritten_and_plans_are_idempotent(library, policy):
    disk = library.disk
    before = dict(disk.files)
    with closing(library.plan(policy)) as plan:
        moves, stay = list(plan.moves()), {each.path for each in plan.refusals()}
        counts = plan.counts()
    for move in moves:
        assert disk.files[move.source] == int(move.id)
        disk.move(move.source, move.target)
    assert sorted(disk.files.values()) == sorted(before.values())
    assert len({disk._key(path) for path in disk.files}) == len(disk.files)
    assert not [path for path in disk.files if "stash-rename" in path]
    assert stay <= disk.files.keys()
    for path, one in disk.files.items():
        if one in library.targets and before.get(path) != one:
            folder, stem = library.targets[one]
            assert fold(path).startswith(fold(join(folder, stem)))
    assert counts.get("moves", 0) == len({move.id for move in moves})
    if policy == "number":
        assert not stay
    with closing(library.plan(policy)) as again:
        assert not list(again.moves())
    for move in reversed(moves):
        disk.move(move.target, move.source)
    assert disk.files == before


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.dictionaries(st.integers(0, 12), st.lists(st.integers(0, 12), max_size=3)))
def test_moves_wait_for_each_other(waits):
    waits = {one: [each for each in others if each != one] for one, others in waits.items()}
    gone, home = set(), set()
    for one, is_temporary in ordered(waits):
        if is_temporary:
            assert one not in gone
        else:
            assert set(waits[one]) & waits.keys() <= gone
            home.add(one)
        gone.add(one)
    assert home == set(waits)


@settings(max_examples=4 * EXAMPLES, deadline=None)
@given(st.text(max_size=300), st.integers(20, 255))
def test_safe_names_are_idempotent(text, limit):
    name = safe_name(text, limit)
    assert safe_name(name, limit) == name
    assert len(name.encode()) <= limit + 1
    assert not set(name) & set('/\\<>:"|?*\0\n\r\t\u202e')
    assert name == name.strip(" .") or not name
    assert name.split(".")[0].rstrip().lower() not in {"con", "nul", "aux", "prn", "com1", "lpt9"}
