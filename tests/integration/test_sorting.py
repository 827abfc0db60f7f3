"""Sorting by several keys: the first by the server, the others locally."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from table_tests import table_test

from stash_cli.core.client import Session
from stash_cli.core.client.paging import FindQuery, iter_pages, iter_rows
from stash_cli.core.client.sorting import by_runs, local_order, parse_keys
from stash_cli.core.context import StashContext
from stash_cli.core.errors import StashUsageError
from stash_cli.core.types.entities import ENTITIES
from stash_cli.embedded import open_library
from stash_cli.embedded.demo import build

KEYS = {
    "Scene": {"rating": "rating100", "organized": "organized", "date": "date", "play_count": "play_count"},
    "Performer": {"birthdate": "birthdate", "name": "name"},
    "Tag": {"scenes_count": "scene_count", "name": "name"},
}
"""Sort keys and the fields that hold their values."""


@pytest.fixture(scope="module")
def demo_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("demo") / "demo.sqlite"
    library = open_library(str(path))
    build(library)
    library.close()
    return path


async def values(session: Session, type_name: str, words: list[str]) -> list[tuple[Any, ...]]:
    """Values of the keys in rows, in row order."""
    entity = ENTITIES[type_name]
    keys = parse_keys(entity, words)
    query = FindQuery(entity, sort=keys[0].name, direction=keys[0].direction)
    paths = ["id", *KEYS[type_name].values()]
    order = local_order(entity, keys)
    pages: AsyncIterator[list[Any]] = iter_pages(session, query, paths, page_size=50)
    rows = [row async for page in (by_runs(pages, order) if order else pages) for row in page]
    return [tuple(row[KEYS[type_name][key.name]] for key in keys) for row in rows]


async def test_two_keys_sort_as_expected(demo_file: Path) -> None:
    """Equal to rows in the server's order by the second key, sorted stably by the first."""
    async with StashContext(conn=f"embedded:{demo_file}") as client:
        for type_name, keys in KEYS.items():
            for first in keys:
                for second in set(keys) - {first}:
                    for signs in (("", ""), ("-", ""), ("", "-"), ("-", "-")):
                        found = await values(client.session, type_name, [signs[0] + first, signs[1] + second])
                        assert found == await expected(client.session, type_name, first, second, signs)


async def expected(session: Session, type_name: str, first: str, second: str, signs: tuple[str, str]) -> Any:
    entity, names = ENTITIES[type_name], KEYS[type_name]
    direction = {"": "ASC", "-": "DESC"}
    paths = list(names.values())
    ranks: list[Any] = []
    async for row in iter_rows(session, FindQuery(entity, sort=first, direction=direction[signs[0]]), paths):
        if row[names[first]] not in ranks:
            ranks.append(row[names[first]])
    query = FindQuery(entity, sort=second, direction=direction[signs[1]])
    rows = [row async for row in iter_rows(session, query, paths)]
    rows.sort(key=lambda row: ranks.index(row[names[first]]))
    return [(row[names[first]], row[names[second]]) for row in rows]


@table_test("words", [["random", "date"], ["date", "perceptual_similarity"], ["title", "performer_age"]])
def test_server_only_keys_cannot_be_combined(words: list[str]) -> None:
    entity = ENTITIES["Scene"]
    with pytest.raises(StashUsageError, match="only the server knows"):
        local_order(entity, parse_keys(entity, words))


def test_other_keys_can_be_combined() -> None:
    for type_name, entity in ENTITIES.items():
        others = [key for key in entity.sorts if local_or_none(type_name, key)]
        assert len(others) >= len(entity.sorts) - 7, type_name


def local_or_none(type_name: str, key: str) -> Any:
    entity = ENTITIES[type_name]
    try:
        return local_order(entity, parse_keys(entity, [key, "id" if key != "id" else "created_at"]))
    except StashUsageError:
        return None
