"""`rename`: files on disk and in the library have the same new names, none is lost, and all can go back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rename_support import Shelf
from scan_library import picture, write_video, write_zip

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
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path, {"in/1.png": "One", "in/2.png": "Two", "3.png": "Three"})


def test_files_are_renamed_in_their_folders_once_and_go_back(shelf: Shelf) -> None:
    before = shelf.content()
    assert "renamed 3 images" in shelf.rename().err
    renamed = {"in/1.png": "in/One.png", "in/2.png": "in/Two.png", "3.png": "Three.png"}
    assert shelf.content() == {renamed[path]: content for path, content in before.items()}
    assert shelf.content().keys() == set(shelf.paths().values())
    runs = len(shelf.runs())
    assert "nothing to rename: 3 images so already" in shelf.rename().err
    assert len(shelf.runs()) == runs
    assert "moved 3 files back" in shelf.undo().err
    assert shelf.content() == before


def test_a_dry_run_shows_the_moves_and_makes_none(shelf: Shelf) -> None:
    before = shelf.content()
    done = shelf.rename("Sorted/{{ title }}", "-n")
    assert "/in/1.png ->" in done.err
    assert len(done.rows) == 3
    plan = json.loads(shelf.rename("Sorted/{{ title }}", "-n", "--json").out)
    assert {Path(edit["after"]).relative_to(shelf.media).as_posix() for edit in plan["edits"]} == {
        "Sorted/One.png",
        "Sorted/Two.png",
        "Sorted/Three.png",
    }
    assert shelf.content() == before
    assert not shelf.runs()


def test_what_a_value_holds_stays_one_name(tmp_path: Path) -> None:
    titles = {f"{number}.png": title for number, (title, _) in enumerate(HOSTILE)}
    shelf = Shelf(tmp_path, titles)
    before = shelf.content()
    assert shelf.rename().status == 0
    assert shelf.content() == {name: before[f"{number}.png"] for number, (_, name) in enumerate(HOSTILE)}
    assert "so already" in shelf.rename().err


def test_names_that_are_swapped_and_cycles(tmp_path: Path) -> None:
    shelf = Shelf(
        tmp_path, {"a.png": "b", "b.png": "c", "c.png": "a", "x.png": "y", "y.png": "z", "q.png": "Q"}
    )
    before = shelf.content()
    assert shelf.rename().status == 0
    moved = {"a": "b", "b": "c", "c": "a", "x": "y", "y": "z", "q": "Q"}
    assert shelf.content() == {f"{new}.png": before[f"{old}.png"] for old, new in moved.items()}
    assert shelf.undo().status == 0
    assert shelf.content() == before


def test_collisions(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, {"1.png": "Same", "2.png": "same", "3.png": "Held", "4.png": "Alone"})
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


def test_a_folder_keeps_its_spelling(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, {"Acme/1.png": "One", "2.png": "Two"})
    assert shelf.rename("ACME/{{ title }}").status == 0
    assert set(shelf.content()) == {"Acme/One.png", "Acme/Two.png"}
    assert "so already" in shelf.rename("acme/{{ title }}").err


def test_a_zip_takes_its_members_along_and_a_member_stays(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, {"1.png": "One"})
    write_zip(shelf.media / "set.zip", {"a/1.png": picture(7), "2.png": picture(8)})
    shelf.scan()
    shelf.entitle("gallery", {1: "Set: one"})
    assert "2 images left: it is in a zip file" in shelf.rename().err
    assert shelf.rename("new/{{ title }}", noun="galleries").status == 0
    assert {*shelf.paths().values()} == {"One.png", "new/Set - one.zip/2.png", "new/Set - one.zip/a/1.png"}
    assert "in a zip file" in shelf.rename("x", str(max(shelf.paths()))).err
    assert shelf.undo().status == 0
    assert "set.zip/a/1.png" in shelf.paths().values()
    shelf.scan()
    assert len(shelf.paths()) == 3


def test_videos_with_captions_or_scripts_stay_unless_permitted(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, {})
    write_video(shelf.media / "a.mp4", 1)
    write_video(shelf.media / "b.mp4", 2)
    (shelf.media / "a.en.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nHi\n")
    shelf.scan()
    shelf.entitle("scene", {1: "A b", 2: "B c"})
    refused = shelf.rename(noun="scenes")
    assert refused.status == 6
    assert "captions" in refused.err
    assert {*shelf.paths("scene").values()} == {"a.mp4", "B c.mp4"}
    assert shelf.rename("{{ title }}", "--sidecars", "leave", noun="scenes").status == 0
    assert {*shelf.paths("scene").values()} == {"A b.mp4", "B c.mp4"}


def test_a_failure_half_way_leaves_a_journal_that_tells(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, {"a.png": "b", "b.png": "a", "c.png": "d", "e.png": "f"})
    (shelf.media / "b.png").unlink()
    before = shelf.content()
    done = shelf.rename()
    assert done.status == 6
    assert set(shelf.content()) == {"a.png", "d.png", "f.png"}
    run = shelf.runs()[0]
    assert run["state"] == "incomplete"
    assert shelf.cli("undo", str(run["id"]), "-y").status == 0
    assert shelf.content() == before


def test_a_library_without_its_media_is_renamed_for_a_rehearsal(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, {"a.png": "b", "b.png": "c", "c.png": "a", "x.png": "Y"})
    before = shelf.paths()
    shelf.media.rename(tmp_path / "elsewhere")
    assert shelf.rename("s/{{ title }}").status == 0
    assert sorted(shelf.paths().values()) == ["s/Y.png", "s/a.png", "s/b.png", "s/c.png"]
    assert shelf.undo().status == 0
    assert shelf.paths() == before
    assert not shelf.media.exists()


def test_several_files_move_together_or_not_at_all(tmp_path: Path) -> None:
    """As servers do it: the files of one mutation that were moved before another one failed go back."""
    shelf = Shelf(tmp_path, {"a.png": "A", "b.png": "B"})
    (shelf.media / "b.png").unlink()
    move = 'mutation { moveFiles(input: {ids: ["1", "2"], destination_folder: "%s"}) }'
    assert shelf.cli("api", move % (shelf.media / "new")).status != 0
    assert set(shelf.content()) == {"a.png"}
    assert set(shelf.paths().values()) == {"a.png", "b.png"}
    for name, told in (("a.jpg", ""), ("x" * 260 + ".jpg", "file /"), ("a", "is inconsistent")):
        given = f'ids: ["1"], destination_folder: "{shelf.media}", destination_basename: "{name}"'
        assert told in shelf.cli("api", f"mutation {{ moveFiles(input: {{{given}}}) }}").err
    assert set(shelf.content()) == {"a.jpg"}


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


def test_what_is_refused(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, {"a.png": "A"})
    for words, told in WRONG:
        done = shelf.cli("images", "rename", *words, "-y")
        assert told in done.err, words
        assert done.status in (2, 3), words
    assert list(shelf.content()) == ["a.png"]
