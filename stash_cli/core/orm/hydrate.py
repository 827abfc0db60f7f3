"""Building objects from server answers, without validators.

Each class gets a plan once: API name -> (attribute, converter, and what holds lists and maps). Filling
an object is then one pass over the answer. Links are handed to an identity map where there is one, so
that the same entity is the same object in every answer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from stash_cli.core.orm.collections import items_at, kept
from stash_cli.core.types.api import ApiType, TypeRef, describe_api
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager

    from stash_cli.core.orm.places import Place
    from stash_cli.core.orm.state import Keeper
    from stash_cli.core.types.base import ApiObject
    from stash_cli.core.types.entity import StashObject

A = TypeVar("A", bound="ApiObject")
E = TypeVar("E", bound="StashObject")
Converter = Callable[[Any, "Identity | None"], Any]
Hold = Callable[[Any, "Place | None"], Any]
"""Puts a list or map into its place in an object."""

_MAX_SHAPES = 256

_MAPS = frozenset({"Map", "BoolMap", "PluginConfigMap", "Any"})

_put = object.__setattr__


class Identity(Protocol):
    """Where linked entities come from: an identity map, as one answer fills it."""

    dropped: int
    """How many links led to objects that are gone by now."""

    def take(self, cls: type[StashObject], data: Mapping[str, Any]) -> StashObject | None:
        """The one object for `data["id"]`, with `data` merged into it; None where it is gone by now."""


class Identities(Protocol):
    """An identity map, as a client uses it."""

    def answering(self, number: int | None) -> AbstractContextManager[Identity]:
        """Merge the answer to the request with this number (None: what is said now), undisturbed."""

    def wrote(
        self,
        type_name: str,
        ids: Iterable[str] | None,
        fields: Iterable[str] | None = None,
        number: int | None = None,
    ) -> None:
        """Note that a mutation wrote fields (None: any) of some objects (None: any of the type)."""

    def highest_id(self, type_name: str) -> int:
        """The highest id of a type that was met; 0 where none was."""

    def created(self, type_name: str) -> Collection[str]:
        """The ids of the objects of a type that were made here last."""

    def part(self, cls: type[Any], ids: Collection[str]) -> None:
        """Hold objects that the server has no longer for gone."""


Setter = tuple[str, Converter | None, Hold | None]
"""Attribute, what converts its value, and what holds it."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What becomes of each value of a row, None for those of unknown names, and the attributes it fills."""

    steps: tuple[Setter | None, ...]
    attrs: set[str]


@dataclass(frozen=True, slots=True)
class Plan:
    """How one class is filled: its untouched attributes, and what each API name becomes.

    Entities read what is untouched from their class, so that a link of two fields holds just two.
    """

    untouched: dict[str, Any]
    setters: dict[str, Setter]
    is_entity: bool
    shapes: dict[tuple[str, ...], Shape]
    """Names of a row -> its shape, as far as it has been met: the rows of a query are alike."""

    def shape(self, names: tuple[str, ...]) -> Shape:
        """The shape of a row that was not met before."""
        if len(self.shapes) >= _MAX_SHAPES:
            self.shapes.clear()
        steps = tuple(self.setters.get(name) for name in names)
        found = Shape(steps, {step[0] for step in steps if step is not None})
        return self.shapes.setdefault(names, found)

    def values(self, data: Mapping[str, Any], identity: Identity | None) -> dict[str, Any]:
        """The attributes that `data` holds, converted; unknown keys are ignored."""
        found: dict[str, Any] = {}
        setters = self.setters
        for name, value in data.items():
            if name in setters:
                attr, convert, _ = setters[name]
                found[attr] = value if convert is None or value is None else convert(value, identity)
        return found


def hydrate(cls: type[A], data: Mapping[str, Any], identity: Identity | None = None) -> A:
    """A new object of `cls` (or of the subclass that `__typename` names) that holds `data`."""
    cls = concrete(cls, data)
    plan = plan_of(cls)
    if plan.is_entity:
        entity = blank(cast("type[StashObject]", cls))
        entity.take_row(data, plan, identity)
        return cast("A", entity)
    values = plan.values(data, identity)
    return _made(cls, {**plan.untouched, **values}, set(values))


def blank(cls: type[E], keeper: Keeper | None = None) -> E:
    """An entity to be filled by `merge_answer`: an identity map knows it before its links are followed."""
    made = _made(cls, {}, set())
    made.start_empty(keeper)
    return made


def _made(cls: type[A], values: dict[str, Any], known: set[str]) -> A:
    made = cls.__new__(cls)
    _put(made, "__dict__", values)
    _put(made, "__pydantic_fields_set__", known)
    _put(made, "__pydantic_extra__", None)
    _put(made, "__pydantic_private__", None)
    return made


def concrete(cls: type[A], data: Mapping[str, Any]) -> type[A]:
    """`cls`, or the type that `data` says it is where `cls` is an interface or union member."""
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
        untouched=dict.fromkeys((field.attr for field in fields), UNSET),
        setters={field.name: (field.attr, converter(field.type), _hold(field.type)) for field in fields},
        is_entity=describe_api().types[cls.__name__].is_entity,
        shapes={},
    )


def _hold(ref: TypeRef) -> Hold | None:
    """What makes a value of type `ref` tell of edits in place; None for those that cannot be edited."""
    declared = describe_api().types[ref.name]
    if declared.kind == "SCALAR":
        plain = ref.name not in _MAPS
    else:
        plain = declared.kind == "ENUM" or declared.is_entity
    if ref.is_list and plain:
        return items_at
    return None if plain else kept


def converter(ref: TypeRef) -> Converter | None:
    """What turns a JSON value of type `ref` into its Python value; None where they are the same."""
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
        made = [None if value is None else one(value, identity) for value in values]
        if identity is not None and identity.dropped:
            return [
                item for item, value in zip(made, values, strict=True) if item is not None or value is None
            ]
        return made

    return convert


def _time(value: str, _: Identity | None) -> datetime:
    return datetime.fromisoformat(value)


def _enum(name: str) -> Converter:
    def convert(value: str, _: Identity | None) -> Any:
        members = cast("Any", class_named(name))._value2member_map_
        # A newer server may know more values: keep what it said.
        return members.get(value, value)

    return convert


def _object(declared: ApiType) -> Converter:
    name = declared.members[0] if declared.kind == "UNION" else declared.name
    if declared.is_entity:
        cls: Any = None

        def take(value: Mapping[str, Any], identity: Identity | None) -> Any:
            nonlocal cls
            # Found when it is first needed: types lead to each other in circles.
            cls = cls or class_named(name)
            if identity is None or "id" not in value:
                return hydrate(cls, value, identity)
            return identity.take(cls, value)

        return take

    links = [field for field in declared.fields.values() if _is_link(field.type)]

    def build(value: Mapping[str, Any], identity: Identity | None) -> Any:
        made = hydrate(class_named(name), value, identity)
        if identity is not None and identity.dropped:
            gone = (getattr(made, link.attr) is None and value.get(link.name) is not None for link in links)
            return None if any(gone) else made
        return made

    return build


def _is_link(ref: TypeRef) -> bool:
    return describe_api().types[ref.name].is_entity and not ref.is_list
