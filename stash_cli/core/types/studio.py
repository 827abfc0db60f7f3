"""Studios and the page that lists them."""

from __future__ import annotations

from stash_cli.core.orm.entity_methods import StudioMethods
from stash_cli.core.types.annotations import Map, Maybe, Nullable, Rating100, Time
from stash_cli.core.types.base import StashResult, api
from stash_cli.core.types.entity import StashID, StashObject
from stash_cli.core.types.links import Group, Movie, Tag
from stash_cli.core.unset import UNSET


class Studio(StudioMethods, StashObject):
    """A studio or channel; studios form a tree."""

    name: Maybe[str] = UNSET
    url: Nullable[str] = api(deprecated="Use urls")
    urls: Maybe[list[str]] = UNSET
    parent_studio: Nullable[Studio] = api(input="parent_id")
    child_studios: Maybe[list[Studio]] = api(lazy=True)
    aliases: Maybe[list[str]] = UNSET
    tags: Maybe[list[Tag]] = UNSET
    ignore_auto_tag: Maybe[bool] = UNSET
    organized: Maybe[bool] = UNSET
    image_path: Nullable[str] = UNSET
    scene_count: Maybe[int] = api(args={"depth": "Int"})
    image_count: Maybe[int] = api(args={"depth": "Int"})
    gallery_count: Maybe[int] = api(args={"depth": "Int"})
    performer_count: Maybe[int] = api(args={"depth": "Int"})
    group_count: Maybe[int] = api(args={"depth": "Int"})
    movie_count: Maybe[int] = api(args={"depth": "Int"}, deprecated="use group_count instead")
    stash_ids: Maybe[list[StashID]] = UNSET
    rating100: Nullable[Rating100] = UNSET
    favorite: Maybe[bool] = UNSET
    details: Nullable[str] = UNSET
    created_at: Maybe[Time] = UNSET
    updated_at: Maybe[Time] = UNSET
    groups: Maybe[list[Group]] = api(lazy=True)
    movies: Maybe[list[Movie]] = api(deprecated="use groups instead", lazy=True)
    o_counter: Nullable[int] = UNSET
    custom_fields: Maybe[Map] = UNSET


class FindStudiosResultType(StashResult):
    """One page of studios and the number that match in all."""

    studios: list[Studio]
