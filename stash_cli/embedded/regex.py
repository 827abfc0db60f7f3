"""Regular expressions of inputs, refused as the server refuses them."""

from __future__ import annotations

from stash_cli.core.types.re2 import Expression, ExpressionError
from stash_cli.core.types.re2 import compile_pattern as compile_expression
from stash_cli.embedded.graphql.errors import Refused

_SPECIAL = frozenset("\\.+*?()|[]{}^$")


def is_text(pattern: str) -> bool:
    """Whether an expression matches only itself, so that SQLite can look for it."""
    return bool(pattern) and _SPECIAL.isdisjoint(pattern) and "\0" not in pattern


def compile_pattern(pattern: str) -> Expression:
    """Compile RE2 syntax; raises Refused for what the server does not take either."""
    try:
        return compile_expression(pattern)
    except ExpressionError as failure:
        raise Refused(f"error parsing regexp: {failure}") from failure
