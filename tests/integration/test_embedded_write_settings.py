"""Settings, raw SQL and backups of an embedded library."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from library_client import LibraryClient, library_client

from stash_cli.embedded import open_library


@pytest.fixture
def ask(library_file: Path) -> Iterator[LibraryClient]:
    with library_client(library_file) as client:
        yield client


def folder(path: Path | str) -> dict[str, object]:
    return {"path": str(path), "excludeVideo": False, "excludeImage": True}


def test_new_library_folder_must_exist(ask, tmp_path):
    media = tmp_path / "media"
    media.mkdir()
    selection = "{ stashes { path excludeVideo excludeImage } }"
    assert ask.write("configureGeneral", selection, stashes=[folder(media)]) == {"stashes": [folder(media)]}
    media.rmdir()
    assert ask.write("configureGeneral", selection, stashes=[folder(media)]) == {"stashes": [folder(media)]}
    assert "file does not exist" in ask.write_error(
        "configureGeneral", selection, stashes=[folder(tmp_path / "no")]
    )
    assert ask.write("configureGeneral", selection, parallelTasks=2) == {"stashes": [folder(media)]}
    assert ask.write("configureGeneral", selection, stashes=[]) == {"stashes": []}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"databasePath": "x.txt"}, "invalid database path, use extension db, sqlite, or sqlite3"),
        ({"databasePath": "/other.db"}, "cannot set overridden value: databasePath"),
        ({"blobsStorage": "FILESYSTEM"}, "blobs path must be set when using filesystem storage"),
        (
            {"videoFileNamingAlgorithm": "MD5", "calculateMD5": False},
            "calculateMD5 must be true if using MD5",
        ),
        ({"excludes": ["["]}, "video exclusion pattern '[' invalid: error parsing regexp: "),
    ],
)
def test_invalid_general_settings_are_rejected(ask, given, message):
    assert ask.write_error("configureGeneral", "{ parallelTasks }", **given).startswith(message)


def test_only_given_settings_change_and_all_are_returned(ask):
    selection = "{ language imageLightbox { slideshowDelay scaleUp } }"
    ask.write("configureInterface", selection, language="de-DE", imageLightbox={"slideshowDelay": 9})
    changed = ask.write("configureInterface", selection, imageLightbox={"scaleUp": True})
    assert changed == {"language": "de-DE", "imageLightbox": {"slideshowDelay": 9, "scaleUp": True}}


def test_defaults_are_null_until_saved(ask):
    selection = "{ scan { rescan scanGenerateCovers } generate { covers } }"
    assert ask.write("configureDefaults", selection) == {"scan": None, "generate": None}
    saved = ask.write("configureDefaults", selection, scan={"rescan": True, "scanGenerateCovers": False})
    assert saved["scan"] == {"rescan": True, "scanGenerateCovers": False}


def test_unknown_log_level_reads_back_as_info(ask):
    assert ask.write("configureGeneral", "{ logLevel }", logLevel="Loud") == {"logLevel": "Info"}


def test_web_interface_settings(ask):
    replace = "mutation($input: Map, $partial: Map) { configureUI(input: $input, partial: $partial) }"
    assert ask(replace, input={"a": {"b": 1, "c": 2}, "d": 3}) == {"a": {"b": 1, "c": 2}, "d": 3}
    assert ask(replace, partial={"a": {"b": 5}}) == {"a": {"b": 5, "c": 2}, "d": 3}
    one = "mutation($key: String!, $value: Any) { configureUISetting(key: $key, value: $value) }"
    assert ask(one, key="a.X.y", value=[1]) == {"a": {"b": 5, "c": 2, "X": {"y": [1]}}, "d": 3}
    assert ask(one, key="d", value=None)["d"] is None
    assert ask("{ configuration { ui } }") == {"ui": {"a": {"b": 5, "c": 2, "X": {"y": [1]}}, "d": None}}
    assert ask(replace, input={}) == {}


def test_plugin_settings_are_replaced(ask):
    document = 'mutation($i: Map!) { configurePlugin(plugin_id: "p", input: $i) }'
    ask(document, i={"a": 1})
    assert ask(document, i={"b": 2}) == {"b": 2}
    assert ask("{ configuration { plugins } }") == {"plugins": {"p": {"b": 2}}}


def test_key_requires_a_user(ask):
    assert ask.write("generateAPIKey", "") == ""
    ask.write("configureGeneral", "{ username }", username="ada")
    assert len(ask.write("generateAPIKey", "").split(".")) == 3


def test_reading_sql(ask):
    ask.create("tagCreate", name="x")
    query = "mutation($sql: String!, $args: [Any]) { querySQL(sql: $sql, args: $args) { columns rows } }"
    found = ask(
        query, sql="SELECT id, name, x'00ff' AS raw, NULL AS none FROM tags WHERE name = ?", args=["x"]
    )
    assert found == {"columns": ["id", "name", "raw", "none"], "rows": [[1, "x", "AP8=", None]]}


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM tags",
        "PRAGMA query_only = OFF",
        "ATTACH DATABASE 'other.db' AS other",
        "SELECT value FROM settings",
        "SELECT * FROM nothing",
        "SELECT 1; DELETE FROM tags",
        "",
    ],
)
def test_reading_sql_cannot_write(ask, sql):
    ask.create("tagCreate", name="x")
    query = "mutation($sql: String!) { querySQL(sql: $sql) { columns rows } }"
    outcome = ask.library.execute(query, {"sql": sql})
    assert outcome.errors or outcome.data == {"querySQL": {"columns": [], "rows": []}}
    assert ask("{ findTags { count } }") == {"count": 1}


def test_writing_sql_requires_permission_on_opening(ask, tmp_path):
    document = "mutation { execSQL(sql: \"INSERT INTO blobs VALUES ('a', x'00')\") { rows_affected } }"
    assert ask.error(document) == "execSQL is not allowed: the library was opened without it"
    with open_library(str(tmp_path / "other.sqlite"), allow_sql=True) as library:
        assert LibraryClient(library)(document) == {"rows_affected": 1}


def test_backup_is_a_complete_library_beside_the_file(ask, library_file):
    ask.create("tagCreate", name="x")
    assert ask.write("backupDatabase", "") is None
    (copy,) = library_file.parent.glob("library.sqlite.2*")
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT name FROM tags").fetchall() == [("x",)]
