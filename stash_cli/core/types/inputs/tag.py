"""Inputs of the tag mutations."""

from __future__ import annotations

from stash_cli.core.types.annotations import ID, Map, Nullable
from stash_cli.core.types.base import StashInput
from stash_cli.core.types.inputs.common import (
    BulkUpdateIds,
    BulkUpdateStrings,
    CustomFieldsInput,
    StashIDInput,
)
from stash_cli.core.unset import UNSET


class TagCreateInput(StashInput):
    """What a new tag starts with (`tagCreate`)."""

    name: str
    sort_name: Nullable[str] = UNSET
    description: Nullable[str] = UNSET
    aliases: Nullable[list[str]] = UNSET
    ignore_auto_tag: Nullable[bool] = UNSET
    favorite: Nullable[bool] = UNSET
    image: Nullable[str] = UNSET
    stash_ids: Nullable[list[StashIDInput]] = UNSET
    parent_ids: Nullable[list[ID]] = UNSET
    child_ids: Nullable[list[ID]] = UNSET
    custom_fields: Nullable[Map] = UNSET


class TagUpdateInput(StashInput):
    """Changes to one tag; fields left UNSET stay as they are (`tagUpdate`)."""

    id: ID
    name: Nullable[str] = UNSET
    sort_name: Nullable[str] = UNSET
    description: Nullable[str] = UNSET
    aliases: Nullable[list[str]] = UNSET
    ignore_auto_tag: Nullable[bool] = UNSET
    favorite: Nullable[bool] = UNSET
    image: Nullable[str] = UNSET
    stash_ids: Nullable[list[StashIDInput]] = UNSET
    parent_ids: Nullable[list[ID]] = UNSET
    child_ids: Nullable[list[ID]] = UNSET
    custom_fields: Nullable[CustomFieldsInput] = UNSET


class TagDestroyInput(StashInput):
    """Which tag to remove, and what to remove with it (`tagDestroy`)."""

    id: ID


class TagsMergeInput(StashInput):
    """Which tags to merge into which (`tagsMerge`)."""

    source: list[ID]
    destination: ID
    values: Nullable[TagUpdateInput] = UNSET


class BulkTagUpdateInput(StashInput):
    """Changes made to many tags at once (`bulkTagUpdate`)."""

    ids: Nullable[list[ID]] = UNSET
    description: Nullable[str] = UNSET
    aliases: Nullable[BulkUpdateStrings] = UNSET
    ignore_auto_tag: Nullable[bool] = UNSET
    favorite: Nullable[bool] = UNSET
    parent_ids: Nullable[BulkUpdateIds] = UNSET
    child_ids: Nullable[BulkUpdateIds] = UNSET
