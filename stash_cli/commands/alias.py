"""`stash alias`: user-defined words for longer command lines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import CommandOptions, LazyGroup, subcommand
from stash_cli.core.errors import StashInputError, StashNotFoundError, StashUsageError, did_you_mean
from stash_cli.output.values import View, columns

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from stash_cli.commands.common.runtime import Runtime

ALIAS = View(columns=columns("name!", "expansion", "profile"))
_PLACEHOLDER = re.compile(r"\$([1-9]\d*|@|\$)")


@dataclass(frozen=True, kw_only=True, eq=False)
class SetOptions(CommandOptions):
    """The command line of `alias set`."""

    name: Annotated[str, typer.Argument(metavar="NAME", help="the new word")]
    words: Annotated[
        list[str],
        typer.Argument(metavar="COMMAND...", help="what it stands for, in quotation marks or after --"),
    ]


@dataclass(frozen=True, kw_only=True, eq=False)
class RemoveOptions(CommandOptions):
    """The command line of `alias remove`."""

    name: Annotated[str, typer.Argument(metavar="NAME", help="an alias")]


def group() -> LazyGroup:
    entries = {
        "set": subcommand(
            "Make a word stand for a command line",
            run_set,
            SetOptions,
            "stash alias set best 'scenes find --rating100-gte 80 --sort -date'",
            "stash alias set by 'scenes find --studio $1 --tag $2'",
            "stash alias set both -- scenes find --tag 'To sort' --json",
        ),
        "list": subcommand("List the aliases", run_list, CommandOptions, "stash alias list"),
        "remove": subcommand("Remove an alias", run_remove, RemoveOptions, "stash alias remove best"),
    }
    return LazyGroup("alias", entries, "Set, list and remove words for longer command lines.")


def run_set(runtime: Runtime, options: SetOptions) -> None:
    """Make a word stand for a command line of this program.

    $1, $2, ... stand for the words after the alias, $@ for all others of them; $$ is a dollar sign. Without
    $@ the others follow at the end. A word stays one word, whatever spaces it has; no shell sees it. With -P
    it holds for that profile only. An alias cannot have the name of a command, nor stand for an alias.
    """
    from stash_cli.core.settings_edit import editing, set_alias

    words = _split(options.words)
    _check(options.name, words, runtime.commands)
    profile = runtime.options.profile
    if profile is not None:
        runtime.settings.profile(profile)
    with editing(runtime.settings.path) as document:
        set_alias(document, options.name, words, profile)
    runtime.streams.note(f"{options.name} stands for: {_quoted(words)}")


def _split(words: list[str]) -> list[str]:
    """Split a command line that was given as one text."""
    import shlex

    if len(words) > 1:
        return words
    try:
        return shlex.split(words[0])
    except ValueError as error:
        raise StashInputError(f"COMMAND cannot be read: {str(error).lower()}") from None


def _check(name: str, words: list[str], commands: Collection[str]) -> None:
    from stash_cli.commands.argv.flags import leading_flags
    from stash_cli.commands.argv.scanner import ArgvScanner

    if not name.strip() or name.startswith("-") or any(char.isspace() for char in name):
        raise StashInputError(f"{name!r} cannot be an alias: it is one word that does not begin with -")
    if name in commands:
        raise StashUsageError(f"{name} is a command of this program: an alias cannot replace it")
    command_words = ArgvScanner([leading_flags()]).scan(words, prefix_only=True).rest
    if not command_words or command_words[0] not in commands:
        first = command_words[0] if command_words else "nothing"
        raise StashUsageError(f"{first} is no command. {did_you_mean(first, commands)}".rstrip())


def run_list(runtime: Runtime, _: CommandOptions) -> None:
    """List the aliases that hold for this connection, with what they stand for."""
    profile = runtime.profile
    own = profile.values.get("aliases", {})
    rows = [
        {
            "name": name,
            "expansion": _quoted(words),
            "words": words,
            "profile": profile.name if name in own else None,
        }
        for name, words in profile.aliases.items()
    ]
    if not rows:
        runtime.streams.note("there are no aliases; `stash alias set NAME COMMAND` makes one")
    for row in rows:
        if row["name"] in runtime.commands:
            runtime.streams.note(f"{row['name']} is a command now: its alias is not used")
    runtime.print_rows(ALIAS, rows)


def _quoted(words: Sequence[str]) -> str:
    import shlex

    return shlex.join(words).replace("'$1'", "$1").replace("'$@'", "$@")


def run_remove(runtime: Runtime, options: RemoveOptions) -> None:
    """Remove an alias; with -P that of the profile."""
    from stash_cli.core.settings_edit import editing, set_alias

    profile = runtime.options.profile
    table: Any = runtime.settings.content if profile is None else runtime.settings.profile(profile).values
    aliases: Collection[str] = table.get("aliases", {})
    if options.name not in aliases:
        hint = did_you_mean(options.name, aliases) or "See `stash alias list`."
        raise StashNotFoundError(f"there is no alias {options.name}. {hint}")
    with editing(runtime.settings.path) as document:
        set_alias(document, options.name, None, profile)
    runtime.streams.note(f"removed the alias {options.name}")


def expand(name: str, words: Sequence[str], given: Sequence[str]) -> list[str]:
    """Expand an alias and the words after it to a command line. Raises StashUsageError.

    >>> expand("by", ["scenes", "find", "--studio", "$1"], ["Acme", "lake"])
    ['scenes', 'find', '--studio', 'Acme', 'lake']
    """
    numbers = {int(found) for word in words for found in _PLACEHOLDER.findall(word) if found.isdigit()}
    if numbers and max(numbers) > len(given):
        raise StashUsageError(f"the alias {name} takes ${max(numbers)}, and {len(given)} words follow it")
    others = [word for number, word in enumerate(given, 1) if number not in numbers]

    def fill(found: re.Match[str]) -> str:
        what = found[1]
        return given[int(what) - 1] if what.isdigit() else "$" if what == "$" else " ".join(others)

    expanded: list[str] = []
    for word in words:
        expanded += others if word == "$@" else [_PLACEHOLDER.sub(fill, word)]
    return expanded if any("$@" in word for word in words) else expanded + others
