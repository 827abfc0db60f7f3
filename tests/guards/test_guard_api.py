"""The types agree with the API description."""

from __future__ import annotations

import json
from typing import Any

from schemas import DECLARE_RELEASE, VERSIONS, is_recorded
from support import reference
from table_tests import table_test

from stash_cli.core.types.api import Api, describe_api
from stash_cli.core.types.entities import ENTITIES

DEVIATIONS: dict[str, str] = {}
"""`Type.field` -> reason for a deliberate difference."""


def type_text(ref: dict[str, Any]) -> str:
    if ref["kind"] == "NON_NULL":
        return type_text(ref["ofType"]) + "!"
    if ref["kind"] == "LIST":
        return f"[{type_text(ref['ofType'])}]"
    return str(ref["name"])


def facts(field: dict[str, Any]) -> tuple[str, dict[str, str], str | None]:
    args = {arg["name"]: type_text(arg["type"]) for arg in field.get("args") or ()}
    return type_text(field["type"]), args, field.get("deprecationReason")


def our_fields(api: Api, name: str) -> dict[str, tuple[str, dict[str, str], str | None]]:
    roots = {"Query": api.queries, "Mutation": api.mutations, "Subscription": api.subscriptions}
    fields = roots.get(name) or api.types[name].fields
    return {
        field.name: (field.type.text, {arg: ref.text for arg, ref in field.args.items()}, field.deprecated)
        for field in fields.values()
        if is_recorded(field.name if name in roots else f"{name}.{field.name}")
    }


def introspected() -> list[dict[str, Any]]:
    path = reference("stash-api", f"introspection-{VERSIONS[0]}.json")
    if path is None:
        return []
    schema = json.loads(path.read_text(encoding="utf-8"))
    types = schema.get("data", schema)["__schema"]["types"]
    return [declared for declared in types if not declared["name"].startswith("__")]


@table_test("declared", introspected(), ids=lambda declared: declared["name"])
def test_types_equal_the_servers(declared: dict[str, Any]) -> None:
    api, name = describe_api(), declared["name"]
    theirs = {f["name"]: facts(f) for f in (declared["fields"] or []) + (declared["inputFields"] or [])}
    ours = our_fields(api, name)
    assert ours == theirs, f"more than recorded: {sorted(ours.keys() - theirs)}. {DECLARE_RELEASE}"
    if name in api.types:
        described = api.types[name]
        assert described.kind == declared["kind"]
        values = {v: reason for v, reason in described.values.items() if is_recorded(f"{name}.{v}")}
        assert values == {v["name"]: v["deprecationReason"] for v in declared["enumValues"] or ()}
        assert set(described.members) == {member["name"] for member in declared["possibleTypes"] or ()}


def test_description_names_nothing_the_server_lacks() -> None:
    theirs = {declared["name"] for declared in introspected()} or set(describe_api().types)
    newer = {name for name in describe_api().types if is_recorded(name)} - theirs
    assert newer == set(), DECLARE_RELEASE


def test_description_is_complete() -> None:
    """Every type of a field, argument or operation is described."""
    api = describe_api()
    fields = [field for declared in api.types.values() for field in declared.fields.values()]
    fields += [*api.queries.values(), *api.mutations.values(), *api.subscriptions.values()]
    named = {ref.name for field in fields for ref in (field.type, *field.args.values())}
    assert named <= set(api.types)
    operations = (api.queries, api.mutations, api.subscriptions)
    assert [sum(map(is_recorded, names)) for names in operations] == [74, 134, 3], DECLARE_RELEASE


@table_test("entity", ENTITIES.values(), ids=lambda entity: entity.type)
def test_derived_names_of_entities_exist(entity: Any) -> None:
    api = describe_api()
    page = api.types[api.queries[entity.find].type.name]
    assert entity.items in page.fields
    assert api.queries[entity.find].args[entity.filter_arg].name == entity.filter_type
    assert entity.label in entity.api.fields
    assert {entity.operation("Update"), entity.destroy, entity.bulk_update} <= set(api.mutations)
