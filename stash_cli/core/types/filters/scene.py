"""The filters for scenes and their markers."""

from __future__ import annotations

from stash_cli.core.types import links
from stash_cli.core.types.annotations import Nullable
from stash_cli.core.types.base import StashInput, api
from stash_cli.core.types.filters import criteria
from stash_cli.core.unset import UNSET


class SceneFilterType(StashInput):
    """Filter of scenes; every field that is set must match."""

    AND: Nullable[SceneFilterType] = UNSET
    OR: Nullable[SceneFilterType] = UNSET
    NOT: Nullable[SceneFilterType] = UNSET
    id: Nullable[criteria.IntCriterionInput] = UNSET
    title: Nullable[criteria.StringCriterionInput] = UNSET
    code: Nullable[criteria.StringCriterionInput] = UNSET
    details: Nullable[criteria.StringCriterionInput] = UNSET
    director: Nullable[criteria.StringCriterionInput] = UNSET
    oshash: Nullable[criteria.StringCriterionInput] = UNSET
    checksum: Nullable[criteria.StringCriterionInput] = UNSET
    phash: Nullable[criteria.StringCriterionInput] = api(deprecated="Use phash_distance instead")
    phash_distance: Nullable[criteria.PhashDistanceCriterionInput] = UNSET
    path: Nullable[criteria.StringCriterionInput] = UNSET
    file_count: Nullable[criteria.IntCriterionInput] = UNSET
    rating100: Nullable[criteria.IntCriterionInput] = UNSET
    organized: Nullable[bool] = UNSET
    o_counter: Nullable[criteria.IntCriterionInput] = UNSET
    duplicated: Nullable[criteria.DuplicationCriterionInput] = UNSET
    resolution: Nullable[criteria.ResolutionCriterionInput] = UNSET
    orientation: Nullable[criteria.OrientationCriterionInput] = UNSET
    framerate: Nullable[criteria.IntCriterionInput] = UNSET
    bitrate: Nullable[criteria.IntCriterionInput] = UNSET
    video_codec: Nullable[criteria.StringCriterionInput] = UNSET
    audio_codec: Nullable[criteria.StringCriterionInput] = UNSET
    duration: Nullable[criteria.IntCriterionInput] = UNSET
    has_markers: Nullable[str] = UNSET
    is_missing: Nullable[str] = UNSET
    studios: Nullable[criteria.HierarchicalMultiCriterionInput] = UNSET
    movies: Nullable[criteria.MultiCriterionInput] = api(deprecated="use groups instead")
    groups: Nullable[criteria.HierarchicalMultiCriterionInput] = UNSET
    galleries: Nullable[criteria.MultiCriterionInput] = UNSET
    tags: Nullable[criteria.HierarchicalMultiCriterionInput] = UNSET
    tag_count: Nullable[criteria.IntCriterionInput] = UNSET
    performer_tags: Nullable[criteria.HierarchicalMultiCriterionInput] = UNSET
    performer_favorite: Nullable[bool] = UNSET
    performer_age: Nullable[criteria.IntCriterionInput] = UNSET
    performers: Nullable[criteria.MultiCriterionInput] = UNSET
    performer_count: Nullable[criteria.IntCriterionInput] = UNSET
    stash_id_endpoint: Nullable[criteria.StashIDCriterionInput] = api(
        deprecated="use stash_ids_endpoint instead"
    )
    stash_ids_endpoint: Nullable[criteria.StashIDsCriterionInput] = UNSET
    stash_id_count: Nullable[criteria.IntCriterionInput] = UNSET
    url: Nullable[criteria.StringCriterionInput] = UNSET
    interactive: Nullable[bool] = UNSET
    interactive_speed: Nullable[criteria.IntCriterionInput] = UNSET
    captions: Nullable[criteria.StringCriterionInput] = UNSET
    resume_time: Nullable[criteria.IntCriterionInput] = UNSET
    play_count: Nullable[criteria.IntCriterionInput] = UNSET
    play_duration: Nullable[criteria.IntCriterionInput] = UNSET
    last_played_at: Nullable[criteria.TimestampCriterionInput] = UNSET
    date: Nullable[criteria.DateCriterionInput] = UNSET
    created_at: Nullable[criteria.TimestampCriterionInput] = UNSET
    updated_at: Nullable[criteria.TimestampCriterionInput] = UNSET
    galleries_filter: Nullable[links.GalleryFilterType] = UNSET
    performers_filter: Nullable[links.PerformerFilterType] = UNSET
    studios_filter: Nullable[links.StudioFilterType] = UNSET
    tags_filter: Nullable[links.TagFilterType] = UNSET
    movies_filter: Nullable[links.MovieFilterType] = api(deprecated="use groups_filter instead")
    groups_filter: Nullable[links.GroupFilterType] = UNSET
    markers_filter: Nullable[links.SceneMarkerFilterType] = UNSET
    files_filter: Nullable[links.FileFilterType] = UNSET
    custom_fields: Nullable[list[criteria.CustomFieldCriterionInput]] = UNSET


class SceneMarkerFilterType(StashInput):
    """Filter of scene markers; every field that is set must match."""

    tags: Nullable[criteria.HierarchicalMultiCriterionInput] = UNSET
    scene_tags: Nullable[criteria.HierarchicalMultiCriterionInput] = UNSET
    performers: Nullable[criteria.MultiCriterionInput] = UNSET
    scenes: Nullable[criteria.MultiCriterionInput] = UNSET
    duration: Nullable[criteria.FloatCriterionInput] = UNSET
    created_at: Nullable[criteria.TimestampCriterionInput] = UNSET
    updated_at: Nullable[criteria.TimestampCriterionInput] = UNSET
    scene_date: Nullable[criteria.DateCriterionInput] = UNSET
    scene_created_at: Nullable[criteria.TimestampCriterionInput] = UNSET
    scene_updated_at: Nullable[criteria.TimestampCriterionInput] = UNSET
    scene_filter: Nullable[links.SceneFilterType] = UNSET
