"""Flags that Typer does not declare: those derived from the API, and the global options.

A filter type has hundreds of flags; declaring each to Typer would take longer than the request.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from stash_cli.commands.argv.value_parsers import choice, field_list, not_blank, seconds
from stash_cli.core.errors import StashInputError, StashUsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator


class Flag(NamedTuple):
    """One flag. Without `metavar` it takes no value, and its value is `const`."""

    name: str
    dest: str
    help: str = ""
    metavar: str = ""
    group: str = ""
    parse: Callable[[str], Any] = str
    const: Any = True
    many: bool = False
    short: str = ""
    choices: tuple[str, ...] = ()
    long_help: str = ""
    """Help in lists of all flags, where `help` covers several flags or is empty."""
    hidden: bool = False
    """Omitted from help, because the line of another flag covers it."""
    suffixes: tuple[str, ...] = ()
    """Suffixes of further flags for the same field: `-gte`."""
    clashes: str = ""
    """The flag that excludes this one: `--no-organized` for `--organized`."""
    target: str = ""
    """The type of the objects that the value names, for completion."""

    def read(self, text: str) -> Any:
        """Parse a value. Raises StashInputError with the name of the flag."""
        try:
            return self.parse(text)
        except (StashUsageError, ValueError) as error:
            raise StashInputError(f"{self.name}: {error}", hint=getattr(error, "hint", None)) from None

    @property
    def usage(self) -> str:
        """Names and metavar: `-o, --output FORMAT`."""
        names = f"{self.short}, {self.name}" if self.short else self.name
        return f"{names} {self.metavar}".rstrip()


class FlagTable:
    """Flags by name."""

    title = ""

    def __init__(self, flags: Iterable[Flag] = ()) -> None:
        self.flags: dict[str, Flag] = {}
        for flag in flags:
            # The first flag with a name takes precedence: fields of the type come before derived ones.
            self.flags.setdefault(flag.name, flag)
            if flag.short:
                self.flags.setdefault(flag.short, flag)

    def get(self, name: str) -> Flag | None:
        return self.flags.get(name)

    def names(self) -> Collection[str]:
        """All names, for completion and suggestions."""
        return self.flags.keys()

    def rows(self) -> Iterator[Flag]:
        """Each flag once."""
        yield from dict.fromkeys(self.flags.values())

    def with_nested(self) -> Iterator[FlagTable]:
        """This table and those of related types."""
        yield self

    def related_names(self) -> Collection[str]:
        """Relations whose objects have flags of their own."""
        return ()


class LazyFlags(FlagTable):
    """A table that is built on the first lookup."""

    def __init__(self, build: Callable[[], FlagTable]) -> None:
        self._build = build

    @cached_property
    def table(self) -> FlagTable:
        return self._build()

    def get(self, name: str) -> Flag | None:
        return self.table.get(name)

    def names(self) -> Collection[str]:
        return self.table.names()

    def rows(self) -> Iterator[Flag]:
        return self.table.rows()

    def with_nested(self) -> Iterator[FlagTable]:
        return self.table.with_nested()

    def related_names(self) -> Collection[str]:
        return self.table.related_names()


FORMATS = ("table", "json", "jsonl", "csv", "tsv", "yaml", "md", "html", "ids", "paths")
TEMPLATE = "template"
"""The format of --template, which -o does not offer."""
HELP = ("-h", "--help")
COLORS = ("auto", "always", "never")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class GlobalOptions:
    """The values of the global options; None and False mean not given."""

    url: str | None = None
    profile: str | None = None
    api_key_file: str | None = None
    demo: bool = False
    mirror: bool = False
    timeout: float | None = None
    insecure: bool = False
    ca_cert: str | None = None
    read_only: bool = False
    output: str = "table"
    fields: list[str] | None = None
    template: str | None = None
    jq: str | None = None
    pictures: bool = False
    nul: bool = False
    quiet: bool = False
    verbose: int = 0
    debug: bool = False
    color: str = "auto"
    no_input: bool = False
    no_journal: bool = False

    @classmethod
    def of(cls, values: dict[str, Any]) -> GlobalOptions:
        known = {field.name for field in fields(cls)}
        facts = {name: value for name, value in values.items() if name in known}
        # --template is its own format; --jq needs JSON unless another format is given.
        if facts.get("template") is not None:
            facts["output"] = TEMPLATE
        elif facts.get("jq") is not None:
            facts.setdefault("output", "json")
        return cls(**facts | {"verbose": len(values.get("verbose", ()))})

    @property
    def connection(self) -> dict[str, Any]:
        """The given connection flags, for `resolve_connection`."""
        names = ("url", "profile", "api_key_file", "demo", "timeout", "insecure", "ca_cert", "read_only")
        return {name: value for name in names if (value := getattr(self, name))}


def _format(name: str, text: str = "") -> Flag:
    return Flag(f"--{name}", "output", text, group="Output", const=name, hidden=not text)


@cache
def global_flags() -> FlagTable:
    """All global options, in the order of the help.

    They have the same meaning for every command, and may stand before or after it. `--url` is the exception:
    before the command it means `--server`, after it a field of the object.
    """
    return FlagTable([*_output_flags(), *_connection_flags(), *_general_flags()])


def _output_flags() -> Iterator[Flag]:
    group, formats = "Output", f"format: {', '.join(FORMATS)}"
    yield Flag("--output", "output", formats, "FORMAT", group, choice(*FORMATS), short="-o", choices=FORMATS)
    yield _format("json", "one JSON array (one object for a single result)")
    yield _format("jsonl", "one JSON object per line, as the rows arrive")
    yield _format("csv", "comma separated; --tsv, --yaml, --md, --html likewise")
    yield from map(_format, ("tsv", "yaml", "md", "html"))
    yield _format("ids", "ids only; --paths: file paths only")
    yield _format("paths")
    yield Flag("--fields", "fields", "fields to print: id,title,studio.name", "A,B", group, field_list)
    lines = "print a line for each row: '{{ title }}'"
    yield Flag("--jq", "jq", "print the results of a jq program over the JSON", "EXPR", group)
    yield Flag("--pictures", "pictures", "put the pictures of the objects into --html", group=group)
    yield Flag("--template", "template", lines, "TEXT", group)
    yield Flag("--null", "nul", "end each id, path or line of a template with NUL", group=group, short="-0")


def _connection_flags() -> Iterator[Flag]:
    group = "Connection"
    yield Flag("--server", "url", "URL of the server, or embedded:FILE [STASH_URL]", "URL", group)
    of_file = "profile of the settings file [STASH_PROFILE]"
    yield Flag("--profile", "profile", of_file, "NAME", group, not_blank, short="-P")
    # A file, because other users of the machine can read the command line of a process.
    yield Flag("--api-key-file", "api_key_file", "file with the API key [STASH_API_KEY_FILE]", "FILE", group)
    yield Flag("--demo", "demo", "use the built-in demo library", group=group)
    yield Flag("--mirror", "mirror", "read the server's offline copy (stash mirror update)", group=group)
    yield Flag("--timeout", "timeout", "seconds to wait for an answer", "SECONDS", group, seconds)
    yield Flag("--insecure", "insecure", "do not check certificates", group=group)
    yield Flag("--ca-cert", "ca_cert", "file of certificates to trust", "FILE", group)
    yield Flag("--read-only", "read_only", "refuse all changes", group=group)


def _general_flags() -> Iterator[Flag]:
    group, requests = "General", "print each request; -vv: also documents and variables"
    yield Flag("--quiet", "quiet", "print no messages and no progress", group=group, short="-q")
    yield Flag("--verbose", "verbose", requests, group=group, many=True, short="-v")
    yield Flag("--debug", "debug", "print the traceback of an error", group=group)
    when = "auto, always or never"
    yield Flag("--color", "color", when, "WHEN", group, choice(*COLORS), choices=COLORS)
    yield Flag("--no-input", "no_input", "never ask questions", group=group)
    yield Flag(
        "--no-journal", "no_journal", "record no changes, so that undo cannot take them back", group=group
    )


@cache
def leading_flags() -> FlagTable:
    """The options before the command: the global ones and `--url`."""
    url = Flag("--url", "url", "before the command: same as --server", "URL", "Connection", hidden=True)
    return FlagTable([*global_flags().rows(), url])


def nearest_option(name: str, known: Iterable[str]) -> str:
    """A suggestion for the unknown option `name`; empty without a similar option."""
    if leading_flags().get(name) and not global_flags().get(name):
        return f"Put {name} before the command to name the server, or use --server."
    return did_you_mean(name, known)
