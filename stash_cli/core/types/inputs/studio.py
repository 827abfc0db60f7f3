"""Inputs of the mutations on studios and tags."""

from __future__ import annotations

from stash_cli.core.types.annotations import ID, Map, Nullable, Picture, Rating100
from stash_cli.core.types.base import StashInput, api
from stash_cli.core.types.inputs import common
from stash_cli.core.unset import UNSET


class _StudioScalars(StashInput):
    """Fields of a studio, in single and bulk updates."""

    # Servers refuse an update with both `url` and `urls`.
    url: Nullable[str] = api(deprecated="Use urls")
    # Null removes the parent; "" is refused, as is a studio among its own descendants.
    parent_id: Nullable[ID] = UNSET
    rating100: Nullable[Rating100] = UNSET
    favorite: Nullable[bool] = UNSET
    details: Nullable[str] = UNSET
    ignore_auto_tag: Nullable[bool] = UNSET
    organized: Nullable[bool] = UNSET


class _StudioFields(_StudioScalars):
    """Fields of a studio, in create and update inputs."""

    name: Nullable[str] = UNSET
    urls: Nullable[list[str]] = UNSET
    image: Nullable[Picture] = UNSET
    stash_ids: Nullable[list[common.StashIDInput]] = UNSET
    aliases: Nullable[list[str]] = UNSET
    tag_ids: Nullable[list[ID]] = UNSET


class StudioCreateInput(_StudioFields):
    """Fields of a new studio (`studioCreate`)."""

    name: str
    custom_fields: Nullable[Map] = UNSET


class StudioUpdateInput(_StudioFields):
    """Changes to one studio; fields left UNSET stay as they are (`studioUpdate`)."""

    id: ID
    custom_fields: Nullable[common.CustomFieldsInput] = UNSET


class BulkStudioUpdateInput(_StudioScalars):
    """Changes to several studios (`bulkStudioUpdate`)."""

    # Required, unlike those of the other bulk updates.
    ids: list[ID]
    urls: Nullable[common.BulkUpdateStrings] = UNSET
    tag_ids: Nullable[common.BulkUpdateIds] = UNSET


class StudioDestroyInput(StashInput):
    """The studio to delete, and what to delete with it (`studioDestroy`)."""

    id: ID


class _TagScalars(StashInput):
    """Fields of a tag, in single and bulk updates."""

    description: Nullable[str] = UNSET
    ignore_auto_tag: Nullable[bool] = UNSET
    favorite: Nullable[bool] = UNSET


class _TagFields(_TagScalars):
    """Fields of a tag, in create and update inputs."""

    name: Nullable[str] = UNSET
    sort_name: Nullable[str] = UNSET
    aliases: Nullable[list[str]] = UNSET
    image: Nullable[Picture] = UNSET
    stash_ids: Nullable[list[common.StashIDInput]] = UNSET
    parent_ids: Nullable[list[ID]] = UNSET
    child_ids: Nullable[list[ID]] = UNSET


class TagCreateInput(_TagFields):
    """Fields of a new tag (`tagCreate`)."""

    # Names and aliases of all tags share one namespace, case aside.
    name: str
    custom_fields: Nullable[Map] = UNSET


class TagUpdateInput(_TagFields):
    """Changes to one tag; fields left UNSET stay as they are (`tagUpdate`)."""

    id: ID
    custom_fields: Nullable[common.CustomFieldsInput] = UNSET


class BulkTagUpdateInput(_TagScalars):
    """Changes to several tags (`bulkTagUpdate`)."""

    ids: Nullable[list[ID]] = UNSET
    aliases: Nullable[common.BulkUpdateStrings] = UNSET
    parent_ids: Nullable[common.BulkUpdateIds] = UNSET
    child_ids: Nullable[common.BulkUpdateIds] = UNSET


class TagDestroyInput(StashInput):
    """The tag to delete, and what to delete with it (`tagDestroy`)."""

    id: ID


class TagsMergeInput(StashInput):
    """The tags to merge, and the one to keep (`tagsMerge`)."""

    source: list[ID]
    destination: ID
    values: Nullable[TagUpdateInput] = UNSET
