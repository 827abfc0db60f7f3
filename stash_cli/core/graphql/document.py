"""Documents for the schema of one server: operations with their arguments as variables, and their results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from stash_cli.core.errors import StashInputError, StashLookupError, did_you_mean
from stash_cli.core.graphql import selection
from stash_cli.core.graphql.compat.answers import restore
from stash_cli.core.graphql.compat.inputs import OPERATIONS, check_required, fit
from stash_cli.core.types.api import ApiField, describe_api
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stash_cli.core.capabilities import ServerCapabilities


class Root(NamedTuple):
    """A root field of a document: its text, and its variables with types and values."""

    kind: str
    text: str
    declared: dict[str, str]
    values: dict[str, Any]


def describe(name: str) -> tuple[str, ApiField]:
    """Kind and description of an operation; raises StashLookupError with near matches."""
    api = describe_api()
    try:
        return api.operation(name)
    except KeyError:
        known = [*api.queries, *api.mutations, *api.subscriptions]
        raise StashLookupError(
            f"The API has no operation {name!r}. {did_you_mean(name, known)}".rstrip()
        ) from None


def root(
    name: str, args: Mapping[str, Any], selection: str = "", *, server: ServerCapabilities, alias: str = ""
) -> Root:
    """A root field; `alias` also prefixes its variables, so that several fit into one document.

    UNSET arguments are left out, None is sent as null. Raises StashInputError for arguments that the
    operation does not have, StashCapabilityError for those that `server` does not have.
    """
    kind, declared = describe(name)
    given = {key: value for key, value in args.items() if value is not UNSET}
    _check_arguments(name, declared, given)
    known = server.operation_name(kind, name)
    accepted = server.arguments(kind, known)
    fitted = {
        f"{alias}_{key}" if alias else key: fit(name, key, declared.args[key], value, accepted, server)
        for key, value in given.items()
    }
    check_required(known, accepted, {each.name: each.value for each in fitted.values()}, server)
    # An operation with an older name on this server is aliased to its current name.
    label = alias or (name if known != name else "")
    words = ", ".join(f"{each.name}: ${variable}" for variable, each in fitted.items())
    text = f"{f'{label}: ' if label else ''}{known}{f'({words})' if words else ''}"
    return Root(
        kind,
        f"{text} {{ {selection} }}" if selection else text,
        {variable: each.type for variable, each in fitted.items()},
        {variable: each.value for variable, each in fitted.items()},
    )


def root_for(
    name: str,
    args: Mapping[str, Any],
    paths: Sequence[str] | None,
    server: ServerCapabilities,
    *,
    alias: str = "",
    quiet: bool = False,
) -> Root:
    """A root field that selects `paths` of its result (None: the default) on `server`.

    Raises what `root` and `selection.build` raise; with `quiet` there is no warning about missing fields.
    """
    kind, declared = describe(name)
    known = server.operation_name(kind, name)
    result = declared.type.name
    # Before play and o history, the older mutations returned the count alone, which is a scalar.
    is_scalar = not selection.is_composite(result) or (known != name and known == OPERATIONS.get(name))
    # GraphQL requires a selection even where the server lacks all of the requested fields.
    fields = "" if is_scalar else selection.build(result, paths, server, quiet=quiet) or "__typename"
    return root(name, args, fields, server=server, alias=alias)


def join(name: str, roots: Sequence[Root], extra: str = "") -> tuple[str, dict[str, Any]]:
    """The document `name` with the root fields `roots` and `extra`, and its variables."""
    declared = {variable: text for part in roots for variable, text in part.declared.items()}
    heading = ", ".join(f"${variable}: {text}" for variable, text in declared.items())
    fields = " ".join([*(part.text for part in roots), *([extra] if extra else ())])
    document = f"{roots[0].kind} {name}{f'({heading})' if heading else ''} {{ {fields} }}"
    return document, {variable: value for part in roots for variable, value in part.values.items()}


def title(name: str) -> str:
    """Operation name of a document: `findScenes` -> `FindScenes`."""
    return f"{name[0].upper()}{name[1:]}"


def _check_arguments(name: str, declared: ApiField, given: Mapping[str, Any]) -> None:
    for key in given:
        if key not in declared.args:
            raise StashInputError(
                f"{name} takes no argument {key!r}. {did_you_mean(key, declared.args)}".rstrip()
            )
    for key, ref in declared.args.items():
        if ref.required and given.get(key) is None:
            raise StashInputError(f"{name} needs the argument {key!r}.")


def read_result(operation: str, value: Any, server: ServerCapabilities) -> Any:
    """The result of an operation in the shape that the API describes."""
    result = describe(operation)[1].type.name
    if selection.conflicting_fields(result):
        value = _without_aliases(value)
    return restore(result, value, server) if server.is_older else value


def _without_aliases(value: Any) -> Any:
    """A member of a union, with the aliases of its conflicting fields removed."""
    if isinstance(value, list):
        return [_without_aliases(item) for item in value]
    if not isinstance(value, dict):
        return value
    prefix = f"{value.get('__typename')}_"
    return {name.removeprefix(prefix): item for name, item in value.items()}
