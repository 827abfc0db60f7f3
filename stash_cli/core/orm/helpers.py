"""Base classes that give entities their derived methods: `SceneHelpers` has `add_tag`, `reset_o`, ...

Each class is made when an entity first names it; `helpers.pyi` beside this file, generated from the same
table, shows the methods to type checkers.
"""

from __future__ import annotations

from inspect import Signature
from typing import Any

from stash_cli.core.orm.helper import Helper, helpers_of

_SUFFIX = "Helpers"


def __getattr__(name: str) -> type:
    if not name.endswith(_SUFFIX):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    methods = {helper.name: _method(helper) for helper in helpers_of(name.removesuffix(_SUFFIX))}
    made = type(name, (), {"__slots__": (), "__module__": __name__, **methods})
    globals()[name] = made
    return made


def _method(helper: Helper) -> Any:
    """A function with the helper's own parameters that hands them to what it does."""
    signature = Signature(helper.parameters(), return_annotation=helper.result)
    data = {name for name, *_ in helper.params[1:]} if helper.name.startswith("add_") else set()

    def call(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        given = bound.arguments
        more = {name: given.pop(name) for name in data}
        return helper.run(*given.values(), **more)

    async def wait(*args: Any, **kwargs: Any) -> Any:
        found = call(*args, **kwargs)
        return await found if hasattr(found, "__await__") else found

    function: Any = wait if helper.waits else call
    function.__name__ = helper.name
    function.__doc__ = helper.doc
    function.__signature__ = signature
    return classmethod(function) if helper.of_class else function
