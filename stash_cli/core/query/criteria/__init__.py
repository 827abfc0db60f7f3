"""Criteria by the name of their input type.

A new lookup is one entry in the table of its module; a new kind of field is one entry here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stash_cli.core.query.criteria.choices import (
    Enumerated,
    Missing,
    YesNo,
    circumcision,
    gender,
    orientation,
)
from stash_cli.core.query.criteria.custom_fields import CustomFields
from stash_cli.core.query.criteria.ordered import Bands, Ordered, Resolution
from stash_cli.core.query.criteria.relations import Relation
from stash_cli.core.query.criteria.special import (
    Duplication,
    Hashes,
    PhashDistance,
    StashBoxID,
    StashBoxIDs,
)
from stash_cli.core.query.criteria.text import Text
from stash_cli.core.query.scales import Days, Real, Seconds, Whole

if TYPE_CHECKING:
    from stash_cli.core.query.model import Criterion


def _true_false(value: bool) -> str:
    return "true" if value else "false"


CRITERIA: dict[str, Criterion] = {
    "Boolean": YesNo(),
    "is_missing": Missing(),
    "String": YesNo(_true_false),
    "IntCriterionInput": Ordered(Whole()),
    "FloatCriterionInput": Ordered(Real()),
    "DateCriterionInput": Ordered(Days()),
    "TimestampCriterionInput": Ordered(Seconds()),
    "StringCriterionInput": Text(),
    "MultiCriterionInput": Relation(),
    "HierarchicalMultiCriterionInput": Relation(levels=True),
    "GenderCriterionInput": Enumerated(gender),
    "CircumcisionCriterionInput": Enumerated(circumcision),
    "OrientationCriterionInput": Enumerated(orientation),
    "ResolutionCriterionInput": Resolution(Bands()),
    "DuplicationCriterionInput": Duplication(),
    "FileDuplicationCriterionInput": Duplication(),
    "PhashDistanceCriterionInput": PhashDistance("eq", "ne", "distance", "null"),
    "phash": PhashDistance("eq"),
    "StashIDCriterionInput": StashBoxID(),
    "StashIDsCriterionInput": StashBoxIDs(),
    "CustomFieldCriterionInput": CustomFields(),
    "FingerprintFilterInput": Hashes(),
}

CHOICES = {
    "GenderCriterionInput": "GenderEnum",
    "CircumcisionCriterionInput": "CircumcisedEnum",
    "OrientationCriterionInput": "OrientationEnum",
    "ResolutionCriterionInput": "ResolutionEnum",
}
"""Criterion input type -> the enum of its values."""
