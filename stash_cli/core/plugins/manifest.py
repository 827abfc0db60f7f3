"""The file that describes a plugin to the server: NAME.yml."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashConfigurationError, StashNotFoundError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PLUGIN_DIR = "{pluginDir}"
"""Placeholder in the words of `exec` that the server replaces by the plugin's folder."""


@dataclass(frozen=True, slots=True)
class Task:
    """A task of a plugin: its name, its default arguments, and its additional words after `exec`."""

    name: str
    args: Mapping[str, Any] = field(default_factory=dict)
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HookEntry:
    """A hook of a plugin: the events that it runs after, and its default arguments."""

    name: str
    events: tuple[str, ...]
    args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Manifest:
    """A plugin as described by its file, an absolute path.

    `log_level` is that of lines on stderr without a level; "none" drops them.
    """

    path: Path
    name: str
    words: tuple[str, ...]
    tasks: tuple[Task, ...] = ()
    hooks: tuple[HookEntry, ...] = ()
    log_level: str = "error"

    @property
    def folder(self) -> Path:
        return self.path.parent

    def task(self, name: str) -> Task:
        """The task with this name. Raises StashNotFoundError."""
        found = next((each for each in self.tasks if each.name == name), None)
        if found is None:
            names = [each.name for each in self.tasks]
            near = did_you_mean(name, names) or (f"It has {', '.join(names)}." if names else "It has none.")
            raise StashNotFoundError(f"{self.name} has no task {name}. {near}")
        return found

    def hook(self, event: str) -> HookEntry:
        """The hook that runs after an event. Raises StashNotFoundError."""
        found = next((each for each in self.hooks if event in each.events), None)
        if found is None:
            events = [event for each in self.hooks for event in each.events]
            near = did_you_mean(event, events) or f"It has {', '.join(events) or 'none'}."
            raise StashNotFoundError(f"{self.name} has no hook for {event}. {near}")
        return found

    def command(self, words: tuple[str, ...] = ()) -> list[str]:
        """The command of the process, with the plugin's folder inserted."""
        folder = str(self.folder)
        return [word.replace(PLUGIN_DIR, folder) for word in (*self.words, *words)]


def read_manifest(path: Path) -> Manifest:
    """Read the description of a plugin. Raises StashConfigurationError."""
    import yaml

    try:
        path = path.resolve()
        given = yaml.safe_load(path.read_bytes())
    except OSError as error:
        raise StashConfigurationError(f"{path} cannot be read: {error.strerror}.") from None
    except (yaml.YAMLError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise StashConfigurationError(f"{path} is not YAML: {reason}.") from None
    if not isinstance(given, dict):
        raise StashConfigurationError(f"{path} does not describe a plugin: it has no name and no exec.")
    interface = given.get("interface") or "raw"
    if interface != "raw":
        raise StashConfigurationError(
            f"{path}: the interface {interface} cannot be run here.",
            hint="Only `interface: raw` can: a program that reads JSON on stdin.",
        )
    return Manifest(
        path,
        str(given.get("name") or path.stem),
        _words(given.get("exec"), f"{path}: exec"),
        tuple(_task(each, path) for each in _rows(given.get("tasks"), f"{path}: tasks")),
        tuple(_hook(each) for each in _rows(given.get("hooks"), f"{path}: hooks")),
        str(given.get("errLog") or "error"),
    )


def _rows(value: Any, place: str) -> list[dict[str, Any]]:
    rows = value or []
    if not isinstance(rows, list) or not all(isinstance(each, dict) for each in rows):
        raise StashConfigurationError(f"{place} has to be a list of tables.")
    return rows


def _words(value: Any, place: str, *, may_be_missing: bool = False) -> tuple[str, ...]:
    if not value and may_be_missing:
        return ()
    if not isinstance(value, list) or not value:
        raise StashConfigurationError(f"{place} has to be a list of words: a program and its arguments.")
    return tuple(map(str, value))


def _args(given: Mapping[str, Any]) -> dict[str, Any]:
    found = given.get("defaultArgs")
    return dict(found) if isinstance(found, dict) else {}


def _task(given: Mapping[str, Any], path: Path) -> Task:
    words = _words(given.get("execArgs"), f"{path}: execArgs", may_be_missing=True)
    return Task(str(given.get("name") or ""), _args(given), words)


def _hook(given: Mapping[str, Any]) -> HookEntry:
    events = given.get("triggeredBy") or []
    return HookEntry(str(given.get("name") or ""), tuple(map(str, events)), _args(given))
