"""Operations and arguments that older servers have in another shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

OPERATIONS = {
    "sceneAddO": "sceneIncrementO",
    "sceneDeleteO": "sceneDecrementO",
    "sceneAddPlay": "sceneIncrementPlayCount",
}
"""Before play and o history (0.25) these counted; they answer the count alone."""


def numbers(ids: list[Any]) -> list[int]:
    """Ids as the numbers that they are."""
    return [int(one) for one in ids]


def plugin_args(given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A map of any JSON as PluginArgInput, which names the kind of each value."""
    return [{"key": key, "value": _plugin_value(value)} for key, value in given.items()]


def _plugin_value(value: Any) -> dict[str, Any] | None:
    if value is None:
        return None
    if isinstance(value, dict):
        return {"o": plugin_args(value)}
    if isinstance(value, list):
        return {"a": [_plugin_value(item) for item in value]}
    # A bool is an int in Python.
    kinds = (("b", bool), ("i", int), ("f", float), ("str", str))
    return {next(name for name, kind in kinds if isinstance(value, kind)): value}


ARGUMENTS: dict[tuple[str, str], tuple[str, Callable[[Any], Any]]] = {
    ("findScenes", "ids"): ("scene_ids", numbers),
    ("findImages", "ids"): ("image_ids", numbers),
    ("findPerformers", "ids"): ("performer_ids", numbers),
    ("runPluginTask", "args_map"): ("args", plugin_args),
}
"""(Operation, argument) -> the argument that did the same before 0.25, and what makes its value."""
