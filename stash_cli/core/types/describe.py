"""Derives `api.json` from the types and operations; run by `scripts/generate` and by the guard test."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from importlib import import_module
from inspect import Parameter, signature
from pkgutil import walk_packages
from types import ModuleType, NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo

import stash_cli.core.types.annotations as words
from stash_cli.core import types
from stash_cli.core.orm.methods import Method, methods_of
from stash_cli.core.orm.relationship import relationships
from stash_cli.core.types import enums, links, operations
from stash_cli.core.types.annotations import Scalar
from stash_cli.core.types.api import describe_api
from stash_cli.core.types.base import ApiObject, Embedded, StashInput, StashResult
from stash_cli.core.types.entities import ENTITIES
from stash_cli.core.types.entity import StashObject
from stash_cli.core.types.file import BaseFile
from stash_cli.core.types.inputs.common import DestroyOptions
from stash_cli.core.types.links import Link
from stash_cli.core.unset import UnsetType

if TYPE_CHECKING:
    from collections.abc import Iterator

API_VERSION = "0.31"
_BASES = (ApiObject, Embedded, StashObject, StashInput, StashResult, DestroyOptions)
_BUILTIN = {str: "String", int: "Int", float: "Float", bool: "Boolean", object: "Any"}
_SCALARS = [*(v for k, v in _BUILTIN.items() if k is not object), "ID", "Time", "Timestamp", "Int64"]
_SCALARS += ["Map", "BoolMap", "PluginConfigMap", "Any", "Upload"]


def describe() -> dict[str, Any]:
    """The whole API as plain data, in the shape that `Api` reads."""
    described: dict[str, Any] = {name: {"kind": "SCALAR"} for name in _SCALARS}
    for module in modules():
        for name, value in vars(module).items():
            facts = describe_member(module, value)
            if facts is not None:
                described[name] = facts
    return {
        "version": API_VERSION,
        "types": dict(sorted(described.items())),
        "operations": {
            "query": describe_operations(operations.Query),
            "mutation": describe_operations(operations.Mutation),
            "subscription": describe_operations(operations.Subscription),
        },
    }


def modules() -> Iterator[ModuleType]:
    """Every module below `stash_cli.core.types`."""
    for info in walk_packages(types.__path__, f"{types.__name__}."):
        yield import_module(info.name)


def describe_member(module: ModuleType, value: Any) -> dict[str, Any] | None:
    """The description of a type that `module` itself declares; None for anything else."""
    if isinstance(value, UnionType) and module is not words:
        return {"kind": "UNION", "members": [member.__name__ for member in get_args(value)]} | _where(module)
    if not isinstance(value, type) or value.__module__ != module.__name__ or is_base(value):
        return None
    if issubclass(value, StrEnum) and module is enums:
        return describe_enum(value)
    return describe_class(module, value) if issubclass(value, ApiObject) else None


def is_base(cls: type) -> bool:
    """Whether a class is only a base of several types, and so no type of the API."""
    return cls in _BASES or cls.__name__.startswith("_")


def describe_enum(cls: type[StrEnum]) -> dict[str, Any]:
    """The values of an enum, each with its deprecation or null."""
    deprecated = getattr(cls, "__deprecated_values__", {})
    values = {member.value: deprecated.get(member.value) for member in cls}
    return {"kind": "ENUM", "values": values} | _where(enums, cls)


def describe_class(module: ModuleType, cls: type[ApiObject]) -> dict[str, Any]:
    """The description of one object, interface or input type."""
    kind = "INPUT_OBJECT" if issubclass(cls, StashInput) else "OBJECT"
    facts: dict[str, Any] = {"kind": kind} | _where(module, cls)
    # The only interface; as a Python class it cannot be distinguished from a base class.
    if cls is BaseFile:
        facts |= {"kind": "INTERFACE", "members": [sub.__name__ for sub in BaseFile.__subclasses__()]}
    if issubclass(cls, StashObject):
        facts["entity"] = True
    hints = hints_of(cls)
    fields = [describe_field(name, hints[name], info) for name, info in cls.model_fields.items()]
    # Required fields of inputs come first, even if another class of the hierarchy declares them.
    facts["fields"] = dict(
        sorted(fields, key=lambda field: kind == "OBJECT" or not str(field[1]).endswith("!"))
    )
    return facts


def hints_of(cls: type[ApiObject]) -> dict[str, Any]:
    """The evaluated annotations of `cls` and its bases, nullability and scalars included."""
    hints: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        scope = vars(sys.modules[base.__module__])
        for name, text in vars(base).get("__annotations__", {}).items():
            if name in cls.model_fields:
                hints[name] = eval(text, dict(scope)) if isinstance(text, str) else text  # noqa: S307 - our own annotations
    return hints


def describe_field(attr: str, hint: Any, info: FieldInfo) -> tuple[str, Any]:
    """API name and description of a field, or only its type if there is nothing else to describe."""
    facts: dict[str, Any] = {"type": graphql_type(hint)}
    if info.alias:
        facts["attr"] = attr
    if bounds := _range(hint):
        facts["range"] = bounds
    extra = info.json_schema_extra
    facts |= extra if isinstance(extra, dict) else {}
    return info.alias or attr, facts if len(facts) > 1 else facts["type"]


def graphql_type(hint: Any) -> str:
    """An annotation in GraphQL notation: `Nullable[list[Tag]]` -> `[Tag!]`."""
    options = [hint]
    if get_origin(hint) in (Union, UnionType):
        options = [option for option in get_args(hint) if option is not UnsetType]
    nullable = NoneType in options
    [only] = [option for option in options if option is not NoneType]
    return _named(only) + ("" if nullable else "!")


def _named(hint: Any) -> str:
    origin = get_origin(hint)
    if origin is Annotated:
        scalar = next((fact for fact in hint.__metadata__ if isinstance(fact, Scalar)), None)
        return scalar.name if scalar else _named(hint.__origin__)
    if origin is list:
        return f"[{graphql_type(get_args(hint)[0])}]"
    if hint is Any:
        return "Any"
    if isinstance(hint, type) and issubclass(hint, Link):
        return hint.target
    return _BUILTIN.get(hint) or str(hint.__name__)


def _range(hint: Any) -> list[float | None] | None:
    """Bounds of a number: [minimum, maximum]."""
    parts = [hint, *get_args(hint)]
    for part in parts:
        for fact in getattr(part, "__metadata__", ()):
            if isinstance(fact, FieldInfo) and fact.metadata:
                bounds = {type(m).__name__: m for m in fact.metadata}
                if "Ge" in bounds:
                    return [bounds["Ge"].ge, bounds["Le"].le if "Le" in bounds else None]
    return None


def describe_operations(root: type) -> dict[str, Any]:
    """Arguments and result of every operation of one root type."""
    return {
        name: describe_operation(fn) for name, fn in vars(root).items() if callable(fn) and name[0] != "_"
    }


def describe_operation(fn: Any) -> dict[str, Any] | str:
    """Result type, arguments, defaults and deprecation of one operation."""
    names = vars(words) | {t.__name__: t for t in _BUILTIN} | {"Any": Any, "list": list, "t": links}
    shape = signature(fn)
    facts: dict[str, Any] = {"type": graphql_type(eval(shape.return_annotation, {}, names))}  # noqa: S307 - our own annotations
    params = [p for p in shape.parameters.values() if p.name != "self"]
    if params:
        facts["args"] = {p.name: graphql_type(eval(p.annotation, {}, names)) for p in params}  # noqa: S307
    if defaults := {p.name: p.default for p in params if p.default is not Parameter.empty}:
        facts["defaults"] = defaults
    if advice := getattr(fn, "__deprecated__", None):
        facts["deprecated"] = advice
    return facts if len(facts) > 1 else str(facts["type"])


def _where(module: ModuleType, cls: type | None = None) -> dict[str, str]:
    where = {"module": module.__name__.removeprefix(f"{types.__name__}.")}
    # The first line only, because lists of types show the descriptions in a schema.
    if cls is not None and cls.__doc__:
        where["doc"] = cls.__doc__.strip().splitlines()[0]
    return where


def render_json(api: dict[str, Any]) -> str:
    """`api.json`: one line a type or operation, so that a change shows as one line."""

    def block(items: dict[str, Any]) -> str:
        lines = (f"{json.dumps(k)}:{json.dumps(v, separators=(',', ':'))}" for k, v in items.items())
        return "{\n" + ",\n".join(lines) + "\n}"

    operations = ",\n".join(f"{json.dumps(kind)}:{block(ops)}" for kind, ops in api["operations"].items())
    version = json.dumps(api["version"])
    return f'{{"version":{version},\n"types":{block(api["types"])},\n"operations":{{{operations}}}}}\n'


def render_stub(api: dict[str, Any]) -> str:
    """`types/__init__.pyi`: every type under its name, for type checkers."""
    lines = ['"""Names that `stash_cli.core.types` resolves when they are first used (generated)."""', ""]
    places = {
        name: f"{types.__name__}.{facts['module']}:{name}"
        for name, facts in api["types"].items()
        if "module" in facts
    }
    rows = sorted((*place.split(":"), name) for name, place in (places | types.EXTRAS).items())
    lines += [f"from {module} import {attribute} as {name}" for module, attribute, name in rows]
    return "\n".join([*lines, "", "EXTRAS: dict[str, str]"]) + "\n"


def render_methods() -> str:
    """`entity_methods.pyi`: the derived methods and inverse relations of each entity, for type checkers."""
    lines = ['"""The classes that `stash_cli.core.orm.entity_methods` makes on first use (generated)."""', ""]
    lines += ["from pathlib import Path", "", "from stash_cli.core.client import StashClient"]
    lines += ["from stash_cli.core.types import *", "from stash_cli.core.types.annotations import Maybe", ""]
    for name in ENTITIES:
        lines.append(f"class {name}Methods:")
        fields = {field.attr for field in describe_api().types[name].fields.values()}
        inverse = {attr: facts for attr, facts in relationships(name).items() if attr not in fields}
        lines += [f"    {attr}: Maybe[list[{facts.inverse_type}]]" for attr, facts in inverse.items()]
        lines += [line for method in methods_of(name) for line in _stub_of(method)]
        lines.append("")
    return "\n".join(lines)


def _stub_of(method: Method) -> Iterator[str]:
    parameters = [
        f"{name}: {hint}{f' = {default[0]}' if default else ''}" for name, hint, *default in method.params
    ]
    if method.of_class:
        yield "    @classmethod"
    word = "async def" if method.waits else "def"
    first = "cls" if method.of_class else "self"
    yield f"    {word} {method.name}({', '.join([first, *parameters])}) -> {method.result}: ..."
