"""Inputs of the group mutations."""

from __future__ import annotations

from stash_cli.core.types.annotations import ID, Date, Map, Nullable, Picture, Rating100
from stash_cli.core.types.base import StashInput, api
from stash_cli.core.types.enums import BulkUpdateIdMode
from stash_cli.core.types.inputs.common import BulkUpdateIds, BulkUpdateStrings, CustomFieldsInput
from stash_cli.core.unset import UNSET


class _GroupScalars(StashInput):
    """What a group is given alone or with many others."""

    date: Nullable[Date] = UNSET
    rating100: Nullable[Rating100] = UNSET
    studio_id: Nullable[ID] = UNSET
    director: Nullable[str] = UNSET
    synopsis: Nullable[str] = UNSET


class _GroupFields(_GroupScalars):
    """What a group is given when it is made or changed."""

    name: Nullable[str] = UNSET
    aliases: Nullable[str] = UNSET
    duration: Nullable[int] = UNSET
    urls: Nullable[list[str]] = UNSET
    tag_ids: Nullable[list[ID]] = UNSET
    containing_groups: Nullable[list[GroupDescriptionInput]] = UNSET
    sub_groups: Nullable[list[GroupDescriptionInput]] = UNSET
    front_image: Nullable[Picture] = UNSET
    back_image: Nullable[Picture] = UNSET


class GroupCreateInput(_GroupFields):
    """What a new group starts with (`groupCreate`)."""

    name: str
    custom_fields: Nullable[Map] = UNSET


class GroupUpdateInput(_GroupFields):
    """Changes to one group; fields left UNSET stay as they are (`groupUpdate`)."""

    id: ID
    custom_fields: Nullable[CustomFieldsInput] = UNSET


class BulkGroupUpdateInput(_GroupScalars):
    """Changes made to many groups at once (`bulkGroupUpdate`)."""

    client_mutation_id: Nullable[str] = api("clientMutationId")
    ids: Nullable[list[ID]] = UNSET
    urls: Nullable[BulkUpdateStrings] = UNSET
    tag_ids: Nullable[BulkUpdateIds] = UNSET
    containing_groups: Nullable[BulkUpdateGroupDescriptionsInput] = UNSET
    sub_groups: Nullable[BulkUpdateGroupDescriptionsInput] = UNSET
    custom_fields: Nullable[CustomFieldsInput] = UNSET


class GroupDescriptionInput(StashInput):
    """A group inside another, with the words on why."""

    group_id: ID
    description: Nullable[str] = UNSET


class BulkUpdateGroupDescriptionsInput(StashInput):
    """Groups to set, add or remove in many groups at once."""

    groups: list[GroupDescriptionInput]
    mode: BulkUpdateIdMode


class GroupDestroyInput(StashInput):
    """Which group to remove, and what to remove with it (`groupDestroy`)."""

    id: ID


class ReorderSubGroupsInput(StashInput):
    """Sub-groups to move before or after another."""

    group_id: ID
    sub_group_ids: list[ID]
    insert_at_id: ID
    insert_after: Nullable[bool] = UNSET


class GroupSubGroupAddInput(StashInput):
    """Sub-groups to add; `insert_index` counts from 1, 0 appends."""

    containing_group_id: ID
    sub_groups: list[GroupDescriptionInput]
    insert_index: Nullable[int] = UNSET


class GroupSubGroupRemoveInput(StashInput):
    """Sub-groups to take out of a group."""

    containing_group_id: ID
    sub_group_ids: list[ID]
