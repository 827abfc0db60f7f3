"""Galleries, their chapters, and the page that lists them."""

from __future__ import annotations

from stash_cli.core.orm.entity_methods import GalleryMethods
from stash_cli.core.types.annotations import Date, Map, Maybe, Nullable, Rating100, Time
from stash_cli.core.types.base import ApiObject, StashResult, api
from stash_cli.core.types.entity import StashObject
from stash_cli.core.types.links import Folder, GalleryFile, Image, Performer, Scene, Studio, Tag
from stash_cli.core.unset import UNSET


class GalleryChapter(StashObject):
    """A named place in a gallery; `image_index` counts from 1."""

    gallery: Maybe[Gallery] = UNSET
    title: Maybe[str] = UNSET
    image_index: Maybe[int] = UNSET
    created_at: Maybe[Time] = UNSET
    updated_at: Maybe[Time] = UNSET


class FindGalleryChaptersResultType(StashResult):
    """One page of gallerychapters and the number that match in all."""

    chapters: list[GalleryChapter]


class GalleryPathsType(ApiObject):
    """Addresses of a gallery's cover and previews."""

    cover: Maybe[str] = UNSET
    preview: Maybe[str] = UNSET


class Gallery(GalleryMethods, StashObject):
    """A set of images: a zip file, a folder, or made by hand."""

    title: Nullable[str] = UNSET
    code: Nullable[str] = UNSET
    url: Nullable[str] = api(deprecated="Use urls")
    urls: Maybe[list[str]] = UNSET
    date: Nullable[Date] = UNSET
    details: Nullable[str] = UNSET
    photographer: Nullable[str] = UNSET
    rating100: Nullable[Rating100] = UNSET
    organized: Maybe[bool] = UNSET
    created_at: Maybe[Time] = UNSET
    updated_at: Maybe[Time] = UNSET
    files: Maybe[list[GalleryFile]] = UNSET
    folder: Nullable[Folder] = UNSET
    chapters: Maybe[list[GalleryChapter]] = UNSET
    scenes: Maybe[list[Scene]] = api(lazy=True)
    studio: Nullable[Studio] = UNSET
    image_count: Maybe[int] = UNSET
    tags: Maybe[list[Tag]] = UNSET
    performers: Maybe[list[Performer]] = UNSET
    cover: Nullable[Image] = UNSET
    paths: Maybe[GalleryPathsType] = UNSET
    custom_fields: Maybe[Map] = UNSET
    image_by_index: Maybe[Image] = api("image", args={"index": "Int!"})


class FindGalleriesResultType(StashResult):
    """One page of galleries and the number that match in all."""

    galleries: list[Gallery]
