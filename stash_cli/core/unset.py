"""UNSET: the third state of a field, beside a value and null."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeGuard, TypeVar

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core import CoreSchema

T = TypeVar("T")


class UnsetType:
    """Type of :data:`UNSET`: falsy, a singleton that copying and pickling preserve."""

    __slots__ = ()
    _instance: UnsetType | None = None

    def __new__(cls) -> UnsetType:  # noqa: PYI034 - there is one object, subclasses make no sense
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance

    def __repr__(self) -> str:
        return "UNSET"

    def __bool__(self) -> bool:
        return False

    def __reduce__(self) -> str:
        return "UNSET"

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Raise AttributeError that names the most likely cause: the field was never read."""
            raise AttributeError(f"UNSET has no {name!r}: the field was never read. Populate it first.")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Accept UNSET in models; imports Pydantic only then."""
        from pydantic_core import core_schema

        return core_schema.is_instance_schema(cls)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler, /) -> Any:
        """Leave UNSET out of the types of a field: JSON has no such value."""
        from pydantic_core import PydanticOmit

        raise PydanticOmit


UNSET: Final[UnsetType] = UnsetType()
"""The field was never set: it is not sent on save, and its value is unknown."""


def is_set(value: T | UnsetType) -> TypeGuard[T]:
    """Whether `value` is known; null is a known value."""
    return value is not UNSET
