"""Inputs that several entities share."""

from __future__ import annotations

from stash_cli.core.types.annotations import ID, Map, Nullable, Time
from stash_cli.core.types.base import StashInput
from stash_cli.core.types.enums import BulkUpdateIdMode
from stash_cli.core.unset import UNSET


class CustomFieldsInput(StashInput):
    """Custom fields to replace (`full`), to merge (`partial`) or to drop (`remove`)."""

    # Where both are given, `full` wins over `partial`; null is an error of the server.
    full: Nullable[Map] = UNSET
    partial: Nullable[Map] = UNSET
    remove: Nullable[list[str]] = UNSET


class BulkUpdateStrings(StashInput):
    """Texts to set, add or remove in many objects at once."""

    mode: BulkUpdateIdMode
    values: Nullable[list[str]] = UNSET


class BulkUpdateIds(StashInput):
    """Ids to set, add or remove in many objects at once."""

    mode: BulkUpdateIdMode
    ids: Nullable[list[ID]] = UNSET


class StashIDInput(StashInput):
    """An object's id on a stash-box."""

    endpoint: str
    stash_id: str
    updated_at: Nullable[Time] = UNSET


class DestroyOptions(StashInput):
    """Options of deleting objects that have files."""

    delete_file: Nullable[bool] = UNSET
    delete_generated: Nullable[bool] = UNSET
    destroy_file_entry: Nullable[bool] = UNSET
