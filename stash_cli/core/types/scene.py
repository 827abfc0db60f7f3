"""Scenes (videos) with their play data, and the markers in them."""

from __future__ import annotations

from stash_cli.core.orm.entity_methods import SceneMarkerMethods, SceneMethods
from stash_cli.core.types import links
from stash_cli.core.types.annotations import ID, Date, Map, Maybe, Nullable, Rating100, Time
from stash_cli.core.types.base import ApiObject, Embedded, StashResult, api
from stash_cli.core.types.entity import StashID, StashObject
from stash_cli.core.unset import UNSET


class ScenePathsType(ApiObject):
    """Addresses of a scene's stream, cover and generated files."""

    screenshot: Nullable[str] = UNSET
    preview: Nullable[str] = UNSET
    stream: Nullable[str] = UNSET
    webp: Nullable[str] = UNSET
    vtt: Nullable[str] = UNSET
    sprite: Nullable[str] = UNSET
    funscript: Nullable[str] = UNSET
    interactive_heatmap: Nullable[str] = UNSET
    caption: Nullable[str] = UNSET


class SceneGroup(Embedded):
    """A group of a scene and the scene's number in it."""

    group: Maybe[links.Group] = UNSET
    scene_index: Nullable[int] = UNSET


class Scene(SceneMethods, StashObject):
    """A video with its metadata, possibly in several files."""

    title: Nullable[str] = UNSET
    code: Nullable[str] = UNSET
    details: Nullable[str] = UNSET
    director: Nullable[str] = UNSET
    url: Nullable[str] = api(deprecated="Use urls")
    urls: Maybe[list[str]] = UNSET
    date: Nullable[Date] = UNSET
    rating100: Nullable[Rating100] = UNSET
    organized: Maybe[bool] = UNSET
    o_counter: Nullable[int] = UNSET
    interactive: Maybe[bool] = UNSET
    interactive_speed: Nullable[int] = UNSET
    # Null, not [], where there are none.
    captions: Nullable[list[links.VideoCaption]] = UNSET
    created_at: Maybe[Time] = UNSET
    updated_at: Maybe[Time] = UNSET
    last_played_at: Nullable[Time] = UNSET
    resume_time: Nullable[float] = UNSET
    play_duration: Nullable[float] = UNSET
    play_count: Nullable[int] = UNSET
    play_history: Maybe[list[Time]] = UNSET
    o_history: Maybe[list[Time]] = UNSET
    files: Maybe[list[links.VideoFile]] = UNSET
    paths: Maybe[ScenePathsType] = UNSET
    scene_markers: Maybe[list[links.SceneMarker]] = UNSET
    galleries: Maybe[list[links.Gallery]] = UNSET
    studio: Nullable[links.Studio] = UNSET
    groups: Maybe[list[SceneGroup]] = UNSET
    movies: Maybe[list[links.SceneMovie]] = api(deprecated="Use groups")
    tags: Maybe[list[links.Tag]] = UNSET
    performers: Maybe[list[links.Performer]] = UNSET
    stash_ids: Maybe[list[StashID]] = UNSET
    custom_fields: Maybe[Map] = UNSET
    scene_streams: Maybe[list[SceneStreamEndpoint]] = api("sceneStreams", lazy=True)


class FindScenesResultType(StashResult):
    """One page of scenes and the number that match in all."""

    duration: Maybe[float] = UNSET
    filesize: Maybe[float] = UNSET
    scenes: list[Scene]


class SceneParserResult(ApiObject):
    """Result of the file name parser for one scene."""

    scene: Maybe[Scene] = UNSET
    title: Nullable[str] = UNSET
    code: Nullable[str] = UNSET
    details: Nullable[str] = UNSET
    director: Nullable[str] = UNSET
    url: Nullable[str] = UNSET
    date: Nullable[str] = UNSET
    rating: Nullable[int] = api(deprecated="Use 1-100 range with rating100")
    rating100: Nullable[int] = UNSET
    studio_id: Nullable[ID] = UNSET
    gallery_ids: Nullable[list[ID]] = UNSET
    performer_ids: Nullable[list[ID]] = UNSET
    movies: Nullable[list[links.SceneMovieID]] = UNSET
    tag_ids: Nullable[list[ID]] = UNSET


class SceneParserResultType(ApiObject):
    """Results of the file name parser for a page of scenes."""

    count: Maybe[int] = UNSET
    results: Maybe[list[SceneParserResult]] = UNSET


class SceneStreamEndpoint(ApiObject):
    """One address a scene can be streamed from."""

    url: Maybe[str] = UNSET
    mime_type: Nullable[str] = UNSET
    label: Nullable[str] = UNSET


class HistoryMutationResult(ApiObject):
    """The recorded times after a mutation, newest first, and their number."""

    count: Maybe[int] = UNSET
    history: Maybe[list[Time]] = UNSET


class SceneMarkerTag(ApiObject):
    """Markers of a scene under their primary tag."""

    tag: Maybe[links.Tag] = UNSET
    scene_markers: Maybe[list[SceneMarker]] = UNSET


class SceneMarker(SceneMarkerMethods, StashObject):
    """A point or span of a scene, in seconds, under a primary tag."""

    scene: Maybe[Scene] = UNSET
    title: Maybe[str] = UNSET
    seconds: Maybe[float] = UNSET
    end_seconds: Nullable[float] = UNSET
    primary_tag: Maybe[links.Tag] = UNSET
    tags: Maybe[list[links.Tag]] = UNSET
    created_at: Maybe[Time] = UNSET
    updated_at: Maybe[Time] = UNSET
    stream: Maybe[str] = UNSET
    preview: Maybe[str] = UNSET
    screenshot: Maybe[str] = UNSET


class FindSceneMarkersResultType(StashResult):
    """One page of scene markers and the number that match in all."""

    scene_markers: list[SceneMarker]


class MarkerStringsResultType(ApiObject):
    """A marker title and how often it is used."""

    count: Maybe[int] = UNSET
    id: Maybe[ID] = UNSET
    title: Maybe[str] = UNSET
