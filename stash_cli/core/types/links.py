"""Links: names of types in other modules, resolved when a value first arrives.

Types refer to each other in cycles, and Pydantic builds the validators of all linked types together.
A link stands in for the other type at run time, so that importing one module never imports the next
and one type's validator never builds another's. Type checkers see the real class.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from stash_cli.core.types.api import describe_api

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

    from stash_cli.core.types import *  # noqa: F403 - every type may be linked


class Link:
    """Placeholder for the type `target`; :func:`link` creates the subclasses."""

    target: ClassVar[str]

    @classmethod
    def resolve(cls) -> Any:
        """The class (or union of classes) that this link stands for."""
        from stash_cli.core import types

        return getattr(types, cls.target)

    @classmethod
    def validate(cls, value: Any) -> Any:
        """Accept an object of the target type, or a mapping that becomes one."""
        target = cls.resolve()
        if isinstance(value, target):
            return value
        if isinstance(value, Mapping):
            return member(cls.target, value).model_validate(value)
        # Pydantic turns a ValueError into a validation error with the place of the value.
        raise ValueError(f"expected {cls.target}, got {type(value).__name__}")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(cls.validate)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler, /
    ) -> JsonSchemaValue:
        """Id and name of an entity; the whole of a value; any object for a filter within a filter."""
        declared = describe_api().types[cls.target]
        if declared.kind == "UNION":
            members = [link(name) for name in declared.members]
            return {"anyOf": [each.__get_pydantic_json_schema__(schema, handler) for each in members]}
        if cls.target.endswith("FilterType"):
            # Filters refer to each other in cycles.
            return {"title": cls.target, "type": "object"}
        if declared.is_entity and not declared.is_file:
            texts = {name: {"title": name.title(), "type": "string"} for name in declared.reference}
            return {"title": cls.target, "type": "object", "properties": texts}
        from pydantic_core import core_schema

        target = cls.resolve()
        target.model_rebuild()
        # Wrapped, because the handler alone ignores the target's own customisation of its JSON schema.
        return handler(core_schema.definitions_schema(target.__pydantic_core_schema__, []))


def member(name: str, value: Mapping[str, Any]) -> Any:
    """The class for a mapping: for an interface or union, the type with the fewest fields that has its keys.

    The interface itself is one of these types, and the fallback if no member has all keys.
    """
    from stash_cli.core import types

    declared = describe_api().types[name]
    if not declared.members or "__typename" in value:
        return getattr(types, value.get("__typename", name))
    whole = [name] if declared.kind == "INTERFACE" else []
    known = {each: describe_api().types[each].fields for each in [*whole, *declared.members]}
    keys = {key for key in value if not key.startswith("__")}
    fitting = [
        each
        for each, fields in known.items()
        if keys <= {*fields, *(field.attr for field in fields.values())}
    ]
    return getattr(types, min(fitting or known, key=lambda each: len(known[each])))


@cache
def link(name: str) -> type[Link]:
    """The link to the type called `name`."""
    return type(name, (Link,), {"target": name, "__module__": __name__})


if not TYPE_CHECKING:

    def __getattr__(name: str) -> type[Link]:
        # The import system also accesses names such as __path__.
        if name.startswith("_"):
            raise AttributeError(name)
        return link(name)
