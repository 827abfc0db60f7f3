"""The columns of `--fields`: fields of the API, headings of tables, and `path` for the paths of files."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from stash_cli.core.types.api import describe_api
from stash_cli.output.values import Column, custom

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stash_cli.output.values import View

_NUMBERS = ("Int", "Float", "Int64")


def chosen(view: View, names: Sequence[str]) -> View:
    """`view` with a column for each name; an unknown name becomes a column of its own."""
    return replace(view, columns=tuple(_column(view, name) for name in names))


def _column(view: View, name: str) -> Column:
    # A field of the API comes first: JSON has its name, and a heading may be another field.
    if _is_field(view.type, name):
        [column] = custom([name])
        same = next((known for known in view.columns if known.paths == (name,)), None)
        right = same.right if same else _is_number(view.type, name)
        return replace(column, kind=column.kind or (same.kind if same else ""), right=right)
    heading = next((known for known in view.columns if known.header == name), None)
    if heading:
        return heading
    if name == "path" and view.files:
        return Column(name, view.files)
    return Column(name, (name,))


def _is_field(type_name: str, path: str) -> bool:
    declared = describe_api().types.get(type_name)
    return declared is not None and path.partition(".")[0] in declared.fields


def _is_number(type_name: str, path: str) -> bool:
    """Whether the field at `path` is a number."""
    for step in path.split("."):
        declared = describe_api().types.get(type_name)
        if declared is None or step not in declared.fields:
            return False
        type_name = declared.fields[step].type.name
    return type_name in _NUMBERS
