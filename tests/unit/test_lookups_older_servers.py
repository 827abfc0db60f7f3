"""What older releases answer wrongly is left to the rows there, and asked of newer ones."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from schemas import capabilities_of, old_schema, schema_of, server_of

from stash_cli.core.capabilities import ServerCapabilities
from stash_cli.core.errors import StashCapabilityError
from stash_cli.core.query.lookups import Compiled
from stash_cli.core.query.lookups import compile as compile_lookups
from stash_cli.core.query.q import Q


@cache
def server(version: str) -> ServerCapabilities:
    """A server of this release; the schema is today's, so that only the release decides."""
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


def test_the_addresses_of_studios_are_a_list_since_0_30() -> None:
    assert asked("Studio", {"url__excludes": "x"}, "0.29.3").filter == {}
    assert asked("Studio", {"url__excludes": "x"}, "0.30.0").filter != {}


def test_servers_before_0_25_fail_on_the_speed_of_scripts() -> None:
    assert asked("Scene", {"interactive_speed__gte": 50}, "0.24.3").filter == {}
    assert asked("Scene", {"interactive_speed__gte": 50}, "0.25.0").filter != {}


def test_servers_before_0_28_count_no_o_of_performers_without_scenes() -> None:
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


def test_one_gender_is_asked_of_every_server() -> None:
    found = asked("Performer", {"gender": "female"}, "0.22.1")
    assert found.filter == {"gender": {"value": "FEMALE", "modifier": "INCLUDES"}}
    assert found.post_filter is None


def test_rows_tell_what_an_older_server_does_not() -> None:
    lacking = asked("Performer", {"gender__null": True}, "0.22.1").post_filter
    without = asked("Tag", {"aliases__excludes": "rock"}, "0.22.1").post_filter
    assert lacking is not None and without is not None  # noqa: PT018
    assert [lacking({"gender": gender}) for gender in (None, "MALE")] == [True, False]
    assert [without({"aliases": many}) for many in ([], ["Rock", "x"], ["x"])] == [True, False, True]


def test_the_rest_of_a_question_narrows_what_rows_decide() -> None:
    found = asked("Performer", {"gender__null": True, "rating100__gte": 80}, "0.22.1")
    assert set(found.filter) == {"rating100"}
    either = asked("Performer", Q(gender__null=True) | Q(rating100=5), "0.22.1")
    assert either.filter == {}
    assert asked("Performer", Q(gender__null=True) | Q(rating100=5), "0.25.1").filter != {}


def test_counts_of_tags_are_told_by_the_tags_beside_them() -> None:
    question = Q(child_count=1) | Q(parent_count__gte=2)
    found = compile_lookups("Tag", question, server=server_of("0.22.1") if schema_of("0.22.1") else None)
    assert found.post_filter is not None
    assert set(found.post_filter.fields) == {"children.id", "parents.id"}
    assert found.post_filter({"children": [{"id": "1"}], "parents": []})
    assert not found.post_filter({"children": [], "parents": [{"id": "1"}]})


def test_rows_that_lack_what_decides_are_refused() -> None:
    """A field that is not in the answer would be taken for one without a value."""
    old = capabilities_of(old_schema(), "v0.22.1")
    with pytest.raises(StashCapabilityError, match=r"Scene\.urls needs Stash 0\.22|Scene\.urls is not known"):
        compile_lookups("Scene", {"url__ne": "x"}, server=old)
