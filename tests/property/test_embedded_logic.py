"""AND, OR and NOT of filters are set operations; pages are slices of the whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sample_library import SampleLibrary, open_sample_library

EVERYTHING = {str(number) for number in range(1, 13)}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SampleLibrary]:
    """Twelve scenes whose tags and performers follow from their number."""
    made = open_sample_library(tmp_path_factory.mktemp("logic") / "library.sqlite")
    for number in range(1, 5):
        made.create("tagCreate", name=f"t{number}", parent_ids=[str(number - 1)] if number > 1 else [])
        made.create("performerCreate", name=f"p{number}", tag_ids=[str(number)])
    for number in range(1, 13):
        made.create(
            "sceneCreate",
            title=f"scene {number % 5}",
            organized=number % 2 == 0,
            tag_ids=[str(tag) for tag in range(1, 5) if number % (tag + 1) == 0],
            performer_ids=[str(performer) for performer in range(1, 5) if number % (performer + 2) == 0],
            urls=[f"https://{number % 3}.example"] if number % 4 else [],
        )
    yield made
    made.library.close()


ids = st.lists(st.sampled_from(["1", "2", "3", "4"]), min_size=1, max_size=2, unique=True)
depths = st.sampled_from([None, 0, 1, -1])
numbers = st.integers(0, 3)
criteria = st.one_of(
    st.builds(lambda wanted: {"organized": wanted}, st.booleans()),
    st.builds(
        lambda value, modifier, depth: {"tags": {"value": value, "modifier": modifier, "depth": depth}},
        ids,
        st.sampled_from(["INCLUDES", "INCLUDES_ALL", "EXCLUDES", "IS_NULL", "NOT_NULL"]),
        depths,
    ),
    st.builds(
        lambda value, modifier: {"performers": {"value": value, "modifier": modifier}},
        ids,
        st.sampled_from(["INCLUDES", "INCLUDES_ALL", "EQUALS", "EXCLUDES"]),
    ),
    st.builds(
        lambda value, depth: {"performer_tags": {"value": value, "modifier": "INCLUDES", "depth": depth}},
        ids,
        depths,
    ),
    st.builds(
        lambda value, modifier: {"tag_count": {"value": value, "modifier": modifier}},
        numbers,
        st.sampled_from(["EQUALS", "NOT_EQUALS", "GREATER_THAN", "LESS_THAN"]),
    ),
    st.builds(lambda value: {"title": {"value": str(value), "modifier": "INCLUDES"}}, numbers),
    st.builds(lambda value: {"url": {"value": str(value), "modifier": "EXCLUDES"}}, numbers),
    st.builds(
        lambda value: {"performers_filter": {"tags": {"value": value, "modifier": "INCLUDES"}}},
        ids,
    ),
)
patient = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@patient
@given(chain=st.lists(st.tuples(criteria, st.sampled_from(["AND", "OR", "NOT"])), min_size=2, max_size=4))
def test_logic_equals_set_operations(sample: SampleLibrary, chain: list[tuple[dict[str, Any], str]]) -> None:
    given_filter, expected = chain[-1][0], sample.id_set("Scene", chain[-1][0])
    for criterion, operator in reversed(chain[:-1]):
        own = sample.id_set("Scene", criterion)
        nested = EVERYTHING - expected if operator == "NOT" else expected
        expected = own | nested if operator == "OR" else own & nested
        given_filter = {**criterion, operator: given_filter}
    assert sample.id_set("Scene", given_filter) == expected


@patient
@given(
    sort=st.sampled_from(["title", "rating", "tag_count", "organized", "random_5", "path", "id"]),
    direction=st.sampled_from(["ASC", "DESC"]),
    size=st.integers(1, 7),
)
def test_pages_are_slices_of_the_whole(sample: SampleLibrary, sort: str, direction: str, size: int) -> None:
    whole = sample.ids("Scene", sort=sort, direction=direction)
    pages = range(1, len(whole) // size + 2)
    parts = [sample.ids("Scene", sort=sort, direction=direction, per_page=size, page=page) for page in pages]
    assert [id_ for part in parts for id_ in part] == whole
    assert set(whole) == EVERYTHING
