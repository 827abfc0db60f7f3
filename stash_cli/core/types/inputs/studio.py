"""Inputs of the studio mutations."""

from __future__ import annotations

from stash_cli.core.types.annotations import ID, Map, Nullable, Rating100
from stash_cli.core.types.base import StashInput, api
from stash_cli.core.types.inputs.common import (
    BulkUpdateIds,
    BulkUpdateStrings,
    CustomFieldsInput,
    StashIDInput,
)
from stash_cli.core.unset import UNSET


class StudioCreateInput(StashInput):
    """What a new studio starts with (`studioCreate`)."""

    name: str
    url: Nullable[str] = api(deprecated="Use urls")
    urls: Nullable[list[str]] = UNSET
    parent_id: Nullable[ID] = UNSET
    image: Nullable[str] = UNSET
    stash_ids: Nullable[list[StashIDInput]] = UNSET
    rating100: Nullable[Rating100] = UNSET
    favorite: Nullable[bool] = UNSET
    details: Nullable[str] = UNSET
    aliases: Nullable[list[str]] = UNSET
    tag_ids: Nullable[list[ID]] = UNSET
    ignore_auto_tag: Nullable[bool] = UNSET
    organized: Nullable[bool] = UNSET
    custom_fields: Nullable[Map] = UNSET


class StudioUpdateInput(StashInput):
    """Changes to one studio; fields left UNSET stay as they are (`studioUpdate`)."""

    id: ID
    name: Nullable[str] = UNSET
    url: Nullable[str] = api(deprecated="Use urls")
    urls: Nullable[list[str]] = UNSET
    parent_id: Nullable[ID] = UNSET
    image: Nullable[str] = UNSET
    stash_ids: Nullable[list[StashIDInput]] = UNSET
    rating100: Nullable[Rating100] = UNSET
    favorite: Nullable[bool] = UNSET
    details: Nullable[str] = UNSET
    aliases: Nullable[list[str]] = UNSET
    tag_ids: Nullable[list[ID]] = UNSET
    ignore_auto_tag: Nullable[bool] = UNSET
    organized: Nullable[bool] = UNSET
    custom_fields: Nullable[CustomFieldsInput] = UNSET


class BulkStudioUpdateInput(StashInput):
    """Changes made to many studios at once (`bulkStudioUpdate`)."""

    ids: list[ID]
    url: Nullable[str] = api(deprecated="Use urls")
    urls: Nullable[BulkUpdateStrings] = UNSET
    parent_id: Nullable[ID] = UNSET
    rating100: Nullable[Rating100] = UNSET
    favorite: Nullable[bool] = UNSET
    details: Nullable[str] = UNSET
    tag_ids: Nullable[BulkUpdateIds] = UNSET
    ignore_auto_tag: Nullable[bool] = UNSET
    organized: Nullable[bool] = UNSET


class StudioDestroyInput(StashInput):
    """Which studio to remove, and what to remove with it (`studioDestroy`)."""

    id: ID
