"""Types of the Stash API as Pydantic models, each imported when it is first named.

`__init__.pyi` beside this file lists the names for type checkers; it is generated, like `api.json`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from stash_cli.core.types.api import describe_api

_EXTRAS = {
    "UNSET": "stash_cli.core.unset",
    "UnsetType": "stash_cli.core.unset",
    "is_set": "stash_cli.core.unset",
    "ApiObject": "stash_cli.core.types.base",
    "StashInput": "stash_cli.core.types.base",
    "StashResult": "stash_cli.core.types.base",
    "StashObject": "stash_cli.core.types.entity",
    "BoolMap": "stash_cli.core.types.annotations",
    "Int64": "stash_cli.core.types.annotations",
    "Map": "stash_cli.core.types.annotations",
    "PluginConfigMap": "stash_cli.core.types.annotations",
    "Time": "stash_cli.core.types.annotations",
    "Timestamp": "stash_cli.core.types.annotations",
}


def __getattr__(name: str) -> Any:
    module = _EXTRAS.get(name)
    if module is None:
        declared = describe_api().types.get(name)
        if declared is None or declared.kind == "SCALAR":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        module = f"{__name__}.{declared.module}"
    value = getattr(import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*_EXTRAS, *(t.name for t in describe_api().types.values() if t.kind != "SCALAR")])
