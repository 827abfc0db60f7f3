"""Base classes of all API types, and declarations of fields beyond their annotation."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError

from stash_cli.core.errors import StashInputError, did_you_mean
from stash_cli.core.orm.owner import OWNER_SLOTS, editing
from stash_cli.core.types.api import ApiField, describe_api
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema


def api(
    name: str | None = None,
    *,
    args: Mapping[str, str] | None = None,
    deprecated: str | None = None,
    lazy: bool = False,
    input: str | None = None,  # noqa: A002 - the API's own word
    since: str | None = None,
) -> Any:
    """Declare a field that is UNSET by default, with what its annotation cannot express.

    `name` is the API's name where it is not snake case; `args` are arguments in GraphQL notation;
    `deprecated` is the server's reason (such fields are readable, but not selected by default);
    `lazy` fields are large and selected only by name; `input` names the input field that writes it;
    `since` is the release that introduced it, where that is newer than the rest of this description.
    """
    extra: Any = {
        "args": dict(args or {}),
        "deprecated": deprecated,
        "lazy": lazy,
        "input": input,
        "since": since,
    }
    return Field(default=UNSET, alias=name, json_schema_extra={k: v for k, v in extra.items() if v})


def required(name: str) -> Any:
    """Declare a required field whose API name is `name`."""
    return Field(alias=name)


class ApiObject(BaseModel):
    """A value of a response; unknown keys are ignored, so that newer servers can be read."""

    # Validators are built on first use, because a run uses few of the types.
    model_config = ConfigDict(
        defer_build=True, extra="ignore", populate_by_name=True, validate_assignment=True
    )

    @classmethod
    def from_graphql(cls, data: Mapping[str, Any]) -> Self:
        """Create from a response without validation, which would cost more than all other parts of a read."""
        from stash_cli.core.orm.hydrate import hydrate

        return hydrate(cls, data)

    from_dict = from_graphql

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Serialize set fields only, and related objects by id and name."""
        from stash_cli.core.types.serialization import instrument

        schema = handler(source)
        instrument(handler.resolve_ref_schema(schema))
        return schema

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler, /
    ) -> JsonSchemaValue:
        from stash_cli.core.types.serialization import describe_properties, without_unset

        schema = handler(without_unset(core_schema))
        describe_properties(handler.resolve_ref_schema(schema))
        return schema

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """A field by its API name: `status.appSchema` is `status.app_schema`."""
            attr = _by_api_name(type(self)).get(name)
            return super().__getattr__(name) if attr is None else getattr(self, attr)

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        """The set fields."""
        return [(name, value) for name, value in super().__repr_args__() if value is not UNSET]

    def to_graphql(self) -> dict[str, Any]:
        """The set fields under their API names, nested values included."""
        fields = type(self).model_fields
        return {
            fields[name].alias or name: plain(value)
            for name in fields
            if name in self.model_fields_set and (value := getattr(self, name)) is not UNSET
        }


@cache
def _by_api_name(cls: type[ApiObject]) -> dict[str, str]:
    """API name -> attribute, for fields that differ in the two."""
    return {field.alias: name for name, field in cls.model_fields.items() if field.alias}


class StashResult(ApiObject):
    """A page of a find query, and the number that match in all."""

    count: int


class Embedded(ApiObject):
    """A value inside an object, such as its place in a group; an edit of it is an edit of the object."""

    __slots__ = OWNER_SLOTS

    def __setattr__(self, name: str, value: Any) -> None:
        with editing(self):
            super().__setattr__(name, value)


class StashInput(ApiObject):
    """An input of a request; unknown keys are refused, UNSET fields are not sent."""

    model_config = ConfigDict(extra="forbid")

    @classmethod
    def parse(cls, data: Self | Mapping[str, Any]) -> Self:
        """Parse the typed input or a mapping.

        Raises StashInputError with one line that names the field, and near matches for unknown keys.
        """
        if isinstance(data, cls):
            return data
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise StashInputError(explain_validation(cls, error)) from error


def plain(value: Any) -> Any:
    """A value as JSON: API objects and inputs as maps, enums and times as text."""
    if isinstance(value, ApiObject):
        return value.to_graphql()
    if isinstance(value, list | tuple | set):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime) and value.tzinfo is None:
        # Servers read a time without an offset as UTC, or refuse it.
        value = value.astimezone()
    return value.isoformat() if hasattr(value, "isoformat") else value


def explain_validation(cls: type[BaseModel], error: ValidationError) -> str:
    """The first problem of a validation error: location, message and value."""
    first = error.errors(include_url=False)[0]
    owner, steps = _place(cls.__name__, first["loc"])
    place = ".".join([cls.__name__, *steps])
    if first["type"] == "extra_forbidden":
        name = str(first["loc"][-1])
        inside = f" (in {place})" if steps else ""
        return f"{owner} has no field {name!r}{inside}. {did_you_mean(name, _fields(owner))}".rstrip()
    if first["type"] == "missing":
        return f"{place} is required."
    # Pydantic adds the prefix to errors that our own validators raise.
    message = first["msg"].removeprefix("Value error, ").rstrip(".")
    return f"{place}: {message} (got {first['input']!r})."


def _place(owner: str, location: Sequence[str | int]) -> tuple[str, list[str]]:
    """The innermost type on the path to a problem, and the fields and indexes of the path.

    Pydantic's names for the branches of unions are left out.
    """
    steps = []
    for part in location:
        field = next((each for each in _fields(owner).values() if part in (each.name, each.attr)), None)
        if field is not None:
            owner = field.type.name
            steps.append(field.name)
        elif isinstance(part, int):
            steps.append(str(part))
    return owner, steps


def _fields(owner: str) -> Mapping[str, ApiField]:
    declared = describe_api().types.get(owner)
    return declared.fields if declared else {}
