"""Validation of responses: GraphQL errors as exceptions, and root fields checked against the schema."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import (
    Delivery,
    StashError,
    StashGraphQLError,
    StashIntegrationError,
    StashLockedError,
    StashSystemNotReadyError,
)
from stash_cli.core.graphql.document import describe, read_result
from stash_cli.core.graphql.selection import is_composite
from stash_cli.core.syntax import RootField
from stash_cli.core.transport.base import short_repr
from stash_cli.core.transport.outcome import unknown_outcome
from stash_cli.core.types.api import TypeRef, describe_api

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stash_cli.core.capabilities import ServerCapabilities
    from stash_cli.core.transport import GraphQLRequest


# Characters in a message: servers report a failed SQL statement in full, which can be many KB.
_MAX_SHOWN = 240
_MAX_ORIGINAL = 2000
# Patterns are text: they are compiled when a server reports an error, not at every start.
_SQL = (
    r"(?s:^(?P<before>.*?)(?:(?:inserting into|updating|destroying|deleting from) \w+: )?"
    r"(?:(?:error )?(?:executing|querying) `.*[`\]]: |(?:running|executing) query: .*\]: "
    r"|error executing \w+ query with SQL: .*\], error: )(?P<why>.+)$)"
)
"""A failed SQL statement: its text and arguments stand between the operation and the cause."""
# Without a database, before set-up or a migration, servers fail with a nil pointer.
_NOT_READY = ("nil pointer", "needs migration", "database migration", "schema version", "setup is required")
_REFUSED = (
    r"Cannot query field|Unknown (argument|type|field)|is not defined (by|in)|unknown field|Unknown directive"
)
_REFUSED_CODES = ("GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED")
_NULL = "the requested element is null which the schema does not allow"
# A crash inside the server is an ordinary error object with this text.
_PANIC = r"(?s:^Internal system error\. Error <(.*)>$)"

NOT_READY = {
    "SETUP": "The server has not been set up yet.",
    "NEEDS_MIGRATION": "The server's database needs a migration first.",
}


def failure(errors: Sequence[Mapping[str, Any]], data: Mapping[str, Any] | None) -> StashGraphQLError:
    """The exception for the `errors` of a response, with its partial data."""
    # The same failed statement is often reported once for every row.
    lines = list(dict.fromkeys(_short_message(error) for error in errors))
    message = "; ".join(lines[:3])
    if len(lines) > 3:  # noqa: PLR2004 - as above
        message += f"; and {len(lines) - 3} more"
    kind = StashLockedError if is_locked(errors) else StashGraphQLError
    error = kind(message, errors=errors, data=data)
    error.originals = [text for text in dict.fromkeys(map(_original_text, errors)) if text not in message][:3]
    return error


def is_locked(errors: Sequence[Mapping[str, Any]]) -> bool:
    return any("database is locked" in str(error.get("message")) for error in errors)


def is_refusal(error: StashGraphQLError) -> bool:
    """Whether the document was refused in validation, so that nothing was executed.

    Every error has to be one of validation: an execution error proves that the document was executed.
    """
    if error.data or not error.errors:
        return False
    return all(
        (each.get("extensions") or {}).get("code") in _REFUSED_CODES
        or (not each.get("path") and re.search(_REFUSED, str(each.get("message"))))
        for each in error.errors
    )


def may_be_unready(error: StashGraphQLError) -> bool:
    """Whether a message is typical of a server that needs set-up or a migration."""
    return any(mark in str(each.get("message")).lower() for each in error.errors for mark in _NOT_READY)


def not_ready(status: str, cause: str) -> StashSystemNotReadyError:
    """The error for a `systemStatus` that is not OK."""
    steps = "open its web interface and follow the steps shown there."
    command = {"SETUP": "setup", "NEEDS_MIGRATION": "migrate"}.get(status)
    return StashSystemNotReadyError(
        NOT_READY.get(status, f"The server is not ready: {cause}"),
        hint=f"Run `stash system {command}`, or {steps}" if command else steps.capitalize(),
    )


def _original_text(error: Mapping[str, Any]) -> str:
    """The raw error of the database or of Go, which `_short_message` rephrases."""
    extensions = error.get("extensions")
    given = extensions.get("original") if isinstance(extensions, dict) else None
    return str(given or error.get("message") or "")[:_MAX_ORIGINAL]


def _short_message(error: Mapping[str, Any]) -> str:
    """A message without panic wrapping, SQL text and line breaks."""
    # Imported here, because its patterns take a millisecond to compile and only errors need them.
    from stash_cli.core.graphql.server_messages import plain_message

    text = str(error.get("message") or "the server gave no reason").strip()
    panic = re.match(_PANIC, text)
    text = panic.group(1) if panic else text
    if text == _NULL:
        names = [step for step in error.get("path") or () if isinstance(step, str)]
        return (
            f"the server has no value for {'.'.join(names)}, which its schema promises: leave the field out"
        )
    sql = re.match(_SQL, text)
    text = f"{sql['before']}{sql['why']}" if sql else text
    text = plain_message(" ".join(text.split()))
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}..."


_IDS = (str, int)
_PLAIN = ("ID", "String", "Int", "Float", "Boolean")


def check_complete(
    request: GraphQLRequest, data: Mapping[str, Any] | None, fields: Iterable[RootField] | None = None
) -> None:
    """Raise an error for a response without errors that lacks a root field of the request.

    `fields` are the root fields where they are known; else they are parsed from the document. Raises
    StashIntegrationError for a query, StashUnknownOutcomeError for a mutation.
    """
    if data is None:
        raise _incomplete(request, "The server answered with neither data nor errors.")
    if fields is None:
        from stash_cli.core.syntax.operations import root_fields

        fields = root_fields(request.document, request.operation_name)
    for each in fields:
        if data.get(each.key) is None and is_missing(each, data, is_mutation=request.is_mutation):
            raise _incomplete(request, f"The server answered without {each.name}.")
    # Without any root field nothing proves that the mutation was executed.
    if not data and request.is_mutation:
        raise _incomplete(request, "The server answered with empty data.")


def value_of(
    operation: str,
    request: GraphQLRequest,
    data: Mapping[str, Any] | None,
    paths: Sequence[str] | None,
    server: ServerCapabilities,
    *,
    by_name: bool = False,
) -> Any:
    """The value of an operation in a response, in the shape that the API describes.

    `paths` are the selected fields (None: the default). With `by_name` the caller named the fields, so none
    may be missing. Raises like `check_complete`, also for a value that does not fit its type at any depth.
    """
    is_object = is_composite(describe(operation)[1].type.name)
    check_complete(request, data, [RootField(operation, operation, is_object)])
    try:
        return shaped(operation, (data or {})[operation], paths, server, request.document, by_name=by_name)
    except StashIntegrationError as error:
        raise _incomplete(request, error.message) from error


def shaped(
    operation: str,
    value: Any,
    paths: Sequence[str] | None,
    server: ServerCapabilities,
    document: str = "",
    *,
    by_name: bool = False,
) -> Any:
    """A value of an operation in the shape that the API describes; raises StashIntegrationError.

    With the `document` of the request, all ids that it selects have to be present, and with `by_name` also
    its other fields that cannot be null.
    """
    declared = describe(operation)[1].type
    shapes, restored = server.shapes, _restored(operation, value, server)
    if server.is_older:
        # Another scalar on an older server (`migrate`) is accepted: the operation was executed all the same.
        if not is_composite(declared.name) or shapes.fits(declared.text, restored):
            return restored
        raise _misfit_error(*shapes.misfit(declared.text, restored, operation))
    if document:
        is_right = shapes.answers(document, operation, declared.text, value, by_name=by_name)
    else:
        is_right = shapes.fits(declared.text, value)
    if is_right and fits(declared, value, paths):
        return restored
    raise _misfit_error(*shapes.misfit(declared.text, value, operation))


def check_shape(type_name: str, value: Any, server: ServerCapabilities) -> None:
    """Raise StashIntegrationError for a value that is not of this type of the server."""
    if not server.shapes.fits(type_name, value):
        raise _misfit_error(*server.shapes.misfit(type_name, value, type_name))


def _misfit_error(at: str, found: Any) -> StashIntegrationError:
    return StashIntegrationError(f"The server answered {at} with something else: {short_repr(found)}.")


def _restored(operation: str, value: Any, server: ServerCapabilities) -> Any:
    try:
        return read_result(operation, value, server)
    except (
        TypeError,
        ValueError,
        KeyError,
        AttributeError,
    ) as error:  # a malformed response of an older server
        raise _misfit_error(operation, value) from error


def fits(declared: TypeRef, value: Any, paths: Sequence[str] | None) -> bool:
    """Whether a value has the shape of its type: an object with an id, a list of objects, a page of rows."""
    if value is None:
        return True
    if not is_composite(declared.name):
        return isinstance(value, list) if declared.is_list else not _is_structured(declared.name, value)
    is_page = declared.name.startswith("Find")
    if declared.is_list:
        rows = value if declared.is_nested else [value]
        return isinstance(rows, list) and all(_is_list(each, declared.name, paths) for each in rows)
    if not is_page:
        return _is_object(value, declared.name, paths)
    return isinstance(value, dict) and _fits_page(declared.name, value, paths or ())


def _is_structured(type_name: str, value: Any) -> bool:
    """Whether an object or list stands where a scalar belongs."""
    return type_name in _PLAIN and isinstance(value, dict | list)


def _is_object(value: Any, type_name: str, paths: Sequence[str] | None) -> bool:
    return isinstance(value, dict) and _are_objects([value], type_name, paths)


def _is_list(value: Any, type_name: str, paths: Sequence[str] | None) -> bool:
    return isinstance(value, list) and _are_objects(value, type_name, paths)


def _are_objects(values: list[Any], type_name: str, paths: Sequence[str] | None) -> bool:
    """Whether all are null or objects, with ids if these were selected."""
    if "id" in (describe_api().types[type_name].fields if paths is None else paths):
        return all(each is None or (type(each) is dict and type(each.get("id")) in _IDS) for each in values)
    return all(each is None or type(each) is dict for each in values)


def _fits_page(type_name: str, page: Mapping[str, Any], paths: Sequence[str]) -> bool:
    for name, field in describe_api().types[type_name].fields.items():
        inner = [path.removeprefix(f"{name}.") for path in paths if path.partition(".")[0] == name]
        if name not in page:
            if inner and (field.type.is_list or name == "count"):  # older servers lack the others
                return False
        elif field.type.is_list:
            if not isinstance(page[name], list) or not fits(field.type, page[name], inner):
                return False
        elif not isinstance(page[name], int | float):
            return False
    return True


def is_missing(field: RootField, data: Mapping[str, Any], *, is_mutation: bool) -> bool:
    """Whether a root field is absent, or null against its type.

    A nullable object of a mutation counts as missing, because servers answer null there when the mutation had
    no effect. Null for a list is an empty list.
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
    error = StashIntegrationError(message, hint="Check that a Stash server runs at this address.")
    error.delivery = Delivery.ANSWER_BEGUN
    return error
