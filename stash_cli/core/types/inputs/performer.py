"""Inputs of the performer mutations."""

from __future__ import annotations

from stash_cli.core.types.annotations import ID, Date, Map, Nullable, Picture, Rating100
from stash_cli.core.types.base import StashInput, api
from stash_cli.core.types.enums import CircumcisedEnum, GenderEnum
from stash_cli.core.types.inputs import common
from stash_cli.core.unset import UNSET


class _PerformerScalars(StashInput):
    """Fields of a performer, in single and bulk updates."""

    disambiguation: Nullable[str] = UNSET
    # Servers refuse an update with both `url` and `urls`.
    url: Nullable[str] = api(deprecated="Use urls")
    gender: Nullable[GenderEnum] = UNSET
    birthdate: Nullable[Date] = UNSET
    ethnicity: Nullable[str] = UNSET
    country: Nullable[str] = UNSET
    eye_color: Nullable[str] = UNSET
    height_cm: Nullable[int] = UNSET
    measurements: Nullable[str] = UNSET
    fake_tits: Nullable[str] = UNSET
    penis_length: Nullable[float] = UNSET
    circumcised: Nullable[CircumcisedEnum] = UNSET
    career_length: Nullable[str] = api(deprecated="Use career_start and career_end")
    career_start: Nullable[str] = UNSET
    career_end: Nullable[str] = UNSET
    tattoos: Nullable[str] = UNSET
    piercings: Nullable[str] = UNSET
    twitter: Nullable[str] = api(deprecated="Use urls")
    instagram: Nullable[str] = api(deprecated="Use urls")
    favorite: Nullable[bool] = UNSET
    rating100: Nullable[Rating100] = UNSET
    details: Nullable[str] = UNSET
    death_date: Nullable[Date] = UNSET
    hair_color: Nullable[str] = UNSET
    weight: Nullable[int] = UNSET
    ignore_auto_tag: Nullable[bool] = UNSET


class _PerformerFields(_PerformerScalars):
    """Fields of a performer, in create and update inputs."""

    name: Nullable[str] = UNSET
    urls: Nullable[list[str]] = UNSET
    # Servers refuse doubles, case aside, and the name itself; names of other performers are fine.
    alias_list: Nullable[list[str]] = UNSET
    tag_ids: Nullable[list[ID]] = UNSET
    # Unlike the cover of a scene, null and "" remove it.
    image: Nullable[Picture] = UNSET
    stash_ids: Nullable[list[common.StashIDInput]] = UNSET


class PerformerCreateInput(_PerformerFields):
    """Fields of a new performer (`performerCreate`)."""

    # Names are unique with their disambiguation only; the server compares with LIKE, so % and _ match others.
    name: str
    custom_fields: Nullable[Map] = UNSET


class PerformerUpdateInput(_PerformerFields):
    """Changes to one performer; fields left UNSET stay as they are (`performerUpdate`)."""

    id: ID
    custom_fields: Nullable[common.CustomFieldsInput] = UNSET


class BulkPerformerUpdateInput(_PerformerScalars):
    """Changes to several performers (`bulkPerformerUpdate`)."""

    client_mutation_id: Nullable[str] = api("clientMutationId")
    ids: Nullable[list[ID]] = UNSET
    urls: Nullable[common.BulkUpdateStrings] = UNSET
    alias_list: Nullable[common.BulkUpdateStrings] = UNSET
    tag_ids: Nullable[common.BulkUpdateIds] = UNSET
    custom_fields: Nullable[common.CustomFieldsInput] = UNSET


class PerformerDestroyInput(StashInput):
    """The performer to delete, and what to delete with it (`performerDestroy`)."""

    id: ID


class PerformerMergeInput(StashInput):
    """The performers to merge, and the one to keep (`performerMerge`)."""

    source: list[ID]
    destination: ID
    values: Nullable[PerformerUpdateInput] = UNSET
