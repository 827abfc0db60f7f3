"""Which objects a mutation leaves the server without: those it destroys, and those it merges away."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from stash_cli.core.types.api import describe_api
from stash_cli.core.types.entities import ENTITIES

if TYPE_CHECKING:
    from collections.abc import Mapping


def departed(operation: str, args: Mapping[str, Any]) -> tuple[str, list[str]] | None:
    """Type and ids of what is gone once `operation` has succeeded; None for an operation that takes nothing.

    `args` are its arguments as JSON.
    """
    type_name = _takers().get(operation)
    if type_name is None:
        return None
    given = args.get("input", args)
    found = given.get("source") or given.get("ids") or [given.get("id")]
    return type_name, [str(one) for one in found if one is not None]


@cache
def _takers() -> dict[str, str]:
    """Mutation -> type of the objects it takes away: `sceneDestroy`, `scenesDestroy`, `tagsMerge`, ..."""
    found = {entity.destroy: name for name, entity in ENTITIES.items()}
    for name in (*ENTITIES, "GalleryChapter"):
        stem = f"{name[0].lower()}{name[1:]}"
        found |= {f"{stem}{ending}": name for ending in ("Destroy", "Merge", "sMerge")}
    return {operation: name for operation, name in found.items() if operation in describe_api().mutations}
