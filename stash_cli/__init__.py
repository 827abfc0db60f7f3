"""The command line, client and store for Stash servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stash_cli.core.client import StashClient as StashClient
    from stash_cli.core.context import StashContext as StashContext
    from stash_cli.core.errors import StashError as StashError
    from stash_cli.core.store import StashEntityStore as StashEntityStore
    from stash_cli.core.unset import UNSET as UNSET
    from stash_cli.core.unset import UnsetType as UnsetType
    from stash_cli.core.unset import is_set as is_set

__version__ = "0.1.0"

_HOMES = {
    "StashClient": "stash_cli.core.client",
    "StashContext": "stash_cli.core.context",
    "StashEntityStore": "stash_cli.core.store",
    "StashError": "stash_cli.core.errors",
    "UNSET": "stash_cli.core.unset",
    "UnsetType": "stash_cli.core.unset",
    "is_set": "stash_cli.core.unset",
}


def __getattr__(name: str) -> Any:
    """Resolve a public name when it is first used, so that `stash --version` imports nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return ["__version__", *_HOMES]
