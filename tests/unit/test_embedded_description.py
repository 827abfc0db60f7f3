"""The embedded schema covers everything in the API description of its release."""

from __future__ import annotations

from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLObjectType, validate_schema
from table_tests import table_test

from stash_cli.core.types.api import describe_api
from stash_cli.core.types.entities import ENTITIES
from stash_cli.embedded.filters import FILTERS
from stash_cli.embedded.graphql.schema import library_schema
from stash_cli.embedded.object_types import OBJECT_TYPES
from stash_cli.embedded.search.sorts import SORTS

SPECIAL_SORTS = {
    "Scene": {"performer_age", "group_scene_number", "movie_scene_number"},
    "Group": {"sub_group_order"},
}


def test_schema_is_valid() -> None:
    assert validate_schema(library_schema()) == []


def test_every_type_and_operation_is_in_the_schema() -> None:
    api, schema = describe_api(), library_schema()
    for name, facts in api.types.items():
        made = schema.type_map[name]
        if isinstance(made, GraphQLObjectType | GraphQLInputObjectType):
            assert {key: str(field.type) for key, field in made.fields.items()} == {
                key: field.type.text for key, field in facts.fields.items() if not field.since
            }
        if isinstance(made, GraphQLEnumType):
            assert list(made.values) == list(facts.values)
    for root, operations in (
        (schema.query_type, api.queries),
        (schema.mutation_type, api.mutations),
        (schema.subscription_type, api.subscriptions),
    ):
        assert root is not None
        assert {name: str(field.type) for name, field in root.fields.items()} == {
            name: field.type.text for name, field in operations.items()
        }


@table_test("type_name", FILTERS)
def test_every_criterion_is_handled(type_name: str) -> None:
    input_name = "FileFilterType" if type_name == "BaseFile" else f"{type_name}FilterType"
    fields = describe_api().types[input_name].fields
    named = {name for name, field in fields.items() if not field.since} - {"AND", "OR", "NOT"}
    assert named <= set(FILTERS[type_name][1])


@table_test("type_name", sorted(set(OBJECT_TYPES) & set(describe_api().types)))
def test_every_field_has_a_source(type_name: str) -> None:
    kind, facts = OBJECT_TYPES[type_name], describe_api().types[type_name]
    known = {name for name, field in facts.fields.items() if not field.since}
    assert known <= {"id", *kind.columns, *kind.relations}


@table_test("type_name", ENTITIES)
def test_every_sort_key_is_supported(type_name: str) -> None:
    known = set(SORTS[type_name]) | SPECIAL_SORTS.get(type_name, set())
    assert known == set(ENTITIES[type_name].sorts)
