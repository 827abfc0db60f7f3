"""Random argument lists: commands with their own flags, and mostly invalid values."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from cli_support import leaf_commands

from stash_cli.commands.argv.command import StashCommand
from stash_cli.commands.argv.flags import global_flags

ENDLESS = {("embedded", "serve"), ("jobs", "watch")}
"""Commands that run until interrupted."""
LEFT_OUT = {"--server", "--url", "--demo", "--library", "--debug"}
"""Options that select another library, and the one that prints tracebacks."""
WORDS = """
0 1 2 -1 1.5 1e309 nan 99999999999999999999 007 0x10 id:1 id: id:x - -- @ @nothing null true no
[] {} [1, {"a":{"b":null}} " a,b , a=b = Alice Beach shore tag:x 2024 2024-13 2024-02-30 24-1-1
0000-00-00 9999-12-31T23:59:59Z yesterday 1:30 60m 1h .. 1.. ..1 1..x 5..1 ( a{2,1} * %s {0} $(x)
https:// http://[ ftp://x / /nonexistent/x ./x.sqlite ~ scene scenes all any none
"""
VALUES = [
    *WORDS.split(),
    *("", " ", "2 days ago", "in 5 weeks", "{{ x }}", "'; DROP", "x" * 5000),
    *("\\", "\x00", "\x1b[31m", "\u202e", "\U0001f600", "\udcff", "\u0130", "e\u0301", "\r\n"),
]
"""Values that are invalid for most flags, and valid for some."""
ODD_WORDS = ("--", "-", "--nothing", "-x", "--=", "--limit=", "-o", "--no-", "help", "--help", "-h")


def argument_lists(seed: int, count: int) -> Iterator[list[str]]:
    """`count` argument lists, determined by `seed`."""
    rng = Random(seed)
    commands = [(path, command) for path, command in leaf_commands().items() if path not in ENDLESS]
    for _ in range(count):
        path, command = rng.choice(commands)
        given = [word for _ in range(rng.randint(0, 4)) for word in _some(rng, command)]
        words = [*path, *given]
        if rng.random() < 0.1:
            words.insert(rng.randint(0, len(words)), rng.choice(ODD_WORDS))
        yield words


def _some(rng: Random, command: StashCommand) -> list[str]:
    """A word, or a flag with its value, if it takes one."""
    if rng.random() < 0.35:
        return [rng.choice(VALUES)]
    name, takes_value, choices = rng.choice(_flags(rng, command))
    if not takes_value:
        return [name]
    value = rng.choice(choices if choices and rng.random() < 0.5 else VALUES)
    return [f"{name}={value}"] if rng.random() < 0.3 else [name, value]


def _flags(rng: Random, command: StashCommand) -> list[tuple[str, bool, tuple[str, ...]]]:
    """Flags as (name, whether they take a value, listed values)."""
    derived = list(command.derived().rows())
    found: list[tuple[str, bool, tuple[str, ...]]] = [
        (flag.name, bool(flag.metavar), flag.choices)
        for flag in [*global_flags().rows(), *rng.sample(derived, min(len(derived), 10))]
    ]
    options: list[Any] = [param for param in command.params if param.param_type_name == "option"]
    found += [(name, not option.is_flag, ()) for option in options for name in option.opts]
    return [each for each in found if each[0] not in LEFT_OUT]
