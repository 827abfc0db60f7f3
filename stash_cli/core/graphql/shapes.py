"""Shapes of answers: values against the types that the server declares for them, at any depth.

Rows of one query have the same fields with values of the same types, so each combination is judged once and
then recognised; only lists and objects inside are visited again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from stash_cli.core.types.api import ApiType, describe_api

if TYPE_CHECKING:
    from stash_cli.core.capabilities import ServerCapabilities

Check = Callable[[Any], bool]
Nested = tuple[tuple[str, Check], ...]
"""Fields whose values have to be visited, with their checks."""

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
_COMPOSITE = ("OBJECT", "INTERFACE", "UNION")


class Shapes:
    """Checks for the types of one server; those of an older one may be null anywhere."""

    def __init__(self, server: ServerCapabilities) -> None:
        self._server = server
        self._checks: dict[str, Check] = {}

    def fits(self, text: str, value: Any) -> bool:
        """Whether `value` has the type `text`, such as `[Scene!]!`."""
        return self._check(text)(value)

    def misfit(self, text: str, value: Any, at: str) -> tuple[str, Any]:
        """The place and value of the first thing in `value` that does not fit; `at` is its own place."""
        bare = text.rstrip("!")
        if isinstance(value, list) and bare.startswith("["):
            inner = {f"{at}[{number}]": (bare[1:-1], item) for number, item in enumerate(value)}
        elif isinstance(value, dict) and self._is_composite(bare):
            declared = self._concrete(bare, value)
            texts = {key: self._field(declared, key) for key in value} if declared else {}
            inner = {f"{at}.{key}": (each, value[key]) for key, each in texts.items() if each}
        else:
            inner = {}
        for place, (each, item) in inner.items():
            if not self.fits(each, item):
                return self.misfit(each, item, place)
        return at, value

    def _check(self, text: str) -> Check:
        found = self._checks.get(text)
        if found is None:
            found = self._checks[text] = self._made(text)
        return found

    def _made(self, text: str) -> Check:
        nullable = self._server.is_older or not text.endswith("!")
        bare = text.rstrip("!")
        if bare.startswith("["):
            return self._list(bare[1:-1], nullable=nullable)
        if self._is_composite(bare):
            return self._object(bare, nullable=nullable)
        types = self._leaf_types(bare)
        return _anything if types is None else _leaf({*types, _NULL} if nullable else {*types})

    def _list(self, item: str, *, nullable: bool) -> Check:
        def check(value: Any) -> bool:
            if value is None:
                return nullable
            return type(value) is list and all(map(self._check(item), value))

        return check

    def _object(self, name: str, *, nullable: bool) -> Check:
        known: dict[Any, Nested] = {}

        def check(value: Any) -> bool:
            if type(value) is not dict:
                return value is None and nullable
            signature = (value.get("__typename"), tuple(value), tuple(map(type, value.values())))
            nested = known.get(signature)
            if nested is None:
                nested = self._nested(name, value)
                if nested is None:
                    return False
                if len(known) >= _MAX_SIGNATURES:
                    known.clear()
                known[signature] = nested
            return all(inner(value[key]) for key, inner in nested)

        return check

    def _nested(self, name: str, value: dict[str, Any]) -> Nested | None:
        """The fields of an object that have to be visited; None where another one does not fit."""
        declared = self._concrete(name, value)
        if declared is None:
            return None
        nested = []
        for key, item in value.items():
            text = self._field(declared, key)
            if text is None:
                continue
            if text.startswith("[") or self._is_composite(text.rstrip("!")):
                nested.append((key, self._check(text)))
            elif not self._check(text)(item):
                return None
        return tuple(nested)

    def _concrete(self, name: str, value: dict[str, Any]) -> ApiType | None:
        """The type of an object, which `__typename` names; None where it cannot be of this type."""
        types = describe_api().types
        declared, said = types[name], value.get("__typename")
        if said is None or said == name:
            return declared
        if not isinstance(said, str):
            return None
        if said in declared.members:
            return types[said]
        return declared if said == self._server.type_name(name) else None

    def _field(self, declared: ApiType, key: str) -> str | None:
        """The type of a field as the server declares it; None for what nobody knows."""
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


def _anything(_: Any) -> bool:
    return True


def _leaf(types: set[type]) -> Check:
    return lambda value: type(value) in types
