"""Inputs of the movie mutations (groups before 0.27)."""

from __future__ import annotations

from stash_cli.core.types.annotations import ID, Date, Nullable, Picture, Rating100
from stash_cli.core.types.base import StashInput, api
from stash_cli.core.types.inputs.common import BulkUpdateIds, BulkUpdateStrings
from stash_cli.core.unset import UNSET


class _MovieScalars(StashInput):
    """What a movie is given alone or with many others."""

    rating100: Nullable[Rating100] = UNSET
    studio_id: Nullable[ID] = UNSET
    director: Nullable[str] = UNSET


class _MovieFields(_MovieScalars):
    """What a movie is given when it is made or changed."""

    name: Nullable[str] = UNSET
    aliases: Nullable[str] = UNSET
    duration: Nullable[int] = UNSET
    date: Nullable[Date] = UNSET
    synopsis: Nullable[str] = UNSET
    url: Nullable[str] = api(deprecated="Use urls")
    urls: Nullable[list[str]] = UNSET
    tag_ids: Nullable[list[ID]] = UNSET
    front_image: Nullable[Picture] = UNSET
    back_image: Nullable[Picture] = UNSET


class MovieCreateInput(_MovieFields):
    """What a new movie starts with (`movieCreate`)."""

    name: str


class MovieUpdateInput(_MovieFields):
    """Changes to one movie; fields left UNSET stay as they are (`movieUpdate`)."""

    id: ID


class BulkMovieUpdateInput(_MovieScalars):
    """Changes made to many movies at once (`bulkMovieUpdate`)."""

    client_mutation_id: Nullable[str] = api("clientMutationId")
    ids: Nullable[list[ID]] = UNSET
    urls: Nullable[BulkUpdateStrings] = UNSET
    tag_ids: Nullable[BulkUpdateIds] = UNSET


class MovieDestroyInput(StashInput):
    """Which movie to remove, and what to remove with it (`movieDestroy`)."""

    id: ID


class SceneMovieInput(StashInput):
    """A movie of a scene and the scene's number in it."""

    movie_id: ID
    scene_index: Nullable[int] = UNSET
