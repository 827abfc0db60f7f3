"""Inputs of the image mutations."""

from __future__ import annotations

from stash_cli.core.types.annotations import ID, Date, Nullable, Rating100
from stash_cli.core.types.base import StashInput, api
from stash_cli.core.types.inputs.common import BulkUpdateIds, BulkUpdateStrings, CustomFieldsInput
from stash_cli.core.unset import UNSET


class _ImageScalars(StashInput):
    """Fields of an image, in single and bulk updates."""

    client_mutation_id: Nullable[str] = api("clientMutationId")
    title: Nullable[str] = UNSET
    code: Nullable[str] = UNSET
    rating100: Nullable[Rating100] = UNSET
    organized: Nullable[bool] = UNSET
    url: Nullable[str] = api(deprecated="Use urls")
    date: Nullable[Date] = UNSET
    details: Nullable[str] = UNSET
    photographer: Nullable[str] = UNSET
    studio_id: Nullable[ID] = UNSET
    custom_fields: Nullable[CustomFieldsInput] = UNSET


class ImageUpdateInput(_ImageScalars):
    """Changes to one image; fields left UNSET stay as they are (`imageUpdate`)."""

    id: ID
    urls: Nullable[list[str]] = UNSET
    performer_ids: Nullable[list[ID]] = UNSET
    tag_ids: Nullable[list[ID]] = UNSET
    # Only galleries made by hand can change, so a list without the zip gallery of the image is refused.
    gallery_ids: Nullable[list[ID]] = UNSET
    primary_file_id: Nullable[ID] = UNSET


class BulkImageUpdateInput(_ImageScalars):
    """Changes to several images (`bulkImageUpdate`)."""

    ids: Nullable[list[ID]] = UNSET
    urls: Nullable[BulkUpdateStrings] = UNSET
    performer_ids: Nullable[BulkUpdateIds] = UNSET
    tag_ids: Nullable[BulkUpdateIds] = UNSET
    gallery_ids: Nullable[BulkUpdateIds] = UNSET


class ImageDestroyInput(StashInput):
    """The image to delete, and what to delete with it (`imageDestroy`)."""

    id: ID
    delete_file: Nullable[bool] = UNSET
    delete_generated: Nullable[bool] = UNSET
    destroy_file_entry: Nullable[bool] = UNSET


class ImagesDestroyInput(StashInput):
    """The images to delete, with or without their files (`imagesDestroy`)."""

    ids: list[ID]
    delete_file: Nullable[bool] = UNSET
    delete_generated: Nullable[bool] = UNSET
    destroy_file_entry: Nullable[bool] = UNSET
