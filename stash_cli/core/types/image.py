"""Images and the page that lists them."""

from __future__ import annotations

from stash_cli.core.orm.entity_methods import ImageMethods
from stash_cli.core.types.annotations import Date, Map, Maybe, Nullable, Rating100, Time
from stash_cli.core.types.base import ApiObject, StashResult, api
from stash_cli.core.types.entity import StashObject
from stash_cli.core.types.links import Gallery, ImageFile, Performer, Studio, Tag, VisualFile
from stash_cli.core.unset import UNSET


class Image(ImageMethods, StashObject):
    """A picture or short clip, possibly in several identical files."""

    title: Nullable[str] = UNSET
    code: Nullable[str] = UNSET
    rating100: Nullable[Rating100] = UNSET
    url: Nullable[str] = api(deprecated="Use urls")
    urls: Maybe[list[str]] = UNSET
    date: Nullable[Date] = UNSET
    details: Nullable[str] = UNSET
    photographer: Nullable[str] = UNSET
    o_counter: Nullable[int] = UNSET
    organized: Maybe[bool] = UNSET
    created_at: Maybe[Time] = UNSET
    updated_at: Maybe[Time] = UNSET
    files: Maybe[list[ImageFile]] = api(deprecated="Use visual_files")
    visual_files: Maybe[list[VisualFile]] = UNSET
    paths: Maybe[ImagePathsType] = UNSET
    galleries: Maybe[list[Gallery]] = UNSET
    studio: Nullable[Studio] = UNSET
    tags: Maybe[list[Tag]] = UNSET
    performers: Maybe[list[Performer]] = UNSET
    custom_fields: Maybe[Map] = UNSET


class ImagePathsType(ApiObject):
    """Addresses of an image and its thumbnail."""

    thumbnail: Nullable[str] = UNSET
    preview: Nullable[str] = UNSET
    image: Nullable[str] = UNSET


class FindImagesResultType(StashResult):
    """One page of images and the number that match in all."""

    megapixels: Maybe[float] = UNSET
    filesize: Maybe[float] = UNSET
    images: list[Image]
