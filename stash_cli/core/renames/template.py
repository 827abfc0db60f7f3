"""Templates of paths: only the text of a template creates folders, never an inserted value.

    template = PathTemplate("{{ studio | studio_path }}/{{ date }} {{ title }}", "Scene")
    template.parts(row)         # ["Network", "Acme", "2024-05-06 Beach day"]

The last part is the stem of the file; its suffix is never changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinja2 import nodes

from stash_cli.core.errors import StashTemplateError
from stash_cli.core.renames.names import ILLEGAL, MAX_BYTES, safe_name, safe_text
from stash_cli.core.templates.filters import NamePath
from stash_cli.core.templates.sandbox import Sandbox
from stash_cli.core.templates.template import Template

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_BREAK = "\x1f"
"""Placeholder for a slash in the texts of `opt` during rendering; removed from values."""


class PathSandbox(Sandbox):
    """The environment of path templates: each inserted value becomes part of a single name."""

    def printed(self, value: Any) -> str:
        """Format a value without path separators, except those between the names of `studio_path`."""
        if isinstance(value, NamePath):
            return "/".join(filter(None, map(safe_name, value.names)))
        return "/".join(map(safe_text, self.text(value).split(_BREAK)))


class PathTemplate(Template):
    """A template of the path of a file; `/` in its text, also in the texts of `opt`, separates folders.

    Raises StashTemplateError for text that is not allowed in a path.
    """

    sandbox = PathSandbox

    def _parsed(self, source: str) -> nodes.Template:
        if source.strip().startswith("/"):
            raise StashTemplateError(
                "The template begins with /: it is below a folder of the library.",
                hint="Name another folder with --to FOLDER.",
            )
        if not source.strip() or source.rstrip().endswith("/"):
            raise StashTemplateError("The template has to end with the name of the file.")
        tree = super()._parsed(source)
        for text in tree.find_all(nodes.TemplateData):
            _check(text.data)
        for const in _texts_of_opt(tree):
            _check(const.value)
            const.value = const.value.replace("/", _BREAK)
        return tree

    def parts(self, row: Mapping[str, Any], *, empty: str = "", limit: int = MAX_BYTES) -> list[str]:
        """Render the names of folders and file for one object, each of at most `limit` bytes.

        `empty` replaces an empty name; without it, StashTemplateError is raised.
        """
        texts = self.render(_without_breaks(row)).split("/")
        names = [safe_name(text, limit) or empty for text in texts]
        if "" in names:
            place = "the name of the file" if not names[-1] else f"folder {names.index('') + 1} of its path"
            raise StashTemplateError(f"{place} is empty (give it one with --empty NAME)")
        return names


def _check(text: str) -> None:
    """Raise StashTemplateError for text of a template that is not allowed in a path."""
    illegal = next((each for each in text if each in ILLEGAL or (each < " " and not each.isspace())), None)
    if illegal is not None:
        hint = "Folders are separated by /." if illegal == "\\" else "Not all systems take it."
        raise StashTemplateError(f"{illegal!r} of the template cannot be in the name of a file.", hint=hint)
    if "//" in text:
        raise StashTemplateError("The template has // in it: a folder without a name.")


def _texts_of_opt(tree: nodes.Template) -> Iterator[nodes.Const]:
    """Yield the constants before and after a value in calls of `opt`."""
    for each in tree.find_all(nodes.Filter):
        if each.name == "opt":
            for constant in (*each.args, *(keyword.value for keyword in each.kwargs)):
                if isinstance(constant, nodes.Const) and isinstance(constant.value, str):
                    yield constant


def _without_breaks(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace(_BREAK, " ")
    if isinstance(value, list):
        return [_without_breaks(each) for each in value]
    if isinstance(value, dict):
        return {name: _without_breaks(each) for name, each in value.items()}
    return value
