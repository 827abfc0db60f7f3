"""Movies: the name groups had before 0.27, still answered by the server."""

from __future__ import annotations

from stash_cli.core.types.annotations import ID, Date, Maybe, Nullable, Rating100, Time
from stash_cli.core.types.base import ApiObject, StashResult, api
from stash_cli.core.types.entity import StashObject
from stash_cli.core.types.links import Scene, Studio, Tag
from stash_cli.core.unset import UNSET


class Movie(StashObject):
    """A group under the name it had before 0.27."""

    name: Maybe[str] = UNSET
    aliases: Nullable[str] = UNSET
    duration: Nullable[int] = UNSET
    date: Nullable[Date] = UNSET
    rating100: Nullable[Rating100] = UNSET
    studio: Nullable[Studio] = UNSET
    director: Nullable[str] = UNSET
    synopsis: Nullable[str] = UNSET
    url: Nullable[str] = api(deprecated="Use urls")
    urls: Maybe[list[str]] = UNSET
    tags: Maybe[list[Tag]] = UNSET
    created_at: Maybe[Time] = UNSET
    updated_at: Maybe[Time] = UNSET
    front_image_path: Nullable[str] = UNSET
    back_image_path: Nullable[str] = UNSET
    scene_count: Maybe[int] = api(args={"depth": "Int"})
    scenes: Maybe[list[Scene]] = api(lazy=True)


class FindMoviesResultType(StashResult):
    """One page of movies and the number that match in all."""

    count: int
    movies: list[Movie]


class SceneMovie(ApiObject):
    """A movie of a scene and the scene's number in it."""

    movie: Maybe[Movie] = UNSET
    scene_index: Nullable[int] = UNSET


class SceneMovieID(ApiObject):
    """A movie id as the file name parser found it."""

    movie_id: Maybe[ID] = UNSET
    scene_index: Nullable[str] = UNSET
