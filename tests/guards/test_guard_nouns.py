"""A noun is one module: tested with movies, the older name of groups."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stash_cli import program
from stash_cli.app import Root, root
from stash_cli.commands.argv.command import Entry
from stash_cli.output.streams import fake_streams

MODULE = """
from stash_cli.commands.common.noun import Noun, Verbs
from stash_cli.core.types.entities import Entity
from stash_cli.output.values import columns

NOUN = Noun(
    Entity("Movie", "movie", "movies", sort_keys="id name date rating"),
    columns=columns("id>", "name!", "date"),
    verbs=(
        *(Verbs.find("stash movies find x"), Verbs.show(), Verbs.count(), Verbs.stats()),
        *(Verbs.create(), Verbs.update()),
    ),
)
"""


def with_movies() -> Root:
    found = root()
    found.entries["movies"] = Entry("Find movies", "movies:NOUN.group", "Library")
    return found


def test_noun_is_one_module(tmp_path: Path, embedded_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "movies.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)

    def run(*args: str) -> Any:
        streams = fake_streams(environ={"STASH_URL": embedded_url})
        status = program.run(args, streams, with_movies, {"STASH_URL": embedded_url})
        assert status == 0, streams.err.getvalue()  # type: ignore[attr-defined]
        return streams.out.getvalue()  # type: ignore[attr-defined]

    assert json.loads(run("movies", "create", "--name", "Sea", "--date", "2024", "--json"))["name"] == "Sea"
    run("movies", "update", "Sea", "rating100=80")
    assert run("movies", "find", "rating:80..", "--rating100-lt", "90", "--ids") == "1\n"
    assert run("movies", "count", "-name:sea") == "0\n"
    assert "rating100:" in run("movies", "show", "--where", "name:sea")
    assert "--name" in run("movies", "create", "--help")
    assert json.loads(run("movies", "stats", "--json"))["count"] == 1
