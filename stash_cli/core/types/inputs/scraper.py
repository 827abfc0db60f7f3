"""Inputs of scraping and stash-box queries."""

from __future__ import annotations

from stash_cli.core.types.annotations import ID, Nullable
from stash_cli.core.types.base import StashInput, api, required
from stash_cli.core.unset import UNSET


class ScrapedGroupInput(StashInput):
    """Known fields of a group, to scrape the others."""

    name: Nullable[str] = UNSET
    aliases: Nullable[str] = UNSET
    duration: Nullable[str] = UNSET
    date: Nullable[str] = UNSET
    rating: Nullable[str] = UNSET
    director: Nullable[str] = UNSET
    urls: Nullable[list[str]] = UNSET
    synopsis: Nullable[str] = UNSET


class ScrapedMovieInput(ScrapedGroupInput):
    """Known fields of a movie (the older name of a group), to scrape the others."""

    url: Nullable[str] = api(deprecated="use urls")


class ScrapedPerformerInput(StashInput):
    """Known fields of a performer, to scrape the others."""

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


class ScrapedSceneInput(StashInput):
    """Known fields of a scene, to scrape the others."""

    title: Nullable[str] = UNSET
    code: Nullable[str] = UNSET
    details: Nullable[str] = UNSET
    director: Nullable[str] = UNSET
    url: Nullable[str] = api(deprecated="use urls")
    urls: Nullable[list[str]] = UNSET
    date: Nullable[str] = UNSET
    remote_site_id: Nullable[str] = UNSET


class ScrapedGalleryInput(StashInput):
    """Known fields of a gallery, to scrape the others."""

    title: Nullable[str] = UNSET
    code: Nullable[str] = UNSET
    details: Nullable[str] = UNSET
    photographer: Nullable[str] = UNSET
    url: Nullable[str] = api(deprecated="use urls")
    urls: Nullable[list[str]] = UNSET
    date: Nullable[str] = UNSET


class ScrapedImageInput(StashInput):
    """Known fields of an image, to scrape the others."""

    title: Nullable[str] = UNSET
    code: Nullable[str] = UNSET
    details: Nullable[str] = UNSET
    urls: Nullable[list[str]] = UNSET
    date: Nullable[str] = UNSET


class ScraperSourceInput(StashInput):
    """The scraper or stash-box to ask."""

    stash_box_index: Nullable[int] = api(deprecated="use stash_box_endpoint")
    stash_box_endpoint: Nullable[str] = UNSET
    scraper_id: Nullable[ID] = UNSET


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


class StashBoxSceneQueryInput(StashInput):
    """Scenes to look up on a stash-box."""

    stash_box_index: Nullable[int] = api(deprecated="use stash_box_endpoint")
    stash_box_endpoint: Nullable[str] = UNSET
    scene_ids: Nullable[list[ID]] = UNSET
    q: Nullable[str] = UNSET


class StashBoxPerformerQueryInput(StashInput):
    """Performers to look up on a stash-box."""

    stash_box_index: Nullable[int] = api(deprecated="use stash_box_endpoint")
    stash_box_endpoint: Nullable[str] = UNSET
    performer_ids: Nullable[list[ID]] = UNSET
    q: Nullable[str] = UNSET


class StashBoxBatchTagInput(StashInput):
    """Objects to update from a stash-box."""

    refresh: bool
    create_parent: bool = required("createParent")
    endpoint: Nullable[int] = api(deprecated="use stash_box_endpoint")
    stash_box_endpoint: Nullable[str] = UNSET
    exclude_fields: Nullable[list[str]] = UNSET
    ids: Nullable[list[ID]] = UNSET
    names: Nullable[list[str]] = UNSET
    stash_ids: Nullable[list[str]] = UNSET
    performer_ids: Nullable[list[ID]] = api(deprecated="use ids")
    performer_names: Nullable[list[str]] = api(deprecated="use names")


class StashBoxFingerprintSubmissionInput(StashInput):
    """Scenes whose fingerprints to submit to a stash-box."""

    scene_ids: list[str]
    stash_box_index: Nullable[int] = api(deprecated="use stash_box_endpoint")
    stash_box_endpoint: Nullable[str] = UNSET


class StashBoxDraftSubmissionInput(StashInput):
    """An object to submit to a stash-box as a draft."""

    id: str
    stash_box_index: Nullable[int] = api(deprecated="use stash_box_endpoint")
    stash_box_endpoint: Nullable[str] = UNSET
