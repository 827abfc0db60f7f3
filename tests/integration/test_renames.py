"""`rename`: files get the same new names on disk and in the library, none is lost, and undo restores them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from rename_support import Cli, PictureLibrary, open_rename_workbench, plan_of, rename_run
from scan_library import picture, write_picture, write_video, write_zip
from served_library import serve_library
from table_tests import table_test

from stash_cli.core.renames import library

HOSTILE = [
    ("../../x", "-..-x.png"),
    ("a/b\\c", "a-b-c.png"),
    ("CON", "CON_.png"),
    ("a\u202egpj.x", "agpj.x.png"),
    ('Who? "Me": <b>|*', "Who 'Me' - b-.png"),
    (" . . dots. ", "dots.png"),
    ("x" * 300, "x" * 235 + ".png"),
    ("日本" * 60, "日本" * 39 + ".png"),
]


@pytest.fixture
def shelf(tmp_path: Path) -> PictureLibrary:
    return PictureLibrary(tmp_path, {"in/1.png": "One", "in/2.png": "Two", "3.png": "Three"})


def test_files_are_renamed_in_place_once_and_undone(shelf: PictureLibrary) -> None:
    before = shelf.content()
    assert "renamed 3 images" in shelf.rename().err
    renamed = {"in/1.png": "in/One.png", "in/2.png": "in/Two.png", "3.png": "Three.png"}
    assert shelf.content() == {renamed[path]: content for path, content in before.items()}
    assert shelf.content().keys() == set(shelf.paths().values())
    runs = len(shelf.runs())
    assert "nothing to rename: 3 images unchanged" in shelf.rename().err
    assert len(shelf.runs()) == runs
    assert "moved 3 files back" in shelf.undo().err
    assert shelf.content() == before


def test_dry_run_shows_moves_and_makes_none(shelf: PictureLibrary) -> None:
    before = shelf.content()
    result = shelf.rename("Sorted/{{ title }}", "-n")
    assert "in/1.png -> Sorted/One.png" in result.err
    assert len(result.rows) == 3
    plan = json.loads(shelf.rename("Sorted/{{ title }}", "-n", "--json").out)
    assert {Path(edit["after"]).relative_to(shelf.media).as_posix() for edit in plan["edits"]} == {
        "Sorted/One.png",
        "Sorted/Two.png",
        "Sorted/Three.png",
    }
    assert shelf.content() == before
    assert not shelf.runs()


def test_values_cannot_create_folders(tmp_path: Path) -> None:
    titles = {f"{number}.png": title for number, (title, _) in enumerate(HOSTILE)}
    shelf = PictureLibrary(tmp_path, titles)
    before = shelf.content()
    assert shelf.rename().status == 0
    assert shelf.content() == {name: before[f"{number}.png"] for number, (_, name) in enumerate(HOSTILE)}
    assert "unchanged" in shelf.rename().err


def test_swaps_and_cycles(tmp_path: Path) -> None:
    shelf = PictureLibrary(
        tmp_path, {"a.png": "b", "b.png": "c", "c.png": "a", "x.png": "y", "y.png": "z", "q.png": "Q"}
    )
    before = shelf.content()
    assert shelf.rename().status == 0
    moved = {"a": "b", "b": "c", "c": "a", "x": "y", "y": "z", "q": "Q"}
    assert shelf.content() == {f"{new}.png": before[f"{old}.png"] for old, new in moved.items()}
    assert shelf.undo().status == 0
    assert shelf.content() == before


def test_collisions(tmp_path: Path) -> None:
    shelf = PictureLibrary(tmp_path, {"1.png": "Same", "2.png": "same", "3.png": "Held", "4.png": "Alone"})
    (shelf.media / "Held.png").write_bytes(b"not in the library")
    failed = shelf.rename("{{ title }}", "--failed-to", str(tmp_path / "failed"))
    assert failed.status == 6
    assert set(shelf.content()) == {"1.png", "2.png", "3.png", "Held.png", "Alone.png"}
    assert "2 files would be" in failed.err
    assert "Held.png is there already" in failed.err
    assert (tmp_path / "failed").read_text().split() == ["1", "2", "3"]
    assert shelf.rename("{{ title }}", "--on-collision", "skip").status == 0
    assert set(shelf.content()) == {"Same.png", "2.png", "3.png", "Held.png", "Alone.png"}
    for _ in range(2):
        assert shelf.rename("{{ title }}", "--on-collision", "number").status == 0
        assert set(shelf.content()) == {"Same.png", "same (2).png", "Held (2).png", "Held.png", "Alone.png"}


def test_existing_folder_keeps_its_case(tmp_path: Path) -> None:
    shelf = PictureLibrary(tmp_path, {"Acme/1.png": "One", "2.png": "Two"})
    assert shelf.rename("ACME/{{ title }}").status == 0
    assert set(shelf.content()) == {"Acme/One.png", "Acme/Two.png"}
    assert "unchanged" in shelf.rename("acme/{{ title }}").err


def test_zip_is_renamed_with_its_members_and_members_are_not(tmp_path: Path) -> None:
    shelf = PictureLibrary(tmp_path, {"1.png": "One"})
    write_zip(shelf.media / "set.zip", {"a/1.png": picture(7), "2.png": picture(8)})
    shelf.scan()
    shelf.set_titles("gallery", {1: "Set: one"})
    assert "2 images left: it is in a zip file" in shelf.rename().err
    assert shelf.rename("new/{{ title }}", noun="galleries").status == 0
    assert {*shelf.paths().values()} == {"One.png", "new/Set - one.zip/2.png", "new/Set - one.zip/a/1.png"}
    assert "in a zip file" in shelf.rename("x", str(max(shelf.paths()))).err
    assert shelf.undo().status == 0
    assert "set.zip/a/1.png" in shelf.paths().values()
    shelf.scan()
    assert len(shelf.paths()) == 3


@pytest.fixture
def videos(tmp_path: Path) -> PictureLibrary:
    """Two videos, the first with captions, a description and a script."""
    shelf = PictureLibrary(tmp_path, {})
    write_video(shelf.media / "a.mp4", 1)
    write_video(shelf.media / "b.mp4", 2)
    (shelf.media / "a.en.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nHi\n")
    for name in ("a.mp4.nfo", "a.b.nfo", "ab.nfo", "a.funscript"):
        (shelf.media / name).write_text("{}")
    shelf.scan()
    shelf.set_titles("scene", {1: "A b", 2: "B c"})
    return shelf


def test_sidecars_follow_their_video(videos: PictureLibrary) -> None:
    before = videos.content()
    preview = videos.rename("new/{{ title }}", "-n", noun="scenes")
    assert "(with a.en.srt, a.funscript, a.mp4.nfo)" in preview.err
    result = videos.rename("new/{{ title }}", noun="scenes")
    assert "moved 3 files beside them" in result.err
    assert "stash scan" in result.err
    new = {"new/A b.mp4", "new/B c.mp4", "new/A b.en.srt", "new/A b.mp4.nfo", "new/A b.funscript"}
    assert videos.content().keys() == {*new, "a.b.nfo", "ab.nfo"}
    assert videos.undo().status == 0
    assert videos.content() == before


def test_sidecars_stay_on_request(videos: PictureLibrary) -> None:
    assert videos.rename("{{ title }}", "--sidecars", "leave", noun="scenes").status == 0
    assert {"A b.mp4", "B c.mp4", "a.en.srt", "a.mp4.nfo"} <= videos.content().keys()


def test_videos_stay_if_captions_cannot_follow(videos: PictureLibrary) -> None:
    with serve_library(videos.folder / "library.sqlite") as url:
        served = Cli(url, STASH_STATE_DIR=str(videos.folder / "state"))
        result = served("scenes", "rename", "{{ title }}", "--all", "-y")
        assert result.status == 6
        assert "it has captions and a funscript, which the server does not move along" in result.err
        assert {*videos.paths("scene").values()} == {"a.mp4", "B c.mp4"}


def test_failure_half_way_leaves_an_accurate_journal(tmp_path: Path) -> None:
    shelf = PictureLibrary(tmp_path, {"a.png": "b", "b.png": "a", "c.png": "d", "e.png": "f"})
    (shelf.media / "b.png").unlink()
    before = shelf.content()
    result = shelf.rename()
    assert result.status == 6
    assert set(shelf.content()) == {"a.png", "d.png", "f.png"}
    run = shelf.runs()[0]
    assert run["state"] == "incomplete"
    assert shelf.cli("undo", str(run["id"]), "-y").status == 0
    assert shelf.content() == before


def test_library_without_media_is_renamed_in_rehearsal(tmp_path: Path) -> None:
    shelf = PictureLibrary(tmp_path, {"a.png": "b", "b.png": "c", "c.png": "a", "x.png": "Y"})
    before = shelf.paths()
    shelf.media.rename(tmp_path / "elsewhere")
    assert shelf.rename("s/{{ title }}").status == 0
    assert sorted(shelf.paths().values()) == ["s/Y.png", "s/a.png", "s/b.png", "s/c.png"]
    assert shelf.undo().status == 0
    assert shelf.paths() == before
    assert not shelf.media.exists()


def test_demo_is_renamed_despite_a_foreign_media_folder(tmp_path: Path) -> None:
    """Many machines have a folder `/media` with unrelated drives."""
    shelf = PictureLibrary(tmp_path, {"videos/a.png": "b"})
    (shelf.media / "videos").rename(tmp_path / "elsewhere")
    (shelf.media / "usb").mkdir()
    assert shelf.rename("{{ title }}").status == 0
    assert list(shelf.paths().values()) == ["videos/b.png"]
    assert [path.name for path in shelf.media.iterdir()] == ["usb"]


def test_unmounted_folder_is_an_error_beside_a_mounted_one(tmp_path: Path) -> None:
    shelf = PictureLibrary(tmp_path, {"one/a.png": "A", "two/b.png": "B"})
    (shelf.media / "one").rename(tmp_path / "elsewhere")
    assert shelf.rename("{{ title }}").status == 6
    assert sorted(shelf.paths().values()) == ["one/a.png", "two/B.png"]


def test_files_of_one_mutation_move_together_or_not_at_all(tmp_path: Path) -> None:
    """As on servers: if one file of a mutation fails, the others are moved back."""
    shelf = PictureLibrary(tmp_path, {"a.png": "A", "b.png": "B"})
    (shelf.media / "b.png").unlink()
    move = 'mutation { moveFiles(input: {ids: ["1", "2"], destination_folder: "%s"}) }'
    assert shelf.cli("api", move % (shelf.media / "new")).status != 0
    assert set(shelf.content()) == {"a.png"}
    assert set(shelf.paths().values()) == {"a.png", "b.png"}
    for name, message in (("a.jpg", ""), ("x" * 260 + ".jpg", "file /"), ("a", "is inconsistent")):
        given = f'ids: ["1"], destination_folder: "{shelf.media}", destination_basename: "{name}"'
        assert message in shelf.cli("api", f"mutation {{ moveFiles(input: {{{given}}}) }}").err
    assert set(shelf.content()) == {"a.jpg"}


@table_test("is_done", [True, False])
def test_lost_response_is_resolved_by_file_locations(
    tmp_path_factory: pytest.TempPathFactory, is_done: bool
) -> None:
    shelf = PictureLibrary(
        tmp_path_factory.mktemp("lost"), {"a.png": "b", "b.png": "a", "c.png": "d", "e.png": "f"}
    )
    before, outcomes = shelf.content(), dict[str, str]()

    async def lose() -> None:
        async with (
            open_rename_workbench(shelf.url) as bench,
            plan_of(bench, "{{ title }}", "fail") as (plan, naming),
        ):
            bench.wire.drop_response("moveFiles", done=is_done)
            async with bench.context.journal():
                await rename_run(bench, plan, naming, outcomes).apply()

    asyncio.run(lose())
    unknown = [one for one, outcome in outcomes.items() if outcome != "done"]
    assert len(unknown) == (0 if is_done else 2)
    assert sorted(shelf.content().values()) == sorted(before.values())
    assert shelf.content().keys() == set(shelf.paths().values())
    assert not [path for path in shelf.content() if "stash-rename" in path]
    assert shelf.undo().status == 0
    assert shelf.content() == before


def test_file_moved_by_others_meanwhile_is_skipped(shelf: PictureLibrary) -> None:
    outcomes: dict[str, str] = {}

    async def meanwhile() -> None:
        async with (
            open_rename_workbench(shelf.url) as bench,
            plan_of(bench, "{{ title }}", "fail") as (plan, naming),
        ):
            where = {"destination_folder": str(shelf.media / "his"), "destination_basename": "own.png"}
            await bench.client.move_files({"ids": ["1"], **where})
            async with bench.context.journal():
                await rename_run(bench, plan, naming, outcomes).apply()

    asyncio.run(meanwhile())
    assert "his/own.png" in shelf.content()
    assert "moved meanwhile" in outcomes["1"]
    assert list(outcomes.values()).count("done") == 2


def test_interactive_asks_for_each_object(tmp_path: Path) -> None:
    shelf = PictureLibrary(tmp_path, {"a.png": "b", "b.png": "c", "d.png": "e", "f.png": "g"})
    words = ("images", "rename", "{{ title }}", "--all", "-i")
    result = shelf.cli(*words, terminal=True, answers="?\ny\nn\na\n")
    assert result.status == 0, result.err
    assert len({"b.png", "c.png", "e.png", "g.png"} & shelf.content().keys()) >= 2
    result = shelf.cli(*words, terminal=True, answers="q\n")
    assert result.status == 11
    assert shelf.cli(*words).status == 11


def test_servers_without_file_queries_are_asked_by_sql(tmp_path: Path) -> None:
    shelf = PictureLibrary(tmp_path, {"Ab/1.png": "", "ab c/2_%.png": "", "3.png": ""})

    async def compare() -> None:
        async with open_rename_workbench(shelf.url) as bench:
            session = bench.client.session
            names = ("", "/ab", "/AB C", "/none")
            folders = [f"{shelf.media}{name}" for name in names]
            files = await library._known_files(session, folders)
            assert sorted(files) == sorted(await library._files_by_sql(session, folders))
            assert len(files) == 3
            known = await library._known_folders(session, folders)
            assert sorted(known) == sorted(await library._folders_by_sql(session, folders))
            async with bench.context.journal() as run:
                await library._files_by_sql(session, folders)
            assert not bench.rows(run.id)

    asyncio.run(compare())


WRONG = [
    (("{{ title }}",), "no images are chosen"),
    (("{{ titel }}", "1"), "Did you mean title?"),
    (("1", "{{ title }}"), "the template comes first"),
    (("/x", "1"), "--to FOLDER"),
    (("x/", "1"), "the name of the file"),
    (("a//b", "1"), "a folder without a name"),
    (("a:b", "1"), "':' of the template"),
    (("a", "1", "--to", "/nowhere"), "is in no folder of the library"),
    (("a", "1", "--empty", "a/b"), "--empty"),
    (("a", "1", "--on-collision", "no"), "is not one of"),
    (("{{ code }}", "1"), "the name of the file is empty"),
    (("{{ code }}/{{ title }}", "1"), "folder 1 of its path is empty"),
]


def test_invalid_renames_are_rejected(tmp_path: Path) -> None:
    shelf = PictureLibrary(tmp_path, {"a.png": "A"})
    for words, message in WRONG:
        result = shelf.cli("images", "rename", *words, "-y")
        assert message in result.err, words
        assert result.status in (1, 2, 3), words
    assert list(shelf.content()) == ["a.png"]


def test_saved_plan_is_applied_later_and_undone(tmp_path: Path) -> None:
    shelf = PictureLibrary(tmp_path, {"a.png": "b", "b.png": "a", "in/c.png": "New"})
    before, plan = shelf.content(), str(tmp_path / "plan.jsonl")
    assert "wrote the plan" in shelf.rename("{{ title }}", "--plan-out", plan).err
    assert shelf.content() == before
    assert "path: set on 3 images" in shelf.cli.ok("apply", plan, "-n").err
    assert "renamed 3 images" in shelf.cli.ok("apply", plan, "-y").err
    moved = {"a.png": "b.png", "b.png": "a.png", "in/c.png": "in/New.png"}
    assert shelf.content() == {moved[path]: content for path, content in before.items()}
    assert "carried out before" in shelf.cli("apply", plan, "-y").err
    assert shelf.undo().status == 0
    assert shelf.content() == before


def test_saved_plan_skips_moved_files_and_taken_names(shelf: PictureLibrary, tmp_path: Path) -> None:
    plan = str(tmp_path / "plan.jsonl")
    shelf.rename("Sorted/{{ title }}", "--plan-out", plan)
    taken = "Sorted/Two.png"
    write_picture(shelf.media / taken, 9)
    ids = {path: one for one, path in shelf.paths().items()}
    shelf.cli.ok("images", "rename", "Other", str(ids["in/1.png"]), "-y")
    result = shelf.cli("apply", plan, "-y")
    assert result.status == 6
    assert ("was moved meanwhile" in result.err, "Two.png" in result.err) == (True, True)
    assert {"in/Other.png", taken, "in/2.png", "Sorted/Three.png"} == shelf.content().keys()
