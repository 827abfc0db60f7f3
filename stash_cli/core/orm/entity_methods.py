"""Base classes that give entities their derived methods: `SceneMethods` has `add_tag`, `reset_o`, ...

Each class is created on first access. `entity_methods.pyi` beside this file, generated from the same table,
declares the methods for type checkers.
"""

from __future__ import annotations

from inspect import Signature
from typing import Any

from stash_cli.core.orm.methods import Method, methods_of

_SUFFIX = "Methods"


def __getattr__(name: str) -> type:
    if not name.endswith(_SUFFIX):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    functions = {method.name: _function(method) for method in methods_of(name.removesuffix(_SUFFIX))}
    cls = type(name, (), {"__slots__": (), "__module__": __name__, **functions})
    globals()[name] = cls
    return cls


def _function(method: Method) -> Any:
    """A function with the method's own parameters that passes them on."""
    signature = Signature(method.parameters(), return_annotation=method.result)
    data = {name for name, *_ in method.params[1:]} if method.name.startswith("add_") else set()

    def call(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        arguments = bound.arguments
        options = {name: arguments.pop(name) for name in data}
        return method.run(*arguments.values(), **options)

    async def wait(*args: Any, **kwargs: Any) -> Any:
        result = call(*args, **kwargs)
        return await result if hasattr(result, "__await__") else result

    function: Any = wait if method.waits else call
    function.__name__ = method.name
    function.__doc__ = method.doc
    function.__signature__ = signature
    return classmethod(function) if method.of_class else function
