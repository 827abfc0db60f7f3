"""Execution of operations: rejections, partial responses, transactions, limits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sample_library import SampleLibrary, open_sample_library
from table_tests import table_test


@pytest.fixture
def sample(library_file: Path) -> Iterator[SampleLibrary]:
    made = open_sample_library(library_file)
    yield made
    made.library.close()


def only_error(sample: SampleLibrary, document: str, **variables: Any) -> dict[str, Any]:
    outcome = sample.library.execute(document, variables)
    assert len(outcome.errors) == 1
    return outcome.errors[0]


@table_test(
    ("document", "code", "text"),
    [
        ("{ findScenes { count }", "GRAPHQL_PARSE_FAILED", "Expected Name, found <EOF>."),
        ("", "GRAPHQL_VALIDATION_FAILED", "no operation provided"),
        (
            "{ findScenes { scenes { titel } } }",
            "GRAPHQL_VALIDATION_FAILED",
            'Cannot query field "titel" on type "Scene". Did you mean "title"',
        ),
        (
            "{ findScene(id: 1, name: 2) { id } }",
            "GRAPHQL_VALIDATION_FAILED",
            'Unknown argument "name" on field "Query.findScene".',
        ),
        (
            "mutation { tagCreate(input: {}) { id } }",
            "GRAPHQL_VALIDATION_FAILED",
            'Field "TagCreateInput.name" of required type "String!" was not provided.',
        ),
        (
            'mutation { tagCreate(input: {name: "a", colour: "red"}) { id } }',
            "GRAPHQL_VALIDATION_FAILED",
            'Field "colour" is not defined by type "TagCreateInput".',
        ),
        (
            "{ findTags(filter: {direction: UP}) { count } }",
            "GRAPHQL_VALIDATION_FAILED",
            'Value "UP" does not exist in "SortDirectionEnum" enum.',
        ),
        (
            'mutation { sceneAddO(id: 1, times: ["soon"]) { count } }',
            "GRAPHQL_VALIDATION_FAILED",
            "ParseDateStringAsTime failed: dateString <soon>",
        ),
        (
            "query a { version { hash } } query b { version { hash } }",
            "GRAPHQL_VALIDATION_FAILED",
            "operation",
        ),
        ("query($id: ID!) { findScene(id: $id) { id } }", "GRAPHQL_VALIDATION_FAILED", "must be defined"),
    ],
)
def test_invalid_documents(sample: SampleLibrary, document: str, code: str, text: str) -> None:
    outcome = sample.library.execute(document)
    assert outcome.data is None
    assert outcome.errors[0]["extensions"]["code"] == code
    assert text in outcome.errors[0]["message"]


@table_test(
    ("value", "place", "message"),
    [
        ({"name": "a", "colour": "red"}, ["colour"], "unknown field"),
        ({}, ["name"], "must be defined"),
        ({"name": None}, ["name"], "cannot be null"),
        (None, [], "cannot be null"),
        ([], [], "must be a TagCreateInput, not a slice"),
        ({"name": "a", "favorite": "maybe"}, ["favorite"], "cannot use string as Boolean"),
        ({"name": ["a"]}, ["name"], "cannot use slice as String"),
        ({"name": "a", "parent_ids": [1, 1.5]}, ["parent_ids", 1], "cannot use float64 as ID"),
        ({"name": "a", "custom_fields": 1}, ["custom_fields"], "int is not a map"),
    ],
)
def test_invalid_variables(sample: SampleLibrary, value: Any, place: list[Any], message: str) -> None:
    error = only_error(sample, "mutation($i: TagCreateInput!) { tagCreate(input: $i) { id } }", i=value)
    assert error == {
        "message": message,
        "path": ["variable", "i", *place],
        "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"},
    }


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("", "cannot parse Timestamp: empty string"),
        (5, "cannot parse Timestamp: not a string"),
        ("soon", "ParseDateStringAsTime failed: dateString <soon>"),
    ],
)
def test_invalid_times(sample: SampleLibrary, value: Any, message: str) -> None:
    document = "mutation($t: [Timestamp!]) { sceneAddO(id: 1, times: $t) { count } }"
    error = only_error(sample, document, t=[value])
    assert (error["message"], error["path"]) == (message, ["variable", "t", 0])


def test_invalid_enum_value(sample: SampleLibrary) -> None:
    criterion = {"title": {"value": "a", "modifier": "LIKE"}}
    error = only_error(
        sample, "query($f: SceneFilterType) { findScenes(scene_filter: $f) { count } }", f=criterion
    )
    assert error["message"] == "LIKE is not a valid CriterionModifier"
    assert error["path"] == ["variable", "f", "title", "modifier"]
    assert sample("{ findTags { count } }")["count"] == 0


def test_scalars_are_coerced_leniently(sample: SampleLibrary) -> None:
    made = sample.write(
        "sceneCreate", "{ title rating100 play_count }", title=5, rating100="70", organized=True
    )
    assert made == {"title": "5", "rating100": 70, "play_count": 0}
    assert sample("query($id: ID!) { findScene(id: $id) { id } }", id=1) == {"id": "1"}


def test_error_has_message_and_path_only(sample: SampleLibrary) -> None:
    error = only_error(sample, '{ scene: findScene(id: "x") { id } }')
    assert error == {"message": 'strconv.Atoi: parsing "x": invalid syntax', "path": ["scene"]}


def test_siblings_of_a_failed_nullable_field_are_kept(sample: SampleLibrary) -> None:
    outcome = sample.library.execute('{ findTag(id: "x") { id } version { version } }')
    assert outcome.data is not None
    assert outcome.data["findTag"] is None
    assert outcome.data["version"]["version"].startswith("v0.31")


def test_failed_required_field_nulls_the_response(sample: SampleLibrary) -> None:
    outcome = sample.library.execute('{ findTags(filter: {sort: "x"}) { tags { id } } version { hash } }')
    assert outcome.data is None
    assert outcome.errors[0]["path"] == ["findTags"]


def test_null_in_a_required_field_nulls_its_object(sample: SampleLibrary) -> None:
    sample.create("galleryCreate", title="Album")
    outcome = sample.library.execute("{ findGallery(id: 1) { id image(index: 7) { id } } }")
    assert outcome.data == {"findGallery": None}
    assert outcome.errors == [
        {
            "message": "the requested element is null which the schema does not allow",
            "path": ["findGallery", "image"],
        }
    ]


def test_unsupported_operation_is_reported(sample: SampleLibrary) -> None:
    error = only_error(sample, '{ scrapeURL(url: "x", ty: SCENE) { __typename } }')
    assert error["message"] == "scrapeURL is not available in an embedded library"


def test_mutations_run_in_order_in_separate_transactions(sample: SampleLibrary) -> None:
    outcome = sample.library.execute(
        """mutation {
          a: tagCreate(input: {name: "one"}) { id }
          b: tagCreate(input: {name: "ONE"}) { id }
          c: tagUpdate(input: {id: 1, description: "later"}) { name description }
        }"""
    )
    assert outcome.data == {"a": {"id": "1"}, "b": None, "c": {"name": "one", "description": "later"}}
    assert [error["path"] for error in outcome.errors] == [["b"]]
    assert sample("{ findTags { count } }")["count"] == 1


def test_database_error_is_reworded_with_its_original_text(sample: SampleLibrary) -> None:
    error = only_error(sample, 'mutation { sceneCreate(input: {title: "a", tag_ids: ["9"]}) { id } }')
    assert error["message"] == "there is no tag 9"
    assert error["extensions"] == {"original": "FOREIGN KEY constraint failed"}
    assert sample("{ findScenes { count } }")["count"] == 0


def test_nested_selections_of_a_mutation_see_its_writes(sample: SampleLibrary) -> None:
    sample.create("tagCreate", name="old")
    made = sample(
        """mutation { tagCreate(input: {name: "new", parent_ids: ["1"]}) {
          parents { name children { name } } } }"""
    )
    assert made == {"parents": [{"name": "old", "children": [{"name": "new"}]}]}


def recursive(levels: int) -> str:
    inner = "id"
    for level in range(levels):
        inner = f"{'children' if level % 2 else 'parents'} {{ {inner} }}"
    return f"{{ findTag(id: 1) {{ {inner} }} }}"


def test_too_deep_query_is_rejected(sample: SampleLibrary) -> None:
    sample.create("tagCreate", name="a")
    assert sample(recursive(20)) is not None
    error = only_error(sample, recursive(30))
    assert "levels deep" in error["message"]
    assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert "deeper than" in only_error(sample, recursive(20_000))["message"]


def test_depth_counts_through_fragments(sample: SampleLibrary) -> None:
    spreads = " ".join(f"fragment F{n} on Tag {{ parents {{ ...F{n + 1} }} }}" for n in range(30))
    document = f"{{ findTag(id: 1) {{ ...F0 }} }} {spreads} fragment F30 on Tag {{ id }}"
    assert "levels deep" in only_error(sample, document)["message"]


def test_brackets_in_strings_do_not_count(sample: SampleLibrary) -> None:
    assert sample('{ findTags(filter: {q: "' + "{" * 200 + '"}) { count } }')["count"] == 0


def test_oversized_response_is_stopped(sample: SampleLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stash_cli.embedded.library.context.MAX_LOADED", 200)
    sample.create("tagCreate", name="root")
    children = " ".join(
        f'c{n}: tagCreate(input: {{name: "c{n}", parent_ids: ["1"]}}) {{ id }}' for n in range(30)
    )
    sample(f"mutation {{ {children} }}")
    assert "asks for more than 200" in only_error(sample, recursive(10))["message"]


def test_introspection_and_system_queries(sample: SampleLibrary) -> None:
    for _ in range(2):  # the second response comes from the cache
        assert sample("{ __schema { queryType { name } } }") == {"queryType": {"name": "Query"}}
    assert sample("{ __schema { queryType { kind } } }") == {"queryType": {"kind": "OBJECT"}}
    status = sample("{ systemStatus { status appSchema databaseSchema databasePath } }")
    assert (status["status"], status["appSchema"], status["databaseSchema"]) == ("OK", 85, 85)
    assert status["databasePath"] == str(sample.library.path)
    assert sample("{ jobQueue { id } }") is None
    assert sample("{ findJob(input: {id: 7}) { id } }") is None
    assert sample('{ directory(path: "/does/not/exist") { directories } }') == {"directories": []}
    assert sample("{ plugins { id } }") is None


def test_every_setting_has_a_value(sample: SampleLibrary) -> None:
    from stash_cli.core.types.api import describe_api

    def selection(type_name: str) -> str:
        api = describe_api()
        parts = []
        for name, field in api.types[type_name].fields.items():
            nested = api.types[field.type.name].kind == "OBJECT"
            parts.append(f"{name} {{ {selection(field.type.name)} }}" if nested else name)
        return " ".join(parts)

    found = sample(f"{{ configuration {{ {selection('ConfigResult')} }} }}")
    assert found["general"]["videoExtensions"][0] == "m4v"
    assert found["defaults"]["scan"] is None


def test_stats(sample: SampleLibrary) -> None:
    sample.create("sceneCreate", title="a")
    sample.video("/m/a.mp4", "1", size=7)
    found = sample("{ stats { scene_count scenes_size scenes_duration tag_count total_o_count } }")
    assert found == {
        "scene_count": 1,
        "scenes_size": 7,
        "scenes_duration": 60.5,
        "tag_count": 0,
        "total_o_count": 0,
    }
