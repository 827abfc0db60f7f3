"""Class attributes that describe an entity's fields: relationships, tracked fields, side mutations."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from stash_cli.core.orm.input import input_field
from stash_cli.core.orm.relationship import relationships
from stash_cli.core.orm.side_mutations import has_side_mutation
from stash_cli.core.types.api import describe_api

if TYPE_CHECKING:
    from collections.abc import Callable


class ClassProperty:
    """A class attribute that is computed from the name of the class when it is read."""

    def __init__(self, look_up: Callable[[str], Any]) -> None:
        self.look_up = look_up

    def __get__(self, _: object, owner: type) -> Any:
        return self.look_up(owner.__name__)


@cache
def tracked_fields(type_name: str) -> frozenset[str]:
    """Attributes of a type whose changes `save` writes."""
    return _own_fields(type_name) | side_mutations(type_name)


@cache
def side_mutations(type_name: str) -> frozenset[str]:
    """Attributes that are written by side mutations, after the object's own input."""
    names = {name for name in _attributes(type_name) if has_side_mutation(type_name, name)}
    return frozenset(names - _own_fields(type_name))


@cache
def _own_fields(type_name: str) -> frozenset[str]:
    """Attributes that the object's own update input writes."""
    if f"{type_name}UpdateInput" not in describe_api().types:
        return frozenset()
    known = _attributes(type_name) - {"id"}
    return frozenset(name for name in known if input_field(type_name, "Update", name) is not None)


def _attributes(type_name: str) -> set[str]:
    fields = describe_api().types[type_name].fields.values() if type_name in describe_api().types else ()
    return {field.attr for field in fields} | relationships(type_name).keys()
