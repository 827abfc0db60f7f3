"""Groups of commands that are imported only when they are called."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NoReturn

from typer.core import TyperCommand, TyperGroup

from stash_cli.commands.argv.command import Options, command, print_and_exit
from stash_cli.commands.argv.global_options import HELP, global_flags, nearest_option
from stash_cli.commands.argv.scanner import ArgvScanner
from stash_cli.core.errors import StashUsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable

    from stash_cli.commands.argv.flags import FlagTable
    from stash_cli.commands.argv.help import Sections
    from stash_cli.commands.runtime import Runtime


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A row of a group: its help, and the function that makes its command.

    The function is named as `module:function` where its module is not to be imported before it is needed.
    """

    help: str
    target: str | Callable[..., TyperCommand | TyperGroup]
    section: str = "Commands"
    arguments: tuple[Any, ...] = ()
    alias_of: str = ""

    def load(self, name: str) -> TyperCommand | TyperGroup:
        """Make the command, importing its module where needed."""
        make = self.target
        if isinstance(make, str):
            module, _, path = make.partition(":")
            make = attrgetter(path)(import_module(module))
        made: TyperCommand | TyperGroup = make(*self.arguments)
        made.name = name
        return made


class LazyGroup(TyperGroup):
    """A group that imports a command when it is called; its help comes from the table alone."""

    def __init__(
        self, name: str, entries: dict[str, Entry], text: str = "", examples: tuple[str, ...] = ()
    ) -> None:
        super().__init__(name=name, help=text, rich_markup_mode=None, add_help_option=False)
        self.entries = entries
        self.examples = examples

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - Typer's signature
        return list(self.entries)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - Typer's signature
        entry = self.entries.get(cmd_name)
        return entry.load(cmd_name) if entry else None

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        scanner = ArgvScanner([self.options()])
        try:
            scanner.scan(args, prefix_only=True)
        finally:  # an error is printed in the format that was asked for
            ctx.obj.merge(scanner.values[0])
        rest = scanner.rest
        # A group alone does nothing, so its help is the answer.
        if not rest or rest[0] in HELP:
            print_and_exit(ctx, self.get_help(ctx))
        if rest[0] not in self.entries:
            self.refuse(ctx, rest[0])
        return super().parse_args(ctx, rest)

    def refuse(self, ctx: Any, word: str) -> NoReturn:
        """Raise StashUsageError for a word that is neither an option nor a command of this group."""
        if word.startswith("-"):
            name = word.partition("=")[0]
            what, near = f"option: {name}", nearest_option(name, [*self.options().names(), *HELP])
        else:
            what, near = f"command: {word}", did_you_mean(word, self.entries)
        raise StashUsageError(f"no such {what}. {near or f'See {ctx.command_path} --help.'}")

    def options(self) -> FlagTable:
        """The options that may stand before the name of a command of this group."""
        return global_flags()

    def get_help(self, ctx: Any) -> str:
        from stash_cli.commands.argv.help import Layout, group_help

        sections: Sections = defaultdict(list)
        for name, entry in self.entries.items():
            if not entry.alias_of:
                sections[entry.section].append((name, entry.help))
        return group_help(
            Layout.of(ctx.obj.streams),
            ctx.command_path,
            self.examples,
            self.help or "",
            sections,
            is_root=ctx.parent is None,
        )


def subcommand(
    about: str, run: Callable[[Runtime, Options], int | None], options: type[Options], *examples: str
) -> Entry:
    """A row for a function of the group's own module; its docstring is the command's help."""
    return Entry(about, partial(command, about, run, options, examples=examples))
