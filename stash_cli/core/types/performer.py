"""Performers and the page that lists them."""

from __future__ import annotations

from stash_cli.core.orm.entity_methods import PerformerMethods
from stash_cli.core.types.annotations import Date, Map, Maybe, Nullable, Rating100, Time
from stash_cli.core.types.base import StashResult, api
from stash_cli.core.types.entity import StashID, StashObject
from stash_cli.core.types.enums import CircumcisedEnum, GenderEnum
from stash_cli.core.types.links import Group, Movie, Scene, Tag
from stash_cli.core.unset import UNSET


class Performer(PerformerMethods, StashObject):
    """A person who appears in scenes, images and galleries."""

    name: Maybe[str] = UNSET
    disambiguation: Nullable[str] = UNSET
    url: Nullable[str] = api(deprecated="Use urls")
    urls: Nullable[list[str]] = UNSET
    gender: Nullable[GenderEnum] = UNSET
    twitter: Nullable[str] = api(deprecated="Use urls")
    instagram: Nullable[str] = api(deprecated="Use urls")
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
    alias_list: Maybe[list[str]] = UNSET
    favorite: Maybe[bool] = UNSET
    tags: Maybe[list[Tag]] = UNSET
    ignore_auto_tag: Maybe[bool] = UNSET
    image_path: Nullable[str] = UNSET
    scene_count: Maybe[int] = UNSET
    image_count: Maybe[int] = UNSET
    gallery_count: Maybe[int] = UNSET
    group_count: Maybe[int] = UNSET
    movie_count: Maybe[int] = api(deprecated="use group_count instead")
    performer_count: Maybe[int] = UNSET
    o_counter: Nullable[int] = UNSET
    scenes: Maybe[list[Scene]] = api(lazy=True)
    stash_ids: Maybe[list[StashID]] = UNSET
    rating100: Nullable[Rating100] = UNSET
    details: Nullable[str] = UNSET
    death_date: Nullable[Date] = UNSET
    hair_color: Nullable[str] = UNSET
    weight: Nullable[int] = UNSET
    created_at: Maybe[Time] = UNSET
    updated_at: Maybe[Time] = UNSET
    groups: Maybe[list[Group]] = api(lazy=True)
    movies: Maybe[list[Movie]] = api(deprecated="use groups instead", lazy=True)
    custom_fields: Maybe[Map] = UNSET


class FindPerformersResultType(StashResult):
    """One page of performers and the number that match in all."""

    performers: list[Performer]
