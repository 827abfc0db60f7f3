"""Lookups put together by and, or and not: the server's answer and the rest tested here are the truth."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, TypeAlias

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lookup_asking import answer, random_library
from lookup_questions import Questions
from lookup_truth import TABLES
from lookup_world import Row
from support import run

from stash_cli.core.context import StashContext
from stash_cli.core.errors import StashError
from stash_cli.core.query.combine import compile_all
from stash_cli.core.query.logic import Q
from stash_cli.core.store import StashEntityStore
from stash_cli.core.types import Scene

Holds: TypeAlias = Callable[[Row], bool]


def tree(questions: Questions, type_name: str, levels: int = 3) -> tuple[Q, Holds]:
    """A random `Q`, and whether it holds for a plain row."""
    luck, truth = questions.luck, questions.truth
    kind = luck.choice(["leaf", "leaf", "not", "and", "or"]) if levels else "leaf"
    if kind == "leaf":
        asked = questions.several(type_name, 2)
        return Q(**asked), lambda row: truth.holds(type_name, row, asked)
    left, met = tree(questions, type_name, levels - 1)
    if kind == "not":
        return ~left, lambda row: not met(row)
    right, also = tree(questions, type_name, levels - 1)
    if kind == "and":
        return left & right, lambda row: met(row) and also(row)
    return left | right, lambda row: met(row) or also(row)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
@given(st.integers(0, 2**32))
def test_the_server_and_the_rest_are_the_truth(seed: int) -> None:
    async def main() -> list[Any]:
        luck = Random(seed)
        found: list[Any] = []
        async with random_library(seed) as (session, truth):
            for _ in range(20):
                type_name = luck.choice(list(TABLES))
                q, holds = tree(Questions(luck, truth), type_name)
                try:
                    compiled = compile_all(type_name, q)
                except StashError:
                    continue
                expected = truth.ids(type_name, holds)
                if (answered := await answer(session, compiled)) != expected:
                    found.append((type_name, q, compiled.filter, answered, expected))
        return found

    assert run(main()) == []


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
