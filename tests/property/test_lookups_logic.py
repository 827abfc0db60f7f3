"""Lookups combined by and, or and not: server filter and residual predicate give the true result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lookup_evaluation import matching_ids, random_library
from lookup_generator import LookupGenerator, Lookups
from lookup_oracle import TABLES
from random_rows import Row
from support import run

from stash_cli.core.context import StashContext
from stash_cli.core.errors import StashError
from stash_cli.core.query.lookups import compile as compile_lookups
from stash_cli.core.query.lookups import fields, matches
from stash_cli.core.query.q import Q
from stash_cli.core.store import StashEntityStore
from stash_cli.core.types import Scene

Holds: TypeAlias = Callable[[Row], bool]


@dataclass
class Trees:
    """Random `Q`s for objects of one type, each with its truth value for a plain row."""

    questions: LookupGenerator
    type_name: str
    leaves: list[Lookups] = field(default_factory=list)

    def draw(self, levels: int = 3) -> tuple[Q, Holds]:
        kind = self.questions.rng.choice(["leaf", "leaf", "not", "and", "or"]) if levels else "leaf"
        if kind == "leaf":
            return self.leaf()
        left, met = self.draw(levels - 1)
        if kind == "not":
            return ~left, lambda row: not met(row)
        right, also = self.draw(levels - 1)
        if kind == "and":
            return left & right, lambda row: met(row) and also(row)
        return left | right, lambda row: met(row) or also(row)

    def leaf(self) -> tuple[Q, Holds]:
        lookups = self.questions.lookups(self.type_name, 2)
        self.leaves.append(lookups)
        return Q(**lookups), lambda row: self.questions.oracle.holds(self.type_name, row, lookups)

    def are_hard(self) -> bool:
        """Whether a leaf is rejected by itself, or needs data missing in rows."""
        return any(not is_told(self.type_name, leaf) for leaf in self.leaves)


def is_told(type_name: str, lookups: Lookups) -> bool:
    try:
        matches(type_name, lookups)
    except StashError:
        return False
    return True


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
@given(st.integers(0, 2**32))
def test_server_filter_and_residual_predicate_give_the_true_result(seed: int) -> None:
    async def main() -> list[Any]:
        rng = Random(seed)
        found: list[Any] = []
        async with random_library(seed) as (session, oracle):
            for _ in range(20):
                type_name = rng.choice(list(TABLES))
                trees = Trees(LookupGenerator(rng, oracle), type_name)
                q, holds = trees.draw()
                try:
                    compiled = compile_lookups(type_name, q)
                except StashError as refusal:
                    found += [] if trees.are_hard() else [(type_name, q, str(refusal))]
                    continue
                expected = oracle.ids(type_name, holds)
                if (answered := await matching_ids(session, compiled)) != expected:
                    found.append((type_name, q, compiled.filter, answered, expected))
        return found

    assert run(main()) == []


GENDERS = list(fields("Performer")["gender"].choices)
NEGATIONS = [
    ("Scene", Q(title__startswith="a"), {"title": {"value": "(?i)^a", "modifier": "NOT_MATCHES_REGEX"}}),
    ("Scene", Q(title__in=["a", "b"]), {"title": {"value": "(?i)^(a|b)$", "modifier": "NOT_MATCHES_REGEX"}}),
    ("Scene", Q(title__icontains="a"), {"title": {"value": "(?i)a", "modifier": "NOT_MATCHES_REGEX"}}),
    ("Scene", Q(title=None), {"title": {"value": "", "modifier": "NOT_NULL"}}),
    ("Scene", Q(is_missing="tags"), {"tags": {"modifier": "NOT_NULL"}}),
    ("Scene", Q(tags=5, tags__depth=-1), {"tags": {"modifier": "EXCLUDES", "value": ["5"], "depth": -1}}),
    ("Scene", Q(tags__excludes=[5, 6]), {"tags": {"modifier": "INCLUDES", "value": ["5", "6"]}}),
    ("Scene", Q(organized=True), {"organized": False}),
    ("Scene", Q(play_count__in=[1]), {"play_count": {"value": 1, "modifier": "NOT_EQUALS"}}),
    ("Scene", ~Q(rating100__gt=5), {"rating100": {"value": 5, "modifier": "GREATER_THAN"}}),
    ("Performer", Q(gender__null=True), {"gender": {"value_list": GENDERS, "modifier": "INCLUDES"}}),
    ("Performer", Q(gender__ne="male"), {"gender": {"value": "MALE", "modifier": "INCLUDES"}}),
]


@pytest.mark.parametrize(("owner", "q", "expected"), NEGATIONS, ids=[repr(row[1]) for row in NEGATIONS])
def test_negation_is_sent_to_the_server(owner: str, q: Q, expected: dict[str, Any]) -> None:
    compiled = compile_lookups(owner, ~q)
    assert compiled.filter == expected
    assert compiled.post_filter is None


def test_file_fields_are_negated_together() -> None:
    compiled = compile_lookups("Scene", ~Q(duration__gte=60, resolution="4k"))
    assert compiled.filter == {}
    assert compiled.post_filter is not None
    short = {"duration": 30, "width": 3840, "height": 2160}
    long = {"duration": 90, "width": 640, "height": 480}
    assert compiled.post_filter({"files": [short, long]})
    assert not compiled.post_filter({"files": [short | {"duration": 90}, long]})


def test_supported_parts_are_sent_to_the_server() -> None:
    both = compile_lookups("Scene", Q(rating100__gte=80) | ~Q(organized=True))
    assert both.post_filter is None
    assert both.filter["OR"] == {"organized": False}
    part = compile_lookups("Scene", Q(rating100__gte=80) & (Q(tags=1) | Q(url__contains="x")))
    assert part.filter.keys() == {"rating100"}
    assert part.post_filter is not None
    assert set(part.post_filter.fields) == {"tags.id", "urls"}
    assert "row by row" in part.explain()


async def test_store_accepts_q_wherever_it_accepts_lookups(embedded_url: str) -> None:
    async with StashContext(conn=embedded_url) as client:
        store = StashEntityStore(client)
        scenes = [Scene(title=f"{n}", rating100=n * 10, organized=n % 2 == 0) for n in range(8)]
        assert (await store.save_batch(scenes)).all_succeeded
        where = Q(rating100__gte=60) | ~Q(organized=True) & Q(rating100__lt=20)
        expected = [scenes[1], scenes[6], scenes[7]]
        assert await store.find(Scene, where) == expected
        assert await store.find(Scene, where, title="6") == [scenes[6]]
        assert [scene async for scene in store.find_iter(Scene, where)] == expected
        assert await store.count(Scene, where) == 3
        assert await store.find_one(Scene, ~where) == scenes[0]
        assert store.filter(Scene, where) == expected
        assert "OR" in await store.explain(Scene, where)
