"""Inputs of the saved filter mutations."""

from __future__ import annotations

from stash_cli.core.types.annotations import ID, Map, Nullable
from stash_cli.core.types.base import StashInput
from stash_cli.core.types.enums import FilterMode
from stash_cli.core.types.filters.criteria import FindFilterType
from stash_cli.core.unset import UNSET


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
