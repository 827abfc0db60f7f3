"""Validation messages of graphql-core in the wording of a Stash server."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from graphql import GraphQLInputObjectType

from stash_cli.embedded.graphql.schema import library_schema

if TYPE_CHECKING:
    from collections.abc import Callable

_QUOTED = re.compile(r"'([$\w.!\[\]]+(?: \{ \.\.\. \})?)'")


def _missing(found: re.Match[str]) -> str:
    owner, name = found["type"], found["field"]
    kind = library_schema().get_type(owner)
    required = kind.fields[name].type if isinstance(kind, GraphQLInputObjectType) else "value"
    return f'Field "{owner}.{name}" of required type "{required}" was not provided.'


_REWORDED: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"Syntax Error: (?P<rest>.*)", re.DOTALL), lambda found: found["rest"]),
    (
        re.compile(
            r"Expected value of type '(?P<type>\w+)!?' to include required field '(?P<field>\w+)', found: .*",
            re.DOTALL,
        ),
        _missing,
    ),
    (
        re.compile(
            r"Expected value of type '(?P<type>\w+)!?' not to include unknown field '(?P<field>\w+)'"
            r"\.?(?P<hint> Did you mean [^?]*\?)?.*",
            re.DOTALL,
        ),
        lambda found: f'Field "{found[2]}" is not defined by type "{found[1]}".{found[3] or ""}',
    ),
    (
        re.compile(
            r"Expected value of type '[^']+', but encountered error '(?P<reason>.*)'; found: .*", re.DOTALL
        ),
        lambda found: found["reason"],
    ),
)
"""Messages with a wording of their own; all others differ from the server's only in their quotes."""


def server_message(message: str) -> str:
    """The server's wording of a message of graphql-core."""
    for pattern, write in _REWORDED:
        found = pattern.fullmatch(message)
        if found is not None:
            return _QUOTED.sub(r'"\1"', write(found))
    return _QUOTED.sub(r'"\1"', message)
