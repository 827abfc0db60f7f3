"""Hydration: creation of objects from the rows of a response, without validators.

Each class has one plan: API name -> attribute, converter, and instrument for lists and maps. An object is
then populated in one pass over its row. Links go through an identity map where there is one, so that the
same entity is the same object in every response.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from stash_cli.core.errors import StashIntegrationError
from stash_cli.core.orm.collections import track, track_items
from stash_cli.core.orm.loading import populate
from stash_cli.core.orm.state import InstanceState, StateListener, add_state
from stash_cli.core.types.api import ApiType, TypeRef, describe_api
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from stash_cli.core.orm.owner import Owner
    from stash_cli.core.types.base import ApiObject
    from stash_cli.core.types.entity import StashObject

A = TypeVar("A", bound="ApiObject")
E = TypeVar("E", bound="StashObject")
Converter = Callable[[Any, "Identity | None"], Any]
Instrument = Callable[[Any, "Owner | None"], Any]
"""Converts a value to a tracked list or map, for the object and field that own it."""

_MAX_LAYOUTS = 256

_MAPS = frozenset({"Map", "BoolMap", "PluginConfigMap", "Any"})

_put = object.__setattr__


class Identity(Protocol):
    """The identity map as the source of linked entities, while one response is merged."""

    dropped: int
    """Number of links to objects that were deleted meanwhile."""

    def load(self, cls: type[StashObject], data: Mapping[str, Any]) -> StashObject | None:
        """The one object for `data["id"]`, with `data` merged into it; None if it was deleted."""


class Identities(Protocol):
    """The identity map, as a client uses it."""

    def merging_response(self, number: int | None) -> AbstractContextManager[Identity]:
        """Context for merging the response to the request with this number (None: current values)."""

    def wrote(
        self,
        type_name: str,
        ids: Iterable[str] | None,
        fields: Iterable[str] | None = None,
        number: int | None = None,
    ) -> None:
        """Record that a mutation wrote fields (None: any) of some objects (None: any of the type)."""

    def highest_id(self, type_name: str) -> int:
        """The highest id loaded of a type; 0 if none was loaded."""

    def created(self, type_name: str) -> Collection[str]:
        """The ids of the objects of a type that were created most recently by this client."""

    def expunge(self, cls: type[Any], ids: Collection[str]) -> None:
        """Remove deleted objects, and all references to them."""


Setter = tuple[str, Converter | None, Instrument | None]
"""Attribute, its converter, and its instrument."""


@dataclass(frozen=True, slots=True)
class RowLayout:
    """Setters for the values of a row in their order, None for unknown names, and the attributes they set."""

    steps: tuple[Setter | None, ...]
    attrs: set[str]


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan for populating objects of one class: unset attributes, and a setter for each API name.

    Entities get unset attributes from `__getattr__`, so that a link with two fields stores only two values.
    """

    unset: dict[str, Any]
    setters: dict[str, Setter]
    is_entity: bool
    layouts: dict[tuple[str, ...], RowLayout]
    """Names of a row -> layout: the rows of a query have the same names."""

    def layout(self, names: tuple[str, ...]) -> RowLayout:
        """The layout of a row with these names, cached for the next rows."""
        # The rows of one query have one layout, so few are in use. The cache is bounded for programs that
        # select many different sets of fields.
        if len(self.layouts) >= _MAX_LAYOUTS:
            self.layouts.clear()
        steps = tuple(self.setters.get(name) for name in names)
        layout = RowLayout(steps, {step[0] for step in steps if step is not None})
        return self.layouts.setdefault(names, layout)

    def values(self, data: Mapping[str, Any], identity: Identity | None) -> dict[str, Any]:
        """The attributes in `data`, converted; unknown keys are ignored."""
        values: dict[str, Any] = {}
        setters = self.setters
        for name, value in data.items():
            if name in setters:
                attr, convert, _ = setters[name]
                values[attr] = value if convert is None or value is None else convert(value, identity)
        return values


def hydrate(cls: type[A], data: Mapping[str, Any], identity: Identity | None = None) -> A:
    """A new object of `cls` (or of the subclass that `__typename` names) with the values in `data`."""
    cls = concrete(cls, data)
    plan = plan_of(cls)
    if plan.is_entity:
        entity, state = blank(cast("type[StashObject]", cls))
        populate(entity, state, data, plan, identity)
        return cast("A", entity)
    values = plan.values(data, identity)
    return bare(cls, {**plan.unset, **values}, set(values))


def blank(cls: type[E], listener: StateListener | None = None) -> tuple[E, InstanceState]:
    """An entity without any field and its state, for `populate`.

    An identity map registers it before its links are followed, which may lead back to it.
    """
    obj = bare(cls, {}, set())
    return obj, add_state(obj, listener)


def bare(cls: type[A], values: dict[str, Any], known: set[str]) -> A:
    """An object of `cls` with `values`, of which `known` count as set; an entity without its state."""
    # Not `model_construct`, which walks over all fields: this is the inner loop of reading.
    obj = cls.__new__(cls)
    _put(obj, "__dict__", values)
    _put(obj, "__pydantic_fields_set__", known)
    _put(obj, "__pydantic_extra__", None)
    _put(obj, "__pydantic_private__", None)
    return obj


def concrete(cls: type[A], data: Mapping[str, Any]) -> type[A]:
    """`cls`, or the type that `__typename` names if `cls` is an interface or the first member of a union."""
    name = data.get("__typename")
    if name is None or name == cls.__name__:
        return cls
    return cast("type[A]", class_named(name))


@cache
def class_named(name: str) -> type[ApiObject]:
    """The class of an API type; importing its module on first use."""
    from stash_cli.core import types

    return cast("type[ApiObject]", getattr(types, name))


@cache
def plan_of(cls: type[ApiObject]) -> Plan:
    """The plan of `cls`, from its description."""
    fields = describe_api().types[cls.__name__].fields.values()
    return Plan(
        unset=dict.fromkeys((field.attr for field in fields), UNSET),
        setters={
            field.name: (field.attr, converter(field.type), _instrument(field.type)) for field in fields
        },
        is_entity=describe_api().types[cls.__name__].is_entity,
        layouts={},
    )


def _instrument(ref: TypeRef) -> Instrument | None:
    """The instrument for values of type `ref`; None for those that cannot be edited in place."""
    declared = describe_api().types[ref.name]
    if declared.kind == "SCALAR":
        plain = ref.name not in _MAPS
    else:
        plain = declared.kind == "ENUM" or declared.is_entity
    if ref.is_list and plain:
        return track_items
    return None if plain else track


def converter(ref: TypeRef) -> Converter | None:
    """The converter from JSON to Python values of type `ref`; None where they are the same."""
    one = _named_converter(ref.name)
    if one is None or not ref.is_list:
        return one
    depth = len(ref.text) - len(ref.text.lstrip("["))
    for _ in range(depth):
        one = _each(one)
    return one


def _named_converter(name: str) -> Converter | None:
    declared = describe_api().types[name]
    if name in ("Time", "Timestamp"):
        return _time
    if declared.kind == "ENUM":
        return _enum(name)
    if declared.kind == "SCALAR":
        return None
    return _object(declared)


def _each(one: Converter) -> Converter:
    def convert(values: list[Any], identity: Identity | None) -> list[Any]:
        items = [None if value is None else one(value, identity) for value in values]
        if identity is not None and identity.dropped:
            return [
                item for item, value in zip(items, values, strict=True) if item is not None or value is None
            ]
        return items

    return convert


def _time(value: str, _: Identity | None) -> datetime:
    try:
        return datetime.fromisoformat(value)
    except ValueError as error:
        raise StashIntegrationError(f"The server's answer has no time in {value[:40]!r}.") from error


def _enum(name: str) -> Converter:
    def convert(value: str, _: Identity | None) -> Any:
        members = cast("Any", class_named(name))._value2member_map_
        # A newer server may send unknown values, which stay text.
        return members.get(value, value)

    return convert


def _object(declared: ApiType) -> Converter:
    name = declared.members[0] if declared.kind == "UNION" else declared.name
    if declared.is_entity:
        cls: Any = None

        def load(value: Mapping[str, Any], identity: Identity | None) -> Any:
            nonlocal cls
            # Resolved on first use, because types refer to each other in cycles.
            cls = cls or class_named(name)
            if identity is None or "id" not in value:
                return hydrate(cls, value, identity)
            return identity.load(cls, value)

        return load

    links = [field for field in declared.fields.values() if _is_link(field.type)]

    def build(value: Mapping[str, Any], identity: Identity | None) -> Any:
        obj = hydrate(class_named(name), value, identity)
        if identity is not None and identity.dropped:
            dropped = (getattr(obj, link.attr) is None and value.get(link.name) is not None for link in links)
            return None if any(dropped) else obj
        return obj

    return build


def _is_link(ref: TypeRef) -> bool:
    return describe_api().types[ref.name].is_entity and not ref.is_list
