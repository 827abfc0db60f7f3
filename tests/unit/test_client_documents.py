"""What documents say, and how they fit a server that knows less."""

from __future__ import annotations

import json
import re
import warnings
from typing import Any

import pytest
from graphql import parse, validate
from schemas import VERSIONS, capabilities_of, old_schema, server_of
from support import reference

from stash_cli.core.errors import StashCapabilityError
from stash_cli.core.graphql import document, introspection, selection
from stash_cli.core.graphql.capability import ServerCapabilities
from stash_cli.core.graphql.ours import OurCapabilities
from stash_cli.core.types.api import describe_api


def test_introspection_query_is_valid_and_deep_enough() -> None:
    from graphql import graphql_sync

    schema = old_schema()
    found = graphql_sync(schema, introspection.DOCUMENT.replace(introspection.VERSION, ""))
    assert found.errors is None
    server = ServerCapabilities(introspection.reduce(found.data or {}))
    assert server.field_type("FindScenesResultType", "scenes") == "[Scene!]!"
    assert server.arguments("query", "findMovie") == {"id": "ID!"}
    assert server.has_query("findMovies")
    assert server.has_mutation("movieCreate")
    assert not server.has_subscription("jobsSubscribe")
    assert server.input_has_field("MovieUpdateInput", "rating100")


def old_server() -> ServerCapabilities:
    return capabilities_of(old_schema(), "v0.22.1")


def test_groups_are_read_as_movies_and_answered_as_groups() -> None:
    server = old_server()
    criterion = {"name": {"value": "x", "modifier": "EQUALS"}}
    fields = selection.build("FindGroupsResultType", ["count", "groups.id", "groups.name"], server)
    root = document.root("findGroups", {"group_filter": criterion}, fields, server=server)
    text, variables = document.join("Test", [root])
    assert text == (
        "query Test($group_filter: MovieFilterType) { findGroups: findMovies(movie_filter: $group_filter)"
        " { count groups: movies { id name } } }"
    )
    assert variables == {"group_filter": criterion}
    assert validate(old_schema(), parse(text)) == []
    assert selection.build("Scene", ["id", "groups.group.name"], server) == (
        "id groups: movies { group: movie { name } }"
    )


def test_inputs_get_the_older_names() -> None:
    criterion = {"groups": {"value": ["1"], "modifier": "INCLUDES"}}
    root = document.root("findScenes", {"scene_filter": criterion}, "count", server=old_server())
    assert root.values == {"scene_filter": {"movies": {"value": ["1"], "modifier": "INCLUDES"}}}


@pytest.mark.parametrize(
    ("operation", "args", "named"),
    [
        ("groupUpdate", {"input": {"id": "1", "tag_ids": ["1"]}}, "MovieUpdateInput.tag_ids"),
        ("performerMerge", {"input": {}}, "performerMerge needs Stash 0.31"),
        ("findScenes", {"ids": ["1"]}, "findScenes(ids) needs Stash 0.25"),
        ("findFiles", {}, "findFiles needs Stash 0.29"),
        ("bulkTagUpdate", {"input": {}}, "bulkTagUpdate needs Stash 0.27"),
    ],
)
def test_what_a_server_lacks_is_refused_with_the_needed_version(
    operation: str, args: dict[str, Any], named: str
) -> None:
    with pytest.raises(StashCapabilityError, match=re.escape(named)) as caught:
        document.root(operation, args, server=old_server())
    assert "v0.22.1" in caught.value.message
    assert caught.value.exit_status == 7


def test_asked_fields_warn_once_and_default_fields_are_silent() -> None:
    server = old_server()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert selection.build("Scene", None, server).startswith(
            "id title galleries { id title } groups: movies"
        )
        assert caught == []
        for _ in range(3):
            assert selection.build("Scene", ["id", "custom_fields"], server) == "id"
    assert [str(each.message) for each in caught] == [
        "Scene.custom_fields needs Stash 0.31 or newer; this server is v0.22.1; the field is left out."
    ]


@pytest.mark.parametrize("version", VERSIONS)
def test_gates_follow_the_introspection(version: str) -> None:
    if reference("stash-api") is None:
        return
    server = server_of(version)
    newest = version == "0.31"
    assert server.has_scene_custom_fields is newest
    assert server.has_studio_organized is newest
    assert server.has_folder_sub_folders is newest
    assert server.uses_new_duplication_type is newest
    assert server.has_performer_career_date_strings is newest
    assert server.has_query("findGroups") is (version != "0.22.1")


def test_cached_facts_are_small_and_agree_with_ours() -> None:
    from stash_cli.embedded.schema import library_schema

    told, ours = capabilities_of(library_schema(), "x"), OurCapabilities()
    assert len(json.dumps(told.facts)) < 100_000
    api = describe_api()
    for name in (*api.queries, *api.mutations, *api.subscriptions):
        kind = api.operation(name)[0]
        assert ours.has_operation(kind, name) is told.has_operation(kind, name) is True
        assert ours.arguments(kind, name) == told.arguments(kind, name)
    for name, declared in api.types.items():
        if declared.kind in ("OBJECT", "INPUT_OBJECT", "INTERFACE"):
            assert ours.fields(name) == told.fields(name)
