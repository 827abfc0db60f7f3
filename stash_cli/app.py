"""The command line as a Typer application: the root, its commands and its help."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from stash_cli import __version__, program
from stash_cli.commands.argv.command import Entry, LazyGroup, print_and_exit
from stash_cli.commands.argv.flags import FlagTable, global_flags, leading_flags
from stash_cli.commands.argv.scanner import ArgvScanner
from stash_cli.commands.argv.synonyms import VERBS
from stash_cli.commands.common.runtime import Runtime
from stash_cli.core.errors import StashUsageError
from stash_cli.output.streams import Streams

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


NOUNS = (
    # singular and plural; the plural is the name of the module
    ("scene", "scenes"),
    ("image", "images"),
    ("gallery", "galleries"),
    ("performer", "performers"),
    ("studio", "studios"),
    ("tag", "tags"),
    ("group", "groups"),
    ("marker", "markers"),
)

SINGULARS = ("file", "folder", "filter", "job", "log", "package", "plugin", "scraper")
"""Singular synonyms of commands whose plural adds an s."""

COMMANDS = {
    # name: (help, module and function, section)
    "history": ("List and show the runs that changed objects", "history:group", "History"),
    "undo": ("Take back what a run changed", "undo:build_undo", "History"),
    "apply": ("Carry out a plan that --plan-out has written", "apply_plan:build", "History"),
    "redo": ("Make again what was undone", "undo:build_redo", "History"),
    "scan": ("Scan the media folders for new, changed and moved files", "metadata:scan", "Jobs"),
    "generate": ("Generate covers, previews, sprites, hashes and the like", "metadata:generate", "Jobs"),
    "auto-tag": ("Add what is named in paths of files", "metadata:auto_tag", "Jobs"),
    "identify": ("Fill in scenes from stash-boxes and scrapers", "metadata:identify", "Jobs"),
    "clean": ("Remove what belongs to files that are gone", "metadata:clean", "Jobs"),
    "clean-empty": (
        "Delete tags, performers and others that nothing refers to",
        "clean_empty:build",
        "Library",
    ),
    "clean-generated": (
        "Remove generated files that belong to nothing",
        "metadata:clean_generated",
        "Jobs",
    ),
    "backup": ("Back up the database, on the server or to a file here", "file_tasks:backup", "Jobs"),
    "export": ("Export objects to a file, or the whole library", "file_tasks:export", "Jobs"),
    "import": ("Import objects from a file, or the whole library", "file_tasks:import_", "Jobs"),
    "optimise": ("Optimise the database", "metadata:optimise", "Jobs"),
    "anonymise": (
        "Copy the database without names, texts and pictures",
        "file_tasks:anonymise",
        "Jobs",
    ),
    "metadata": ("All tasks on the whole library", "metadata:group", "Jobs"),
    "run": ("Run a chain of tasks, one after the other", "run:build", "Jobs"),
    "jobs": ("List, watch, wait for and stop jobs", "jobs:group", "Jobs"),
    "logs": ("Print the server's log, also as it is written", "logs:build", "Jobs"),
    "library": ("List, add and remove media folders", "library:group", "Server"),
    "stats": ("Print how much there is in the whole library", "stats:build", "Library"),
    "filters": ("Use and manage the filters saved in the web interface", "filters:group", "Library"),
    "files": ("Find, show, move and delete files", "files:NOUN.group", "Library"),
    "folders": ("Find and show folders", "folders:NOUN.group", "Library"),
    "sql": ("Run an SQL statement on the server's database", "sql:build", "Server"),
    "config": ("List, change and compare the settings of the server", "config:group", "Server"),
    "system": ("Show the state of the server, and set it up", "system:group", "Server"),
    "packages": ("Install scrapers and plugins from package sources", "packages:group", "Server"),
    "scrapers": ("List scrapers, and print what they find", "scrapers:group", "Server"),
    "stashbox": ("Exchange metadata with stash-boxes", "stashbox:group", "Server"),
    "dlna": ("Start and stop the DLNA service, and say who may use it", "dlna:group", "Server"),
    "plugins": ("Run and manage plugins, and write your own", "plugins:group", "Server"),
    "open": ("Open the page of an object in the browser", "open:build", "Library"),
    "embedded": ("Serve and manage a library file without a Stash server", "embedded:group", "Server"),
    "mirror": ("Keep an offline copy of a server, and read it", "mirror:group", "Server"),
    "api": ("Send a GraphQL document or operation", "api:build", "API"),
    "explain": ("Explain a name of the API: types, ranges, lookups, flags", "explain:build", "API"),
    "login": ("Save a server and its API key as a profile", "login:build", "Connection"),
    "auth": ("Show and try the key in use, switch, log out", "auth:group", "Connection"),
    "profile": ("List and change connections with names", "profile:group", "Connection"),
    "alias": ("Make words for longer command lines", "alias:group", "Connection"),
    "doctor": ("Check the connection, and say how to mend it", "doctor:build", "Server"),
    "version": ("Print the versions of this program and of the server", "version:build", "Server"),
    "help": ("Explain a topic or a command", "topics:build", "Server"),
    "completion": ("Complete commands, flags and names with Tab", "completion:group", "Server"),
}

EXAMPLES = (
    "stash --demo scenes find --rating100-gte 80",
    "stash scenes find beach --tag Outdoor --sort -date --limit 10",
    "stash performers find --country JP --json --fields id,name,birthdate",
    "stash scenes update 12 13 --rating100 80 --add-tag Outdoor",
    "stash scan --wait",
)


def entries() -> dict[str, Entry]:
    """The commands of the root, declared as text, so that the root's help imports no command."""
    found = {}
    for noun, plural in NOUNS:
        text = f"Find, show, count, edit and delete {plural}"
        target = f"stash_cli.commands.{plural}:NOUN.group"
        found[plural] = Entry(text, target, "Library")
        found[noun] = Entry(text, target, "Library", alias_of=plural)
    for name, (text, target, section) in COMMANDS.items():
        found[name] = Entry(text, f"stash_cli.commands.{target}", section)
    return found | {word: found[f"{word}s"]._replace(alias_of=f"{word}s") for word in SINGULARS}


class Root(LazyGroup):
    """`stash` itself.

    Parses its command line within the error boundary of `program`, so that exit statuses and messages are
    the same for the script, Typer's test runner and an application that includes this one.
    """

    def __init__(self, name: str | None = None, help: str | None = None, **_: Any) -> None:  # noqa: A002 - Typer's name
        super().__init__(name or "stash", entries(), help or "", EXAMPLES)

    def main(
        self, args: Sequence[str] | None = None, *_: Any, standalone_mode: bool = True, **__: Any
    ) -> Any:
        status = run(sys.argv[1:] if args is None else args, Streams.standard())
        if standalone_mode:
            sys.exit(status)
        return status

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        ctx.args = args  # parsed in `invoke`, because an error here would be outside of the boundary
        return args

    def invoke(self, ctx: Any) -> int:
        args = ctx.args
        if isinstance(ctx.obj, Runtime):
            return self._run(ctx, args)
        ctx.obj = Runtime(Streams.standard(), args=args)  # included in another application
        raise typer.Exit(program.guarded(ctx.obj, lambda: self._run(ctx, args)))

    def _run(self, ctx: Any, args: list[str]) -> int:
        program.require_text(args, ctx.obj.environ)
        ctx.obj.commands = self.entries
        try:
            super().parse_args(ctx, args)
            return int(super().invoke(ctx) or 0)
        except typer.Exit as done:
            return int(done.exit_code)
        # Typer would print this error in its own format, with its own exit status.
        except typer.TyperException as error:
            message = " ".join(error.format_message().split()).rstrip(".")
            raise StashUsageError(message[:1].lower() + message[1:]) from None

    def options(self) -> FlagTable:
        return leading_flags()

    def expanded(self, ctx: Any, words: list[str]) -> list[str]:
        word, *rest = words or [""]
        # An alias cannot replace a command, and its expansion is not expanded again.
        if word[:1] in ("", "-") or word in self.entries or not ctx.obj.has_settings:
            return words
        given = ArgvScanner([global_flags()]).scan(rest).values[0]
        ctx.obj.merge({name: value for name, value in given.items() if name in ("profile", "url", "demo")})
        alias = ctx.obj.profile.aliases.get(word)
        if alias is None:
            return words
        from stash_cli.commands.alias import expand

        return self.scanned(ctx, expand(word, alias, rest))

    def asked_for_help(self, words: list[str]) -> list[str]:
        """Keep `help plugins` if it is a topic, which explains more than the help of the command."""
        if words[:1] == ["help"]:
            from stash_cli.commands.topics import TOPICS

            if words[1:] and not words[2:] and words[1] in TOPICS:
                return words
        return super().asked_for_help(words)

    def refuse(self, ctx: Any, word: str) -> NoReturn:
        if word in ("--version", "-V"):
            print_and_exit(ctx, f"stash {__version__}\n")
        if word in VERBS:
            raise StashUsageError(
                f"{word} needs the kind of object first: stash scenes {word}",
                hint=f"The kinds are {', '.join(plural for _, plural in NOUNS)}.",
            )
        super().refuse(ctx, word)


app = typer.Typer(name="stash", cls=Root, add_completion=False, rich_markup_mode=None)


@app.callback()
def stash() -> None:
    """Work with a Stash media server from the command line."""


def root() -> Root:
    """The command tree of `app`."""
    command = typer.main.get_command(app)
    if not isinstance(command, Root):
        raise TypeError("the root of the command tree was replaced")
    return command


def run(args: Sequence[str], streams: Streams, environ: Mapping[str, str] | None = None) -> int:
    """Run one command line over `streams` and return its exit status."""
    return program.run(args, streams, root, environ)
