"""A noun is one module: tested with movies, the older name of groups."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stash_cli import program
from stash_cli.app import Root, root
from stash_cli.commands.argv.command import Entry
from stash_cli.core.query.criteria.local import SEARCHED
from stash_cli.core.query.saved_filters.address import FOLDERS
from stash_cli.core.types.entities import ENTITIES
from stash_cli.embedded.filters import FILTERS
from stash_cli.embedded.object_types import OBJECT_TYPES
from stash_cli.embedded.persistence.entity_mapper import MAPPERS
from stash_cli.embedded.search.sorts import SORTS
from stash_cli.embedded.search.text_search import SEARCH_COLUMNS
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


REQUIRED = {
    "SEARCHED in core/query/criteria/local.py": SEARCHED,
    "FOLDERS in core/query/saved_filters/address.py": FOLDERS,
}
"""Tables of the program that need a row for each entity."""
STORED = {
    "FILTERS in embedded/filters/__init__.py": FILTERS,
    "SORTS in embedded/search/sorts.py": SORTS,
    "SEARCH_COLUMNS in embedded/search/text_search.py": SEARCH_COLUMNS,
    "MAPPERS in embedded/persistence/entity_mapper.py": MAPPERS,
}
"""Tables of the embedded library that need a row for each entity that it stores."""


def test_every_entity_has_its_rows() -> None:
    stored = ENTITIES.keys() & OBJECT_TYPES.keys()
    missing = {name: sorted(ENTITIES.keys() - rows.keys()) for name, rows in REQUIRED.items()}
    missing |= {name: sorted(stored - rows.keys()) for name, rows in STORED.items()}
    assert {name: types for name, types in missing.items() if types} == {}, (
        "Add a row for each of these types."
    )


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
