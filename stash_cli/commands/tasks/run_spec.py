"""A chain of tasks: its steps and settings, from the command line and from `[run.NAME]`."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from stash_cli.commands.argv.value_parsers import choice, seconds
from stash_cli.commands.file_tasks import FILE_TASKS, FileTask
from stash_cli.commands.metadata import TASKS
from stash_cli.commands.tasks.waiting import FollowOptions
from stash_cli.core.client.job_log import FAIL_ON
from stash_cli.core.errors import StashConfigurationError, StashInputError, StashUsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from stash_cli.commands.argv.command import CommandOptions
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.commands.tasks.task_inputs import Task

STOP_ON = ("failure", "partly")
STEPS = (*TASKS, *(verb for verb, task in FILE_TASKS.items() if task.perform is not None))
"""Verbs that can be steps; an import of the whole library is excluded."""


@dataclass(frozen=True, slots=True)
class Step:
    """One task of a chain with its options; `text` is the step as written."""

    text: str
    task: Task | FileTask
    options: CommandOptions


@dataclass(frozen=True, slots=True)
class RunSpec:
    """A chain: its `steps` as text, and options for all of them; `name` is that of `[run.NAME]`."""

    steps: tuple[str, ...]
    name: str = ""
    ignore: tuple[str, ...] = ()
    fail_on_log: str | None = None
    stop_on: str | None = None
    lock: bool = True
    lock_wait: float | None = None
    wait_timeout: float | None = None
    on_failure: str | None = None
    on_success: str | None = None
    ping_url: str | None = None

    @property
    def title(self) -> str:
        """Title for messages: `run nightly`, or `run scan, clean`."""
        return f"run {self.name or ', '.join(self.steps)}"

    @classmethod
    def read(cls, name: str, table: Mapping[str, Any]) -> RunSpec:
        """Parse the table `[run.NAME]`. Raises StashConfigurationError for unknown keys and bad values."""
        place = f"[run.{name}] of settings.toml"
        settings: dict[str, Any] = {}
        for key, value in table.items():
            if key not in _READERS:
                raise StashConfigurationError(
                    f"{place} has no key {key}. {did_you_mean(key, _READERS)}".rstrip()
                )
            try:
                settings[key] = _READERS[key](value)
            except (StashInputError, TypeError, re.error) as error:
                raise StashConfigurationError(f"{key} in {place}: {error}") from None
        if not settings.get("steps"):
            raise StashConfigurationError(f'{place} has no steps: steps = ["scan", "clean"]')
        return cls(name=name, **settings)


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) and each.strip() for each in value):
        raise TypeError('a list of texts is wanted: ["...", "..."]')
    return tuple(value)


def _patterns(value: Any) -> tuple[str, ...]:
    patterns = _texts([value] if isinstance(value, str) else value)
    for each in patterns:
        re.compile(each)
    return patterns


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise TypeError("a text is wanted")
    return value


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("true or false is wanted")
    return value


def _seconds(value: Any) -> float:
    return seconds(str(value))


_READERS: dict[str, Callable[[Any], Any]] = {
    "steps": _texts,
    "ignore": _patterns,
    "fail_on_log": lambda value: choice(*FAIL_ON)(str(value)),
    "stop_on": lambda value: choice(*STOP_ON)(str(value)),
    "lock": _yes_or_no,
    "lock_wait": _seconds,
    "wait_timeout": _seconds,
    "on_failure": _text,
    "on_success": _text,
    "ping_url": _text,
}
"""Parsers of the keys of `[run.NAME]`."""


def find_spec(runtime: Runtime, words: Sequence[str]) -> RunSpec:
    """Return the chain for words of a command line: a run of the settings file, or steps."""
    runs = runtime.profile.runs if runtime.has_settings else {}
    [first, *others] = words
    if first in runs and first not in STEPS:
        if others:
            raise StashUsageError(f"{first} is a whole run: no steps can follow it")
        return RunSpec.read(first, runs[first])
    unknown = [word for word in words if word.split()[:1] and word.split()[0] not in STEPS]
    if unknown or not all(map(str.strip, words)):
        word = (unknown or [""])[0]
        suggestion = did_you_mean(word, [*STEPS, *runs]) or f"Steps are {', '.join(STEPS)}."
        raise StashUsageError(
            f"no such step or run: {word!r}. {suggestion}",
            hint="A chain with a name stands in settings.toml: see `stash help cron`.",
        )
    return RunSpec(tuple(words))


def parse_steps(runtime: Runtime, spec: RunSpec, common: FollowOptions) -> list[Step]:
    """Parse the steps with their options; options of the chain apply where a step has none."""
    return [_parse_step(runtime, text, spec, common) for text in spec.steps]


def _parse_step(runtime: Runtime, text: str, spec: RunSpec, common: FollowOptions) -> Step:
    try:
        verb, *words = shlex.split(text)
    except ValueError as error:
        raise StashUsageError(f"step {text!r}: {error}") from None
    if verb not in STEPS:
        raise StashUsageError(f"no such step: {verb!r}. {did_you_mean(verb, STEPS)}".rstrip())
    task: Task | FileTask = TASKS[verb] if verb in TASKS else FILE_TASKS[verb]
    options = task.parse(runtime, verb, words)
    if isinstance(options, FollowOptions):
        options = replace(
            options,
            progress=common.progress,
            stop_on_interrupt=common.stop_on_interrupt or options.stop_on_interrupt,
            wait_timeout=options.wait_timeout or common.wait_timeout or spec.wait_timeout,
            fail_on_log=options.fail_on_log or common.fail_on_log or spec.fail_on_log or "new",
            ignore_error=[*(options.ignore_error or ()), *(common.ignore_error or ()), *spec.ignore],
        )
    return Step(text, task, options)
