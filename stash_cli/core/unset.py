"""UNSET: the third state of a field, beside a value and null."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final, TypeGuard, TypeVar

if TYPE_CHECKING:
    import dis
    from types import CodeType, FrameType

    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core import CoreSchema
    from typing_extensions import TypeIs

T = TypeVar("T")


class Unread:
    """Message about the use of a field that was not read; it names the field as in the caller's code.

    The code is only inspected when the message is printed, because most errors of `getattr` and `hasattr`
    never are.
    """

    def __init__(self, caller: FrameType | None) -> None:
        self._code = caller.f_code if caller else None
        self._offset = caller.f_lasti if caller else 0

    def __str__(self) -> str:
        name = _attribute_at(self._code, self._offset) if self._code else None
        return f"{name or 'The field'} was not read: populate it, or assign the whole."

    __repr__ = __str__


_USES_FIRST_NAME = ("LOAD_ATTR", "LOAD_METHOD", "BINARY_SUBSCR", "STORE_SUBSCR", "DELETE_SUBSCR")
"""Instructions that use the object at the start of their expression; it may name others as well."""


def _attribute_at(code: CodeType, offset: int) -> str | None:
    """The attribute whose value an instruction uses; None for variables, and where several are possible."""
    import dis

    steps = {step.offset: step for step in dis.get_instructions(code)}
    if offset not in steps or (place := _place(steps[offset])) is None:
        return None
    found: dict[tuple[int, int], tuple[tuple[int, int], str]] = {}
    for step in steps.values():
        inner = _place(step) if step.opname in ("LOAD_ATTR", "LOAD_METHOD") and step.offset < offset else None
        if inner is not None and place[0] <= inner[0] and inner[1] <= place[1]:
            # In a chain `a.b.c` the last attribute counts.
            found[inner[0]] = max(found.get(inner[0], (inner[1], step.argval)), (inner[1], step.argval))
    if steps[offset].opname in _USES_FIRST_NAME and place[0] in found:
        return found[place[0]][1]
    names = {name for _, name in found.values()}
    return names.pop() if len(names) == 1 else None


def _place(step: dis.Instruction) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """Start and end of an instruction's expression in the source: line and column."""
    at = step.positions
    if at is None or None in (at.lineno, at.col_offset, at.end_lineno, at.end_col_offset):
        return None
    return (at.lineno or 0, at.col_offset or 0), (at.end_lineno or 0, at.end_col_offset or 0)


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
            """Raise AttributeError that names the field and the most likely cause: it was never read."""
            raise AttributeError(Unread(sys._getframe(1)))  # noqa: SLF001 - as inspect does, without its import

        def __getitem__(self, *_: Any) -> Any:
            """Raise TypeError likewise, for indexes, items, iteration and the operators below."""
            raise TypeError(Unread(sys._getframe(1)))  # noqa: SLF001

        __setitem__ = __delitem__ = __len__ = __contains__ = __getitem__
        __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __getitem__
        __lt__ = __le__ = __gt__ = __ge__ = __getitem__

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


def is_unset(value: object) -> TypeIs[UnsetType]:
    """Whether the value of a field is not known."""
    return value is UNSET


def is_present(value: T | UnsetType | None) -> TypeGuard[T]:
    """Whether `value` is known and not null."""
    return value is not UNSET and value is not None


def present(value: T | UnsetType | None) -> T:
    """`value` itself; raises StashUsageError where it is not known or null."""
    if is_present(value):
        return value
    from stash_cli.core.errors import StashUsageError

    if value is None:
        raise StashUsageError("The value is null.", hint="Ask is_present(value) first.")
    raise StashUsageError("The value was not read.", hint="Populate the field first.")
