"""Lookups on older releases: what they answer wrongly is evaluated on rows."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from schemas import capabilities_of, old_schema, release_capabilities, schema_of

from stash_cli.core.capabilities import ServerCapabilities
from stash_cli.core.errors import StashCapabilityError
from stash_cli.core.query.lookups import Compiled
from stash_cli.core.query.lookups import compile as compile_lookups
from stash_cli.core.query.q import Q


@cache
def server(version: str) -> ServerCapabilities:
    """A server of this release with the current schema, so that only the release differs."""
    return capabilities_of(schema_of("0.31") or old_schema(), f"v{version}")


def asked(type_name: str, question: Any, version: str) -> Compiled:
    return compile_lookups(type_name, question, server=server(version))


OLDER = [
    *(("0.26.2", owner, {"url__excludes": "x"}) for owner in ("Scene", "Gallery", "Performer", "Group")),
    *(("0.26.2", owner, {"aliases__excludes": "x"}) for owner in ("Tag", "Studio", "Performer")),
    *(
        ("0.24.3", "Performer", question)
        for question in (
            {"gender__null": True},
            {"gender__null": False},
            {"gender__ne": "male"},
            {"gender__in": ["male", "female"]},
            {"gender__excludes": ["male"]},
        )
    ),
]


def test_studio_urls_are_a_list_since_0_30() -> None:
    assert asked("Studio", {"url__excludes": "x"}, "0.29.3").filter == {}
    assert asked("Studio", {"url__excludes": "x"}, "0.30.0").filter != {}


def test_interactive_speed_filter_is_not_sent_before_0_25() -> None:
    assert asked("Scene", {"interactive_speed__gte": 50}, "0.24.3").filter == {}
    assert asked("Scene", {"interactive_speed__gte": 50}, "0.25.0").filter != {}


def test_o_counter_filter_of_performers_is_not_sent_before_0_28() -> None:
    assert asked("Performer", {"o_counter": 0}, "0.27.2").filter == {}
    assert asked("Performer", {"o_counter": 0}, "0.28.1").filter != {}


@pytest.mark.parametrize(("until", "owner", "question"), OLDER, ids=[f"{o} {q}" for _, o, q in OLDER])
def test_rows_decide_up_to_a_release(until: str, owner: str, question: dict[str, Any]) -> None:
    for version in ("0.22.1", until):
        older = asked(owner, question, version)
        assert older.filter == {}
        assert older.post_filter is not None
        assert "servers before 0.2" in older.explain()
        assert "row by row" in older.explain()
    for version in ("0.27.2", "0.30.1"):
        newer = asked(owner, question, version)
        assert newer.filter != {}
        assert newer.post_filter is None
        assert newer == compile_lookups(owner, question)


def test_single_gender_is_filtered_by_every_server() -> None:
    found = asked("Performer", {"gender": "female"}, "0.22.1")
    assert found.filter == {"gender": {"value": "FEMALE", "modifier": "INCLUDES"}}
    assert found.post_filter is None


def test_unsupported_filters_are_evaluated_on_rows() -> None:
    lacking = asked("Performer", {"gender__null": True}, "0.22.1").post_filter
    without = asked("Tag", {"aliases__excludes": "rock"}, "0.22.1").post_filter
    assert lacking is not None and without is not None  # noqa: PT018
    assert [lacking({"gender": gender}) for gender in (None, "MALE")] == [True, False]
    assert [without({"aliases": many}) for many in ([], ["Rock", "x"], ["x"])] == [True, False, True]


def test_remaining_conditions_narrow_the_rows_tested() -> None:
    found = asked("Performer", {"gender__null": True, "rating100__gte": 80}, "0.22.1")
    assert set(found.filter) == {"rating100"}
    either = asked("Performer", Q(gender__null=True) | Q(rating100=5), "0.22.1")
    assert either.filter == {}
    assert asked("Performer", Q(gender__null=True) | Q(rating100=5), "0.25.1").filter != {}


def test_tag_counts_are_computed_from_related_tags() -> None:
    question = Q(child_count=1) | Q(parent_count__gte=2)
    found = compile_lookups(
        "Tag", question, server=release_capabilities("0.22.1") if schema_of("0.22.1") else None
    )
    assert found.post_filter is not None
    assert set(found.post_filter.fields) == {"children.id", "parents.id"}
    assert found.post_filter({"children": [{"id": "1"}], "parents": []})
    assert not found.post_filter({"children": [], "parents": [{"id": "1"}]})


def test_rows_without_the_required_field_are_rejected() -> None:
    """A missing field would otherwise count as null."""
    old = capabilities_of(old_schema(), "v0.22.1")
    with pytest.raises(StashCapabilityError, match=r"Scene\.urls needs Stash 0\.22|Scene\.urls is not known"):
        compile_lookups("Scene", {"url__ne": "x"}, server=old)
