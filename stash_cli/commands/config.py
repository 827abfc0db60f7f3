"""`stash config`: the settings of the server."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import CommandOptions, Entry, LazyGroup, Yes, subcommand
from stash_cli.commands.common.sending import confirmed, uninterrupted
from stash_cli.commands.common.variables import read_text
from stash_cli.core.errors import StashInputError, StashUsageError
from stash_cli.core.server_settings import (
    NAMES,
    Settings,
    changes,
    flat,
    lookup,
    masked,
    mutations,
    parse,
    readable,
)
from stash_cli.core.texts import ARROW
from stash_cli.output.failures import confirm
from stash_cli.output.values import Column, View, columns, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.client.session import Session

SETTING = View(columns=columns("key!", "value"))
CHANGE = View(columns=columns("key!", "old", "new"))


@dataclass(frozen=True, kw_only=True, eq=False)
class ListOptions(CommandOptions):
    """The command line of `config list`."""

    section: Annotated[str | None, typer.Argument(metavar="[SECTION]", help=f"one of {', '.join(NAMES)}")] = (
        None
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class GetOptions(CommandOptions):
    """The command line of `config get`."""

    key: Annotated[str, typer.Argument(metavar="KEY", help="such as general.log_level")]


@dataclass(frozen=True, kw_only=True, eq=False)
class SetOptions(CommandOptions):
    """The command line of `config set`."""

    settings: Annotated[
        list[str], typer.Argument(metavar="KEY=VALUE...", help="VALUE @FILE or @- is read from there")
    ]
    dry_run: Annotated[bool, typer.Option("--dry-run", "-n", help="show the changes, do not make them")] = (
        False
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class FileOptions(CommandOptions):
    """The command line of `config diff`."""

    file: Annotated[str, typer.Argument(metavar="FILE|-", help="YAML or JSON, as `config list` prints it")]


@dataclass(frozen=True, kw_only=True, eq=False)
class ApplyOptions(FileOptions):
    """The command line of `config apply`."""

    yes: Yes = False


def group() -> LazyGroup:
    entries = {
        "list": subcommand(
            "List the settings",
            run_list,
            ListOptions,
            "stash config list",
            "stash config list interface",
            "stash config list --yaml > settings.yaml",
        ),
        "get": subcommand("Print one setting", run_get, GetOptions, "stash config get general.log_level"),
        "set": subcommand(
            "Change settings",
            run_set,
            SetOptions,
            "stash config set general.log_level=Debug general.parallel_tasks=2",
            "stash config set general.password=@password.txt",
        ),
        "edit": Entry("Change settings in an editor", "stash_cli.commands.config_edit:build"),
        "diff": subcommand(
            "Show what `config apply` would change", run_diff, FileOptions, "stash config diff settings.yaml"
        ),
        "apply": subcommand(
            "Make the settings those of a file",
            run_apply,
            ApplyOptions,
            "stash config apply settings.yaml",
        ),
    }
    return LazyGroup("config", entries, "List, change and compare the settings of the server.")


async def read(session: Session) -> Settings:
    """Read the settings of the server, without secrets."""
    return readable(await session.call("configuration", {}))


def run_list(runtime: Runtime, options: ListOptions) -> None:
    """List the settings of the server, secrets hidden.

    JSON and YAML hold them by section. Such a file can be changed, compared with `config diff` and applied
    with `config apply`.
    """
    settings = runtime.run(read)
    if options.section is not None:
        settings = {options.section: lookup(settings, options.section)}
    if runtime.options.output in ("json", "jsonl", "yaml"):
        runtime.print_row(SETTING, settings)
    elif runtime.for_people and not runtime.options.fields:
        print_card(runtime, settings)
    else:
        runtime.print_rows(SETTING, [{"key": key, "value": text(value)} for key, value in flat(settings)])


def print_card(runtime: Runtime, settings: Settings) -> None:
    """Print a line for each setting; a column of keys would leave no room for values."""
    found = list(flat(settings))
    names = [str(number) for number in range(len(found))]
    view = View(columns=tuple(Column(key, (name,)) for name, (key, _) in zip(names, found, strict=True)))
    values = (text(value) or '""' for _, value in found)
    runtime.print_row(view, dict(zip(names, values, strict=True)))


def run_get(runtime: Runtime, options: GetOptions) -> None:
    """Print one setting, or those below a key."""
    value = lookup(runtime.run(read), options.key)
    if not runtime.for_people:
        runtime.print_row(SETTING, {"key": options.key, "value": value})
    elif not runtime.streams.out_is_terminal:
        runtime.streams.data(f"{text(value)}\n")
    elif value and isinstance(value, dict):
        print_card(runtime, {options.key: value})
    else:
        runtime.streams.data(
            json.dumps(value, ensure_ascii=False, indent=2)
            if value and isinstance(value, list)
            else text(value)
        )
        runtime.streams.data("\n")


def run_set(runtime: Runtime, options: SetOptions) -> None:
    """Change settings. Values are checked against their types before anything is sent.

    Lists are words between commas, or JSON. A secret is best read from a file or from stdin (@-), because
    other users of this machine can see command lines.
    """
    new_values = dict(_assignment(runtime, word) for word in options.settings)

    async def work(session: Session) -> dict[str, tuple[Any, Any]]:
        current = await read(session)
        changed = {key: (dict(flat(current)).get(key), value) for key, value in new_values.items()}
        changed = {key: pair for key, pair in changed.items() if pair[0] != pair[1]}
        if not options.dry_run:
            await write(session, current, {key: new for key, (_, new) in changed.items()})
        return changed

    print_changes(runtime, runtime.run(work, writes=not options.dry_run), done=not options.dry_run)


def run_diff(runtime: Runtime, options: FileOptions) -> None:
    """Show how the settings of the server differ from those of a file. Settings that are not in it stay."""
    new_settings = read_file(runtime, options.file)

    async def work(session: Session) -> dict[str, tuple[Any, Any]]:
        return changes(await read(session), new_settings)

    print_changes(runtime, runtime.run(work), done=False)


def run_apply(runtime: Runtime, options: ApplyOptions) -> None:
    """Make the settings of the server those of a file. Settings that are not in it stay as they are."""
    new_settings = read_file(runtime, options.file)

    async def work(session: Session) -> dict[str, tuple[Any, Any]]:
        current = await read(session)
        changed = changes(current, new_settings)
        if changed:
            if not options.yes:
                show(runtime, changed)
            count = f"{len(changed)} setting{'s' if len(changed) > 1 else ''}"
            confirm(runtime.streams, f"change {count} of {session.url}", yes=options.yes)
            await write(session, current, {key: new for key, (_, new) in changed.items()})
        return changed

    print_changes(runtime, runtime.run(work, writes=True), done=True)


async def write(session: Session, current: Settings, changed: dict[str, Any]) -> None:
    """Send the changed keys, one mutation per section; nothing if the server lacks one of the keys."""
    from stash_cli.core.edits.apply import apply_one
    from stash_cli.core.edits.operation import Operation
    from stash_cli.core.edits.plan import Plan, check_known

    sections = [Operation(name, args, paths=None) for name, args in mutations(current, changed)]
    check_known(Plan((), tuple(sections)), await session.load_capabilities())
    for section in sections:
        answer = apply_one(session, section, quiet=True)
        await uninterrupted(
            confirmed(
                answer,
                is_answer=lambda value: isinstance(value, dict),
                hint="Settings may have changed: check with `stash config list`.",
            )
        )


def print_changes(runtime: Runtime, changed: dict[str, tuple[Any, Any]], *, done: bool) -> None:
    """Print a note about the changed settings; with `done` False, print the differences."""
    from stash_cli.output.diff import broken_text

    if not changed:
        runtime.streams.note("nothing to change")
    elif not runtime.for_people or runtime.options.fields:
        runtime.print_rows(
            CHANGE,
            [{"key": key, "old": old, "new": masked(new, key)} for key, (old, new) in changed.items()],
        )
    elif done:
        show(runtime, changed)
    else:
        streams = runtime.streams
        for line in _lines(changed):
            parts = broken_text(line, streams.width) if streams.out_is_terminal else [line]
            streams.data("".join(f"{part}\n" for part in parts))


def show(runtime: Runtime, changed: dict[str, tuple[Any, Any]]) -> None:
    """Show changes in the format of other edits."""
    from stash_cli.output.diff import show_line

    for line in _lines(changed):
        show_line(runtime.streams, line)


def _lines(changed: dict[str, tuple[Any, Any]]) -> Iterator[str]:
    for key, (old, new) in changed.items():
        yield f"{key}: {text(old)}{ARROW}{text(masked(new, key))}"


def text(value: Any) -> str:
    """Format a value on one line: text without quotes, other values as JSON."""
    return one_line(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _assignment(runtime: Runtime, word: str) -> tuple[str, Any]:
    key, equals, value = word.partition("=")
    if not equals:
        raise StashUsageError(f"{word!r} has no value: write KEY=VALUE")
    if value.startswith("@"):
        value = read_text(value[1:], runtime.streams).rstrip("\r\n")
    return key, parse(key, value)


def read_file(runtime: Runtime, source: str) -> Settings:
    """Read the settings in a file, by section. Raises StashInputError."""
    import yaml

    content = read_text(source, runtime.streams)
    try:
        content_by_section = yaml.safe_load(content)
    except yaml.YAMLError as error:
        raise StashInputError(f"{source} is neither YAML nor JSON: {one_line(str(error))}") from None
    if not isinstance(content_by_section, dict) or not content_by_section.keys() <= set(NAMES):
        raise StashInputError(
            f"{source} has no settings by section", hint="`stash config list --yaml` prints such a file."
        )
    return content_by_section
