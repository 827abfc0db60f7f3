"""Defaults of command options from the settings file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.commands.argv.flags import FlagTable, global_flags, nearest_option
from stash_cli.commands.argv.scanner import ArgvScanner
from stash_cli.core.errors import StashConfigurationError, StashUsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stash_cli.commands.argv.command import StashCommand

REFUSED = frozenset(
    (
        "--server",
        "--url",
        "--profile",
        "--demo",
        "--mirror",
        "--api-key-file",
        "--insecure",
        "--ca-cert",
        "--yes",
        "--help",
    )
)
"""Options without defaults: connections have their own settings, and --yes would skip every prompt."""


def add_defaults(ctx: Any, command: StashCommand, given: Sequence[dict[str, Any]]) -> None:
    """Add the defaults of a command for options that the command line lacks.

    `given` has the values of the global and of the derived flags. Raises StashConfigurationError.
    """
    profile = ctx.obj.usable_profile
    for words, values in profile.defaults.items() if profile else ():
        if ctx.parent is not None:
            _warn_of_unknown(ctx, words)
        if _names(ctx, words):
            place = f"defaults of {' '.join(words)} in settings.toml"
            _fill_in(ctx, command, given, values, place)


def _warn_of_unknown(ctx: Any, words: Sequence[str]) -> None:
    known = ctx.find_root().command.entries
    if words[0] not in known:
        what = f"settings.toml has defaults of {' '.join(words)}, which is no command."
        ctx.obj.streams.warn(f"{what} {did_you_mean(words[0], known)}".rstrip())


def _names(ctx: Any, words: Sequence[str]) -> bool:
    """Whether words name the command of a context; synonyms are equal."""
    if ctx.parent is None:  # a step of a chain
        return tuple(words) == (ctx.info_name,)
    levels: list[tuple[Any, str]] = []
    while ctx.parent is not None:
        levels.insert(0, (ctx.parent.command, ctx.info_name))
        ctx = ctx.parent
    if len(levels) != len(words):
        return False
    return all(
        _full(group, name) == _full(group, word) for (group, name), word in zip(levels, words, strict=True)
    )


def _full(group: Any, name: str) -> str:
    entry = group.entries.get(name)
    return (entry.alias_of if entry else "") or name


def _fill_in(
    ctx: Any, command: StashCommand, given: Sequence[dict[str, Any]], values: Mapping[str, Any], place: str
) -> None:
    tables = [global_flags(), command.derived()]
    own = {name: param for param in command.params for name in (*param.opts, *param.secondary_opts)}
    words: list[str] = []
    for key, value in values.items():
        option = f"--{key.replace('_', '-')}"
        if option in REFUSED:
            raise StashConfigurationError(f"{place}: {option} cannot have a default.")
        if option in own:
            ctx.default_map = (ctx.default_map or {}) | {
                own[option].name: _own_value(own[option], option, value)
            }
        else:
            words += _words(tables, option, value, [*own], place)
    try:
        defaults = ArgvScanner(tables).scan(words).values
    except StashUsageError as error:
        raise StashConfigurationError(f"{place}: {error.message}") from None
    if ctx.parent is not None:  # a step of a chain does not decide the output of the chain
        ctx.obj.merge_defaults(defaults[0])
    for name, value in defaults[1].items():
        given[1].setdefault(name, value)


def _own_value(param: Any, option: str, value: Any) -> Any:
    if option in param.secondary_opts:
        return not value
    return [value] if getattr(param, "multiple", False) and not isinstance(value, list) else value


def _words(tables: list[FlagTable], option: str, value: Any, own: list[str], place: str) -> list[str]:
    """Convert a default to words of a command line. Raises StashConfigurationError for an unknown option."""
    flag = next((found for table in tables if (found := table.get(option))), None)
    if flag is None:
        known = [*own, *(name for table in tables for name in table.names())]
        raise StashConfigurationError(
            f"{place}: no such option {option}. {nearest_option(option, known)}".rstrip()
        )
    if not flag.metavar:
        return [option] if value else list(_opposite(tables, option))
    if isinstance(value, list) and not flag.many:
        value = ",".join(map(str, value))
    return [f"{option}={each}" for each in (value if isinstance(value, list) else [value])]


def _opposite(tables: list[FlagTable], option: str) -> Iterator[str]:
    """Yield the `--no-` form of a flag, if it exists."""
    name = f"--no-{option.removeprefix('--')}"
    if any(table.get(name) for table in tables):
        yield name
