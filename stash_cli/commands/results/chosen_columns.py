"""The columns of `--fields`: fields of the API, table headings, and `path` for the paths of files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stash_cli.core.graphql.selection import is_composite
from stash_cli.core.types.api import describe_api
from stash_cli.output.values import Column, View, custom

if TYPE_CHECKING:
    from collections.abc import Sequence


ALL, LIST = "all", "list"
"""Special values of `--fields`: every field, and a list of the available fields."""
_NUMBERS = ("Int", "Float", "Int64")


def chosen(view: View, names: Sequence[str]) -> View:
    """Return `view` with a column for each name; an unknown name becomes a column with that path.

    The name `all` is expanded to every field of the type.
    """
    names = [each for name in names for each in (all_fields(view.type) if name == ALL else [name])]
    columns = (_column(view, name)._replace(optional=False) for name in names)
    return view._replace(columns=tuple(columns), is_chosen=True)


def all_fields(type_name: str) -> list[str]:
    """The fields that can be requested, without deprecated ones."""
    declared = describe_api().types.get(type_name)
    known = declared.fields.values() if declared else ()
    return [field.name for field in known if not (field.deprecated or field.needs_args)]


def choices(view: View) -> list[str]:
    """The names that `--fields` accepts for a view: headings, fields, and fields of related objects."""
    own = all_fields(view.type)
    headings = [column.header for column in view.columns if column.header not in own]
    types = {name: describe_api().types[view.type].fields[name].type.name for name in own}
    inner = [f"{name}.{each}" for name, target in types.items() for each in _inner(target)]
    return [*headings, *(["path"] if view.files and "path" not in own else []), *own, *inner]


def _inner(type_name: str) -> list[str]:
    """The scalar fields of a related type; for a union or interface, those of all its members."""
    declared = describe_api().types[type_name]
    owners = [declared, *(describe_api().types[name] for name in declared.members)]
    names = [
        field.name
        for owner in owners
        for field in owner.fields.values()
        if not (field.deprecated or field.needs_args or is_composite(field.type.name))
    ]
    return list(dict.fromkeys(names))


def _column(view: View, name: str) -> Column:
    # A field of the API takes precedence, because JSON has its name; a heading may be of another field.
    if _is_field(view.type, name):
        [column] = custom([name])
        same = next((known for known in view.columns if known.paths == (name,)), None)
        right = same.right if same else _is_number(view.type, name)
        main = any(known.main and known.paths[0] == name for known in view.columns)
        return column._replace(kind=column.kind or (same.kind if same else ""), right=right, main=main)
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
