"""Criteria: the operator and value for one field of a filter."""

from __future__ import annotations

from typing import Any

from stash_cli.core.types import enums
from stash_cli.core.types.annotations import ID, Date, Nullable
from stash_cli.core.types.base import StashInput, api
from stash_cli.core.unset import UNSET


class FindFilterType(StashInput):
    """Text search, page and order of a query."""

    q: Nullable[str] = UNSET
    page: Nullable[int] = UNSET
    # Absent: 25 rows; 0: none, with the right count; below 0: all.
    per_page: Nullable[int] = UNSET
    # Without it scenes, images and galleries come in no fixed order.
    sort: Nullable[str] = UNSET
    direction: Nullable[enums.SortDirectionEnum] = UNSET


class ResolutionCriterionInput(StashInput):
    """Compares the shorter side of a picture with a band."""

    value: enums.ResolutionEnum
    modifier: enums.CriterionModifier


class OrientationCriterionInput(StashInput):
    """Matches any of the given shapes."""

    value: list[enums.OrientationEnum]


class DuplicationCriterionInput(StashInput):
    """Matches scenes that share a phash, url, stash id or title with another."""

    duplicated: Nullable[bool] = api(deprecated="Use phash field instead")
    distance: Nullable[int] = UNSET
    phash: Nullable[bool] = UNSET
    url: Nullable[bool] = UNSET
    stash_id: Nullable[bool] = UNSET
    title: Nullable[bool] = UNSET


class FileDuplicationCriterionInput(StashInput):
    """Matches files that share a phash with another."""

    duplicated: Nullable[bool] = api(deprecated="Use phash field instead")
    distance: Nullable[int] = UNSET
    phash: Nullable[bool] = UNSET


class StashIDCriterionInput(StashInput):
    """Compares the id on one stash-box."""

    modifier: enums.CriterionModifier
    endpoint: Nullable[str] = UNSET
    stash_id: Nullable[str] = UNSET


class StashIDsCriterionInput(StashInput):
    """Compares several ids on one stash-box (since 0.31)."""

    modifier: enums.CriterionModifier
    endpoint: Nullable[str] = UNSET
    stash_ids: Nullable[list[str | None]] = UNSET


class CustomFieldCriterionInput(StashInput):
    """Compares one custom field."""

    field: str
    modifier: enums.CriterionModifier
    value: Nullable[list[Any]] = UNSET


class FingerprintFilterInput(StashInput):
    """Matches files by one fingerprint."""

    type: str
    value: str
    distance: Nullable[int] = UNSET


class StringCriterionInput(StashInput):
    """Compares text; EQUALS ignores case and reads % and _ as wildcards."""

    value: str
    modifier: enums.CriterionModifier


class IntCriterionInput(StashInput):
    """Compares a whole number; `value2` is the upper bound of BETWEEN."""

    value: int
    modifier: enums.CriterionModifier
    value2: Nullable[int] = UNSET


class FloatCriterionInput(StashInput):
    """Compares a number; `value2` is the upper bound of BETWEEN."""

    value: float
    modifier: enums.CriterionModifier
    value2: Nullable[float] = UNSET


class MultiCriterionInput(StashInput):
    """Compares a set of related ids."""

    modifier: enums.CriterionModifier
    value: Nullable[list[ID]] = UNSET
    excludes: Nullable[list[ID]] = UNSET


class GenderCriterionInput(StashInput):
    """Compares the gender with a list."""

    modifier: enums.CriterionModifier
    value: Nullable[enums.GenderEnum] = UNSET
    value_list: Nullable[list[enums.GenderEnum]] = UNSET


class CircumcisionCriterionInput(StashInput):
    """Compares the circumcision with a list."""

    modifier: enums.CriterionModifier
    value: Nullable[list[enums.CircumcisedEnum]] = UNSET


class HierarchicalMultiCriterionInput(StashInput):
    """Compares a set of related ids and, with `depth`, their descendants (-1: all)."""

    modifier: enums.CriterionModifier
    value: Nullable[list[ID]] = UNSET
    depth: Nullable[int] = UNSET
    excludes: Nullable[list[ID]] = UNSET


class DateCriterionInput(StashInput):
    """Compares a date as text `YYYY-MM-DD`; fuzzy dates count as their first day."""

    value: Date
    modifier: enums.CriterionModifier
    value2: Nullable[Date] = UNSET


class TimestampCriterionInput(StashInput):
    """Compares a time as text in the server's own offset."""

    value: str
    modifier: enums.CriterionModifier
    value2: Nullable[str] = UNSET


class PhashDistanceCriterionInput(StashInput):
    """Compares a perceptual hash within a Hamming distance."""

    value: str
    modifier: enums.CriterionModifier
    distance: Nullable[int] = UNSET
