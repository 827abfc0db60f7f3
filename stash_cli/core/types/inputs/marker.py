"""Inputs of the scene marker mutations."""

from __future__ import annotations

from stash_cli.core.types.annotations import ID, Nullable
from stash_cli.core.types.base import StashInput
from stash_cli.core.types.inputs.common import BulkUpdateIds
from stash_cli.core.unset import UNSET


class SceneMarkerCreateInput(StashInput):
    """Fields of a new scene marker (`sceneMarkerCreate`)."""

    # Required, but "" is a title.
    title: str
    seconds: float
    scene_id: ID
    primary_tag_id: ID
    end_seconds: Nullable[float] = UNSET
    tag_ids: Nullable[list[ID]] = UNSET


class SceneMarkerUpdateInput(StashInput):
    """Changes to one scene marker; fields left UNSET stay as they are (`sceneMarkerUpdate`)."""

    id: ID
    title: Nullable[str] = UNSET
    seconds: Nullable[float] = UNSET
    end_seconds: Nullable[float] = UNSET
    scene_id: Nullable[ID] = UNSET
    primary_tag_id: Nullable[ID] = UNSET
    tag_ids: Nullable[list[ID]] = UNSET


class BulkSceneMarkerUpdateInput(StashInput):
    """Changes to several scene markers (`bulkSceneMarkerUpdate`)."""

    ids: Nullable[list[ID]] = UNSET
    title: Nullable[str] = UNSET
    primary_tag_id: Nullable[ID] = UNSET
    # Servers drop the change where the new tags are as many as the old ones (seen in 0.30.1).
    tag_ids: Nullable[BulkUpdateIds] = UNSET
