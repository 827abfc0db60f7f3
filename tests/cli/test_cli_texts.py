"""Text of any origin on the command line: undecodable bytes, files of Windows tools, locales."""

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
"""Encodings and line endings of Windows tools; files start with a byte order mark if the encoding has one."""


def write(path: Path, text: str, encoding: str, line_end: str) -> str:
    mark = "\ufeff" if encoding.endswith(("le", "be")) else ""
    path.write_bytes((mark + text.replace("\n", line_end)).encode(encoding))
    return str(path)


@table_test("path", leaf_commands(), ids=" ".join)
def test_undecodable_words_are_rejected_by_every_command(offline: Cli, path: tuple[str, ...]) -> None:
    for words in ([*path, "b\udcff"], [*path, "--output", "\udcff"], ["--url", "\udcff", *path]):
        result = offline(*words)
        assert (result.status, result.out) == (2, "")
        assert "is not UTF-8 text" in result.err
        assert "\\xff" in result.err


def test_undecodable_settings_and_folders_are_rejected(
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
        result = cli(*words)
        assert result.status == 2
        assert "b\\xff" in result.err
    assert list(tmp_path.iterdir()) == [folder]


@pytest.mark.parametrize(("encoding", "line_end"), WINDOWS)
def test_windows_files_are_read_by_every_option(
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
def test_windows_stdin_is_read(cli: Cli, tmp_path: Path, encoding: str, line_end: str) -> None:
    def text(text: str) -> bytes:
        return Path(write(tmp_path / "in", text, encoding, line_end)).read_bytes()

    for name in ("a", "b"):
        cli.ok("tag", "create", "--name", name)
    body = text('{"query":\n "{ version { version } }"}')
    assert cli.ok("api", "--input", "-", answers=body).json["version"]
    result = cli.ok("tags", "delete", "-", "--yes", "--ids", answers=text("1\n2\n"))
    assert result.out.split() == ["1", "2"]


def test_undecodable_stdin_is_rejected(cli: Cli) -> None:
    result = cli("tags", "delete", "-", "--yes", answers=b"1\n\xff\xff2\n")
    assert result.status == 2
    assert "standard input is not text" in result.err


def test_database_error_is_reworded_with_the_original_in_verbose_mode(cli: Cli) -> None:
    words = ("tag", "create", "--name", "a", "--alias", "out", "--alias", "out")
    result = cli(*words)
    assert (result.status, result.err.splitlines()[-1]) == (1, 'stash: the alias "out" is given twice')
    assert "the server said: UNIQUE constraint failed: tag_aliases.alias" in cli(*words, "-v").err
    found = cli("api", '{ findScene(id: "x") { id } }', "--output", "yaml")
    assert found.err == 'stash: "x" is not a number\n'


LOCALES = [
    ({"PYTHONIOENCODING": "ascii"}, "--csv"),
    ({"PYTHONIOENCODING": "latin-1"}, "--jsonl"),
    ({"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}, "--output=table"),
]


@pytest.mark.parametrize(("environ", "form"), LOCALES, ids=str)
def test_pipes_are_utf8_in_every_locale(served_url: str, environ: dict[str, str], form: str) -> None:
    Cli(served_url).ok("tag", "create", "--name", "日本 é", "--alias", "\U0001f600")
    environ = {**environ, "STASH_URL": served_url}
    result = run_process("tags", "find", "--fields", "name,aliases", form, **environ)
    assert result.status == 0
    assert "日本 é" in result.out
    assert "\U0001f600" in result.out
    result = run_process("tags", "delete", "-", "--yes", stdin="日本x\n", **environ)
    assert (result.status, "日本x" in result.err) == (3, True)


def test_long_list_in_a_message_is_truncated_with_a_count(cli: Cli) -> None:
    cli.ok("tag", "create", "--name", "a")
    ids = "\n".join(map(str, range(2, 2002)))
    for words in (["tags", "update", "-", "--description", "x"], ["tags", "delete", "-"]):
        result = cli(*words, "--yes", answers=ids)
        assert result.status == 3
        assert len(result.err) < 1000
    result = cli("tag", "show", "x" * 30_000)
    assert len(result.err) < 1000
    assert "more characters" in result.err
    assert "x" * 30_000 in cli("tag", "show", "x" * 30_000, "-v").err
