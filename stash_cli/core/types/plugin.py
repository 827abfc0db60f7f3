"""Plugins with their tasks and hooks, installable packages, and the inputs for them."""

from __future__ import annotations

from typing import TypeAlias

from stash_cli.core.types.annotations import ID, Map, Maybe, Nullable, ReadTimestamp
from stash_cli.core.types.base import ApiObject, StashInput, api, required
from stash_cli.core.types.enums import PluginSettingTypeEnum
from stash_cli.core.unset import UNSET

Text: TypeAlias = str
"""Alias of `str`, which the field `str` of an input would hide."""


class Package(ApiObject):
    """A plugin or scraper that is installed or can be."""

    package_id: Maybe[str] = UNSET
    name: Maybe[str] = UNSET
    version: Nullable[str] = UNSET
    date: Nullable[ReadTimestamp] = UNSET
    requires: Maybe[list[Package]] = api(lazy=True)
    source_url: Maybe[str] = api("sourceURL")
    source_package: Nullable[Package] = api(lazy=True)
    metadata: Maybe[Map] = UNSET


class PluginPaths(ApiObject):
    """Files a plugin adds to the web interface."""

    javascript: Nullable[list[str]] = UNSET
    css: Nullable[list[str]] = UNSET


class Plugin(ApiObject):
    """A plugin of the server."""

    id: Maybe[ID] = UNSET
    name: Maybe[str] = UNSET
    description: Nullable[str] = UNSET
    url: Nullable[str] = UNSET
    version: Nullable[str] = UNSET
    enabled: Maybe[bool] = UNSET
    tasks: Nullable[list[PluginTask]] = UNSET
    hooks: Nullable[list[PluginHook]] = UNSET
    settings: Nullable[list[PluginSetting]] = UNSET
    requires: Nullable[list[ID]] = UNSET
    paths: Maybe[PluginPaths] = UNSET


class PluginTask(ApiObject):
    """A task that a plugin offers."""

    name: Maybe[str] = UNSET
    description: Nullable[str] = UNSET
    plugin: Maybe[Plugin] = UNSET


class PluginHook(ApiObject):
    """Events that a plugin reacts to."""

    name: Maybe[str] = UNSET
    description: Nullable[str] = UNSET
    hooks: Nullable[list[str]] = UNSET
    plugin: Maybe[Plugin] = UNSET


class PluginResult(ApiObject):
    """Result of a plugin run."""

    error: Nullable[str] = UNSET
    result: Nullable[str] = UNSET


class PluginSetting(ApiObject):
    """A setting that a plugin declares."""

    name: Maybe[str] = UNSET
    display_name: Nullable[str] = UNSET
    description: Nullable[str] = UNSET
    type: Maybe[PluginSettingTypeEnum] = UNSET


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

    str: Nullable[Text] = UNSET
    i: Nullable[int] = UNSET
    b: Nullable[bool] = UNSET
    f: Nullable[float] = UNSET
    o: Nullable[list[PluginArgInput]] = UNSET
    a: Nullable[list[PluginValueInput]] = UNSET


class PackageSource(ApiObject):
    """A source of packages."""

    name: Nullable[str] = UNSET
    url: Maybe[str] = UNSET
    local_path: Nullable[str] = UNSET


class PackageSourceInput(StashInput):
    """A source of packages."""

    url: str
    name: Nullable[str] = UNSET
    local_path: Nullable[str] = UNSET
