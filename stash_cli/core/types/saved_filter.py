"""Filters saved in the web interface, and the inputs that save them."""

from __future__ import annotations

from stash_cli.core.types.annotations import ID, Map, Maybe, Nullable
from stash_cli.core.types.base import ApiObject, StashInput, api
from stash_cli.core.types.enums import FilterMode, SortDirectionEnum
from stash_cli.core.types.filters.criteria import FindFilterType
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


class SaveFilterInput(StashInput):
    """A filter to save, or to replace when `id` is given."""

    mode: FilterMode
    name: str
    id: Nullable[ID] = UNSET
    find_filter: Nullable[FindFilterType] = UNSET
    object_filter: Nullable[Map] = UNSET
    ui_options: Nullable[Map] = UNSET


class DestroyFilterInput(StashInput):
    """The id of the saved filter to delete."""

    id: ID


class SetDefaultFilterInput(StashInput):
    """The default filter of one view."""

    mode: FilterMode
    find_filter: Nullable[FindFilterType] = UNSET
    object_filter: Nullable[Map] = UNSET
    ui_options: Nullable[Map] = UNSET
