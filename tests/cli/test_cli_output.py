"""Output formats, tables and streams of plain rows."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import pytest
import yaml
from table_tests import table_test

from stash_cli.commands.argv.flags import FORMATS
from stash_cli.core.errors import StashNotConfirmedError
from stash_cli.output.failures import confirm, confirm_count
from stash_cli.output.formats import open_writer
from stash_cli.output.progress import Bar, Lines, NullProgress, Rate, open_progress
from stash_cli.output.streams import Streams, fake_streams
from stash_cli.output.values import View, columns, pick, shown

ROWS: list[dict[str, Any]] = [
    {
        "id": "1",
        "title": 'a "b", c',
        "studio": {"id": "4", "name": "Acme"},
        "files": [{"path": "/x"}, {"path": "/y"}],
    },
    {"id": "22", "title": "tab\there\nline | pipe", "studio": None, "files": []},
    {"id": "3", "title": "\x1b[31mred\x1b[0m \u65e5\u672c", "studio": None, "files": [{"path": "/z\n"}]},
]
VIEW = View("", columns("id>", "title", "studio=studio.name", "path=files.path"), files=("files.path",))


PLAIN = {"environ": {"NO_COLOR": "1"}}


def rendered(name: str, rows: list[dict[str, Any]] = ROWS, *, terminal: bool = False, **facts: Any) -> str:
    streams = fake_streams(terminal=terminal, **facts.pop("streams", {}))
    writer = open_writer(streams, name, facts.pop("view", VIEW), **facts)
    for row in rows:
        writer.row(row)
    writer.finish()
    return streams.out.getvalue()  # type: ignore[attr-defined]


def test_machine_formats_round_trip() -> None:
    assert json.loads(rendered("json")) == ROWS
    assert [json.loads(line) for line in rendered("jsonl").splitlines()] == ROWS
    assert yaml.safe_load(rendered("yaml")) == ROWS
    assert rendered("ids") == "1\n22\n3\n"
    assert rendered("paths", nul=True) == "/x\0/y\0/z\n\0"


def test_csv_and_tsv_have_every_value_in_its_column() -> None:
    rows = list(csv.reader(io.StringIO(rendered("csv"))))
    assert rows[0] == ["id", "title", "studio", "path"]
    assert rows[1] == ["1", 'a "b", c', "Acme", "/x; /y"]
    assert rows[2][1] == "tab\there\nline | pipe"
    lines = rendered("tsv").splitlines()
    assert [len(line.split("\t")) for line in lines] == [4, 4, 4, 4]
    assert lines[1].split("\t")[1] == 'a "b", c'


@pytest.mark.parametrize(
    ("name", "empty"), [("json", "[]\n"), ("jsonl", ""), ("yaml", "[]\n"), ("ids", ""), ("table", "")]
)
def test_no_rows(name: str, empty: str) -> None:
    assert rendered(name, []) == empty


def test_interrupted_list_is_not_terminated() -> None:
    streams = fake_streams()
    writer = open_writer(streams, "json", VIEW)
    writer.row(ROWS[0])
    with pytest.raises(ValueError, match=r"delimiter|Expecting"):
        json.loads(streams.out.getvalue())  # type: ignore[attr-defined]


def test_single_object_is_not_a_list() -> None:
    assert json.loads(rendered("json", ROWS[:1], single=True)) == ROWS[0]
    assert yaml.safe_load(rendered("yaml", ROWS[:1], single=True)) == ROWS[0]


def test_markdown_cells_are_escaped() -> None:
    assert "line \\| pipe" in rendered("md")


@pytest.mark.parametrize("terminal", [False, True])
def test_table_escapes_control_characters(terminal: bool) -> None:
    text = rendered("table", terminal=terminal, streams=PLAIN)
    assert "\x1b" not in text
    assert "\t" not in text


def test_table_is_truncated_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    rows = [{"id": "1", "title": "word " * 30}]
    lines = rendered("table", rows, terminal=True, streams=PLAIN).splitlines()
    assert max(map(len, lines)) <= 40
    assert lines[1].split()[:2] == ["1", "word"]
    assert ("word " * 30).strip() in rendered("table", rows)


def test_omitted_columns_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "24")
    streams = fake_streams(terminal=True, environ={"NO_COLOR": "1"})
    writer = open_writer(streams, "table", VIEW)
    for row in [*ROWS[:2], *[ROWS[0] | {"title": "long " * 9}] * 200]:
        writer.row(row)
    writer.finish()
    lines = streams.out.getvalue().splitlines()  # type: ignore[attr-defined]
    assert lines[0].split() == ["ID", "TITLE", "STUDIO"]
    assert max(map(len, lines)) <= 24
    assert "too narrow: path;" in streams.err.getvalue().replace("\n", " ")  # type: ignore[attr-defined]


@table_test("terminal", [False, True])
def test_long_table_keeps_its_columns_aligned(terminal: bool) -> None:
    rows = [{"id": str(n), "title": "t" * (n % 7), "studio": {"name": "Acme"}} for n in range(100, 350)]
    lines = rendered("table", rows, terminal=terminal, streams=PLAIN).splitlines()
    assert lines[0].split() == ["ID", "TITLE", "STUDIO", "PATH"]
    assert len(lines) == 251
    assert {line.index("Acme") for line in lines[1:]} == {lines[0].index("STUDIO")}


def test_terminal_shows_path_ends_and_hides_empty_columns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    view = View("", columns("id>", "title", "path:path!", "code", "date"))
    rows = [
        {"id": "1", "title": "\u65e5\u672c", "path": f"/media/{'x' * 60}/sea.mp4", "date": "2024-05-01"},
        {"id": "2", "title": "Sand", "path": "/media/sand.mp4", "date": ""},
    ]
    lines = rendered("table", rows, terminal=True, streams=PLAIN, view=view).splitlines()
    assert [line.split() for line in lines[:2]] == [
        ["ID", "TITLE", "PATH"],
        ["1", "\u65e5\u672c", f"…{'x' * 20}/sea.mp4"],
    ]
    assert lines[2] == " 2  Sand   /media/sand.mp4"
    monkeypatch.setenv("COLUMNS", "60")
    chosen = rendered("table", rows, terminal=True, streams=PLAIN, view=view._replace(is_chosen=True))
    assert chosen.split()[:4] == ["ID", "TITLE", "PATH", "CODE"]
    assert "CODE" in rendered("table", rows, view=view)


def test_every_format_has_a_writer() -> None:
    for name in FORMATS:
        assert open_writer(fake_streams(), name, VIEW)


@table_test(
    ("environ", "color", "terminal", "expected"),
    [
        ({}, "auto", True, True),
        ({}, "auto", False, False),
        ({"NO_COLOR": "1"}, "auto", True, False),
        ({"NO_COLOR": ""}, "auto", True, True),
        ({"FORCE_COLOR": "1"}, "auto", False, True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, "auto", True, False),
        ({"TERM": "dumb"}, "auto", True, False),
        ({"NO_COLOR": "1"}, "always", False, True),
        ({"FORCE_COLOR": "1"}, "never", True, False),
    ],
)
def test_colour(environ: dict[str, str], color: str, terminal: bool, expected: bool) -> None:
    streams = fake_streams(terminal=terminal, environ=environ, color=color)
    assert streams.colored(streams.out) is expected


def stderr_of(streams: Streams) -> str:
    return streams.err.getvalue()  # type: ignore[attr-defined,no-any-return]


def ticking(step: int) -> Callable[[], float]:
    """A clock that advances by `step` seconds per read."""
    seconds = count(step=step)
    return lambda: float(next(seconds))


def test_plain_progress_prints_tenths_and_never_decreases() -> None:
    streams = fake_streams()
    progress = Lines(streams, ticking(4))
    for fraction in (None, 0.05, 0.5, 0.4, 0.55, 1.0):
        progress.update("Scanning", fraction, ["a.mp4"])
    progress.close()
    assert stderr_of(streams) == "Scanning 0 % - a.mp4\nScanning 50 % - a.mp4\nScanning 100 % - a.mp4\n"


@table_test(
    ("facts", "mode", "kind"),
    [
        ({"terminal": True}, "auto", Bar),
        ({"terminal": True, "environ": {"TERM": "dumb"}}, "auto", Lines),
        ({"terminal": False}, "auto", NullProgress),
        ({"terminal": False}, "plain", Lines),
        ({"terminal": False}, "bar", Bar),
        ({"terminal": True}, "plain", Lines),
        ({"terminal": True}, "none", NullProgress),
        ({"terminal": True, "quiet": True}, "auto", NullProgress),
        ({"terminal": True, "quiet": True}, "bar", NullProgress),
    ],
)
def test_progress_kinds(facts: dict[str, Any], mode: str, kind: type) -> None:
    assert isinstance(open_progress(fake_streams(**facts), mode), kind)


def test_bar_shows_the_subtask_and_is_cleared() -> None:
    streams = fake_streams(terminal=True)
    progress = Bar(streams, ticking(4))
    for fraction in (0.4, 0.5):
        progress.update("Scanning [x]", fraction, ["Scanning /media/[b].mp4"])
    progress.close()
    assert "Scanning [x]" in stderr_of(streams)
    assert "/[b].mp4" in stderr_of(streams)
    assert " 50%" in stderr_of(streams)
    assert "[progress" not in stderr_of(streams)


def bar_states(step: int, fractions: Sequence[float | None]) -> list[tuple[str, str]]:
    """The percentage and the remaining time after each update, `step` seconds apart."""
    bar, seen = Bar(fake_streams(terminal=True), ticking(step)), []
    for fraction in fractions:
        bar.update("Scanning", fraction)
        [task] = bar.bar.tasks
        seen.append((task.fields["percent"].strip(), task.fields["left"]))
    bar.close()
    return seen


@table_test(
    ("step", "fractions", "percents", "left"),
    [
        (4, (0.5, 0.96, 0.51, 0.9, 0.97, None, 0.99), ["", "96%", "", "90%", "97%", "", ""], []),
        (1, (0.1, 0.2, 0.3, 0.4, 0.2, 0.3), ["", "", "", "40%", "", ""], []),
        (4, (0.1, 0.2, 0.3, 0.4), ["", "20%", "30%", "40%"], ["0:28", "0:24"]),
        (4, (0.1, 0.2, 0.8, 0.81, 0.82), ["", "20%", "80%", "81%", "82%"], []),
    ],
)
def test_bar_shows_remaining_time_only_when_stable(
    step: int, fractions: Sequence[float | None], percents: list[str], left: list[str]
) -> None:
    seen = bar_states(step, fractions)
    assert [percent for percent, _ in seen] == percents
    assert [text.split()[1] for _, text in seen if text] == left


def test_rate_of_partly_seen_work_is_a_lower_bound() -> None:
    for names, message in ((["a", "b"], "1/s"), (["a"], "over 1/s")):
        rate = Rate(ticking(1))
        for number in range(20):
            rate.note([f"{name}{number + index}" for index, name in enumerate(reversed(names))])
        assert message in str(rate) or not str(rate)


def test_questions() -> None:
    confirm(fake_streams(terminal=True, answers="y\n"), "go", yes=False)
    confirm(fake_streams(), "go", yes=True)
    confirm_count(fake_streams(terminal=True, answers="12\n"), "go", 12, yes=False)
    for answer in ("\n", "", "n\n", "12\n"):
        with pytest.raises(StashNotConfirmedError, match="nothing was changed"):
            confirm(fake_streams(terminal=True, answers=answer), "go", yes=False)
    with pytest.raises(StashNotConfirmedError, match="nothing was changed"):
        confirm_count(fake_streams(terminal=True, answers="y\n"), "go", 12, yes=False)
    silent = fake_streams(terminal=True, answers="y\n", no_input=True)
    for streams, reason in ((fake_streams(answers="y\n"), "no terminal"), (silent, "--no-input was given")):
        with pytest.raises(StashNotConfirmedError, match=f"--yes, because .*{reason}"):
            confirm(streams, "go", yes=False)


def test_values() -> None:
    assert pick(ROWS[0], "files.path") == ["/x", "/y"]
    assert pick({"a": [{"b": [{"c": 1}, {"c": 2}]}, {"b": []}]}, "a.b.c") == [1, 2]
    assert pick({"a": None}, "a.b") is None
    assert [
        shown(v, k)
        for v, k in [(3723.4, "duration"), (59.6, "duration"), (1_400_000_000, "size"), (999, "size")]
    ] == [
        "1:02:03",
        "1:00",
        "1.4 GB",
        "999 B",
    ]
    assert [shown(True), shown(None), shown(0), shown({"id": "1", "name": "x"})] == ["yes", "", "0", "x"]
