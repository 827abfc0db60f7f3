"""Commands, built from a function and an options class, and groups that load them lazily."""

from __future__ import annotations

import inspect
from collections import defaultdict
from dataclasses import MISSING, dataclass, field, fields
from functools import cache, partial
from importlib import import_module
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple, NoReturn, TypeVar, get_type_hints

import typer
from typer.core import TyperCommand, TyperGroup

from stash_cli.commands.argv.flags import HELP, FlagTable, global_flags, nearest_option
from stash_cli.commands.argv.scanner import ArgvScanner
from stash_cli.commands.argv.synonyms import synonyms_of
from stash_cli.core.errors import StashUsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from stash_cli.commands.argv.help import Sections
    from stash_cli.commands.common.runtime import Runtime


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class CommandOptions:
    """The parsed arguments and options of one command.

    Subclasses declare each with Typer's annotations. `flags` has the values of derived flags by destination.
    `eq` and `repr` are off, because generating these methods costs start-up time.
    """

    flags: dict[str, Any] = field(default_factory=dict)


Yes = Annotated[bool, typer.Option("--yes", "-y", help="do not ask")]
"""The option of commands that ask before they change anything."""

Options = TypeVar("Options", bound=CommandOptions)


class StashCommand(TyperCommand):
    """A command whose derived and global flags are scanned before Typer parses the rest."""

    examples: tuple[str, ...] = ()
    derived: Callable[[], FlagTable] = FlagTable
    """Builds the table of flags that are derived from the API's description."""
    is_query: Callable[[str], bool] | None = None
    """Predicate for commands with a query: whether a word with a dash belongs to the query."""
    help_flags: ClassVar[dict[str, tuple[str, str]]] = {}
    """Further flags that print a text and exit: name -> (method, help).

    The method receives Typer's context and the word after the flag, or "".
    """

    def complete_argument(self, word: str) -> Iterable[tuple[str, str]]:  # noqa: ARG002 - for subclasses
        """The completions of an argument that begins with `word`, with help."""
        return ()

    def own_names(self) -> tuple[set[str], set[str]]:
        """Names of the options declared to Typer: all, and those that take a value."""
        options = [param for param in self.params if param.param_type_name == "option"]
        names = {name for param in options for name in [*param.opts, *param.secondary_opts]}
        valued = {name for p in options if not getattr(p, "is_flag", False) for name in p.opts}
        return names | {*HELP, *self.help_flags}, valued

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        # Handled before anything else, so that --help works on an invalid command line.
        if wants_help(args):
            print_and_exit(ctx, self.get_help(ctx))
        for number, word in enumerate(args):
            name, _, value = word.partition("=")
            if name in self.help_flags:
                following = "".join(each for each in args[number + 1 : number + 2] if each[:1] != "-")
                print_and_exit(ctx, getattr(self, self.help_flags[name][0])(ctx, value or following))
        scanner = ArgvScanner([global_flags(), self.derived()], *self.own_names(), self.is_query)
        try:
            scanner.scan(args)
        finally:  # merged even after an error, which is printed in the requested format
            ctx.obj.merge(scanner.values[0])
        if ctx.obj.has_settings:
            from stash_cli.commands.argv.command_defaults import add_defaults

            add_defaults(ctx, self, scanner.values)
        scanner.refuse_unknown(nearest_option)
        rest = super().parse_args(ctx, scanner.rest)
        ctx.params["flags"] = scanner.values[1]
        return rest

    def get_help(self, ctx: Any) -> str:
        from stash_cli.commands.argv.help import Layout, command_help

        pieces = [piece.strip("{}") for piece in self.collect_usage_pieces(ctx) if piece != "[OPTIONS]"]
        return command_help(
            Layout.of(ctx.obj.streams),
            " ".join([ctx.command_path, *pieces, "[OPTIONS]"]),
            self.examples,
            self.help_text(),
            self._parameters(ctx),
            self.derived().rows(),
        )

    def help_text(self) -> str:
        """The paragraphs of the help."""
        return self.help or ""

    def _parameters(self, ctx: Any) -> Sections:
        """Help of the arguments and options declared to Typer."""
        found: Sections = {"argument": [], "option": []}
        for param in self.params:
            record = param.get_help_record(ctx)
            if record is not None:
                found[param.param_type_name].append(record)
        found["option"] += [(f"{name} [FIELD]", text) for name, (_, text) in self.help_flags.items()]
        found["option"].append(("-h, --help", "show this help"))
        return {f"{title.title()}s": rows for title, rows in found.items() if rows}


def command(  # noqa: PLR0913 - keywords of one declaration
    name: str,
    run: Callable[[Runtime, Options], int | None],
    options: type[Options],
    *,
    cls: type[StashCommand] = StashCommand,
    help: str = "",  # noqa: A002 - Typer's name
    examples: tuple[str, ...] = (),
    flags: Callable[[], FlagTable] = FlagTable,
    is_query: Callable[[str], bool] | None = None,
) -> StashCommand:
    """Build the command that calls `run` with the runtime and the parsed options.

    `flags` builds the table of derived flags, `is_query` distinguishes words of a query from options. The
    docstring of `run` is the help unless `help` is given.
    """
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    described = run.func if isinstance(run, partial) else run  # a partial has functools' docstring
    register = app.command(name, cls=cls, help=help or described.__doc__, add_help_option=False)
    register(_callback(run, options))
    built = typer.main.get_command(app)
    if not isinstance(built, StashCommand):
        raise TypeError(f"{name} is not a StashCommand")
    built.examples = examples
    # Cached, because help reads the table several times, and a table of filters has hundreds of flags.
    built.derived = cache(flags)
    built.is_query = is_query
    return built


def _callback(
    run: Callable[[Runtime, Options], int | None], options: type[Options]
) -> Callable[..., int | None]:
    """Build the function that Typer calls; its signature declares the fields of `options`."""

    def callback(ctx: typer.Context, **values: Any) -> int | None:
        return run(ctx.obj, options(**values))

    context = inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    vars(callback)["__signature__"] = inspect.Signature([context, *_declared(options)])
    return callback


def _declared(options: type[CommandOptions]) -> Iterator[inspect.Parameter]:
    """Yield the fields as parameters in the order of the help: own fields before inherited ones."""
    hints = get_type_hints(options, include_extras=True)
    known = {each.name: each for each in fields(options) if each.name != "flags"}
    # `fields()` lists inherited ones first, so the order is taken from the annotations.
    order = dict.fromkeys(name for cls in options.__mro__ for name in inspect.get_annotations(cls))
    for each in (known[name] for name in order if name in known):
        default = inspect.Parameter.empty if each.default is MISSING else each.default
        yield inspect.Parameter(
            each.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hints[each.name]
        )


def wants_help(args: list[str]) -> bool:
    """Whether help is requested, before any `--`."""
    words = args[: args.index("--")] if "--" in args else args
    return any(word in HELP for word in words)


def print_and_exit(ctx: Any, text: str) -> NoReturn:
    """Print `text` to stdout and exit with status 0."""
    ctx.obj.streams.data(text)
    raise typer.Exit(0)


class Entry(NamedTuple):
    """A command of a group: its help, and the function that builds it.

    A function given as `module:function` is imported only when the command is loaded.
    """

    help: str
    target: str | Callable[..., TyperCommand | TyperGroup]
    section: str = "Commands"
    arguments: tuple[Any, ...] = ()
    alias_of: str = ""

    def load(self, name: str) -> TyperCommand | TyperGroup:
        """Build the command, and import its module if needed."""
        factory = self.target
        if isinstance(factory, str):
            module, _, path = factory.partition(":")
            factory = attrgetter(path)(import_module(module))
        command: TyperCommand | TyperGroup = factory(*self.arguments)
        command.name = name
        return command


class LazyGroup(TyperGroup):
    """A group that imports a command only when it is called; its help needs only the table of entries."""

    def __init__(
        self, name: str, entries: dict[str, Entry], text: str = "", examples: tuple[str, ...] = ()
    ) -> None:
        super().__init__(name=name, help=text, rich_markup_mode=None, add_help_option=False)
        others = synonyms_of(name for name, entry in entries.items() if not entry.alias_of)
        aliases = {word: entries[verb]._replace(alias_of=verb) for word, verb in others.items()}
        self.entries = entries | {word: entry for word, entry in aliases.items() if word not in entries}
        self.examples = examples

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - Typer's signature
        return list(self.entries)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - Typer's signature
        entry = self.entries.get(cmd_name)
        return entry.load(cmd_name) if entry else None

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        rest = self.asked_for_help(self.expanded(ctx, self.scanned(ctx, args)))
        # A group without a command prints its help.
        if not rest or rest[0] in HELP:
            print_and_exit(ctx, self.get_help(ctx))
        if rest[0] not in self.entries:
            self.refuse(ctx, rest[0])
        return super().parse_args(ctx, rest)

    def scanned(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the global options before the command; return the other words."""
        scanner = ArgvScanner([self.options()])
        try:
            scanner.scan(args, prefix_only=True)
        finally:  # merged even after an error, which is printed in the requested format
            ctx.obj.merge(scanner.values[0])
        return scanner.rest

    def expanded(self, ctx: Any, words: list[str]) -> list[str]:  # noqa: ARG002 - for the root
        """Return `words` with a user-defined alias expanded."""
        return words

    def asked_for_help(self, words: list[str]) -> list[str]:
        """Rewrite `help find` as `find --help`, and `help` alone as `--help`."""
        is_help = words[:1] == ["help"] and (not words[1:] or words[1] in self.entries)
        return [*words[1:], "--help"] if is_help else words

    def refuse(self, ctx: Any, word: str) -> NoReturn:
        """Raise StashUsageError for a word that is neither an option nor a command of this group."""
        if word.startswith("-"):
            name = word.partition("=")[0]
            what, near = f"option: {name}", nearest_option(name, [*self.options().names(), *HELP])
        else:
            what, near = f"command: {word}", self._near(word)
        raise StashUsageError(f"no such {what}. {near or f'See {ctx.command_path} --help.'}")

    def _near(self, word: str) -> str:
        if f"--{word}" in self.options().names():
            return f"Did you mean --{word}?"
        own = [name for name, entry in self.entries.items() if not entry.alias_of]
        return did_you_mean(word, own) or did_you_mean(word, self.entries)

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
    """Build an entry for a function of the group's own module; its docstring is the command's help."""
    return Entry(about, partial(command, about, run, options, examples=examples))
