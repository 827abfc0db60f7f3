"""Names of other releases of the API and of other libraries: aliases of types, and what has no type here."""

from __future__ import annotations

from enum import Enum
from typing import Any

from stash_cli.core.types.base import ApiObject as FromGraphQLMixin
from stash_cli.core.types.filters.criteria import DuplicationCriterionInput as PHashDuplicationCriterionInput

__all__ = ["Any", "FromGraphQLMixin", "OnMultipleMatch", "PHashDuplicationCriterionInput"]


class OnMultipleMatch(Enum):
    """Ids for a name that several objects have: none, all of them, or the first."""

    RETURN_NONE = 0
    RETURN_LIST = 1
    RETURN_FIRST = 2
