"""Groups (movies, series, volumes) and their hierarchy; movies, the former name of groups."""

from __future__ import annotations

from stash_cli.core.orm.entity_methods import GroupMethods
from stash_cli.core.types.annotations import ID, Date, Map, Maybe, Nullable, Rating100, Time
from stash_cli.core.types.base import ApiObject, Embedded, StashResult, api
from stash_cli.core.types.entity import StashObject
from stash_cli.core.types.links import Scene, Studio, Tag
from stash_cli.core.unset import UNSET


class GroupDescription(Embedded):
    """A group inside another, with the words on why."""

    group: Maybe[Group] = UNSET
    description: Nullable[str] = UNSET


class _GroupFields(StashObject):
    """Fields that groups and movies have in common."""

    name: Maybe[str] = UNSET
    aliases: Nullable[str] = UNSET
    duration: Nullable[int] = UNSET
    date: Nullable[Date] = UNSET
    rating100: Nullable[Rating100] = UNSET
    studio: Nullable[Studio] = UNSET
    director: Nullable[str] = UNSET
    synopsis: Nullable[str] = UNSET
    urls: Maybe[list[str]] = UNSET
    tags: Maybe[list[Tag]] = UNSET
    created_at: Maybe[Time] = UNSET
    updated_at: Maybe[Time] = UNSET
    front_image_path: Nullable[str] = UNSET
    back_image_path: Nullable[str] = UNSET
    scene_count: Maybe[int] = api(args={"depth": "Int"})
    scenes: Maybe[list[Scene]] = api(lazy=True)


class Group(GroupMethods, _GroupFields):
    """A movie, series or volume that scenes belong to (a movie before 0.27)."""

    containing_groups: Maybe[list[GroupDescription]] = UNSET
    sub_groups: Maybe[list[GroupDescription]] = UNSET
    performer_count: Maybe[int] = api(args={"depth": "Int"})
    sub_group_count: Maybe[int] = api(args={"depth": "Int"})
    o_counter: Nullable[int] = UNSET
    custom_fields: Maybe[Map] = UNSET


class FindGroupsResultType(StashResult):
    """One page of groups and the number that match in all."""

    groups: list[Group]


class Movie(_GroupFields):
    """A group under the name it had before 0.27."""

    url: Nullable[str] = api(deprecated="Use urls")


class FindMoviesResultType(StashResult):
    """One page of movies and the number that match in all."""

    movies: list[Movie]


class SceneMovie(ApiObject):
    """A movie of a scene and the scene's number in it."""

    movie: Maybe[Movie] = UNSET
    scene_index: Nullable[int] = UNSET


class SceneMovieID(ApiObject):
    """A movie id as the file name parser found it."""

    movie_id: Maybe[ID] = UNSET
    scene_index: Nullable[str] = UNSET
