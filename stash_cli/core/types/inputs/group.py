"""Inputs of the group mutations, and of those on movies, as groups were called before 0.27."""

from __future__ import annotations

from stash_cli.core.types.annotations import ID, Date, Map, Nullable, Picture, Rating100
from stash_cli.core.types.base import StashInput, api
from stash_cli.core.types.enums import BulkUpdateIdMode
from stash_cli.core.types.inputs.common import BulkUpdateIds, BulkUpdateStrings, CustomFieldsInput
from stash_cli.core.unset import UNSET


class _GroupScalars(StashInput):
    """Fields of groups and movies, in single and bulk updates."""

    rating100: Nullable[Rating100] = UNSET
    studio_id: Nullable[ID] = UNSET
    director: Nullable[str] = UNSET


class _GroupFields(_GroupScalars):
    """Fields of groups and movies, in create and update inputs."""

    name: Nullable[str] = UNSET
    aliases: Nullable[str] = UNSET
    duration: Nullable[int] = UNSET
    date: Nullable[Date] = UNSET
    synopsis: Nullable[str] = UNSET
    urls: Nullable[list[str]] = UNSET
    tag_ids: Nullable[list[ID]] = UNSET
    front_image: Nullable[Picture] = UNSET
    # A new group with this image only gets the default image as its front.
    back_image: Nullable[Picture] = UNSET


class _GroupPlaces(StashInput):
    """The groups that a group is in, and those in it."""

    containing_groups: Nullable[list[GroupDescriptionInput]] = UNSET
    sub_groups: Nullable[list[GroupDescriptionInput]] = UNSET


class GroupCreateInput(_GroupFields, _GroupPlaces):
    """Fields of a new group (`groupCreate`)."""

    # Unlike the names of tags and studios, those of groups need not be unique.
    name: str
    custom_fields: Nullable[Map] = UNSET


class GroupUpdateInput(_GroupFields, _GroupPlaces):
    """Changes to one group; fields left UNSET stay as they are (`groupUpdate`)."""

    id: ID
    custom_fields: Nullable[CustomFieldsInput] = UNSET


class BulkGroupUpdateInput(_GroupScalars):
    """Changes to several groups (`bulkGroupUpdate`)."""

    client_mutation_id: Nullable[str] = api("clientMutationId")
    ids: Nullable[list[ID]] = UNSET
    date: Nullable[Date] = UNSET
    synopsis: Nullable[str] = UNSET
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
    """The group to delete, and what to delete with it (`groupDestroy`)."""

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


class MovieCreateInput(_GroupFields):
    """Fields of a new movie (`movieCreate`)."""

    name: str
    url: Nullable[str] = api(deprecated="Use urls")


class MovieUpdateInput(_GroupFields):
    """Changes to one movie; fields left UNSET stay as they are (`movieUpdate`)."""

    id: ID
    url: Nullable[str] = api(deprecated="Use urls")


class BulkMovieUpdateInput(_GroupScalars):
    """Changes to several movies (`bulkMovieUpdate`)."""

    client_mutation_id: Nullable[str] = api("clientMutationId")
    ids: Nullable[list[ID]] = UNSET
    urls: Nullable[BulkUpdateStrings] = UNSET
    tag_ids: Nullable[BulkUpdateIds] = UNSET


class MovieDestroyInput(StashInput):
    """The movie to delete, and what to delete with it (`movieDestroy`)."""

    id: ID


class SceneMovieInput(StashInput):
    """A movie of a scene and the scene's number in it."""

    movie_id: ID
    scene_index: Nullable[int] = UNSET
