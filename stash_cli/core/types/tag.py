"""Tags and the page that lists them."""

from __future__ import annotations

from stash_cli.core.orm.entity_methods import TagMethods
from stash_cli.core.types.annotations import Map, Maybe, Nullable, Time
from stash_cli.core.types.base import StashResult, api
from stash_cli.core.types.entity import StashID, StashObject
from stash_cli.core.unset import UNSET


class Tag(TagMethods, StashObject):
    """A tag; tags form a hierarchy in which one may have several parents."""

    name: Maybe[str] = UNSET
    sort_name: Nullable[str] = UNSET
    description: Nullable[str] = UNSET
    aliases: Maybe[list[str]] = UNSET
    ignore_auto_tag: Maybe[bool] = UNSET
    created_at: Maybe[Time] = UNSET
    updated_at: Maybe[Time] = UNSET
    favorite: Maybe[bool] = UNSET
    stash_ids: Maybe[list[StashID]] = UNSET
    image_path: Nullable[str] = UNSET
    scene_count: Maybe[int] = api(args={"depth": "Int"})
    scene_marker_count: Maybe[int] = api(args={"depth": "Int"})
    image_count: Maybe[int] = api(args={"depth": "Int"})
    gallery_count: Maybe[int] = api(args={"depth": "Int"})
    performer_count: Maybe[int] = api(args={"depth": "Int"})
    studio_count: Maybe[int] = api(args={"depth": "Int"})
    group_count: Maybe[int] = api(args={"depth": "Int"})
    movie_count: Maybe[int] = api(args={"depth": "Int"}, deprecated="use group_count instead")
    parents: Maybe[list[Tag]] = UNSET
    children: Maybe[list[Tag]] = UNSET
    parent_count: Maybe[int] = UNSET
    child_count: Maybe[int] = UNSET
    custom_fields: Maybe[Map] = UNSET


class FindTagsResultType(StashResult):
    """One page of tags and the number that match in all."""

    tags: list[Tag]
