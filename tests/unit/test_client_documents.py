"""GraphQL documents: names, inputs and fields adapted to older servers."""

from __future__ import annotations

import json
import re
import warnings
from typing import Any

import pytest
from graphql import parse, validate
from schemas import VERSIONS, capabilities_of, old_schema, release_capabilities
from support import reference
from table_tests import table_test

from stash_cli.core import capabilities
from stash_cli.core.capabilities import EmbeddedCapabilities, ServerCapabilities
from stash_cli.core.errors import StashCapabilityError, StashInputError
from stash_cli.core.graphql import document, selection
from stash_cli.core.types.api import describe_api


def test_introspection_query_is_valid_and_deep_enough() -> None:
    from graphql import graphql_sync

    schema = old_schema()
    found = graphql_sync(schema, capabilities.INTROSPECTION.replace(capabilities.VERSION_FIELD, ""))
    assert found.errors is None
    server = ServerCapabilities(capabilities.reduce_introspection(found.data or {}))
    assert server.field_type("FindScenesResultType", "scenes") == "[Scene!]!"
    assert server.arguments("query", "findMovie") == {"id": "ID!"}
    assert server.has_query("findMovies")
    assert server.has_mutation("movieCreate")
    assert not server.has_subscription("jobsSubscribe")
    assert server.input_has_field("MovieUpdateInput", "rating100")
    assert server.enum_values("FilterMode") == ("SCENES", "MOVIES")
    assert server.enum_values("Movie") == ()


def old_server() -> ServerCapabilities:
    return capabilities_of(old_schema(), "v0.22.1")


def test_groups_are_requested_as_movies_on_old_servers() -> None:
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


def test_inputs_use_older_field_names() -> None:
    criterion = {"groups": {"value": ["1"], "modifier": "INCLUDES"}}
    root = document.root("findScenes", {"scene_filter": criterion}, "count", server=old_server())
    assert root.values == {"scene_filter": {"movies": {"value": ["1"], "modifier": "INCLUDES"}}}


GENDER = {"gender": {"value_list": ["FEMALE"], "modifier": "INCLUDES"}}
STASH_IDS = {"stash_ids_endpoint": {"endpoint": "e", "stash_ids": ["a"], "modifier": "EQUALS"}}
NO_STASH_ID = {"stash_ids_endpoint": {"modifier": "IS_NULL"}}


@table_test(
    ("operation", "args", "sent"),
    [
        ("findScenes", {"ids": ["2", 1]}, {"scene_ids": [2, 1]}),
        (
            "findPerformers",
            {"performer_filter": GENDER},
            {"performer_filter": {"gender": {"value": "FEMALE", "modifier": "EQUALS"}}},
        ),
        (
            "findPerformers",
            {"performer_filter": STASH_IDS},
            {
                "performer_filter": {
                    "stash_id_endpoint": {"endpoint": "e", "stash_id": "a", "modifier": "EQUALS"}
                }
            },
        ),
        (
            "findPerformers",
            {"performer_filter": NO_STASH_ID},
            {"performer_filter": {"stash_id_endpoint": {"modifier": "IS_NULL"}}},
        ),
        (
            "findScenes",
            {"scene_filter": {"groups": {"value": ["1"], "modifier": "INCLUDES", "depth": 0}}},
            {"scene_filter": {"movies": {"value": ["1"], "modifier": "INCLUDES"}}},
        ),
        ("movieUpdate", {"input": {"id": "1", "tag_ids": None}}, {"input": {"id": "1"}}),
        ("metadataScan", {"input": {"paths": ["/a"], "rescan": False}}, {"input": {"paths": ["/a"]}}),
        ("listScrapers", {"types": ["GROUP", "SCENE"]}, {"types": ["MOVIE", "SCENE"]}),
        (
            "runPluginTask",
            {
                "plugin_id": "p",
                "task_name": "t",
                "args_map": {"a": "x", "b": True, "c": 1, "d": 0.5, "e": None, "f": {"g": [1, "y"]}},
            },
            {
                "plugin_id": "p",
                "task_name": "t",
                "args": [
                    {"key": "a", "value": {"str": "x"}},
                    {"key": "b", "value": {"b": True}},
                    {"key": "c", "value": {"i": 1}},
                    {"key": "d", "value": {"f": 0.5}},
                    {"key": "e", "value": None},
                    {"key": "f", "value": {"o": [{"key": "g", "value": {"a": [{"i": 1}, {"str": "y"}]}}]}},
                ],
            },
        ),
    ],
)
def test_inputs_use_older_shapes(operation: str, args: dict[str, Any], sent: dict[str, Any]) -> None:
    root = document.root(operation, args, "__typename", server=old_server())
    given = {name: root.values[variable] for name, variable in re.findall(r"(\w+): \$(\w+)", root.text)}
    assert given == sent


@table_test(
    ("operation", "args", "named"),
    [
        ("groupUpdate", {"input": {"id": "1", "tag_ids": ["1"]}}, "GroupUpdateInput.tag_ids"),
        ("performerMerge", {"input": {}}, "performerMerge needs Stash 0.31"),
        ("findGroups", {"ids": ["1"]}, "findGroups(ids) needs Stash 0.25"),
        ("listScrapers", {"types": ["IMAGE"]}, "ScrapeContentType.IMAGE needs Stash 0.28"),
        ("metadataScan", {"input": {"rescan": True}}, "ScanMetadataInput.rescan needs Stash 0.26"),
        (
            "findPerformers",
            {"performer_filter": {"gender": {"value_list": ["MALE", "FEMALE"], "modifier": "INCLUDES"}}},
            "GenderCriterionInput.value_list needs Stash 0.25",
        ),
        (
            "findPerformers",
            {"performer_filter": {"gender": {"value_list": ["MALE"], "modifier": "EXCLUDES"}}},
            "GenderCriterionInput.value_list needs Stash 0.25",
        ),
        (
            "findPerformers",
            {"performer_filter": {"stash_ids_endpoint": {"stash_ids": ["a", "b"], "modifier": "EQUALS"}}},
            "PerformerFilterType.stash_ids_endpoint needs Stash 0.31",
        ),
        (
            "findScenes",
            {"scene_filter": {"groups": {"value": ["1"], "modifier": "INCLUDES", "depth": -1}}},
            "HierarchicalMultiCriterionInput.depth is not known to this server",
        ),
        ("findFiles", {}, "findFiles needs Stash 0.29"),
        ("bulkTagUpdate", {"input": {}}, "bulkTagUpdate needs Stash 0.27"),
        ("groupUpdate", {"input": {"id": "1", "date": "2023"}}, "(date: 2023) needs Stash 0.30"),
    ],
)
def test_missing_operations_name_the_required_version(
    operation: str, args: dict[str, Any], named: str
) -> None:
    with pytest.raises(StashCapabilityError, match=re.escape(named)) as caught:
        document.root(operation, args, server=old_server())
    assert "v0.22.1" in caught.value.message
    assert caught.value.exit_status == 7


def test_values_no_server_supports_are_rejected() -> None:
    with pytest.raises(
        StashInputError, match=r"ScrapeContentType has no value 'SCENES'\. Did you mean SCENE"
    ):
        document.root("listScrapers", {"types": ["SCENES"]}, server=EmbeddedCapabilities())


def test_only_requested_missing_fields_warn() -> None:
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
def test_version_gates_match_introspection(version: str) -> None:
    if reference("stash-api") is None:
        return
    server = release_capabilities(version)
    newest = version == "0.31"
    assert server.has_scene_custom_fields is newest
    assert server.has_studio_organized is newest
    assert server.has_folder_sub_folders is newest
    assert server.uses_new_duplication_type is newest
    assert server.has_performer_career_date_strings is newest
    assert server.has_query("findGroups") is (version != "0.22.1")


def test_cached_schema_is_small_and_equals_ours() -> None:
    from stash_cli.embedded.graphql.schema import library_schema

    cached, ours = capabilities_of(library_schema(), "x"), EmbeddedCapabilities()
    assert len(json.dumps(cached.facts)) < 100_000
    api = describe_api()
    for name in (*api.queries, *api.mutations, *api.subscriptions):
        kind = api.operation(name)[0]
        assert ours.has_operation(kind, name) is cached.has_operation(kind, name) is True
        assert ours.arguments(kind, name) == cached.arguments(kind, name)
    for name, declared in api.types.items():
        if declared.kind in ("OBJECT", "INPUT_OBJECT", "INTERFACE"):
            assert ours.fields(name) == cached.fields(name)
        if declared.kind == "ENUM":
            assert set(ours.enum_values(name)) == set(cached.enum_values(name)) != set()
