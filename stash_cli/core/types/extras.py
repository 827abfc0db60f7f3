"""Names that `stash_cli.core.types` exports beside the API's own types, and their modules."""

from __future__ import annotations

_BY_MODULE = {
    "stash_cli.core.unset": ("UNSET", "UnsetType", "is_set"),
    "stash_cli.core.types.annotations": ("BoolMap", "Int64", "Map", "PluginConfigMap", "Time", "Timestamp"),
    "stash_cli.core.types.base": ("ApiObject", "StashInput", "StashResult"),
    "stash_cli.core.types.entity": ("StashObject",),
    "stash_cli.core.types.familiar": (
        "Any",
        "FromGraphQLMixin",
        "OnMultipleMatch",
        "PHashDuplicationCriterionInput",
    ),
    "stash_cli.core.orm.relationship": ("RelationshipMetadata",),
    "stash_cli.core.types.fuzzy_date": (
        "DatePrecision",
        "FuzzyDate",
        "normalize_date",
        "parse_date_precision",
        "validate_fuzzy_date",
    ),
}

EXTRAS: dict[str, str] = {name: module for module, names in _BY_MODULE.items() for name in names}
"""Name -> module."""
