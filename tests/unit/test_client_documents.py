"""Every document the client can send is valid: against our own schema, and against servers' schemas."""

from __future__ import annotations

import json
import re
import warnings
from typing import Any

import pytest
from graphql import (
    GraphQLSchema,
    build_client_schema,
    build_schema,
    introspection_from_schema,
    parse,
    validate,
)
from support import reference

from stash_cli.core.errors import StashCapabilityError
from stash_cli.core.graphql import document, introspection, selection
from stash_cli.core.graphql.capability import ServerCapabilities
from stash_cli.core.graphql.ours import OurCapabilities
from stash_cli.core.types.api import describe_api

VERSIONS = ("0.22.1", "0.30.1", "0.31")
OLD_SDL = """
type Query {
  findScenes(scene_filter: SceneFilterType, filter: FindFilterType): FindScenesResultType!
  findMovies(movie_filter: MovieFilterType, filter: FindFilterType): FindMoviesResultType!
  findMovie(id: ID!): Movie
  version: Version!
}
type Mutation { movieUpdate(input: MovieUpdateInput!): Movie movieCreate(input: MovieCreateInput!): Movie }
type Version { version: String hash: String! }
type FindScenesResultType { count: Int! scenes: [Scene!]! }
type FindMoviesResultType { count: Int! movies: [Movie!]! }
type Scene { id: ID! title: String movies: [SceneMovie!]! }
type SceneMovie { movie: Movie! scene_index: Int }
type Movie { id: ID! name: String! rating100: Int scene_count: Int }
input FindFilterType { q: String page: Int per_page: Int sort: String direction: String }
input SceneFilterType { movies: MultiCriterionInput title: StringCriterionInput }
input MovieFilterType { name: StringCriterionInput }
input MovieCreateInput { name: String! }
input MovieUpdateInput { id: ID! name: String rating100: Int }
input MultiCriterionInput { value: [ID!] modifier: String! }
input StringCriterionInput { value: String! modifier: String! }
"""
"""A small server from before groups: what the renames and refusals are tried on without reference data."""


def operations() -> list[str]:
    api = describe_api()
    return [*api.queries, *api.mutations, *api.subscriptions]


def written(name: str, server: ServerCapabilities | None) -> str:
    """The document of an operation with all its arguments, or those that `server` has."""
    kind, declared = document.describe(name)
    args: dict[str, Any] = {arg: [] if ref.is_list else {} for arg, ref in declared.args.items()}
    if server is not None:
        known = server.arguments(kind, server.operation_name(kind, name))
        args = {arg: value for arg, value in args.items() if arg in known or arg.startswith("group")}
    result = declared.type.name
    fields = selection.build(result, None, server) if selection.is_composite(result) else ""
    return document.join("Test", [document.root(name, args, fields, server=server)])[0]


def schema_named(version: str) -> GraphQLSchema | None:
    path = reference("stash-api", f"introspection-{version}.json")
    if path is None:
        return None
    data = json.loads(path.read_text(encoding="utf-8"))
    # Some recorded answers call arguments of deprecated operations deprecated, which strict readers refuse.
    return build_client_schema(data.get("data", data), assume_valid=True)


def capabilities_of(schema: GraphQLSchema, version: str) -> ServerCapabilities:
    data = introspection_from_schema(schema, descriptions=False)
    facts = introspection.reduce({**data, "_server": {"version": version, "hash": "x"}})
    return ServerCapabilities(json.loads(json.dumps(facts)))


@pytest.mark.parametrize("name", operations())
def test_every_document_fits_the_library(name: str) -> None:
    from stash_cli.embedded.schema import library_schema

    text = written(name, OurCapabilities())
    assert [error.message for error in validate(library_schema(), parse(text))] == []


@pytest.mark.parametrize("version", VERSIONS)
def test_every_document_fits_the_servers(version: str) -> None:
    schema = schema_named(version)
    wrong, lacking = {}, []
    for name in operations() if schema is not None else ():
        try:
            text = written(name, capabilities_of_cached(version))
        except StashCapabilityError:
            lacking.append(name)
        else:
            errors = validate(schema, parse(text))  # type: ignore[arg-type]
            wrong.update({name: errors[0].message} if errors else {})
    assert wrong == {}
    assert version != "0.31" or lacking == []


_CAPABILITIES: dict[str, ServerCapabilities] = {}


def capabilities_of_cached(version: str) -> ServerCapabilities:
    if version not in _CAPABILITIES:
        schema = schema_named(version)
        assert schema is not None
        _CAPABILITIES[version] = capabilities_of(schema, version)
    return _CAPABILITIES[version]


def test_introspection_query_is_valid_and_deep_enough() -> None:
    from graphql import graphql_sync

    schema = build_schema(OLD_SDL)
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
    return capabilities_of(build_schema(OLD_SDL), "v0.22.1")


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
    assert validate(build_schema(OLD_SDL), parse(text)) == []
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
        ("findScenes", {"ids": ["1"]}, "ids needs Stash 0.25"),
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
        assert selection.build("Scene", None, server).startswith("id title groups: movies")
        assert caught == []
        for _ in range(3):
            assert selection.build("Scene", ["id", "custom_fields"], server) == "id"
    assert [str(each.message) for each in caught] == [
        "Scene.custom_fields needs Stash 0.31 or newer; this server is v0.22.1; the field is left out."
    ]


@pytest.mark.parametrize("version", VERSIONS)
def test_gates_follow_the_introspection(version: str) -> None:
    if schema_named(version) is None:
        return
    server = capabilities_of_cached(version)
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
    for name in operations():
        kind = api.operation(name)[0]
        assert ours.has_operation(kind, name) is told.has_operation(kind, name) is True
        assert ours.arguments(kind, name) == told.arguments(kind, name)
    for name, declared in api.types.items():
        if declared.kind in ("OBJECT", "INPUT_OBJECT", "INTERFACE"):
            assert ours.fields(name) == told.fields(name)
