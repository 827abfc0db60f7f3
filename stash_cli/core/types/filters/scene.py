"""The filter for scenes."""

from __future__ import annotations

from stash_cli.core.types.annotations import Nullable
from stash_cli.core.types.base import StashInput, api
from stash_cli.core.types.filters.criteria import (
    CustomFieldCriterionInput,
    DateCriterionInput,
    DuplicationCriterionInput,
    HierarchicalMultiCriterionInput,
    IntCriterionInput,
    MultiCriterionInput,
    OrientationCriterionInput,
    PhashDistanceCriterionInput,
    ResolutionCriterionInput,
    StashIDCriterionInput,
    StashIDsCriterionInput,
    StringCriterionInput,
    TimestampCriterionInput,
)
from stash_cli.core.types.links import (
    FileFilterType,
    GalleryFilterType,
    GroupFilterType,
    MovieFilterType,
    PerformerFilterType,
    SceneMarkerFilterType,
    StudioFilterType,
    TagFilterType,
)
from stash_cli.core.unset import UNSET


class SceneFilterType(StashInput):
    """What scenes must match; set fields are ANDed."""

    AND: Nullable[SceneFilterType] = UNSET
    OR: Nullable[SceneFilterType] = UNSET
    NOT: Nullable[SceneFilterType] = UNSET
    id: Nullable[IntCriterionInput] = UNSET
    title: Nullable[StringCriterionInput] = UNSET
    code: Nullable[StringCriterionInput] = UNSET
    details: Nullable[StringCriterionInput] = UNSET
    director: Nullable[StringCriterionInput] = UNSET
    oshash: Nullable[StringCriterionInput] = UNSET
    checksum: Nullable[StringCriterionInput] = UNSET
    phash: Nullable[StringCriterionInput] = api(deprecated="Use phash_distance instead")
    phash_distance: Nullable[PhashDistanceCriterionInput] = UNSET
    path: Nullable[StringCriterionInput] = UNSET
    file_count: Nullable[IntCriterionInput] = UNSET
    rating100: Nullable[IntCriterionInput] = UNSET
    organized: Nullable[bool] = UNSET
    o_counter: Nullable[IntCriterionInput] = UNSET
    duplicated: Nullable[DuplicationCriterionInput] = UNSET
    resolution: Nullable[ResolutionCriterionInput] = UNSET
    orientation: Nullable[OrientationCriterionInput] = UNSET
    framerate: Nullable[IntCriterionInput] = UNSET
    bitrate: Nullable[IntCriterionInput] = UNSET
    video_codec: Nullable[StringCriterionInput] = UNSET
    audio_codec: Nullable[StringCriterionInput] = UNSET
    duration: Nullable[IntCriterionInput] = UNSET
    has_markers: Nullable[str] = UNSET
    is_missing: Nullable[str] = UNSET
    studios: Nullable[HierarchicalMultiCriterionInput] = UNSET
    movies: Nullable[MultiCriterionInput] = api(deprecated="use groups instead")
    groups: Nullable[HierarchicalMultiCriterionInput] = UNSET
    galleries: Nullable[MultiCriterionInput] = UNSET
    tags: Nullable[HierarchicalMultiCriterionInput] = UNSET
    tag_count: Nullable[IntCriterionInput] = UNSET
    performer_tags: Nullable[HierarchicalMultiCriterionInput] = UNSET
    performer_favorite: Nullable[bool] = UNSET
    performer_age: Nullable[IntCriterionInput] = UNSET
    performers: Nullable[MultiCriterionInput] = UNSET
    performer_count: Nullable[IntCriterionInput] = UNSET
    stash_id_endpoint: Nullable[StashIDCriterionInput] = api(deprecated="use stash_ids_endpoint instead")
    stash_ids_endpoint: Nullable[StashIDsCriterionInput] = UNSET
    stash_id_count: Nullable[IntCriterionInput] = UNSET
    url: Nullable[StringCriterionInput] = UNSET
    interactive: Nullable[bool] = UNSET
    interactive_speed: Nullable[IntCriterionInput] = UNSET
    captions: Nullable[StringCriterionInput] = UNSET
    resume_time: Nullable[IntCriterionInput] = UNSET
    play_count: Nullable[IntCriterionInput] = UNSET
    play_duration: Nullable[IntCriterionInput] = UNSET
    last_played_at: Nullable[TimestampCriterionInput] = UNSET
    date: Nullable[DateCriterionInput] = UNSET
    created_at: Nullable[TimestampCriterionInput] = UNSET
    updated_at: Nullable[TimestampCriterionInput] = UNSET
    galleries_filter: Nullable[GalleryFilterType] = UNSET
    performers_filter: Nullable[PerformerFilterType] = UNSET
    studios_filter: Nullable[StudioFilterType] = UNSET
    tags_filter: Nullable[TagFilterType] = UNSET
    movies_filter: Nullable[MovieFilterType] = api(deprecated="use groups_filter instead")
    groups_filter: Nullable[GroupFilterType] = UNSET
    markers_filter: Nullable[SceneMarkerFilterType] = UNSET
    files_filter: Nullable[FileFilterType] = UNSET
    custom_fields: Nullable[list[CustomFieldCriterionInput]] = UNSET
