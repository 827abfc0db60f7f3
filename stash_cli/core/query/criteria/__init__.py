"""Criteria by the name of their input type.

A new lookup is one entry in the table of its module; a new kind of field is one entry here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stash_cli.core.query import scales
from stash_cli.core.query.criteria import choices, custom_fields, local, ordered, relations, special, text

if TYPE_CHECKING:
    from stash_cli.core.query.model import Criterion


def _true_false(value: bool) -> str:
    return "true" if value else "false"


CRITERIA: dict[str, Criterion] = {
    "Boolean": choices.YesNo(),
    "is_missing": choices.Missing(),
    "String": choices.YesNo(_true_false),
    "IntCriterionInput": ordered.Ordered(scales.Integers()),
    "FloatCriterionInput": ordered.Ordered(scales.Floats()),
    "DateCriterionInput": ordered.Ordered(scales.Days()),
    "TimestampCriterionInput": ordered.Times(scales.Seconds()),
    "StringCriterionInput": text.Text(),
    "MultiCriterionInput": relations.Relation(),
    "HierarchicalMultiCriterionInput": relations.Relation(levels=True),
    "GenderCriterionInput": choices.Enumerated(choices.gender),
    "CircumcisionCriterionInput": choices.Enumerated(choices.circumcision),
    "OrientationCriterionInput": choices.Enumerated(choices.orientation),
    "ResolutionCriterionInput": ordered.Resolution(ordered.Bands()),
    "DuplicationCriterionInput": special.Duplication(),
    "FileDuplicationCriterionInput": special.Duplication(),
    "PhashDistanceCriterionInput": special.PhashDistance("eq", "ne", "distance", "null"),
    "phash": special.PhashDistance("eq"),
    "StashIDCriterionInput": special.StashBoxID(),
    "StashIDsCriterionInput": special.StashBoxIDs(),
    "CustomFieldCriterionInput": custom_fields.CustomFields(),
    "FingerprintFilterInput": special.Hashes(),
    "id": local.Local(scales.Integers(), {"": ("id",)}),
    "size": local.Local(scales.Bytes(), local.FILE_SIZES),
    "q": local.TextSearch(),
}

CHOICES = {
    "GenderCriterionInput": "GenderEnum",
    "CircumcisionCriterionInput": "CircumcisedEnum",
    "OrientationCriterionInput": "OrientationEnum",
    "ResolutionCriterionInput": "ResolutionEnum",
}
"""Criterion input type -> the enum of its values."""
