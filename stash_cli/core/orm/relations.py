"""Relations as the API's description gives them: what of another type points back at an object.

A performer's images are no field of Performer; they are the images whose filter field `performers`
holds the performer. Such inverse relations are read as attributes and filled by the store.
"""

from __future__ import annotations

from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from stash_cli.core.types.api import describe_api
from stash_cli.core.types.entities import ENTITIES

if TYPE_CHECKING:
    from collections.abc import Mapping

_CRITERIA = ("MultiCriterionInput", "HierarchicalMultiCriterionInput")


@cache
def inverses(type_name: str) -> Mapping[str, tuple[str, str]]:
    """Attribute -> (type of the objects it holds, their filter field that names this object)."""
    entity = ENTITIES.get(type_name)
    if entity is None:
        return MappingProxyType({})
    found = {}
    for other in ENTITIES.values():
        field = describe_api().types[other.filter_type].fields.get(entity.items)
        if field is not None and field.type.name in _CRITERIA and other.type != type_name:
            found[other.items] = (other.type, entity.items)
    return MappingProxyType(found)
