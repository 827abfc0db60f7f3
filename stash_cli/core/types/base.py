"""Base classes of all API types, and field declarations beyond the annotation."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from stash_cli.core.errors import StashInputError
from stash_cli.core.types.orm.places import SLOTS, owner_at, place_of
from stash_cli.core.types.problems import explain_validation
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Mapping


def api(
    name: str | None = None,
    *,
    args: Mapping[str, str] | None = None,
    deprecated: str | None = None,
    lazy: bool = False,
    input: str | None = None,  # noqa: A002 - the API's own word
    since: str | None = None,
) -> Any:
    """Declare what a field's annotation cannot say; the field starts UNSET.

    `name` is the API's name where it is not snake case; `args` are arguments in GraphQL notation;
    `deprecated` is the server's advice (such fields are readable and never asked for by default);
    `lazy` fields are large and asked for only by name; `input` names the input field that writes it;
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
    """Declare a field that must be given and whose API name is `name`."""
    return Field(alias=name)


class ApiObject(BaseModel):
    """A value the server answers with; unknown keys are ignored, so newer servers can be read."""

    model_config = ConfigDict(
        defer_build=True, extra="ignore", populate_by_name=True, validate_assignment=True
    )

    @classmethod
    def from_graphql(cls, data: Mapping[str, Any]) -> Self:
        """Build from an answer without validating it: the server is trusted, reading must be cheap."""
        from stash_cli.core.types.orm.hydrate import hydrate

        return hydrate(cls, data)

    from_dict = from_graphql

    def to_graphql(self) -> dict[str, Any]:
        """The set fields under their API names, nested values included."""
        fields = type(self).model_fields
        return {
            fields[name].alias or name: plain(value)
            for name in fields
            if name in self.model_fields_set and (value := getattr(self, name)) is not UNSET
        }


class StashResult(ApiObject):
    """A page of a find query."""


class Embedded(ApiObject):
    """A value inside an object, such as its place in a group: an edit of it is an edit of the object."""

    __slots__ = SLOTS

    def __setattr__(self, name: str, value: Any) -> None:
        place = place_of(self)
        owner = owner_at(place)
        if owner is None or place is None:
            super().__setattr__(name, value)
            return
        with owner.editing(place[1]):
            super().__setattr__(name, value)


class StashInput(ApiObject):
    """A value sent to the server; unknown keys are refused, UNSET fields are not sent."""

    model_config = ConfigDict(extra="forbid")

    @classmethod
    def parse(cls, data: Self | Mapping[str, Any]) -> Self:
        """Accept the typed input or a mapping.

        Raises StashInputError with one line that names the field, and near matches for unknown keys.
        """
        if isinstance(data, cls):
            return data
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise StashInputError(explain_validation(cls, error)) from error


def plain(value: Any) -> Any:
    """A value as JSON can carry it: inputs become objects, enums and times text."""
    if isinstance(value, ApiObject):
        return value.to_graphql()
    if isinstance(value, list | tuple | set):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if hasattr(value, "isoformat") else value
