"""Operations and arguments with another name or shape in older servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

OPERATIONS = {
    "sceneAddO": "sceneIncrementO",
    "sceneDeleteO": "sceneDecrementO",
    "sceneAddPlay": "sceneIncrementPlayCount",
}
"""Current operation -> the one before play and o history (0.25), which returned the count alone."""


def as_integers(ids: list[Any]) -> list[int]:
    """Ids as integers."""
    return [int(one) for one in ids]


def plugin_args(given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A JSON object as a list of PluginArgInput, which tags each value with its type."""
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
    ("findScenes", "ids"): ("scene_ids", as_integers),
    ("findImages", "ids"): ("image_ids", as_integers),
    ("findPerformers", "ids"): ("performer_ids", as_integers),
    ("runPluginTask", "args_map"): ("args", plugin_args),
}
"""(Operation, argument) -> the equivalent argument before 0.25, and the conversion of its value."""
