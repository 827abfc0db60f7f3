"""Selections: dotted paths such as "studio.name" rendered as GraphQL selection sets.

A path to an entity selects its id and label; a path to a value object (paths, fingerprints, a page of
results) selects all of it.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashLookupError, did_you_mean
from stash_cli.core.graphql.compat.answers import is_unreliable, selected
from stash_cli.core.types.api import ApiField, ApiType, describe_api

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stash_cli.core.capabilities import ServerCapabilities

Tree = dict[str, "Tree"]
"""Field -> its selection; keys such as "... on VideoFile" hold the fields of one member type."""


class DefaultSelection(dict[str, Tree]):
    """The default selection below a path: its fields were not named by the caller."""


class DefaultPaths(list[str]):
    """Default paths, not named by the caller: one that the server lacks is left out without a warning."""


_COMPOSITE = ("OBJECT", "INTERFACE", "UNION")
_TOKEN = re.compile(r"[{}]|[^\s,{}]+")
_ON = "... on "
_FOLDER_FIELDS = ("parent_folder", "zip_file")
"""Folder and zip file of a file: only their ids and paths are selected by default."""


def build(
    type_name: str,
    paths: Sequence[str] | None = None,
    server: ServerCapabilities | None = None,
    *,
    quiet: bool = False,
) -> str:
    """The selection set of `paths` (None: the default) on `type_name`, without outer braces.

    Fields that `server` lacks are left out; for those named by the caller there is one
    StashUnmappedFieldWarning each, unless `quiet`. Raises StashLookupError for an unknown path.
    """
    tree = merge(type_name, default_paths(type_name) if paths is None else paths)
    return render(type_name, tree, server, asked=paths is not None and not quiet)


def parse(text: str) -> list[str]:
    """The paths of a selection in GraphQL notation.

    >>> parse("id title studio { name }")
    ['id', 'title', 'studio.name']
    """
    paths: list[str] = []
    parents: list[str] = []
    for word in _TOKEN.findall(text):
        if word == "{" and paths:
            parents.append(paths.pop())
        elif word == "}" and parents:
            parents.pop()
        elif re.fullmatch(r"\w+(\.\w+)*", word):
            paths.append(".".join([*parents[-1:], word]))
        else:
            raise StashLookupError(f"Not a list of fields: {text!r} (at {word!r}).")
    return paths


def merge(type_name: str, paths: Iterable[str]) -> Tree:
    """One tree of all `paths`."""
    tree: Tree = {}
    for path in paths:
        _add(tree, describe_api().types[type_name], path.split("."), path)
    return tree


def pruned(type_name: str, paths: Iterable[str], value: Any) -> Any:
    """`value`, a result of `type_name` with more fields than `paths`, reduced to `paths`.

    >>> pruned("Tag", ["id"], {"id": "1", "name": "A"})
    {'id': '1'}
    """
    return _pruned(merge(type_name, paths), value)


def _pruned(tree: Tree, value: Any) -> Any:
    if isinstance(value, list):
        return [_pruned(tree, each) for each in value]
    if not isinstance(value, dict) or not tree or any(key.startswith(_ON) for key in tree):
        return value
    return {name: _pruned(tree[name], each) for name, each in value.items() if name in tree}


def render(type_name: str, tree: Tree, server: ServerCapabilities | None, *, asked: bool) -> str:
    """The text of `tree`; a field that `server` has under an older name is aliased."""
    declared = describe_api().types[type_name]
    asked = asked and not isinstance(tree, DefaultSelection)
    # The response has to say which member type an object has.
    words = ["__typename"] if declared.kind in ("INTERFACE", "UNION") else []
    for key, inner in tree.items():
        if key.startswith(_ON):
            word = _fragment(type_name, key, inner, server, asked=asked)
        else:
            word = _field(declared, key, inner, server, label=key, asked=asked)
        words += [word] if word else []
    return " ".join(words)


def _fragment(owner: str, key: str, inner: Tree, server: ServerCapabilities | None, *, asked: bool) -> str:
    """An inline fragment on one member; fields whose types conflict between members are aliased."""
    declared = describe_api().types[key.removeprefix(_ON)]
    # Servers refuse a document with a fragment on a type that is not in their schema.
    if server is not None and not server.has_type(declared.name):
        return ""
    conflicting = conflicting_fields(owner)
    labels = {name: f"{declared.name}_{name}" if name in conflicting else name for name in inner}
    fields = (
        _field(declared, name, below, server, label=labels[name], asked=asked)
        for name, below in inner.items()
    )
    text = " ".join(word for word in fields if word)
    return f"{key} {{ {text} }}" if text else ""


def _field(
    declared: ApiType, name: str, inner: Tree, server: ServerCapabilities | None, *, label: str, asked: bool
) -> str:
    known = name if server is None else server.field_name(declared.name, name)
    if known is None and server is not None:
        older = selected(declared.name, name, server)
        if older is None and asked:
            server.warn_missing(declared.name, name)
        return older or ""
    if server is not None and not asked and is_unreliable(declared.name, name, server):
        return ""
    word = label if known == label else f"{label}: {known}"
    if not inner:
        return word
    text = render(declared.fields[name].type.name, inner, server, asked=asked)
    return f"{word} {{ {text} }}" if text else ""


def _add(tree: Tree, declared: ApiType, parts: list[str], path: str, within: tuple[str, ...] = ()) -> None:
    """Add the rest of `path` to `tree`, the selection on an object of type `declared`.

    `within` are the types whose default selection is being added: a type nested in itself (the parent of a
    scraped tag) gets its scalar fields only.
    """
    for owner, field in _fields_called(declared, parts[0], path):
        holder = tree if owner is declared else tree.setdefault(f"{_ON}{owner.name}", {})
        target = describe_api().types[field.type.name]
        if target.kind not in _COMPOSITE:
            if parts[1:]:
                raise StashLookupError(f"{path!r}: {owner.name}.{field.name} has no fields of its own.")
            holder[field.name] = {}
            continue
        inner = holder.setdefault(field.name, {} if parts[1:] else DefaultSelection())
        if parts[1:]:
            _add(inner, target, parts[1:], path, within)
            continue
        for words in _default_parts(target, within):
            _add(inner, target, words.split("."), path, (*within, target.name))


def _default_parts(target: ApiType, within: tuple[str, ...]) -> Iterable[str]:
    # The default selection of a recursive type would be infinite.
    if target.name not in within:
        return whole(target.name)
    types = describe_api().types
    return [n for n in _common(target.fields) if types[target.fields[n].type.name].kind not in _COMPOSITE]


def _fields_called(declared: ApiType, name: str, path: str) -> list[tuple[ApiType, ApiField]]:
    """The field called `name` and its owner: `declared`, or else each of its member types that has it."""
    for owners in ([declared], _members(declared)):
        found = [(owner, field) for owner in owners if (field := _field_called(owner, name)) is not None]
        if found:
            return found
    all_owners = (declared, *_members(declared))
    if any(owner.field(name) for owner in all_owners):
        raise StashLookupError(
            f"{declared.name}.{name} needs an argument, which a list of fields cannot have.",
            hint="`stash api` sends a document that has it.",
        )
    known = [each.name for owner in all_owners for each in owner.fields.values() if not each.needs_args]
    where = "" if path == name else f" (in {path!r})"
    raise StashLookupError(
        f"{declared.name} has no field {name!r}{where}. {did_you_mean(name, known)}".rstrip()
    )


def _field_called(owner: ApiType, name: str) -> ApiField | None:
    """The field by its API name or attribute name, if it needs no arguments."""
    found = owner.field(name)
    return None if found is None or found.needs_args else found


def _members(declared: ApiType) -> list[ApiType]:
    return [describe_api().types[name] for name in declared.members]


@cache
def default_paths(type_name: str) -> tuple[str, ...]:
    """Fields that are neither deprecated nor large and need no arguments."""
    declared = describe_api().types[type_name]
    rows = _rows_of(declared)
    if rows is not None:
        return ("count", *(f"{rows.name}.{path}" for path in default_paths(rows.type.name)))
    names = [*_common(declared.fields), *_own_fields(declared)]
    if not is_file(declared):
        return tuple(names)
    places = [f"{name}.{key}" for name in _FOLDER_FIELDS for key in ("id", "path")]
    return (*(name for name in names if name not in _FOLDER_FIELDS), *places)


def is_default(paths: Sequence[str] | None) -> bool:
    """Whether the fields are the default, not named by the caller."""
    return paths is None or isinstance(paths, DefaultPaths)


def _own_fields(declared: ApiType) -> list[str]:
    """Fields of some member types only."""
    names = dict.fromkeys(name for member in _members(declared) for name in _common(member.fields))
    return [name for name in names if name not in declared.fields]


@cache
def conflicting_fields(type_name: str) -> frozenset[str]:
    """Fields whose types differ between members: GraphQL requires distinct aliases for them."""
    shapes: dict[str, set[str]] = {}
    for member in _members(describe_api().types[type_name]):
        for name, field in member.fields.items():
            shapes.setdefault(name, set()).add(field.type.text)
    return frozenset(name for name, types in shapes.items() if len(types) > 1)


def _common(fields: Mapping[str, ApiField]) -> list[str]:
    return [
        name for name, field in fields.items() if not (field.deprecated or field.lazy or field.needs_args)
    ]


def _rows_of(declared: ApiType) -> ApiField | None:
    """The list field of a page of results; None for any other type."""
    if not (declared.name.startswith("Find") and declared.name.endswith("ResultType")):
        return None
    return next(field for field in declared.fields.values() if field.type.is_list)


@cache
def whole(type_name: str) -> tuple[str, ...]:
    """The default selection for a path to this type."""
    declared = describe_api().types[type_name]
    if declared.is_entity and not is_file(declared):
        # A related entity may have thousands of relations itself, so only its id and label are selected.
        return declared.reference
    return default_paths(type_name)


def is_composite(type_name: str) -> bool:
    """Whether a field of this type needs a selection set."""
    return describe_api().types[type_name].kind in _COMPOSITE


def is_file(declared: ApiType) -> bool:
    """Whether the type is a file: it has an id, but belongs to the object whose file it is."""
    types = (declared, *_members(declared))
    return any(each.is_file for each in types)
