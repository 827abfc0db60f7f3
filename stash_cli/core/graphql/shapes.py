"""Shape checks: values of responses against the types that the server declares for them, at any depth.

Rows of one query have the same fields, so a list of rows is checked by columns: the checks are selected once
for each set of keys, and all values of a field are checked together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from stash_cli.core.types.api import ApiType, describe_api

if TYPE_CHECKING:
    from stash_cli.core.capabilities import ServerCapabilities

Check = Callable[[Sequence[Any]], bool]
"""Whether all values fit a type."""
Columns = tuple[Check, ...]
"""The checks of the fields of an object, in their order."""

Tree = dict[str, "Tree | None"]
"""Response key -> what is selected below it; `...Type` -> what is selected of that type only."""

_FRAGMENT = "..."

_NULL = type(None)
_SCALARS: dict[str, tuple[type, ...]] = {
    "ID": (str, int),
    "String": (str,),
    "Int": (int,),
    "Int64": (int,),
    "Float": (int, float),
    "Boolean": (bool,),
    "Time": (str,),
    "Timestamp": (str,),
    "Map": (dict,),
    "BoolMap": (dict,),
    "PluginConfigMap": (dict,),
}
"""JSON types of scalars; any other scalar may be anything."""
_MAX_SIGNATURES = 256
"""Sets of keys whose checks are cached for each type; the cache is cleared when it is full."""
_MAX_DOCUMENTS = 64
"""Documents whose checks are cached; the cache is cleared when it is full."""
_COMPOSITE = ("OBJECT", "INTERFACE", "UNION")


class SelectedFields(NamedTuple):
    """Selected fields of a response, and whether the caller named them."""

    tree: Tree
    by_name: bool


class Shapes:
    """Checks for the types of one server; on an older server any type may be null."""

    def __init__(self, server: ServerCapabilities) -> None:
        self._server = server
        self._checks: dict[str, Check] = {}
        self._answers: dict[tuple[str, str, bool], Check] = {}

    def fits(self, text: str, value: Any) -> bool:
        """Whether `value` has the type `text`, such as `[Scene!]!`."""
        return self._check(text)([value])

    def answers(self, document: str, key: str, text: str, value: Any, *, by_name: bool) -> bool:
        """Whether the value of root field `key` has the type `text`, and all ids that `document` selects.

        With `by_name` the caller named the fields: then all that cannot be null have to be present.
        """
        check = self._answers.get((document, key, by_name))
        if check is None:
            if len(self._answers) >= _MAX_DOCUMENTS:
                self._answers.clear()
            wanted = SelectedFields(selected(document).get(key) or {}, by_name)
            check = self._answers[document, key, by_name] = self._check(text, wanted)
        return check([value])

    def misfit(self, text: str, value: Any, at: str) -> tuple[str, Any]:
        """The path and value of the first part of `value` that does not fit; `at` is the path of `value`."""
        bare = text.rstrip("!")
        if isinstance(value, list) and bare.startswith("["):
            inner = {f"{at}[{number}]": (bare[1:-1], item) for number, item in enumerate(value)}
        elif isinstance(value, dict) and self._is_composite(bare):
            declared = self._concrete_type(bare, value.get("__typename"))
            texts = {key: self._field_type(declared, key) for key in value} if declared else {}
            inner = {f"{at}.{key}": (each, value[key]) for key, each in texts.items() if each}
        else:
            inner = {}
        for place, (each, item) in inner.items():
            if not self.fits(each, item):
                return self.misfit(each, item, place)
        return at, value

    def _check(self, text: str, wanted: SelectedFields | None = None) -> Check:
        if wanted is not None:
            return self._make_check(text, wanted)
        found = self._checks.get(text)
        if found is None:
            found = self._checks[text] = self._make_check(text, None)
        return found

    def _make_check(self, text: str, wanted: SelectedFields | None) -> Check:
        nullable = self._server.is_older or not text.endswith("!")
        bare = text.rstrip("!")
        if bare.startswith("["):
            return self._list(bare[1:-1], wanted, nullable=nullable)
        if self._is_composite(bare):
            return self._object(bare, wanted, nullable=nullable)
        types = self._leaf_types(bare)
        return _anything if types is None else _leaf({*types, _NULL} if nullable else {*types})

    def _list(self, item: str, wanted: SelectedFields | None, *, nullable: bool) -> Check:
        inner: list[Check] = []
        fits = _leaf({list, _NULL} if nullable else {list})

        def check(values: Sequence[Any]) -> bool:
            # Created on first use, because types refer to each other in cycles.
            if not inner:
                inner.append(self._check(item, wanted))
            return fits(values) and inner[0](list(chain.from_iterable(filter(None, values))))

        return check

    def _object(self, name: str, wanted: SelectedFields | None, *, nullable: bool) -> Check:
        known: dict[Any, Columns | None] = {}
        fits = _leaf({dict, _NULL} if nullable else {dict})

        def check(values: Sequence[Any]) -> bool:
            if not fits(values):
                return False
            for signature, rows in _grouped_by_keys([value for value in values if value is not None]):
                if signature not in known:
                    if len(known) >= _MAX_SIGNATURES:
                        known.clear()
                    known[signature] = self._columns(name, rows[0], wanted)
                checks = known[signature]
                columns = zip(*map(dict.values, rows), strict=True)
                if checks is None or not all(map(_passes, checks, columns)):
                    return False
            return True

        return check

    def _columns(self, name: str, row: dict[str, Any], wanted: SelectedFields | None) -> Columns | None:
        """The checks of objects with the keys and `__typename` of `row`; None where a field is missing."""
        declared = self._concrete_type(name, row.get("__typename"))
        if declared is None:
            return None
        below = for_type(wanted.tree, self._names(declared, name)) if wanted else {}
        by_name = wanted is not None and wanted.by_name
        missing = below.keys() - row.keys()
        if "id" in missing or (by_name and any(self._is_required(declared, key) for key in missing)):
            return None
        return tuple(self._column(key, self._field_type(declared, key), wanted, below) for key in row)

    def _column(self, key: str, text: str | None, wanted: SelectedFields | None, below: Tree) -> Check:
        """The check of a field of type `text`, with what was selected below it."""
        if text is None:
            return _anything
        is_leaf = not text.startswith("[") and not self._is_composite(text.rstrip("!"))
        if is_leaf or wanted is None:
            return self._check(text)
        return self._check(text, SelectedFields(below.get(key) or {}, wanted.by_name))

    def _concrete_type(self, name: str, typename: Any) -> ApiType | None:
        """The type of an object by its `__typename`; None where it cannot be a member of type `name`."""
        types = describe_api().types
        declared = types[name]
        if typename is None or typename == name:
            return declared
        if type(typename) is not str:
            return None
        if typename in declared.members:
            return types[typename]
        return declared if typename == self._server.type_name(name) else None

    def _is_required(self, declared: ApiType, key: str) -> bool:
        """Whether a selected field has to be present; a missing scalar that may be null is read as null."""
        text = self._field_type(declared, key) or ""
        return text.endswith("!") or text.startswith("[") or self._is_composite(text)

    @staticmethod
    def _names(declared: ApiType, name: str) -> frozenset[str]:
        """The names of a type and of the interfaces and unions that it belongs to."""
        return frozenset({name, declared.name, *describe_api().abstract_types.get(declared.name, ())})

    def _field_type(self, declared: ApiType, key: str) -> str | None:
        """The type of a field, as the server or else the API description declares it; None if unknown."""
        name = key.removeprefix(f"{declared.name}_")
        theirs = self._server.field_type(self._server.type_name(declared.name), name)
        if theirs is not None:
            return theirs
        ours = declared.fields.get(name)
        return ours.type.text if ours else None

    @staticmethod
    def _is_composite(name: str) -> bool:
        declared = describe_api().types.get(name)
        return declared is not None and declared.kind in _COMPOSITE

    @staticmethod
    def _leaf_types(name: str) -> tuple[type, ...] | None:
        """JSON types of a scalar or enum; None for those that may be anything."""
        declared = describe_api().types.get(name)
        return (str,) if declared is not None and declared.kind == "ENUM" else _SCALARS.get(name)


Row = dict[str, Any]


def _grouped_by_keys(rows: list[Row]) -> Iterable[tuple[Any, list[Row]]]:
    """Rows grouped by their keys and `__typename`."""
    keys = set(map(tuple, rows))
    if len(keys) == 1 and "__typename" not in rows[0]:
        return [(keys.pop(), rows)]
    found: dict[Any, list[Row]] = {}
    for row in rows:
        typename = row.get("__typename")
        is_valid = typename is None or type(typename) is str
        # A `__typename` that is not a string may be unhashable; all of these share one group.
        found.setdefault((tuple(row), typename if is_valid else False), []).append(row)
    return found.items()


def _passes(check: Check, column: tuple[Any, ...]) -> bool:
    return check(column)


def _anything(_: Sequence[Any]) -> bool:
    return True


def _leaf(types: set[type]) -> Check:
    return lambda values: types.issuperset(map(type, values))


# Documents of this library pass values as variables, so they contain no strings and no comments. A tokenizer
# for all of GraphQL would cost each command a millisecond.
_LEXEMES = re.compile(r"\.\.\.|\w+|[^\s\w,]")


@lru_cache(maxsize=64)
def selected(document: str) -> Tree:
    """The selection of a document with one operation and no named fragments or directives."""
    parts = _LEXEMES.findall(document)
    position = 0
    while parts[position] != "{":
        position = _after_group(parts, position)
    return _tree(parts, position + 1)[0]


def for_type(tree: Tree, names: frozenset[str]) -> Tree:
    """The selection of `tree` for an object whose type and interfaces are `names`."""
    found: Tree = {}
    for key, below in tree.items():
        if not key.startswith(_FRAGMENT):
            found[key] = below
        elif below and key.removeprefix(_FRAGMENT) in names:
            found |= for_type(below, names)
    return found


def _tree(parts: list[str], position: int) -> tuple[Tree, int]:
    """The selection that begins at `position`, and the position after its brace."""
    tree: Tree = {}
    while parts[position] != "}":
        key = parts[position]
        if key == _FRAGMENT:
            key, position = f"{key}{parts[position + 2]}", position + 3
        elif parts[position + 1] == ":":
            position += 3
        else:
            position += 1
        if parts[position] == "(":
            position = _after_group(parts, position)
        tree[key] = None
        if parts[position] == "{":
            tree[key], position = _tree(parts, position + 1)
    return tree, position + 1


def _after_group(parts: list[str], position: int) -> int:
    """The position after one token, or after the parenthesis that closes the one at `position`."""
    depth = 0
    while True:
        depth += {"(": 1, ")": -1}.get(parts[position], 0)
        position += 1
        if depth == 0:
            return position
