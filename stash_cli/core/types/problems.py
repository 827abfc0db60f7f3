"""Validation errors as one line that names the field as the API does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stash_cli.core.errors import did_you_mean
from stash_cli.core.types.api import describe_api

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic import BaseModel, ValidationError

    from stash_cli.core.types.api import ApiField


def explain_validation(cls: type[BaseModel], error: ValidationError) -> str:
    """The first problem of a validation error: where, what, and what was given."""
    first = error.errors(include_url=False)[0]
    owner, steps = _place(cls.__name__, first["loc"])
    place = ".".join([cls.__name__, *steps])
    if first["type"] == "extra_forbidden":
        name = str(first["loc"][-1])
        inside = f" (in {place})" if steps else ""
        return f"{owner} has no field {name!r}{inside}. {did_you_mean(name, _fields(owner))}".rstrip()
    if first["type"] == "missing":
        return f"{place} is required."
    message = first["msg"].removeprefix("Value error, ").rstrip(".")
    return f"{place}: {message} (got {first['input']!r})."


def _place(owner: str, location: Sequence[str | int]) -> tuple[str, list[str]]:
    """The innermost type on the way to a problem, and the fields and indexes of the way.

    Pydantic puts its names for the branches of unions in between; they are left out.
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
