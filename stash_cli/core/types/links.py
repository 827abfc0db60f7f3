"""Links: names of types in other modules, resolved when a value first arrives.

Types refer to each other in circles, and Pydantic builds the validators of all linked types together.
A link stands in for the other type at run time, so that importing one module never imports the next
and one type's validator never builds another's. Type checkers see the real class.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

    from stash_cli.core.types import *  # noqa: F403 - every type may be linked


class Link:
    """Stands for the type `target`; subclasses are made by :func:`link`."""

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
            return target.model_validate(value)
        # Pydantic turns a ValueError into a validation error with the place of the value.
        raise ValueError(f"expected {cls.target}, got {type(value).__name__}")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(cls.validate)


@cache
def link(name: str) -> type[Link]:
    """The link to the type called `name`."""
    return type(name, (Link,), {"target": name, "__module__": __name__})


if not TYPE_CHECKING:

    def __getattr__(name: str) -> type[Link]:
        # The import machinery asks for names such as __path__, too.
        if name.startswith("_"):
            raise AttributeError(name)
        return link(name)
