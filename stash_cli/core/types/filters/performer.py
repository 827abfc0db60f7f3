"""The filter for performers."""

from __future__ import annotations

from stash_cli.core.types.annotations import Nullable
from stash_cli.core.types.base import StashInput, api
from stash_cli.core.types.filters.criteria import (
    CircumcisionCriterionInput,
    CustomFieldCriterionInput,
    DateCriterionInput,
    FloatCriterionInput,
    GenderCriterionInput,
    HierarchicalMultiCriterionInput,
    IntCriterionInput,
    MultiCriterionInput,
    StashIDCriterionInput,
    StashIDsCriterionInput,
    StringCriterionInput,
    TimestampCriterionInput,
)
from stash_cli.core.types.links import (
    GalleryFilterType,
    ImageFilterType,
    SceneFilterType,
    SceneMarkerFilterType,
    TagFilterType,
)
from stash_cli.core.unset import UNSET


class PerformerFilterType(StashInput):
    """What performers must match; set fields are ANDed."""

    AND: Nullable[PerformerFilterType] = UNSET
    OR: Nullable[PerformerFilterType] = UNSET
    NOT: Nullable[PerformerFilterType] = UNSET
    name: Nullable[StringCriterionInput] = UNSET
    disambiguation: Nullable[StringCriterionInput] = UNSET
    details: Nullable[StringCriterionInput] = UNSET
    filter_favorites: Nullable[bool] = UNSET
    birth_year: Nullable[IntCriterionInput] = UNSET
    age: Nullable[IntCriterionInput] = UNSET
    ethnicity: Nullable[StringCriterionInput] = UNSET
    country: Nullable[StringCriterionInput] = UNSET
    eye_color: Nullable[StringCriterionInput] = UNSET
    height_cm: Nullable[IntCriterionInput] = UNSET
    measurements: Nullable[StringCriterionInput] = UNSET
    fake_tits: Nullable[StringCriterionInput] = UNSET
    penis_length: Nullable[FloatCriterionInput] = UNSET
    circumcised: Nullable[CircumcisionCriterionInput] = UNSET
    career_length: Nullable[StringCriterionInput] = api(deprecated="Use career_start and career_end")
    career_start: Nullable[DateCriterionInput] = UNSET
    career_end: Nullable[DateCriterionInput] = UNSET
    tattoos: Nullable[StringCriterionInput] = UNSET
    piercings: Nullable[StringCriterionInput] = UNSET
    aliases: Nullable[StringCriterionInput] = UNSET
    gender: Nullable[GenderCriterionInput] = UNSET
    is_missing: Nullable[str] = UNSET
    tags: Nullable[HierarchicalMultiCriterionInput] = UNSET
    tag_count: Nullable[IntCriterionInput] = UNSET
    scene_count: Nullable[IntCriterionInput] = UNSET
    marker_count: Nullable[IntCriterionInput] = UNSET
    image_count: Nullable[IntCriterionInput] = UNSET
    gallery_count: Nullable[IntCriterionInput] = UNSET
    play_count: Nullable[IntCriterionInput] = UNSET
    o_counter: Nullable[IntCriterionInput] = UNSET
    stash_id_endpoint: Nullable[StashIDCriterionInput] = api(deprecated="use stash_ids_endpoint instead")
    stash_ids_endpoint: Nullable[StashIDsCriterionInput] = UNSET
    rating100: Nullable[IntCriterionInput] = UNSET
    url: Nullable[StringCriterionInput] = UNSET
    hair_color: Nullable[StringCriterionInput] = UNSET
    weight: Nullable[IntCriterionInput] = UNSET
    death_year: Nullable[IntCriterionInput] = UNSET
    studios: Nullable[HierarchicalMultiCriterionInput] = UNSET
    groups: Nullable[HierarchicalMultiCriterionInput] = UNSET
    performers: Nullable[MultiCriterionInput] = UNSET
    ignore_auto_tag: Nullable[bool] = UNSET
    birthdate: Nullable[DateCriterionInput] = UNSET
    death_date: Nullable[DateCriterionInput] = UNSET
    scenes_filter: Nullable[SceneFilterType] = UNSET
    images_filter: Nullable[ImageFilterType] = UNSET
    galleries_filter: Nullable[GalleryFilterType] = UNSET
    tags_filter: Nullable[TagFilterType] = UNSET
    markers_filter: Nullable[SceneMarkerFilterType] = UNSET
    created_at: Nullable[TimestampCriterionInput] = UNSET
    updated_at: Nullable[TimestampCriterionInput] = UNSET
    custom_fields: Nullable[list[CustomFieldCriterionInput]] = UNSET
