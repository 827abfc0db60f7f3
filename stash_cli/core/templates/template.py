"""A compiled template."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinja2 import TemplateError, TemplateSyntaxError, nodes

from stash_cli.core.errors import StashTemplateError, did_you_mean
from stash_cli.core.templates.field_paths import FieldPaths
from stash_cli.core.templates.filters import FILTERS
from stash_cli.core.templates.sandbox import MAX_OUTPUT, MAX_SOURCE, LimitsTransformer, Sandbox

if TYPE_CHECKING:
    from collections.abc import Mapping


_FAILURES = (
    TemplateError,
    TypeError,
    ValueError,
    ArithmeticError,
    LookupError,
    AttributeError,
    RecursionError,
)
"""Errors that values may cause during rendering."""


class Template:
    """A template for objects of `type_name`, or for any rows where it is "".

    `paths` are the fields that rows must have, as for a selection. Raises StashTemplateError for an invalid
    template, and for a name that the type does not have.
    """

    sandbox: type[Sandbox] = Sandbox

    def __init__(self, source: str, type_name: str = "") -> None:
        self.source, self.type_name = source, type_name
        self._sandbox = self.sandbox(FILTERS, lenient=bool(type_name))
        try:
            tree = self._parsed(source)
            self.paths = FieldPaths(type_name).read(tree)
            self._compiled = self._sandbox.from_string(LimitsTransformer().visit(tree))
        except TemplateSyntaxError as error:
            line = f" (line {error.lineno})" if "\n" in source else ""
            message = (error.message or "it cannot be parsed").rstrip(".")
            raise StashTemplateError(f"The template is not valid: {message}{line}.") from error
        except (RecursionError, ValueError, SyntaxError) as error:
            raise StashTemplateError("The template is not valid: it cannot be compiled.") from error
        self.names = list(dict.fromkeys(path.partition(".")[0] for path in self.paths))

    def _parsed(self, source: str) -> nodes.Template:
        if len(source) > MAX_SOURCE:
            raise StashTemplateError(f"The template has more than {MAX_SOURCE:,} characters.")
        return self._sandbox.parse(source)

    def render(self, row: Mapping[str, Any]) -> str:
        """The text for one object, given as a row of the API.

        Raises StashTemplateError where a value does not fit, such as a text for `date`.
        """
        self._sandbox.steps = 0
        parts: list[str] = []
        left = MAX_OUTPUT
        try:
            for part in self._compiled.generate(self._values(row)):
                left -= len(part)
                if left < 0:
                    raise StashTemplateError(f"The template prints more than {MAX_OUTPUT:,} characters.")
                parts.append(part)
        except _FAILURES as error:
            raise StashTemplateError(f"The template fails: {error}.".replace("..", ".")) from error
        return "".join(parts)

    def _values(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of the template; a row without one that the API has comes from an older server."""
        if self.type_name:
            return {name: row.get(name) for name in self.names}
        for name in self.names:
            if name not in row:
                raise StashTemplateError(f"There is no field {name!r}. {did_you_mean(name, row)}".rstrip())
        return dict(row)
