"""Scrapers and what they find on other sites."""

from __future__ import annotations

from typing import TypeAlias

from stash_cli.core.types.annotations import ID, Maybe, Nullable
from stash_cli.core.types.base import ApiObject, api
from stash_cli.core.types.enums import ScrapeType
from stash_cli.core.types.links import SceneFileType
from stash_cli.core.unset import UNSET


class StashBoxValidationResult(ApiObject):
    """Whether a stash-box accepts the key."""

    valid: Maybe[bool] = UNSET
    status: Maybe[str] = UNSET


class ScrapedGroup(ApiObject):
    """A group as a scraper found it."""

    stored_id: Nullable[ID] = UNSET
    name: Nullable[str] = UNSET
    aliases: Nullable[str] = UNSET
    duration: Nullable[str] = UNSET
    date: Nullable[str] = UNSET
    rating: Nullable[str] = UNSET
    director: Nullable[str] = UNSET
    urls: Nullable[list[str]] = UNSET
    synopsis: Nullable[str] = UNSET
    studio: Nullable[ScrapedStudio] = UNSET
    tags: Nullable[list[ScrapedTag]] = UNSET
    front_image: Nullable[str] = UNSET
    back_image: Nullable[str] = UNSET


class ScrapedMovie(ScrapedGroup):
    """A group under the name it had before 0.27."""

    url: Nullable[str] = api(deprecated="use urls")


class ScrapedPerformer(ApiObject):
    """A performer as a scraper found it."""

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
    tags: Nullable[list[ScrapedTag]] = UNSET
    image: Nullable[str] = api(deprecated="use images instead")
    images: Nullable[list[str]] = UNSET
    details: Nullable[str] = UNSET
    death_date: Nullable[str] = UNSET
    hair_color: Nullable[str] = UNSET
    weight: Nullable[str] = UNSET
    remote_site_id: Nullable[str] = UNSET


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


class ScrapedScene(ApiObject):
    """A scene as a scraper found it."""

    title: Nullable[str] = UNSET
    code: Nullable[str] = UNSET
    details: Nullable[str] = UNSET
    director: Nullable[str] = UNSET
    url: Nullable[str] = api(deprecated="use urls")
    urls: Nullable[list[str]] = UNSET
    date: Nullable[str] = UNSET
    image: Nullable[str] = UNSET
    file: Nullable[SceneFileType] = UNSET
    studio: Nullable[ScrapedStudio] = UNSET
    tags: Nullable[list[ScrapedTag]] = UNSET
    performers: Nullable[list[ScrapedPerformer]] = UNSET
    movies: Nullable[list[ScrapedMovie]] = api(deprecated="use groups")
    groups: Nullable[list[ScrapedGroup]] = UNSET
    remote_site_id: Nullable[str] = UNSET
    duration: Nullable[int] = UNSET
    fingerprints: Nullable[list[StashBoxFingerprint]] = UNSET


class ScrapedGallery(ApiObject):
    """A gallery as a scraper found it."""

    title: Nullable[str] = UNSET
    code: Nullable[str] = UNSET
    details: Nullable[str] = UNSET
    photographer: Nullable[str] = UNSET
    url: Nullable[str] = api(deprecated="use urls")
    urls: Nullable[list[str]] = UNSET
    date: Nullable[str] = UNSET
    studio: Nullable[ScrapedStudio] = UNSET
    tags: Nullable[list[ScrapedTag]] = UNSET
    performers: Nullable[list[ScrapedPerformer]] = UNSET


class ScrapedImage(ApiObject):
    """An image as a scraper found it."""

    title: Nullable[str] = UNSET
    code: Nullable[str] = UNSET
    details: Nullable[str] = UNSET
    photographer: Nullable[str] = UNSET
    urls: Nullable[list[str]] = UNSET
    date: Nullable[str] = UNSET
    studio: Nullable[ScrapedStudio] = UNSET
    tags: Nullable[list[ScrapedTag]] = UNSET
    performers: Nullable[list[ScrapedPerformer]] = UNSET


class ScraperSource(ApiObject):
    """The scraper or stash-box that was asked."""

    stash_box_index: Nullable[int] = api(deprecated="use stash_box_endpoint")
    stash_box_endpoint: Nullable[str] = UNSET
    scraper_id: Nullable[ID] = UNSET


class StashBoxPerformerQueryResult(ApiObject):
    """Performers a stash-box found for one query."""

    query: Maybe[str] = UNSET
    results: Maybe[list[ScrapedPerformer]] = UNSET


class StashBoxFingerprint(ApiObject):
    """A fingerprint of a scene as a stash-box stores it."""

    algorithm: Maybe[str] = UNSET
    hash: Maybe[str] = UNSET
    duration: Maybe[int] = UNSET


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
"""Anything that `scrapeURL` may find."""
