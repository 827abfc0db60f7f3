"""Filters saved in the web interface."""

from __future__ import annotations

from stash_cli.core.types.annotations import ID, Map, Maybe, Nullable
from stash_cli.core.types.base import ApiObject, api
from stash_cli.core.types.enums import FilterMode, SortDirectionEnum
from stash_cli.core.unset import UNSET


class SavedFindFilterType(ApiObject):
    """Search, page and order of a saved filter."""

    q: Nullable[str] = UNSET
    page: Nullable[int] = UNSET
    per_page: Nullable[int] = UNSET
    sort: Nullable[str] = UNSET
    direction: Nullable[SortDirectionEnum] = UNSET


class SavedFilter(ApiObject):
    """A filter saved in the web interface; `object_filter` has the web interface's own shape."""

    id: Maybe[ID] = UNSET
    mode: Maybe[FilterMode] = UNSET
    name: Maybe[str] = UNSET
    filter: Maybe[str] = api(deprecated="use find_filter and object_filter instead")
    find_filter: Nullable[SavedFindFilterType] = UNSET
    object_filter: Nullable[Map] = UNSET
    ui_options: Nullable[Map] = UNSET
