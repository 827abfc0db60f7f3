"""Text of any origin on the command line: bytes that are no text, files of Windows tools, locales."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_support import Cli, leaf_commands, run_process
from table_tests import table_test

WINDOWS = [
    ("utf-8-sig", "\n"),
    ("utf-8", "\r\n"),
    ("utf-16", "\r\n"),
    ("utf-16-le", "\r\n"),
    ("utf-16-be", "\r\n"),
    ("utf-32", "\n"),
]
"""Encodings and line ends of Windows tools; each file begins with a byte order mark, where it has one."""


def write(path: Path, text: str, encoding: str, line_end: str) -> str:
    mark = "\ufeff" if encoding.endswith(("le", "be")) else ""
    path.write_bytes((mark + text.replace("\n", line_end)).encode(encoding))
    return str(path)


@table_test("path", leaf_commands(), ids=" ".join)
def test_words_that_are_no_text_are_refused_by_every_command(offline: Cli, path: tuple[str, ...]) -> None:
    for words in ([*path, "b\udcff"], [*path, "--output", "\udcff"], ["--url", "\udcff", *path]):
        done = offline(*words)
        assert (done.status, done.out) == (2, "")
        assert "is not UTF-8 text" in done.err
        assert "\\xff" in done.err


def test_settings_and_folders_that_are_no_text_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "STASH_URL is not UTF-8 text" in Cli("embedded:b\udcff.sqlite")("tags", "count").err
    folder = tmp_path / "b\udcff"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for cli, words in (
        (Cli(f"embedded:{tmp_path}/l.sqlite"), ["library", "add", "."]),
        (Cli("embedded:l.sqlite"), ["tag", "create", "--name", "x"]),
    ):
        done = cli(*words)
        assert done.status == 2
        assert "b\\xff" in done.err
    assert list(tmp_path.iterdir()) == [folder]


@pytest.mark.parametrize(("encoding", "line_end"), WINDOWS)
def test_files_of_windows_tools_are_read_wherever_a_file_is_taken(
    cli: Cli, tmp_path: Path, encoding: str, line_end: str
) -> None:
    def file(name: str, text: str) -> str:
        return write(tmp_path / name, text, encoding, line_end)

    tag = file("tag.json", '{"name":\n "Düne"}')
    made = cli.ok("tag", "create", "--input", tag, "--json").json["id"]
    request = file("q.json", '{"query":\n "{ version { version } }"}')
    assert cli.ok("api", "--input", request).json["version"]
    assert cli.ok("api", file("q.graphql", "{ version\n { version } }")).json["version"]
    text = file("text.txt", "Größe\n2")
    args = ("--operation", "tagUpdate", "-f", f"input.id={made}", "-F", f"input.description=@{text}")
    assert cli.ok("api", *args, "--fields", "name,description").json == {
        "name": "Düne",
        "description": "Größe\n2",
    }
    key = file("key", "k3y\n")
    assert cli.ok("tag", "show", made, "--api-key-file", key, "--json").json["name"] == "Düne"


@pytest.mark.parametrize(("encoding", "line_end"), WINDOWS)
def test_standard_input_of_windows_tools_is_read(
    cli: Cli, tmp_path: Path, encoding: str, line_end: str
) -> None:
    def text(text: str) -> bytes:
        return Path(write(tmp_path / "in", text, encoding, line_end)).read_bytes()

    for name in ("a", "b"):
        cli.ok("tag", "create", "--name", name)
    body = text('{"query":\n "{ version { version } }"}')
    assert cli.ok("api", "--input", "-", answers=body).json["version"]
    done = cli.ok("tags", "delete", "-", "--yes", "--ids", answers=text("1\n2\n"))
    assert done.out.split() == ["1", "2"]


def test_standard_input_that_is_no_text_is_refused(cli: Cli) -> None:
    done = cli("tags", "delete", "-", "--yes", answers=b"1\n\xff\xff2\n")
    assert done.status == 2
    assert "standard input is not text" in done.err


def test_a_refusal_of_the_database_is_told_in_words_and_its_own_text_with_v(cli: Cli) -> None:
    words = ("tag", "create", "--name", "a", "--alias", "out", "--alias", "out")
    done = cli(*words)
    assert (done.status, done.err.splitlines()[-1]) == (1, 'stash: the alias "out" is given twice')
    assert "the server said: UNIQUE constraint failed: tag_aliases.alias" in cli(*words, "-v").err
    found = cli("api", '{ findScene(id: "x") { id } }', "--output", "yaml")
    assert found.err == 'stash: "x" is not a number\n'


LOCALES = [
    ({"PYTHONIOENCODING": "ascii"}, "--csv"),
    ({"PYTHONIOENCODING": "latin-1"}, "--jsonl"),
    ({"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}, "--output=table"),
]


@pytest.mark.parametrize(("environ", "form"), LOCALES, ids=str)
def test_pipes_get_utf8_in_every_locale(served_url: str, environ: dict[str, str], form: str) -> None:
    Cli(served_url).ok("tag", "create", "--name", "日本 é", "--alias", "\U0001f600")
    environ = {**environ, "STASH_URL": served_url}
    done = run_process("tags", "find", "--fields", "name,aliases", form, **environ)
    assert done.status == 0
    assert "日本 é" in done.out
    assert "\U0001f600" in done.out
    done = run_process("tags", "delete", "-", "--yes", stdin="日本x\n", **environ)
    assert (done.status, "日本x" in done.err) == (3, True)


def test_a_message_that_quotes_thousands_says_some_and_a_count(cli: Cli) -> None:
    cli.ok("tag", "create", "--name", "a")
    ids = "\n".join(map(str, range(2, 2002)))
    for words in (["tags", "update", "-", "--description", "x"], ["tags", "delete", "-"]):
        done = cli(*words, "--yes", answers=ids)
        assert done.status == 3
        assert len(done.err) < 1000
    done = cli("tag", "show", "x" * 30_000)
    assert len(done.err) < 1000
    assert "more characters" in done.err
    assert "x" * 30_000 in cli("tag", "show", "x" * 30_000, "-v").err
