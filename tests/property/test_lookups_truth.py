"""Random lookups on random libraries: server filter and residual predicate give the true result.

The oracle (`lookup_oracle`) evaluates lookups on the plain rows of a random library, by their documented
meaning (`lookup_semantics`). A failure names the seed of its library.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from random import Random, SystemRandom
from typing import Any

import lookup_semantics as semantics
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lookup_evaluation import matching_ids, planned_count, random_library
from lookup_generator import LookupGenerator, Lookups
from lookup_oracle import TABLES, LookupOracle
from support import run

from stash_cli.core.client import Session
from stash_cli.core.errors import StashError, StashInputError
from stash_cli.core.query.extractors import extractor
from stash_cli.core.query.lookups import Compiled, fields, matches
from stash_cli.core.query.lookups import compile as compile_lookups

Judge = Callable[[Session, LookupOracle, str, Lookups], Awaitable[list[Any]]]
seeds = st.integers(0, 2**32)
patient = settings(deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)


async def mismatch(session: Session, oracle: LookupOracle, compiled: Compiled, lookups: Lookups) -> list[Any]:
    """The lookups with both results, if they differ from the oracle."""
    expected = oracle.answer(compiled.type, lookups)
    found = await matching_ids(session, compiled)
    assert await planned_count(session, compiled) in (None, len(expected))
    return [] if found == expected else [(compiled.type, lookups, compiled.filter, found, expected)]


async def mismatch_or_rejection(
    session: Session, oracle: LookupOracle, type_name: str, lookups: Lookups
) -> list[Any]:
    """The same for lookups not compiled yet; a rejection needs a reason."""
    try:
        compiled = compile_lookups(type_name, lookups)
    except StashError as refusal:
        refused = rejection_is_justified(type_name, lookups, oracle, refusal)
        return [] if refused else [(type_name, lookups, str(refusal))]
    return await mismatch(session, oracle, compiled, lookups)


def rejection_is_justified(
    type_name: str, lookups: Lookups, oracle: LookupOracle, refusal: StashError
) -> bool:
    """Whether nothing matches anyway, or neither server nor rows can evaluate the lookups."""
    heads = [key.partition("__")[0] for key in lookups]
    untold = any(key.startswith(("studios__", "average_resolution__")) for key in lookups)
    untold |= type_name == "Performer" and "performers" in heads
    # One criterion has one condition per field, and data missing in rows is not tested here.
    unread = any(
        extractor(type_name, head) is None and (heads.count(head) > 1 or key == "is_missing__ne")
        for key, head in zip(lookups, heads, strict=True)
    )
    if isinstance(refusal, StashInputError) and not untold and not unread:
        return oracle.answer(type_name, lookups) == []
    related = any(f"{head}_filter" in fields(type_name) for head in heads)
    return untold or unread or related or any(key.endswith("__depth") for key in lookups)


@pytest.mark.long
def test_every_lookup_of_every_field() -> None:
    """Each (entity, field, lookup) once, and one lookup inside each type of related objects."""
    seed = SystemRandom().randrange(2**32)
    drawn: dict[str, int] = {}

    async def main() -> list[Any]:
        failures: list[Any] = []
        async with random_library(seed) as (session, oracle):
            questions = LookupGenerator(Random(seed), oracle)
            for type_name in TABLES:
                every = list(questions.each_lookup(type_name))
                drawn[type_name] = len(every)
                for lookups in every:
                    failures += await mismatch_or_rejection(session, oracle, type_name, lookups)
        return failures

    assert run(main()) == [], f"seed {seed}"
    for type_name, number in drawn.items():
        assert number == sum(len(field.lookups) or 1 for field in fields(type_name).values())
    assert sum(drawn.values()) > 2000


async def mismatches(seed: int, judge: Judge) -> list[Any]:
    """Mismatches that `judge` reports for 25 random lookups of several fields on one library."""
    rng = Random(seed)
    failures: list[Any] = []
    async with random_library(seed) as (session, oracle):
        questions = LookupGenerator(rng, oracle)
        for _ in range(25):
            type_name = rng.choice(list(TABLES))
            failures += await judge(session, oracle, type_name, questions.lookups(type_name))
    return failures


async def mismatch_by_rows(
    session: Session, oracle: LookupOracle, type_name: str, lookups: Lookups
) -> list[Any]:
    """A mismatch of the store's local filter over cached objects."""
    try:
        local = matches(type_name, lookups)
    except StashError:
        return []
    return await mismatch(session, oracle, Compiled(type_name, {}, local), lookups)


@settings(patient, max_examples=4)
@given(seeds)
def test_lookups_of_several_fields(seed: int) -> None:
    assert run(mismatches(seed, mismatch_or_rejection)) == []


@settings(patient, max_examples=3)
@given(seeds)
def test_local_evaluation_gives_the_same(seed: int) -> None:
    assert run(mismatches(seed, mismatch_by_rows)) == []


def test_oracle_matches_documented_examples() -> None:
    """Independent of the code under test."""
    texts = ["50%", "Été"]
    assert semantics.meets("text", texts, {"eq": "ÉTÉ"})
    assert not semantics.meets("text", texts, {"eq": "50_"})
    assert not semantics.meets("text", texts, {"startswith": "5", "endswith": "é"})
    assert semantics.meets("text", [], {"ne": "x"})
    assert not semantics.meets("text", texts, {"ne": "été"})
    assert semantics.meets("date", ["2024-02-01"], {"eq": "2024-02"})
    assert not semantics.meets("date", ["2024-12-31"], {"gt": "2024"})
    assert semantics.meets("time", ["2024-02-29T12:00:59Z"], {"lte": "2024-02-29 12:00"})
    assert semantics.meets("band", [1080], {"gte": "FULL_HD"})
    assert semantics.relation([{1, 2}, {3}], {"eq": [2, 3]}, single=False)
    assert not semantics.relation([{1, 2}, {3}], {"excludes": [2]}, single=False)
    assert semantics.custom({"a": 10}, "gt", "a", 9)
    assert not semantics.custom({"a": "x"}, "gt", "a", 9)
    assert semantics.custom({}, "not_between", "a", (1, 2))
