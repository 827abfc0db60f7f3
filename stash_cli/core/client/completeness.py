"""Whether an answer holds what was asked for: an operation counts as done when its field is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import Delivery, StashIntegrationError
from stash_cli.core.syntax.operations import root_fields
from stash_cli.core.transport.outcome import unknown_outcome
from stash_cli.core.types.api import describe_api

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stash_cli.core.errors import StashError
    from stash_cli.core.syntax.operations import RootField
    from stash_cli.core.transport import GraphQLRequest


def check_complete(
    request: GraphQLRequest, data: Mapping[str, Any] | None, fields: Iterable[RootField] | None = None
) -> None:
    """Refuse an answer without errors that lacks a root field of the request.

    `fields` are the root fields where the caller knows them; else they are read from the document. Raises
    StashIntegrationError for a query, StashUnknownOutcomeError for what may have been done.
    """
    if data is None:
        raise _incomplete(request, "The server answered with neither data nor errors.")
    if fields is None:
        fields = root_fields(request.document, request.operation_name)
    for each in fields:
        if data.get(each.key) is None and is_missing(each, data, is_mutation=request.is_mutation):
            raise _incomplete(request, f"The server answered without {each.name}.")
    if not data and request.is_mutation:
        raise _incomplete(request, "The server answered with empty data.")


def is_missing(field: RootField, data: Mapping[str, Any], *, is_mutation: bool) -> bool:
    """Whether a root field was not answered, or with a null that its type does not allow.

    A mutation that answers an object answers null when nothing came of it. One that answers a plain value
    may have none, and servers say null for an empty list.
    """
    if field.key not in data:
        return not field.is_optional
    if data[field.key] is not None:
        return False
    try:
        declared = describe_api().operation(field.name)[1].type
    except KeyError:
        return is_mutation and field.is_composite
    return declared.required or (is_mutation and field.is_composite and not declared.is_list)


def _incomplete(request: GraphQLRequest, message: str) -> StashError:
    if request.is_mutation:
        return unknown_outcome(message)
    error = StashIntegrationError(message, hint="Is there a Stash server at this address?")
    error.delivery = Delivery.ANSWER_BEGUN
    return error
