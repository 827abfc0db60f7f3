"""Computed formats: templates, jq programs, HTML pages; and the words of `--fields`."""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from cli_support import Cli
from table_tests import table_test


@pytest.fixture
def small(small_library: Path) -> Cli:
    """The program over a small library that tests only read."""
    return Cli(f"embedded:{small_library}")


def test_template_prints_a_line_per_row(small: Cli) -> None:
    words = ("--template", '{{ id }} {{ title }}{{ studio.name | opt(" (", ")") }}')
    assert (
        small.ok("scenes", "find", *words, "--sort", "title").out
        == "4 Dunes\n3 Rocks\n2 Sand\n1 Sea (Acme)\n"
    )
    assert small.ok("scene", "show", "1", *words).out == "1 Sea (Acme)\n"
    assert small.ok("tags", "find", "--template", "{{ name }}", "-0").out == "Beach\0Outdoor\0"


def test_only_template_fields_are_requested(small: Cli) -> None:
    sent = small.ok("scenes", "find", "--template", "{{ studio.name }}", "-vv").err
    assert "scenes { id studio { name } }" in " ".join(sent.split())


WRONG = [
    (("scenes", "find", "--template", "{{ titel }}"), "Did you mean title?"),
    (("scenes", "find", "--template", "{{ title }}", "--json"), "leave out --json"),
    (("scenes", "find", "--template", "{{ title }}", "--fields", "id"), "leave out --fields"),
    (("scene", "show", "1", "--template", "{{ title"), "unexpected end of template"),
    (("scene", "update", "1", "--title", "x", "--template", "{{ titel }}"), "Did you mean title?"),
    (("scene", "delete", "1", "--template", "{{ title }}"), "delete prints only ids and names"),
    (("explain", "Scene", "--template", "{{ name }}"), "explain supports only the formats"),
]


@table_test("words, message", WRONG)
def test_invalid_template_is_rejected_before_sending(
    offline: Cli, words: tuple[str, ...], message: str
) -> None:
    result = offline(*words)
    assert (result.status, result.out) == (2, "")
    assert message in result.err


def test_failing_template_names_the_object(small: Cli) -> None:
    result = small("scenes", "find", "--template", "{{ title | date }}", "--sort", "title")
    assert (result.status, result.out) == (2, "")
    assert "4: date: 'Dunes' is not a date." in result.err


def test_jq_program_gets_the_array_or_each_row(small: Cli) -> None:
    find = ("scenes", "find", "--sort", "title")
    assert small.ok(*find, "--jq", "map(.title)").out == '["Dunes", "Rocks", "Sand", "Sea"]\n'
    assert small.ok(*find, "--jq", ".[].title").out == "Dunes\nRocks\nSand\nSea\n"
    assert small.ok(*find, "--jq", ".title, .rating100", "--jsonl", "--limit", "1").out == "Dunes\nnull\n"
    assert small.ok("scene", "show", "1", "--jq", ".tags[].name").out == "Beach\n"
    assert small.ok("api", "{ stats { scene_count } }", "--jq", ".stats.scene_count").out == "4\n"
    assert small.ok(*find, "--jq", "length", "--fields", "id").out == "4\n"


WRONG_PROGRAMS = [
    (("scenes", "find", "--jq", ".["), "--jq: syntax error, unexpected end of file\n"),
    (("scenes", "find", "--jq", "foo"), "--jq: foo/0 is not defined\n"),
    (("scenes", "find", "--jq", ".", "--csv"), "--jq reads JSON: leave out --csv"),
    (("scenes", "find", "--jq", ".", "--template", "x"), "leave out --jq"),
    (("api", "{ version { version } }", "--jq", ".["), "--jq: syntax error"),
]


@table_test("words, message", WRONG_PROGRAMS)
def test_invalid_jq_program_is_rejected_before_sending(
    offline: Cli, words: tuple[str, ...], message: str
) -> None:
    result = offline(*words)
    assert (result.status, result.out) == (2, "")
    assert message in result.err


def test_failing_jq_program_is_an_error(small: Cli) -> None:
    result = small("scenes", "find", "--jq", ".[0].title.x")
    assert (result.status, result.out) == (2, "")
    assert "Cannot index string with" in result.err


def test_missing_jq_package_is_explained(offline: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    from stash_cli.commands.results.jq_program import compile_program

    compile_program.cache_clear()
    monkeypatch.setitem(sys.modules, "jq", None)
    result = offline("scenes", "find", "--jq", ".")
    assert result.status == 2
    assert "pip install 'stash-cli[jq]'" in result.err


class Cells(HTMLParser):
    """Cell texts of an HTML table, row by row."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.pictures: list[str] = []
        self._inside = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self._inside = True
        if tag == "img":
            self.pictures.append(dict(attrs)["src"] or "")

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.rows[-1][-1] += data


def test_html_page_is_a_self_contained_table(small: Cli) -> None:
    page = small.ok(
        "scenes", "find", "--sort", "title", "--html", "--fields", "id,title,rating,studio.name"
    ).out
    assert Cells(page).rows == [
        ["id", "title", "rating", "studio.name"],
        ["4", "Dunes", "", ""],
        ["3", "Rocks", "79", ""],
        ["2", "Sand", "80", ""],
        ["1", "Sea", "90", "Acme"],
    ]
    assert not re.findall(r"(?:src|href)=\"(?!data:)", page)
    assert page.rstrip().endswith("</html>")
    assert "nothing found" in small.ok("images", "find", "--html").out


def test_html_page_escapes_markup(cli: Cli) -> None:
    cli.ok("tag", "create", "--name", '<b>"&x</b><script>alert(1)</script>')
    page = cli.ok("tags", "find", "--html", "--fields", "name").out
    assert Cells(page).rows[1] == ['<b>"&x</b><script>alert(1)</script>']
    assert page.count("<script>") == 1


def test_covers_are_embedded_on_request(cli: Cli, pictures: Path) -> None:
    cli.ok("library", "add", str(pictures))
    cli.ok("scan", "--wait", "-q")
    find = ("images", "find", "--html", "--limit", "2")
    assert Cells(cli.ok(*find).out).pictures == []
    found = Cells(cli.ok(*find, "--pictures").out).pictures
    assert [picture[:15] for picture in found] == ["data:image/png;", "data:image/png;"]
    card = cli.ok("image", "show", "1", "--html", "--pictures").out
    assert len(Cells(card).pictures) == 1
    assert card.count("<tr>") == card.count('<th scope="row">') > 5
    assert cli("images", "find", "--pictures").status == 2
    assert cli("jobs", "list", "--html", "--pictures").status == 2


def test_fields_are_listed_and_all_can_be_requested(small: Cli) -> None:
    names = small.ok("scenes", "find", "--fields", "list").out.split()
    assert {"length", "path", "title", "studio.name", "files.width"} <= set(names)
    heading = small.ok(
        "scenes", "find", "--limit", "1", "--csv", "--fields", ",".join(names)
    ).out.splitlines()[0]
    assert heading.split(",") == names
    [row] = small.ok("scenes", "find", "--fields", "all", "--json", "--limit", "1").json
    assert {"title", "sceneStreams", "custom_fields"} <= row.keys()
    assert small.ok("scenes", "find", "--fields", "list", "--json").json == names
