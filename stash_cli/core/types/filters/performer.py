"""The filter for performers."""

from __future__ import annotations

from stash_cli.core.types import links
from stash_cli.core.types.annotations import Nullable
from stash_cli.core.types.base import StashInput, api
from stash_cli.core.types.filters import criteria
from stash_cli.core.unset import UNSET


class PerformerFilterType(StashInput):
    """Filter of performers; every field that is set must match."""

    AND: Nullable[PerformerFilterType] = UNSET
    OR: Nullable[PerformerFilterType] = UNSET
    NOT: Nullable[PerformerFilterType] = UNSET
    name: Nullable[criteria.StringCriterionInput] = UNSET
    disambiguation: Nullable[criteria.StringCriterionInput] = UNSET
    details: Nullable[criteria.StringCriterionInput] = UNSET
    filter_favorites: Nullable[bool] = UNSET
    birth_year: Nullable[criteria.IntCriterionInput] = UNSET
    age: Nullable[criteria.IntCriterionInput] = UNSET
    ethnicity: Nullable[criteria.StringCriterionInput] = UNSET
    country: Nullable[criteria.StringCriterionInput] = UNSET
    eye_color: Nullable[criteria.StringCriterionInput] = UNSET
    height_cm: Nullable[criteria.IntCriterionInput] = UNSET
    measurements: Nullable[criteria.StringCriterionInput] = UNSET
    fake_tits: Nullable[criteria.StringCriterionInput] = UNSET
    penis_length: Nullable[criteria.FloatCriterionInput] = UNSET
    circumcised: Nullable[criteria.CircumcisionCriterionInput] = UNSET
    career_length: Nullable[criteria.StringCriterionInput] = api(deprecated="Use career_start and career_end")
    career_start: Nullable[criteria.DateCriterionInput] = UNSET
    career_end: Nullable[criteria.DateCriterionInput] = UNSET
    tattoos: Nullable[criteria.StringCriterionInput] = UNSET
    piercings: Nullable[criteria.StringCriterionInput] = UNSET
    aliases: Nullable[criteria.StringCriterionInput] = UNSET
    gender: Nullable[criteria.GenderCriterionInput] = UNSET
    is_missing: Nullable[str] = UNSET
    tags: Nullable[criteria.HierarchicalMultiCriterionInput] = UNSET
    tag_count: Nullable[criteria.IntCriterionInput] = UNSET
    scene_count: Nullable[criteria.IntCriterionInput] = UNSET
    marker_count: Nullable[criteria.IntCriterionInput] = UNSET
    image_count: Nullable[criteria.IntCriterionInput] = UNSET
    gallery_count: Nullable[criteria.IntCriterionInput] = UNSET
    play_count: Nullable[criteria.IntCriterionInput] = UNSET
    o_counter: Nullable[criteria.IntCriterionInput] = UNSET
    stash_id_endpoint: Nullable[criteria.StashIDCriterionInput] = api(
        deprecated="use stash_ids_endpoint instead"
    )
    stash_ids_endpoint: Nullable[criteria.StashIDsCriterionInput] = UNSET
    rating100: Nullable[criteria.IntCriterionInput] = UNSET
    url: Nullable[criteria.StringCriterionInput] = UNSET
    hair_color: Nullable[criteria.StringCriterionInput] = UNSET
    weight: Nullable[criteria.IntCriterionInput] = UNSET
    death_year: Nullable[criteria.IntCriterionInput] = UNSET
    studios: Nullable[criteria.HierarchicalMultiCriterionInput] = UNSET
    groups: Nullable[criteria.HierarchicalMultiCriterionInput] = UNSET
    performers: Nullable[criteria.MultiCriterionInput] = UNSET
    ignore_auto_tag: Nullable[bool] = UNSET
    birthdate: Nullable[criteria.DateCriterionInput] = UNSET
    death_date: Nullable[criteria.DateCriterionInput] = UNSET
    scenes_filter: Nullable[links.SceneFilterType] = UNSET
    images_filter: Nullable[links.ImageFilterType] = UNSET
    galleries_filter: Nullable[links.GalleryFilterType] = UNSET
    tags_filter: Nullable[links.TagFilterType] = UNSET
    markers_filter: Nullable[links.SceneMarkerFilterType] = UNSET
    created_at: Nullable[criteria.TimestampCriterionInput] = UNSET
    updated_at: Nullable[criteria.TimestampCriterionInput] = UNSET
    custom_fields: Nullable[list[criteria.CustomFieldCriterionInput]] = UNSET
