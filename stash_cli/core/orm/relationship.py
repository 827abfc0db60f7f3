"""The relationships of each entity, derived from its fields, its inputs and the filters of other entities.

An inverse relation has no field in the API: a performer's images are the images whose filter field
`performers` holds the performer. It is read as an attribute and loaded by the store.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from stash_cli.core.orm.input import written_by
from stash_cli.core.types.api import ApiField, describe_api
from stash_cli.core.types.entities import ENTITIES, snake

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Strategy = Literal["direct_field", "complex_object", "filter_query"]
Kind = Literal["belongs_to", "has_many", "many_to_many", "through"]

_CRITERIA = ("MultiCriterionInput", "HierarchicalMultiCriterionInput")
"""Types of filter fields that name related objects."""


@dataclass(frozen=True, slots=True)
class RelationshipMetadata:
    """Metadata of one relationship: how it is queried and written.

    `target_field` is the input field that writes it ("" for none), `inverse_type` the type of the related
    objects, and `inverse_field` their attribute for the other direction. `query_strategy` is a field of the
    object, a field with association objects (of type `through`, whose attribute `link` is the related
    object), or `filter_field` in the find query of `inverse_type`. `bulk_type` and `bulk_field` name the bulk
    update that adds and removes items of a list that is not loaded.
    """

    target_field: str
    is_list: bool
    inverse_type: str
    inverse_field: str | None
    query_strategy: Strategy
    filter_field: str | None = None
    through: str = ""
    link: str = ""
    bulk_type: str = ""
    bulk_field: str = ""

    @property
    def kind(self) -> Kind:
        """The relationship's kind in the terms of SQLAlchemy."""
        if self.through:
            return "through"
        if not self.is_list:
            return "belongs_to"
        back = relationships(self.inverse_type).get(self.inverse_field or "")
        return "has_many" if back is None or not back.is_list else "many_to_many"

    @property
    def is_written(self) -> bool:
        """Whether any mutation changes it."""
        return bool(self.target_field or self.bulk_field)

    def target(self, item: Any) -> Any:
        """The object that one item of the field refers to."""
        if not self.link:
            return item
        return item.get(self.link) if isinstance(item, dict) else getattr(item, self.link)

    def targets(self, value: Any) -> list[Any]:
        """The objects that a value (or snapshot) of the field refers to."""
        many = value if isinstance(value, list | tuple) else [value] if value else []
        return [self.target(item) for item in many]


@cache
def relationships(type_name: str) -> Mapping[str, RelationshipMetadata]:
    """Attribute -> relationship, for an entity type; empty for other types."""
    if not _is_entity(type_name):
        return MappingProxyType({})
    return MappingProxyType({**dict(_by_filter(type_name)), **dict(_by_field(type_name))})


def other_side(relation: RelationshipMetadata) -> list[str]:
    """The attributes of related objects that change with the relationship: the backref and counts."""
    return [*([relation.inverse_field] if relation.inverse_field else []), *counts(relation.inverse_type)]


@cache
def counts(type_name: str) -> tuple[str, ...]:
    """Attributes of a type that count related objects."""
    names = (field.attr for field in describe_api().types[type_name].fields.values())
    return tuple(name for name in names if name.endswith("_count") and name != "play_count")


@cache
def inverses(type_name: str) -> Mapping[str, tuple[str, str]]:
    """Attribute -> (type of the related objects, their filter field that selects by this object)."""
    entity = ENTITIES.get(type_name)
    if entity is None:
        return MappingProxyType({})
    relations = {}
    for other in ENTITIES.values():
        # A new entity has no description yet while `scripts/generate` describes it.
        declared = describe_api().types.get(other.filter_type)
        field = declared.fields.get(entity.items) if declared else None
        if field is not None and field.type.name in _CRITERIA and other.type != type_name:
            relations[other.items] = (other.type, entity.items)
    return MappingProxyType(relations)


def _is_entity(type_name: str) -> bool:
    """Whether the type can be written; files and folders cannot."""
    return f"{type_name}UpdateInput" in describe_api().types and type_name != "Movie"


def _by_field(type_name: str) -> Iterator[tuple[str, RelationshipMetadata]]:
    inputs = describe_api().types[f"{type_name}UpdateInput"].fields
    for field in describe_api().types[type_name].fields.values():
        target, link = _target(field)
        if target is None or field.deprecated or field.needs_args:
            continue
        back = _back(type_name, field.attr, target) if link is not None else None
        written = written_by(inputs, field.attr, field.input)
        if written:
            yield field.attr, _direct(type_name, field, written, target, back, link or "")
        elif field.type.is_list and not link:
            yield field.attr, _by_filter_query(target, back, _filter(type_name, field.attr))


def _direct(
    type_name: str, field: ApiField, written: str, target: str, back: str | None, link: str
) -> RelationshipMetadata:
    """A relationship that a field of the object's own input writes."""
    bulk = _bulk(type_name, field.attr) if field.type.is_list and target in ENTITIES else ("", "")
    return RelationshipMetadata(
        written,
        field.type.is_list,
        target,
        back,
        "complex_object" if link else "direct_field",
        through=field.type.name if link else "",
        link=link,
        bulk_type=bulk[0],
        bulk_field=bulk[1],
    )


def _by_filter_query(target: str, back: str | None, criterion: str) -> RelationshipMetadata:
    """A relationship that is read by a query, and written by updates of the related objects."""
    bulk = _bulk(target, back) if back else ("", "")
    if back and not bulk[0] and not _writes(target, back):
        # An indirect relationship, such as a performer's groups through scenes, has no backref.
        back = None
    return RelationshipMetadata("", True, target, back, "filter_query", criterion, "", "", *bulk)


def _writes(type_name: str, attr: str) -> bool:
    """Whether the update of a type writes this attribute of its own."""
    inputs = describe_api().types[f"{type_name}UpdateInput"].fields
    fields = describe_api().types[type_name].fields.values()
    return any(written_by(inputs, attr, field.input) for field in fields if field.attr == attr)


def _by_filter(type_name: str) -> Iterator[tuple[str, RelationshipMetadata]]:
    for attr, (target, criterion) in inverses(type_name).items():
        yield attr, _by_filter_query(target, _back(type_name, attr, target), criterion)


def _bulk(type_name: str, attr: str) -> tuple[str, str]:
    """The bulk update of `type_name` that writes its attribute `attr`: type and field, or blanks."""
    bulk = describe_api().types.get(f"Bulk{type_name}UpdateInput")
    if bulk is None:
        return "", ""
    own = {field.attr: field.input for field in describe_api().types[type_name].fields.values()}
    name = written_by(bulk.fields, attr, own.get(attr))
    return (type_name, name) if name else ("", "")


def _filter(type_name: str, attr: str) -> str:
    """The filter field that selects the objects at `attr` by an object of this type."""
    entity = ENTITIES.get(type_name)
    return "parents" if attr == "child_studios" else entity.items if entity else snake(type_name)


def _target(field: ApiField) -> tuple[str | None, str | None]:
    """The type of the related objects, and the attribute `link` ("" for none, None for plain values)."""
    types = describe_api().types
    name = field.type.name
    if types[name].is_entity and _is_entity(name):
        return name, ""
    if types[name].kind != "OBJECT" or not field.type.is_list:
        return None, None
    links = [inner for inner in types[name].fields.values() if inner.type.name in ENTITIES]
    if len(links) == 1:
        return links[0].type.name, links[0].attr
    return (name, None) if f"{name}Input" in types else (None, None)


_BACK = {
    "parents": "children",
    "children": "parents",
    "parent_studio": "child_studios",
    "child_studios": "parent_studio",
    "containing_groups": "sub_groups",
    "sub_groups": "containing_groups",
    "primary_tag": None,
    "gallery": "chapters",
}


def _back(type_name: str, attr: str, target: str) -> str | None:
    """The attribute of `target` for the other direction of the relationship, or None."""
    if attr in _BACK:
        return _BACK[attr]
    items = ENTITIES[type_name].items if type_name in ENTITIES else ""
    known = {**describe_api().types[target].fields, **dict.fromkeys(inverses(target))}
    return next((name for name in (items, snake(type_name)) if name in known), None)
