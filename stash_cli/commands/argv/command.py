"""The command and group classes that all commands are made of: flags out of argv, lazy loading, one help."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

from stash_cli import __version__
from stash_cli.commands.argv.flags import FlagTable, Taker, refuse_unknown
from stash_cli.commands.argv.global_options import global_flags, leading_flags, nearest_option
from stash_cli.core.errors import StashUsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from stash_cli.commands.runtime import Runtime
    from stash_cli.core.types.entities import Entity

HELP = ("-h", "--help")


def wants_help(args: list[str]) -> bool:
    """Whether help is asked for, before any `--`."""
    words = args[: args.index("--")] if "--" in args else args
    return any(word in HELP for word in words)


class StashCommand(TyperCommand):
    """A command whose derived and global flags are taken out of argv before Typer sees it."""

    entity: Entity
    examples: tuple[str, ...] = ()
    help_flags: ClassVar[dict[str, tuple[str, str]]] = {}
    """Further flags that print something and end: name -> method and help."""

    def derived(self) -> FlagTable:
        """The flags that come from the API's description; none unless a subclass says so."""
        return FlagTable()

    def words(self, word: str) -> Iterable[tuple[str, str]]:  # noqa: ARG002 - for subclasses
        """What an argument that begins with `word` may be, with help; nothing unless a subclass says so."""
        return ()

    def own_names(self) -> tuple[set[str], set[str]]:
        """Names of the options declared to Typer: all, and those that take a value."""
        options = [param for param in self.params if param.param_type_name == "option"]
        names = {name for param in options for name in [*param.opts, *param.secondary_opts]}
        valued = {name for p in options if not getattr(p, "is_flag", False) for name in p.opts}
        return names | set(HELP), valued

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if wants_help(args):
            show_help(ctx, self.get_help(ctx))
        for flag, (method, _) in self.help_flags.items():
            if flag in args:
                show_help(ctx, getattr(self, method)(ctx))
        names, valued = self.own_names()
        tables = [global_flags(), self.derived()]
        taker = Taker(tables, names, valued)
        runtime: Runtime = ctx.obj
        try:
            taker.take(args)
        finally:
            runtime.merge(taker.values[0])
        refuse_unknown(taker.rest, names | set(self.help_flags), valued, tables, nearest_option)
        runtime.flags = taker.values[1]
        return super().parse_args(ctx, taker.rest)

    def get_help(self, ctx: Any) -> str:
        from stash_cli.commands.argv.help import command_help

        return command_help(self, ctx)


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of a group: what it is for, and where its command is made (`module:function`)."""

    help: str
    target: str
    section: str = "Commands"
    argument: Any = None
    alias_of: str = ""

    def load(self, name: str) -> TyperCommand | TyperGroup:
        """Import the module and make the command."""
        module, _, function = self.target.partition(":")
        make: Callable[..., Any] = getattr(import_module(module), function)
        made: TyperCommand | TyperGroup = make() if self.argument is None else make(self.argument)
        made.name = name
        return made


class LazyGroup(TyperGroup):
    """A group that imports a command only when it is called; its help comes from the table alone."""

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
        runtime: Runtime = ctx.obj
        taker = Taker([self.options()])
        try:
            taker.take(args, prefix_only=True)
        finally:
            runtime.merge(taker.values[0])
        return self._dispatch(ctx, taker.rest)

    def _dispatch(self, ctx: Any, rest: list[str]) -> list[str]:
        if not rest or rest[0] in HELP:
            show_help(ctx, self.get_help(ctx))
        self.leading(ctx, rest)
        if rest[0] not in self.entries:
            self._refuse(ctx, rest[0])
        return super().parse_args(ctx, rest)

    def _refuse(self, ctx: Any, word: str) -> NoReturn:
        """Raise for a word that is neither an option nor a command here."""
        if word.startswith("-"):
            name = word.partition("=")[0]
            what, near = f"option: {name}", nearest_option(name, [*self.options().names(), *HELP])
        else:
            what, near = f"command: {word}", did_you_mean(word, self.entries)
        raise StashUsageError(f"no such {what}. {near or f'See {ctx.command_path} --help.'}")

    def options(self) -> FlagTable:
        """The options that may stand before the name of a command in this group."""
        return global_flags()

    def leading(self, ctx: Any, rest: list[str]) -> None:
        """Flags that only this group has, such as `--version` at the root."""

    def get_help(self, ctx: Any) -> str:
        from stash_cli.commands.argv.help import group_help

        return group_help(self, ctx)


def group_of(module: str, text: str, commands: dict[str, str]) -> LazyGroup:
    """The group that a module is named for; `commands` has a help each, and `list_` makes `list`."""
    entries = {name: Entry(about, f"{module}:{name}_") for name, about in commands.items()}
    return LazyGroup(module.rpartition(".")[2], entries, text)


class Root(LazyGroup):
    """`stash` itself."""

    def options(self) -> FlagTable:
        return leading_flags()

    def leading(self, ctx: Any, rest: list[str]) -> None:
        if rest[0] in ("--version", "-V"):
            show_help(ctx, f"stash {__version__}\n")


def show_help(ctx: Any, text: str) -> None:
    """Print `text` as data and end with 0."""
    ctx.obj.streams.data(text)
    raise typer.Exit(0)


def command(
    name: str,
    function: Callable[..., Any],
    *,
    cls: type[StashCommand] = StashCommand,
    help: str = "",  # noqa: A002 - Typer's name
    examples: tuple[str, ...] = (),
    entity: Entity | None = None,
) -> StashCommand:
    """The command for a Typer function: its signature declares arguments and its own options."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command(name, cls=cls, help=help or function.__doc__, add_help_option=False)(function)
    made = typer.main.get_command(app)
    if not isinstance(made, StashCommand):
        raise TypeError(f"{name} is not a StashCommand")
    made.examples = examples
    if entity is not None:
        made.entity = entity
    return made
