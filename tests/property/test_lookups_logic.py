"""Lookups put together by and, or and not: the server's answer and the rest tested here are the truth."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import test_lookups_agree as agree
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import run

from stash_cli.core.client.paging import FindQuery, iter_rows
from stash_cli.core.context import StashContext
from stash_cli.core.errors import StashInputError, StashLookupError
from stash_cli.core.query.combine import compile_all, tree_of
from stash_cli.core.query.logic import Q
from stash_cli.core.store import StashEntityStore
from stash_cli.core.types import Scene
from stash_cli.core.types.entities import ENTITIES


def trees(leaves: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[Q]:
    """Lookups, put together up to a few deep."""
    one = leaves.map(lambda lookups: Q(**lookups))
    return st.recursive(
        one,
        lambda inner: (
            st.tuples(inner, inner).map(lambda two: two[0] & two[1])
            | st.tuples(inner, inner).map(lambda two: two[0] | two[1])
            | inner.map(lambda q: ~q)
        ),
        max_leaves=5,
    )


simple = st.sampled_from(
    [
        {"rating100__gte": 80},
        {"rating100__lt": 60},
        {"rating100": 79},
        {"rating100__null": True},
        {"date__lte": "2024-02"},
        {"title__contains": "beta"},
        {"code": "a_c"},
        {"code__regex": "^[aB]"},
        {"url__contains": "e"},
        {"url__startswith": "5"},
        {"organized": True},
        {"tags": ["1"]},
        {"tags": ["1", "2"]},
        {"tags__includes": ["2", "3"]},
        {"tags__excludes": ["3"]},
        {"tags__null": True},
        {"tag_count__gt": 1},
        {"custom_fields__gt": {"a": 1}},
    ]
)


async def disagreements(library: agree.Library, questions: list[tuple[str, Q]]) -> list[Any]:
    found = []
    with tempfile.TemporaryDirectory() as folder:
        async with StashContext(conn=f"embedded:{Path(folder) / 'library.sqlite'}") as client:
            assert (await client.execute_batch(library.operations())).all_succeeded
            for type_name, question in questions:
                try:
                    compiled = compile_all(type_name, question)
                    truth = tree_of(type_name, question)
                except (StashInputError, StashLookupError):
                    continue
                paths = ["id", *(compiled.remainder.fields if compiled.remainder else ())]
                query = FindQuery(ENTITIES[type_name], compiled.filter or None)
                answer = [
                    row["id"]
                    async for row in iter_rows(client.session, query, paths)
                    if compiled.remainder is None or compiled.remainder(row)
                ]
                everything = iter_rows(client.session, FindQuery(ENTITIES[type_name]), ["id", *truth.fields])
                expected = [row["id"] async for row in everything if truth(row)]
                if answer != expected:
                    found.append((type_name, question, compiled.filter, answer, expected))
    return found


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
@given(
    st.builds(
        agree.Library, st.lists(agree.scenes, min_size=1, max_size=8), st.lists(agree.performers, max_size=6)
    ),
    st.lists(trees(simple | agree.scene_questions), min_size=6, max_size=10),
    st.lists(trees(agree.performer_questions), min_size=1, max_size=4),
)
def test_the_server_and_the_rest_agree_with_the_rows(
    library: agree.Library, of_scenes: list[Q], of_performers: list[Q]
) -> None:
    questions = [("Scene", q) for q in of_scenes] + [("Performer", q) for q in of_performers]
    assert run(disagreements(library, questions)) == []


def test_the_server_is_asked_what_it_can_be_asked() -> None:
    both = compile_all("Scene", Q(rating100__gte=80) | ~Q(organized=True))
    assert both.remainder is None
    assert both.filter["OR"] == {"organized": False}
    part = compile_all("Scene", Q(rating100__gte=80) & (Q(tags=1) | Q(url__contains="x")))
    assert part.filter.keys() == {"rating100"}
    assert part.remainder is not None
    assert set(part.remainder.fields) == {"tags.id", "urls"}
    assert "row by row" in part.explain()


def test_the_store_takes_them_wherever_it_takes_lookups(embedded_url: str) -> None:
    async def main() -> None:
        async with StashContext(conn=embedded_url) as client:
            store = StashEntityStore(client)
            scenes = [Scene(title=f"{n}", rating100=n * 10, organized=n % 2 == 0) for n in range(8)]
            assert (await store.save_batch(scenes)).all_succeeded
            where = Q(rating100__gte=60) | ~Q(organized=True) & Q(rating100__lt=20)
            wanted = [scenes[1], scenes[6], scenes[7]]
            assert await store.find(Scene, where) == wanted
            assert await store.find(Scene, where, title="6") == [scenes[6]]
            assert [scene async for scene in store.find_iter(Scene, where)] == wanted
            assert await store.count(Scene, where) == 3
            assert await store.find_one(Scene, ~where) == scenes[0]
            assert store.filter(Scene, where) == wanted
            assert "OR" in await store.explain(Scene, where)

    run(main())
