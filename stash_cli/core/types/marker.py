"""Scene markers: points and spans of interest inside a scene."""

from __future__ import annotations

from stash_cli.core.orm.entity_methods import SceneMarkerMethods
from stash_cli.core.types.annotations import ID, Maybe, Nullable, Time
from stash_cli.core.types.base import ApiObject, StashResult
from stash_cli.core.types.entity import StashObject
from stash_cli.core.types.links import Scene, Tag
from stash_cli.core.unset import UNSET


class SceneMarkerTag(ApiObject):
    """Markers of a scene under their primary tag."""

    tag: Maybe[Tag] = UNSET
    scene_markers: Maybe[list[SceneMarker]] = UNSET


class SceneMarker(SceneMarkerMethods, StashObject):
    """A point or span of a scene, in seconds, under a primary tag."""

    scene: Maybe[Scene] = UNSET
    title: Maybe[str] = UNSET
    seconds: Maybe[float] = UNSET
    end_seconds: Nullable[float] = UNSET
    primary_tag: Maybe[Tag] = UNSET
    tags: Maybe[list[Tag]] = UNSET
    created_at: Maybe[Time] = UNSET
    updated_at: Maybe[Time] = UNSET
    stream: Maybe[str] = UNSET
    preview: Maybe[str] = UNSET
    screenshot: Maybe[str] = UNSET


class FindSceneMarkersResultType(StashResult):
    """One page of scene markers and the number that match in all."""

    count: int
    scene_markers: list[SceneMarker]


class MarkerStringsResultType(ApiObject):
    """A marker title and how often it is used."""

    count: Maybe[int] = UNSET
    id: Maybe[ID] = UNSET
    title: Maybe[str] = UNSET
