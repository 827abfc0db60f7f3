"""Descriptions of names of the API - types, fields, operations, nouns - as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashLookupError, did_you_mean
from stash_cli.core.graphql.releases import RELEASE, since
from stash_cli.core.types.api import ApiField, ApiType, TypeRef, describe_api
from stash_cli.core.types.entities import ENTITIES, NOUNS, Entity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stash_cli.core.query.model import FilterField

Facts = dict[str, Any]

_FILTER = "FilterType"
_KINDS = ("query", "mutation", "subscription")


def explain(text: str) -> Facts:
    """The facts of `Scene`, `scenes`, `findScenes`, `Scene.files.path` or `findScenes.filter`.

    Raises StashLookupError with near matches for what the API does not have.
    """
    head, *path = text.split(".")
    name = resolve(head)
    if name in describe_api().types:
        return explain_type(name) if not path else explain_path(name, path)
    kind, operation = describe_api().operation(name)
    if not path:
        return explain_operation(kind, operation)
    if path[0] in operation.args:
        return explain_argument(operation, path[0], path[1:])
    return explain_path(operation.type.name, path)


def names() -> list[Facts]:
    """Every name that can be explained, with its kind and purpose."""
    api = describe_api()
    types = [_brief(name, declared.kind.lower(), declared.doc) for name, declared in api.types.items()]
    operations = [
        _brief(name, kind, f"-> {field.type.text}")
        for kind in _KINDS
        for name, field in _operations(kind).items()
    ]
    return [*types, *operations]


def fields_of(text: str) -> list[tuple[str, str]]:
    """Fields and arguments below a name with their types; [] for an unknown name."""
    try:
        facts = explain(text)
        target = TypeRef(str(facts.get("type") or facts["name"])).name
        below = [*facts.get("args", ()), *explain_type(target).get("fields", ())]
    except (StashLookupError, KeyError):
        return []
    return [(row["name"], row["type"]) for row in below]


def resolve(word: str) -> str:
    """The API's name for a word: exact, then a noun, then ignoring case."""
    known: list[str] = [*describe_api().types, *(name for kind in _KINDS for name in _operations(kind))]
    if word in known:
        return word
    # A noun takes precedence over names in other case: `tag` is the entity, even if a field is called `TAG`.
    if word.lower() in NOUNS:
        return NOUNS[word.lower()].type
    found = next((name for name in known if name.lower() == word.lower()), None)
    if found is None:
        near = did_you_mean(word, [*known, *NOUNS])
        raise StashLookupError(
            f"The API has nothing called {word!r}. {near}".rstrip(), hint="See `stash explain` for all names."
        )
    return found


def explain_type(name: str) -> Facts:
    """A type with its fields, values or members."""
    declared = describe_api().types[name]
    entity = ENTITIES.get(name)
    facts = {
        "name": name,
        "kind": declared.kind.lower(),
        "doc": declared.doc,
        "since": since(name),
        "entity": _entity(entity) if entity else None,
        "members": declared.members,
        "values": [_value(name, value, advice) for value, advice in declared.values.items()],
        "fields": [_field(declared, field) for field in declared.fields.values()],
    }
    return _non_empty(facts)


def explain_operation(kind: str, operation: ApiField) -> Facts:
    """A query, mutation or subscription with its arguments."""
    facts = {
        "name": operation.name,
        "kind": kind,
        "type": operation.type.text,
        "since": since(operation.name),
        "deprecated": operation.deprecated,
        "args": _args(operation),
    }
    return _non_empty(facts)


def explain_argument(operation: ApiField, name: str, path: list[str]) -> Facts:
    """An argument, or a field of the input that it takes."""
    ref = operation.args[name]
    if path:
        return explain_path(ref.name, path)
    [argument] = [arg for arg in _args(operation) if arg["name"] == name]
    facts = {**argument, "name": f"{operation.name}.{name}", "kind": "argument", "inside": _inside(ref)}
    return _non_empty(facts)


def explain_path(type_name: str, path: list[str]) -> Facts:
    """The field at the end of `path`, beginning at a type."""
    owner = describe_api().types[type_name]
    for step in path[:-1]:
        owner = describe_api().types[_find(owner, step)[1].type.name]
    holder, field = _find(owner, path[-1])
    facts = {
        **_field(holder, field),
        "name": f"{holder.name}.{field.name}",
        "kind": "input field" if holder.kind == "INPUT_OBJECT" else "field",
        "inside": _inside(field.type),
        "filter": _lookups(holder, field),
    }
    return _non_empty(facts)


def _brief(name: str, kind: str, doc: str) -> Facts:
    return {"name": name, "kind": kind.removesuffix("_object"), "doc": doc}


def _operations(kind: str) -> Mapping[str, ApiField]:
    api = describe_api()
    return {"query": api.queries, "mutation": api.mutations, "subscription": api.subscriptions}[kind]


def _entity(entity: Entity) -> Facts:
    """The names of an entity: noun, filter, operations, sort keys."""
    mutations = describe_api().mutations
    verbs = [entity.operation(verb) for verb in ("Create", "Update", "Merge")]
    return {
        "noun": entity.noun,
        "plural": entity.plural,
        "filter": entity.filter_type,
        "operations": [
            entity.find,
            *(name for name in (*verbs, entity.bulk_update, entity.destroy) if name in mutations),
        ],
        "sorts": list(entity.sorts),
    }


def _field(owner: ApiType, field: ApiField) -> Facts:
    """One field; its nullability is called `required` for inputs and `nullable` for outputs."""
    is_input = owner.kind == "INPUT_OBJECT"
    facts = {
        "name": field.name,
        "type": field.type.text,
        "required" if is_input else "nullable": field.type.required is is_input,
        "range": list(field.range) if field.range else None,
        "only_by_name": field.lazy or None,
        "written_by": field.input,
        "since": since(f"{owner.name}.{field.name}"),
        "deprecated": field.deprecated,
        "args": _args(field),
    }
    return _non_empty(facts)


def _value(owner: str, value: str, advice: str | None) -> Facts:
    """One value of an enum."""
    released = {"since": RELEASE[known]} if (known := f"{owner}.{value}") in RELEASE else {}
    return {"name": value, "deprecated": advice, **released}


def _args(field: ApiField) -> list[Facts]:
    return [
        {
            "name": name,
            "type": ref.text,
            "required": ref.required,
            **({"default": field.defaults[name]} if name in field.defaults else {}),
            **({"since": RELEASE[known]} if (known := f"{field.name}({name})") in RELEASE else {}),
        }
        for name, ref in field.args.items()
    ]


def _inside(ref: TypeRef) -> Facts | None:
    """The type of a field whose values need an explanation (enums)."""
    declared = describe_api().types[ref.name]
    return explain_type(ref.name) if declared.kind == "ENUM" else None


def _lookups(owner: ApiType, field: ApiField) -> Facts | None:
    """The lookups of a filter field, or of the filter field for an entity's field."""
    # Imported here, because the query package takes time to import and only filter fields need it.
    from stash_cli.core.query.fields import COMBINATORS, find_field

    type_name = owner.name.removesuffix(_FILTER)
    if f"{type_name}{_FILTER}" not in describe_api().types or field.name in COMBINATORS:
        return None
    found = find_field(type_name, field.name)
    return None if found is None else _filter(found)


def _filter(field: FilterField) -> Facts:
    facts = {
        "field": f"{field.owner}{_FILTER}.{field.name}",
        "of": field.target,
        "choices": list(field.choices),
        "lookups": [
            {"lookup": f"{field.name}__{each.name}", "takes": each.metavar, "meaning": each.help}
            for each in field.lookups.values()
        ],
    }
    return _non_empty(facts)


def _find(owner: ApiType, name: str) -> tuple[ApiType, ApiField]:
    """A field and the type that declares it: `owner` or one of its member types."""
    owners = [owner, *(describe_api().types[member] for member in owner.members)]
    for each in owners:
        field = each.field(name)
        if field is not None:
            return each, field
    known = [field for each in owners for field in each.fields]
    raise StashLookupError(f"{owner.name} has no field {name!r}. {did_you_mean(name, known)}".rstrip())


def _non_empty(facts: Mapping[str, Any], keep: Iterable[str] = ("nullable", "required", "type")) -> Facts:
    """`facts` without empty entries."""
    return {key: value for key, value in facts.items() if key in keep or value not in (None, "", [])}
