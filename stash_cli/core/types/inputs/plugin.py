"""Inputs of plugin tasks and packages."""

from __future__ import annotations

from stash_cli.core.types.annotations import Nullable
from stash_cli.core.types.base import StashInput, required
from stash_cli.core.unset import UNSET


class PackageSpecInput(StashInput):
    """A package of one source."""

    id: str
    source_url: str = required("sourceURL")


class PluginArgInput(StashInput):
    """A named argument of a plugin task in the older form."""

    key: str
    value: Nullable[PluginValueInput] = UNSET


class PluginValueInput(StashInput):
    """A typed value of a plugin argument in the older form."""

    str: Nullable[str] = UNSET
    i: Nullable[int] = UNSET
    b: Nullable[bool] = UNSET
    f: Nullable[float] = UNSET
    o: Nullable[list[PluginArgInput]] = UNSET
    a: Nullable[list[PluginValueInput]] = UNSET
