"""Cards and tables on a terminal: file details, column priority, line breaks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cli_support import Cli
from table_tests import table_test

from stash_cli.core.texts import ARROW
from stash_cli.output.diff import show_object
from stash_cli.output.formats import open_writer
from stash_cli.output.streams import fake_streams
from stash_cli.output.values import View, columns

PLAIN = {"NO_COLOR": "1"}
SCENES = View(
    columns=columns("id>", "title!", "date", "height>?", "studio", "performers"),
)
SCENE = {
    "id": "1",
    "title": "Wandering Forest in Kerala",
    "date": "2022-07-19",
    "height": 720,
    "studio": "Slow Train Productions",
    "performers": ["Keiko Garcia", "Greta Brandt"],
}


def table(width: int, monkeypatch: pytest.MonkeyPatch, **facts: Any) -> list[str]:
    monkeypatch.setenv("COLUMNS", str(width))
    streams = fake_streams(terminal=True, environ=PLAIN)
    writer = open_writer(streams, "table", SCENES)
    writer.row(SCENE | facts)
    writer.finish()
    lines: list[str] = streams.out.getvalue().splitlines()  # type: ignore[attr-defined]
    assert max(map(len, lines)) <= width
    return lines


@table_test("width", range(40, 121, 10))
def test_title_is_complete_while_less_important_columns_are_shown(
    width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    heading, row = table(width, monkeypatch)
    assert SCENE["title"] in row
    # The height is dropped first, and nothing is truncated before.
    assert "HEIGHT" not in heading or "…" not in row


def test_long_title_leaves_room_for_other_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    heading, row = table(60, monkeypatch, title="long " * 40)
    assert heading.split()[:3] == ["ID", "TITLE", "DATE"]
    assert "2022-07-19" in row


@pytest.fixture
def cli_with_files(embedded_url: str, pictures: Path) -> Cli:
    """The program over pictures and a performer with a stash id and custom fields."""
    cli = Cli(embedded_url, **PLAIN)
    cli.ok("library", "add", str(pictures))
    cli.ok("scan", "--wait", "-q")
    facts = {
        "name": "Alice",
        "stash_ids": [{"endpoint": "https://box.org/graphql", "stash_id": "2f1c-77"}],
        "custom_fields": {"height": 180, "eyes": "blue"},
        "urls": ["https://a.org/1", "https://b.org/2"],
        "details": "Presents films about rivers, lakes and the sea for many years.",
    }
    cli.ok("performer", "create", "--input", "-", answers=json.dumps(facts))
    return cli


def test_card_shows_the_file_with_its_size(cli_with_files: Cli, pictures: Path) -> None:
    card = cli_with_files.ok("image", "show", "1").out
    assert f"{pictures}/p0.png\n" in card
    assert " B, 8x8" in card
    assert "created at: " in card
    row = cli_with_files.ok("image", "show", "1", "--csv").out.splitlines()
    assert row[0].endswith(",path,size")
    assert f"{pictures}/p0.png," in row[1]


def test_card_values_are_aligned(cli_with_files: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    lines = cli_with_files.ok("performer", "show", "1", terminal=True).out.splitlines()
    assert len({len(line) - len(line.split(":", 1)[1].lstrip()) for line in lines if ": " in line[:20]}) == 1
    at = next(line.index("Alice") for line in lines if "Alice" in line)
    values = [line[at:] for line in lines]
    assert "about rivers, lakes and the" in " ".join(values)
    assert "https://box.org/graphql 2f1c-77" in values
    assert values.index("https://b.org/2") == values.index("https://a.org/1") + 1
    assert {"height=180, eyes=blue", "eyes=blue, height=180"} & set(values)


def test_long_values_are_placed_below_their_label(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    streams = fake_streams(terminal=True, environ=PLAIN)
    view = View(columns=columns("a", "a_label_of_thirty_characters"))
    writer = open_writer(streams, "table", view, single=True)
    writer.row({"a": "x", "a_label_of_thirty_characters": "some words that are long"})
    writer = open_writer(streams, "table", View(columns=columns("database_path")), single=True)
    writer.row({"database_path": "/a/path/of/thirty/characters.db"})
    assert streams.out.getvalue().splitlines() == [  # type: ignore[attr-defined]
        f"a:{' ' * 28}x",
        "a label of thirty characters:",
        "    some words that are long",
        "database path:",
        "    /a/path/of/thirty/characters.db",
    ]


def test_card_in_a_pipe_has_a_line_per_value(cli_with_files: Cli) -> None:
    assert "details: " in cli_with_files.ok("performer", "show", "1").out
    assert (
        "about rivers, lakes and the sea for many years.\n" in cli_with_files.ok("performer", "show", "1").out
    )


def test_notes_are_wrapped_on_a_terminal_only(offline: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    long = fake_streams(terminal=True, environ=PLAIN)
    long.warn("some words that do not fit the line " * 3 + "x" * 60)
    long.note("  listed: " + "some words of it " * 3)
    lines = long.err.getvalue().splitlines()  # type: ignore[attr-defined]
    assert [line for line in lines if len(line) > 40] == ["x" * 60]
    assert lines[-2:] == ["  listed: some words of it some words of", "    it some words of it"]
    assert offline("tags", "find", "--json", terminal=True).err.count("\n") == 1


LONG = "some words that do not fit the line " * 2


@table_test("width", range(40, 121, 8))
def test_long_edit_is_wrapped_before_its_arrow_and_between_words(
    width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    streams = fake_streams(terminal=True, environ=PLAIN)
    parts = [(f'"{LONG}"', "removed"), (ARROW, ""), ('"x"', "added"), (f" {'y' * 130}", "added")]
    show_object(streams, "scene", "1", "Sea", [("details", parts)])
    _, first, *others = streams.err.getvalue().splitlines()  # type: ignore[attr-defined]
    assert first.startswith('  details: "some words')
    assert [line for line in (first, *others) if len(line) > width] == [f"    {'y' * 130}"]
    assert all(line[:4] == "    " != line[4] for line in others)
    assert '    -> "x"' in others
    text = " ".join(line.strip() for line in (first, *others))
    assert text == f'details: "{LONG}" -> "x" {"y" * 130}'


def test_untitled_gallery_is_named_by_its_folder(embedded_url: str, pictures: Path) -> None:
    (pictures / ".forcegallery").touch()
    cli = Cli(embedded_url, **PLAIN)
    cli.ok("library", "add", str(pictures))
    cli.ok("scan", "--wait")
    assert f"galleries:  {pictures.name}\n" in cli.ok("image", "show", "1", terminal=True).out


def test_file_and_card_show_equal_details(embedded_url: str, pictures: Path) -> None:
    cli = Cli(embedded_url, **PLAIN)
    cli.ok("library", "add", str(pictures))
    cli.ok("scan", "--wait")
    output = cli.ok("file", "show", "1").out
    assert "8x8\n" in output
    assert "type" not in output
    assert output.count(str(pictures / "p0.png")) == 1
    head = cli.ok("file", "show", "1", "--csv").out.splitlines()[0]
    assert head.split(",").count("path") == 1
    assert "size" in head


def test_labels_are_words(embedded_url: str) -> None:
    made = Cli(embedded_url, **PLAIN)("tag", "create", "--name", "A", terminal=True).out
    labels = [line.partition(":")[0] for line in made.splitlines() if line]
    assert {"markers", "galleries", "studios"} <= set(labels)
    assert not any("_" in each for each in labels)
