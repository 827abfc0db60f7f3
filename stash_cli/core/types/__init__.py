"""Types of the Stash API as Pydantic models, each imported when it is first named.

`__init__.pyi` beside this file lists the names for type checkers; it is generated, like `api.json`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from stash_cli.core.types.api import describe_api
from stash_cli.core.types.extras import EXTRAS


def __getattr__(name: str) -> Any:
    if name == "__all__":
        return __dir__()
    module = EXTRAS.get(name)
    if module is None:
        declared = describe_api().types.get(name)
        if declared is None or declared.kind == "SCALAR":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        module = f"{__name__}.{declared.module}"
    value = getattr(import_module(module), name)
    # Later uses find it without this function.
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*EXTRAS, *(t.name for t in describe_api().types.values() if t.kind != "SCALAR")])
