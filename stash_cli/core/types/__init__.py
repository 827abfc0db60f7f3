"""Types of the Stash API as Pydantic models, each imported on first access.

`__init__.pyi` beside this file lists the names for type checkers; it is generated, like `api.json`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from stash_cli.core.types.api import describe_api

EXTRAS = {
    "ApiObject": "stash_cli.core.types.base:ApiObject",
    "Any": "typing:Any",
    "BoolMap": "stash_cli.core.types.annotations:BoolMap",
    "DatePrecision": "stash_cli.core.types.fuzzy_date:DatePrecision",
    "FromGraphQLMixin": "stash_cli.core.types.base:ApiObject",
    "FuzzyDate": "stash_cli.core.types.fuzzy_date:FuzzyDate",
    "Int64": "stash_cli.core.types.annotations:Int64",
    "Map": "stash_cli.core.types.annotations:Map",
    "OnMultipleMatch": "stash_cli.core.types.enums:OnMultipleMatch",
    "PHashDuplicationCriterionInput": "stash_cli.core.types.filters.criteria:DuplicationCriterionInput",
    "PluginConfigMap": "stash_cli.core.types.annotations:PluginConfigMap",
    "RelationshipMetadata": "stash_cli.core.orm.relationship:RelationshipMetadata",
    "StashInput": "stash_cli.core.types.base:StashInput",
    "StashObject": "stash_cli.core.types.entity:StashObject",
    "StashResult": "stash_cli.core.types.base:StashResult",
    "Time": "stash_cli.core.types.annotations:Time",
    "Timestamp": "stash_cli.core.types.annotations:Timestamp",
    "UNSET": "stash_cli.core.unset:UNSET",
    "UnsetType": "stash_cli.core.unset:UnsetType",
    "is_present": "stash_cli.core.unset:is_present",
    "is_set": "stash_cli.core.unset:is_set",
    "is_unset": "stash_cli.core.unset:is_unset",
    "normalize_date": "stash_cli.core.types.fuzzy_date:normalize_date",
    "parse_date_precision": "stash_cli.core.types.fuzzy_date:parse_date_precision",
    "present": "stash_cli.core.unset:present",
    "validate_fuzzy_date": "stash_cli.core.types.fuzzy_date:validate_fuzzy_date",
}
"""Names that are exported besides the API's own types, some of them from other releases or libraries."""


def __getattr__(name: str) -> Any:
    if name == "__all__":
        return __dir__()
    place = EXTRAS.get(name)
    if place is None:
        declared = describe_api().types.get(name)
        if declared is None or declared.kind == "SCALAR":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        place = f"{__name__}.{declared.module}:{name}"
    module, _, attribute = place.partition(":")
    value = getattr(import_module(module), attribute)
    # Cached, so that later accesses do not call this function.
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*EXTRAS, *(t.name for t in describe_api().types.values() if t.kind != "SCALAR")])
