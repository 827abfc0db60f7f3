"""Aliases of types: their names in other releases of the API and in other libraries."""

from __future__ import annotations

from typing import Any

from stash_cli.core.types.base import ApiObject as FromGraphQLMixin
from stash_cli.core.types.filters.criteria import DuplicationCriterionInput as PHashDuplicationCriterionInput

__all__ = ["Any", "FromGraphQLMixin", "PHashDuplicationCriterionInput"]
