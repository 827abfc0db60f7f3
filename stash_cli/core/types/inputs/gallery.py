"""Inputs of the mutations on galleries, chapters and images."""

from __future__ import annotations

from stash_cli.core.types.annotations import ID, Date, Map, Nullable, Rating100
from stash_cli.core.types.base import StashInput, api
from stash_cli.core.types.inputs import common
from stash_cli.core.unset import UNSET


class _GalleryScalars(StashInput):
    """Fields of a gallery, in single and bulk updates."""

    code: Nullable[str] = UNSET
    url: Nullable[str] = api(deprecated="Use urls")
    date: Nullable[Date] = UNSET
    details: Nullable[str] = UNSET
    photographer: Nullable[str] = UNSET
    rating100: Nullable[Rating100] = UNSET
    organized: Nullable[bool] = UNSET
    studio_id: Nullable[ID] = UNSET


class _GalleryFields(_GalleryScalars):
    """Fields of a gallery, in create and update inputs."""

    # Servers ignore null; "" empties the title of galleries that have files or a folder.
    title: Nullable[str] = UNSET
    urls: Nullable[list[str]] = UNSET
    scene_ids: Nullable[list[ID]] = UNSET
    tag_ids: Nullable[list[ID]] = UNSET
    performer_ids: Nullable[list[ID]] = UNSET


class GalleryCreateInput(_GalleryFields):
    """Fields of a new gallery (`galleryCreate`)."""

    title: str
    custom_fields: Nullable[Map] = UNSET


class GalleryUpdateInput(_GalleryFields):
    """Changes to one gallery; fields left UNSET stay as they are (`galleryUpdate`)."""

    id: ID
    client_mutation_id: Nullable[str] = api("clientMutationId")
    primary_file_id: Nullable[ID] = UNSET
    custom_fields: Nullable[common.CustomFieldsInput] = UNSET


class BulkGalleryUpdateInput(_GalleryScalars):
    """Changes to several galleries (`bulkGalleryUpdate`)."""

    client_mutation_id: Nullable[str] = api("clientMutationId")
    ids: Nullable[list[ID]] = UNSET
    urls: Nullable[common.BulkUpdateStrings] = UNSET
    scene_ids: Nullable[common.BulkUpdateIds] = UNSET
    tag_ids: Nullable[common.BulkUpdateIds] = UNSET
    performer_ids: Nullable[common.BulkUpdateIds] = UNSET
    custom_fields: Nullable[common.CustomFieldsInput] = UNSET


class GalleryChapterCreateInput(StashInput):
    """Fields of a new gallery chapter (`galleryChapterCreate`)."""

    gallery_id: ID
    title: str
    # Counts from 1.
    image_index: int


class GalleryChapterUpdateInput(StashInput):
    """Changes to one gallery chapter; fields left UNSET stay as they are (`galleryChapterUpdate`)."""

    id: ID
    gallery_id: Nullable[ID] = UNSET
    title: Nullable[str] = UNSET
    image_index: Nullable[int] = UNSET


class GalleryDestroyInput(common.DestroyOptions):
    """The gallery to delete, and what to delete with it (`galleryDestroy`)."""

    ids: list[ID]


class GalleryAddInput(StashInput):
    """Images to put into a gallery made by hand."""

    gallery_id: ID
    # Servers refuse galleries of a zip file or folder, whose images are its content.
    image_ids: list[ID]


class GalleryRemoveInput(StashInput):
    """Images to take out of a gallery made by hand."""

    gallery_id: ID
    image_ids: list[ID]


class GallerySetCoverInput(StashInput):
    """The image that becomes the cover of a gallery."""

    gallery_id: ID
    # An image that is not in the gallery clears the cover, although the server reports success.
    cover_image_id: ID


class GalleryResetCoverInput(StashInput):
    """A gallery whose cover is chosen by the server again."""

    gallery_id: ID


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
    custom_fields: Nullable[common.CustomFieldsInput] = UNSET


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
    urls: Nullable[common.BulkUpdateStrings] = UNSET
    performer_ids: Nullable[common.BulkUpdateIds] = UNSET
    tag_ids: Nullable[common.BulkUpdateIds] = UNSET
    gallery_ids: Nullable[common.BulkUpdateIds] = UNSET


class ImageDestroyInput(common.DestroyOptions):
    """The image to delete, and what to delete with it (`imageDestroy`)."""

    id: ID


class ImagesDestroyInput(common.DestroyOptions):
    """The images to delete, with or without their files (`imagesDestroy`)."""

    ids: list[ID]
