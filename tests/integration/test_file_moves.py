"""File moves: ordered so that none is lost, journalled, reported correctly, and undone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from journal_support import Workbench, open_workbench
from scan_library import write_picture
from table_tests import table_test

from stash_cli.core.edits.apply import Applier
from stash_cli.core.edits.moves import Move, in_order, move_files
from stash_cli.core.errors import StashInputError

ORDERS = [
    ("ab", "a>b"),
    ("ab bc", "2:b>c 1:a>b"),
    ("ab bc cd", "3:c>d 2:b>c 1:a>b"),
    ("ab ba", "1:a>moving-1 2:b>a 1:moving-1>b"),
    ("ab bc ca dd", "1:a>moving-1 3:c>a 2:b>c 1:moving-1>b"),
    ("aA", "1:a>moving-1 1:moving-1>A"),
    ("xa ab ba", None),
]


@table_test(("words", "expected"), ORDERS, ids=str)
def test_each_target_is_free_at_its_turn(words: str, expected: str | None) -> None:
    moves = [Move(str(n), f"/m/{a}.mp4", f"/m/{b}.mp4") for n, (a, b) in enumerate(words.split(), 1)]
    if expected is None:
        with pytest.raises(StashInputError, match="would both become"):
            in_order(moves)
        return
    found = [f"{each.id}:{Path(each.before).stem}>{Path(each.after).stem}" for each in in_order(moves)]
    assert " ".join(found) == (expected if ":" in expected else f"1:{expected}")


class Disk:
    """A scanned library with pictures `a.png` and so on in the folder `path`."""

    def __init__(self, bench: Workbench, path: Path) -> None:
        self.bench, self.path = bench, path

    async def has_names(self, *names: str) -> bool:
        """Whether the files of a, b and c have these names, on disk and in the library."""
        answer = await self.bench.client.execute("{ findFiles { files { id path size } } }")
        known = sorted(answer["findFiles"]["files"], key=lambda row: int(row["id"]))
        here = {path.name: path.stat().st_size for path in self.path.iterdir() if path.is_file()}
        return [Path(row["path"]).name for row in known] == [*names] and here == {
            Path(row["path"]).name: row["size"] for row in known
        }

    async def move(self, *pairs: str) -> tuple[int, dict[str, bool]]:
        """Move files such as "ab" (a to b); return the run's number, and id -> whether it was moved."""
        moves = [
            Move(str("abc".index(old) + 1), *(str(self.path / f"{name}.png") for name in (old, new)))
            for old, new in pairs
        ]
        done = {}
        async with self.bench.context.journal() as run:
            await move_files(
                Applier(self.bench.client.session),
                in_order(moves),
                lambda operation, outcome: done.update({operation.ids[0]: outcome.succeeded}),
            )
        return run.id, done

    def at_move(self, number: int, act: Callable[[], object]) -> None:
        """Call `act` just before the move request of this number."""

        def spoils(request: Any) -> bool:
            nonlocal number
            number -= "moveFiles" in request.document
            if number == 0:
                self.bench.wire.drops_request = lambda _: False
                act()
            return False

        self.bench.wire.drops_request = spoils


@pytest.fixture
async def disk(embedded_url: str, tmp_path: Path) -> AsyncIterator[Disk]:
    for number, name in enumerate("abc"):
        write_picture(tmp_path / "m" / f"{name}.png", number, size=(8 + 9 * number, 8))
    async with open_workbench(embedded_url) as bench:
        stashes = [{"path": str(tmp_path / "m"), "excludeVideo": False, "excludeImage": False}]
        await bench.client.call_operation("configureGeneral", input={"stashes": stashes})
        assert await bench.client.wait_for_job(await bench.client.metadata_scan()) is True
        found = Disk(bench, tmp_path / "m")
        assert await found.has_names("a.png", "b.png", "c.png")
        yield found


async def test_cycle_with_undo_and_redo(disk: Disk) -> None:
    run, done = await disk.move("ab", "bc", "ca")
    assert all(done.values())
    assert await disk.has_names("b.png", "c.png", "a.png")
    assert (await disk.bench.context.undo(run)).is_complete
    assert await disk.has_names("a.png", "b.png", "c.png")
    assert (await disk.bench.context.redo(run)).is_complete
    assert await disk.has_names("b.png", "c.png", "a.png")


async def test_outcomes_are_read_from_the_files(disk: Disk) -> None:
    """One move fails, so the response lacks the results of the whole request."""
    (disk.path / "x.png").write_bytes(b"in the way")
    run, done = await disk.move("ay", "bx", "cz")
    assert done == {"1": True, "2": False, "3": True}
    assert disk.bench.counts(run) == {"done": 2, "failed": 1}
    (disk.path / "x.png").unlink()
    assert await disk.has_names("y.png", "b.png", "z.png")


async def test_lost_response_is_looked_up(disk: Disk) -> None:
    disk.bench.wire.drop_response("moveFiles")
    run, done = await disk.move("ay")
    assert done == {"1": True}
    disk.bench.wire.drop_response("moveFiles", done=False)
    run, done = await disk.move("bx")
    assert done == {"2": False}
    assert disk.bench.counts(run) == {"unknown": 1}
    assert await disk.bench.context.resume(run) == {"done": 1}
    assert await disk.has_names("y.png", "x.png", "c.png")


async def test_name_taken_during_the_run(disk: Disk) -> None:
    """The file is back under its old name, not under the temporary one."""
    disk.at_move(2, lambda: (disk.path / "A.png").write_bytes(b"in the way"))
    run, done = await disk.move("aA")
    assert done == {"1": False}
    (disk.path / "A.png").unlink()
    assert await disk.has_names("a.png", "b.png", "c.png")
    assert disk.bench.counts(run) == {"done": 2, "failed": 1}


async def test_changes_of_others_are_kept(disk: Disk) -> None:
    run, _ = await disk.move("ax", "by")
    await disk.bench.client.call_operation(
        "moveFiles",
        input={"ids": ["2"], "destination_folder": str(disk.path), "destination_basename": "q.png"},
    )
    (disk.path / "a.png").write_bytes(b"somebody's")
    report = await disk.bench.context.undo(run)
    assert sorted(str(each).split(":")[0] for each in report.problems) == ["file 1 path", "file 2 path"]
    (disk.path / "a.png").unlink()
    assert await disk.has_names("x.png", "q.png", "c.png")
    assert len((await disk.bench.context.undo(run)).problems) == 1
    assert await disk.has_names("a.png", "q.png", "c.png")


async def test_interrupted_run_is_finished(disk: Disk) -> None:
    """It ended between the two moves of a file with a temporary name."""

    def die() -> None:
        raise KeyError

    disk.at_move(2, die)
    with pytest.raises(KeyError):
        await disk.move("ab", "ba")
    assert not await disk.has_names("a.png", "b.png", "c.png")
    assert await disk.bench.context.resume(1) == {"done": 3}
    assert await disk.has_names("b.png", "a.png", "c.png")
    assert (await disk.bench.context.undo(1)).is_complete
    assert await disk.has_names("a.png", "b.png", "c.png")
