"""Inputs of the studio mutations."""

from __future__ import annotations

from stash_cli.core.types.annotations import ID, Map, Nullable, Picture, Rating100
from stash_cli.core.types.base import StashInput, api
from stash_cli.core.types.inputs import common
from stash_cli.core.unset import UNSET


class _StudioScalars(StashInput):
    """What a studio is given alone or with many others."""

    url: Nullable[str] = api(deprecated="Use urls")
    parent_id: Nullable[ID] = UNSET
    rating100: Nullable[Rating100] = UNSET
    favorite: Nullable[bool] = UNSET
    details: Nullable[str] = UNSET
    ignore_auto_tag: Nullable[bool] = UNSET
    organized: Nullable[bool] = UNSET


class _StudioFields(_StudioScalars):
    """What a studio is given when it is made or changed."""

    name: Nullable[str] = UNSET
    urls: Nullable[list[str]] = UNSET
    image: Nullable[Picture] = UNSET
    stash_ids: Nullable[list[common.StashIDInput]] = UNSET
    aliases: Nullable[list[str]] = UNSET
    tag_ids: Nullable[list[ID]] = UNSET


class StudioCreateInput(_StudioFields):
    """What a new studio starts with (`studioCreate`)."""

    name: str
    custom_fields: Nullable[Map] = UNSET


class StudioUpdateInput(_StudioFields):
    """Changes to one studio; fields left UNSET stay as they are (`studioUpdate`)."""

    id: ID
    custom_fields: Nullable[common.CustomFieldsInput] = UNSET


class BulkStudioUpdateInput(_StudioScalars):
    """Changes made to many studios at once (`bulkStudioUpdate`)."""

    ids: list[ID]
    urls: Nullable[common.BulkUpdateStrings] = UNSET
    tag_ids: Nullable[common.BulkUpdateIds] = UNSET


class StudioDestroyInput(StashInput):
    """Which studio to remove, and what to remove with it (`studioDestroy`)."""

    id: ID
