"""Scrapers, their results from other sites, and the inputs of scraping."""

from __future__ import annotations

from typing import TypeAlias

from stash_cli.core.types.annotations import ID, Maybe, Nullable
from stash_cli.core.types.base import ApiObject, StashInput, api
from stash_cli.core.types.enums import ScrapeType
from stash_cli.core.types.links import SceneFileType, StashBoxFingerprint
from stash_cli.core.unset import UNSET


class _Group(ApiObject):
    """Facts about a group, found or known."""

    name: Nullable[str] = UNSET
    aliases: Nullable[str] = UNSET
    duration: Nullable[str] = UNSET
    date: Nullable[str] = UNSET
    rating: Nullable[str] = UNSET
    director: Nullable[str] = UNSET
    urls: Nullable[list[str]] = UNSET
    synopsis: Nullable[str] = UNSET


class ScrapedGroup(_Group):
    """A group as a scraper found it."""

    stored_id: Nullable[ID] = UNSET
    studio: Nullable[ScrapedStudio] = UNSET
    tags: Nullable[list[ScrapedTag]] = UNSET
    front_image: Nullable[str] = UNSET
    back_image: Nullable[str] = UNSET


class ScrapedMovie(ScrapedGroup):
    """A group under the name it had before 0.27."""

    url: Nullable[str] = api(deprecated="use urls")


class _Performer(ApiObject):
    """Facts about a performer, found or known."""

    stored_id: Nullable[ID] = UNSET
    name: Nullable[str] = UNSET
    disambiguation: Nullable[str] = UNSET
    gender: Nullable[str] = UNSET
    url: Nullable[str] = api(deprecated="use urls")
    urls: Nullable[list[str]] = UNSET
    twitter: Nullable[str] = api(deprecated="use urls")
    instagram: Nullable[str] = api(deprecated="use urls")
    birthdate: Nullable[str] = UNSET
    ethnicity: Nullable[str] = UNSET
    country: Nullable[str] = UNSET
    eye_color: Nullable[str] = UNSET
    height: Nullable[str] = UNSET
    measurements: Nullable[str] = UNSET
    fake_tits: Nullable[str] = UNSET
    penis_length: Nullable[str] = UNSET
    circumcised: Nullable[str] = UNSET
    career_length: Nullable[str] = api(deprecated="Use career_start and career_end")
    career_start: Nullable[str] = UNSET
    career_end: Nullable[str] = UNSET
    tattoos: Nullable[str] = UNSET
    piercings: Nullable[str] = UNSET
    aliases: Nullable[str] = UNSET
    details: Nullable[str] = UNSET
    death_date: Nullable[str] = UNSET
    hair_color: Nullable[str] = UNSET
    weight: Nullable[str] = UNSET
    remote_site_id: Nullable[str] = UNSET


class ScrapedPerformer(_Performer):
    """A performer as a scraper found it."""

    tags: Nullable[list[ScrapedTag]] = UNSET
    image: Nullable[str] = api(deprecated="use images instead")
    images: Nullable[list[str]] = UNSET


class ScraperSpec(ApiObject):
    """Abilities of one scraper for one type of objects."""

    urls: Nullable[list[str]] = UNSET
    supported_scrapes: Maybe[list[ScrapeType]] = UNSET


class Scraper(ApiObject):
    """A scraper and what it can scrape."""

    id: Maybe[ID] = UNSET
    name: Maybe[str] = UNSET
    performer: Nullable[ScraperSpec] = UNSET
    scene: Nullable[ScraperSpec] = UNSET
    gallery: Nullable[ScraperSpec] = UNSET
    image: Nullable[ScraperSpec] = UNSET
    movie: Nullable[ScraperSpec] = api(deprecated="use group")
    group: Nullable[ScraperSpec] = UNSET


class ScrapedStudio(ApiObject):
    """A studio as a scraper found it."""

    stored_id: Nullable[ID] = UNSET
    name: Maybe[str] = UNSET
    url: Nullable[str] = api(deprecated="use urls")
    urls: Nullable[list[str]] = UNSET
    parent: Nullable[ScrapedStudio] = UNSET
    image: Nullable[str] = UNSET
    details: Nullable[str] = UNSET
    aliases: Nullable[str] = UNSET
    tags: Nullable[list[ScrapedTag]] = UNSET
    remote_site_id: Nullable[str] = UNSET


class ScrapedTag(ApiObject):
    """A tag as a scraper found it."""

    stored_id: Nullable[ID] = UNSET
    name: Maybe[str] = UNSET
    description: Nullable[str] = UNSET
    alias_list: Nullable[list[str]] = UNSET
    parent: Nullable[ScrapedTag] = UNSET
    remote_site_id: Nullable[str] = UNSET


class _Scene(ApiObject):
    """Facts about a scene, found or known."""

    title: Nullable[str] = UNSET
    code: Nullable[str] = UNSET
    details: Nullable[str] = UNSET
    director: Nullable[str] = UNSET
    url: Nullable[str] = api(deprecated="use urls")
    urls: Nullable[list[str]] = UNSET
    date: Nullable[str] = UNSET
    remote_site_id: Nullable[str] = UNSET


class ScrapedScene(_Scene):
    """A scene as a scraper found it."""

    image: Nullable[str] = UNSET
    file: Nullable[SceneFileType] = UNSET
    studio: Nullable[ScrapedStudio] = UNSET
    tags: Nullable[list[ScrapedTag]] = UNSET
    performers: Nullable[list[ScrapedPerformer]] = UNSET
    movies: Nullable[list[ScrapedMovie]] = api(deprecated="use groups")
    groups: Nullable[list[ScrapedGroup]] = UNSET
    duration: Nullable[int] = UNSET
    fingerprints: Nullable[list[StashBoxFingerprint]] = UNSET


class _Gallery(ApiObject):
    """Facts about a gallery, found or known."""

    title: Nullable[str] = UNSET
    code: Nullable[str] = UNSET
    details: Nullable[str] = UNSET
    photographer: Nullable[str] = UNSET
    url: Nullable[str] = api(deprecated="use urls")
    urls: Nullable[list[str]] = UNSET
    date: Nullable[str] = UNSET


class ScrapedGallery(_Gallery):
    """A gallery as a scraper found it."""

    studio: Nullable[ScrapedStudio] = UNSET
    tags: Nullable[list[ScrapedTag]] = UNSET
    performers: Nullable[list[ScrapedPerformer]] = UNSET


class _Image(ApiObject):
    """Facts about an image, found or known."""

    title: Nullable[str] = UNSET
    code: Nullable[str] = UNSET
    details: Nullable[str] = UNSET
    urls: Nullable[list[str]] = UNSET
    date: Nullable[str] = UNSET


class ScrapedImage(_Image):
    """An image as a scraper found it."""

    photographer: Nullable[str] = UNSET
    studio: Nullable[ScrapedStudio] = UNSET
    tags: Nullable[list[ScrapedTag]] = UNSET
    performers: Nullable[list[ScrapedPerformer]] = UNSET


class ScraperSource(ApiObject):
    """The scraper or stash-box that was asked."""

    stash_box_index: Nullable[int] = api(deprecated="use stash_box_endpoint")
    stash_box_endpoint: Nullable[str] = UNSET
    scraper_id: Nullable[ID] = UNSET


class ScrapedGroupInput(StashInput, _Group):
    """Known fields of a group, to scrape the others."""


class ScrapedMovieInput(ScrapedGroupInput):
    """Known fields of a movie (the older name of a group), to scrape the others."""

    url: Nullable[str] = api(deprecated="use urls")


class ScrapedPerformerInput(StashInput, _Performer):
    """Known fields of a performer, to scrape the others."""


class ScrapedSceneInput(StashInput, _Scene):
    """Known fields of a scene, to scrape the others."""


class ScrapedGalleryInput(StashInput, _Gallery):
    """Known fields of a gallery, to scrape the others."""


class ScrapedImageInput(StashInput, _Image):
    """Known fields of an image, to scrape the others."""


class ScraperSourceInput(StashInput, ScraperSource):
    """The scraper or stash-box to ask."""


class ScrapeSingleSceneInput(StashInput):
    """The scene to scrape: a text, an id or its known fields."""

    query: Nullable[str] = UNSET
    scene_id: Nullable[ID] = UNSET
    scene_input: Nullable[ScrapedSceneInput] = UNSET


class ScrapeMultiScenesInput(StashInput):
    """The scenes to scrape."""

    scene_ids: Nullable[list[ID]] = UNSET


class ScrapeSingleStudioInput(StashInput):
    """The studio to scrape."""

    query: Nullable[str] = UNSET


class ScrapeSingleTagInput(StashInput):
    """The tag to scrape."""

    query: Nullable[str] = UNSET


class ScrapeSinglePerformerInput(StashInput):
    """The performer to scrape: a text, an id or its known fields."""

    query: Nullable[str] = UNSET
    performer_id: Nullable[ID] = UNSET
    performer_input: Nullable[ScrapedPerformerInput] = UNSET


class ScrapeMultiPerformersInput(StashInput):
    """The performers to scrape."""

    performer_ids: Nullable[list[ID]] = UNSET


class ScrapeSingleGalleryInput(StashInput):
    """The gallery to scrape: a text, an id or its known fields."""

    query: Nullable[str] = UNSET
    gallery_id: Nullable[ID] = UNSET
    gallery_input: Nullable[ScrapedGalleryInput] = UNSET


class ScrapeSingleImageInput(StashInput):
    """The image to scrape: a text, an id or its known fields."""

    query: Nullable[str] = UNSET
    image_id: Nullable[ID] = UNSET
    image_input: Nullable[ScrapedImageInput] = UNSET


class ScrapeSingleMovieInput(StashInput):
    """The movie to scrape: a text, an id or its known fields."""

    query: Nullable[str] = UNSET
    movie_id: Nullable[ID] = UNSET
    movie_input: Nullable[ScrapedMovieInput] = UNSET


class ScrapeSingleGroupInput(StashInput):
    """The group to scrape: a text, an id or its known fields."""

    query: Nullable[str] = UNSET
    group_id: Nullable[ID] = UNSET
    group_input: Nullable[ScrapedGroupInput] = UNSET


ScrapedContent: TypeAlias = (
    ScrapedStudio
    | ScrapedTag
    | ScrapedScene
    | ScrapedGallery
    | ScrapedImage
    | ScrapedMovie
    | ScrapedGroup
    | ScrapedPerformer
)
"""Result of `scrapeURL`."""
