"""The tree of commands and flags as data, and the completions derived from it.

`scripts/generate` renders the tree from the commands to `completion_tree.json`. The completion scripts of
the shells set `_STASH_COMPLETE` and pass the words of the command line, the last one unfinished. Completions
are read from that file, because loading Typer and deriving hundreds of flags takes too long for a Tab. A
command is loaded only for what the file lacks: flags of related objects, and completions of an argument.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stash_cli.commands.argv.completion_values import FILES, Candidate, Source, aliases, dynamic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from stash_cli.commands.argv.command import LazyGroup, StashCommand
    from stash_cli.commands.argv.flags import Flag, FlagTable
    from stash_cli.core.types.entities import Entity

HIDDEN_FLAGS_FROM = 4
"""Minimum number of typed characters for which hidden flags are offered: `--ra`."""
CONNECTION = (
    "--server",
    "--url",
    "--profile",
    "-P",
    "--api-key-file",
    "--demo",
    "--mirror",
    "--insecure",
    "--ca-cert",
)
"""Flags that select the server whose names are offered."""
Row = tuple[str, str, list[str] | None, bool]
"""A flag: names (only the first is offered), help, values (null: takes no value), whether it is hidden.

A single value may be a source of values, such as `:names Tag`.
"""


class Cursor:
    """The position in the tree after the finished words: a command, and the values of a last flag."""

    def __init__(self, root: Callable[[], LazyGroup], environ: Mapping[str, str]) -> None:
        known = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
        self.tables: list[list[Row]] = known["tables"]
        self.node: dict[str, Any] = known["root"]
        self.path: list[str] = []
        self.expected: list[str] | None = None
        self.root = root
        self.environ = environ
        self.connection: list[str] = []
        """The words so far that select the server."""
        self.only_words = False
        """Whether `--` has ended the flags."""

    def advance(self, word: str) -> None:
        """Move past one finished word."""
        commands = self.node.get("commands", {})
        if self.expected is not None:
            self.expected = None
            if self.connection[-1:] and self.connection[-1] in CONNECTION:
                self.connection.append(word)
        elif self.only_words:
            pass
        elif word == "--":
            self.only_words = True
        elif word.startswith("-"):
            self.expected = self._values(word)
            if word.partition("=")[0] in CONNECTION:
                self.connection.append(word)
        elif word in commands:
            self._enter(commands[word].get("alias_of", word))

    def _enter(self, command: str) -> None:
        """Descend to a command; an alias may stand for two words: `tag-performers` for `tag performers`."""
        for word in command.split():
            self.path.append(word)
            self.node = self.node["commands"][word]

    def completions(self, word: str) -> Iterator[Candidate]:
        """Yield the completions of the unfinished `word` at this position."""
        if self.expected is not None:
            yield from self._from(self.expected, word)
        elif word.startswith("--") and "=" in word and not self.only_words:
            name, _, value = word.partition("=")
            for each in self._from(self._values(name) or [], value):
                yield each if each.value == FILES else each.with_prefix(f"{name}=")
        elif word.startswith("-") and not self.only_words:
            yield from self._flags(word)
            # `-tag:Outdoor` is a term of a query.
            if word[1:2] not in ("", "-") and str(self.node.get("words", "")).startswith(":query "):
                yield from self._from([self.node["words"]], word)
        elif "commands" in self.node:
            yield from self._commands(word)
        elif words := self.node.get("words"):
            yield from self._arguments(words, word)

    def _arguments(self, words: str | bool, word: str) -> Iterator[Candidate]:
        if isinstance(words, str):
            for each in self._from([words], word):
                # A name that begins with a dash would be parsed as a flag.
                if self.only_words or not each.value.startswith("-") or word.startswith("-"):
                    yield each
        else:
            yield from (Candidate(*pair) for pair in self._command().complete_argument(word))

    def _from(self, values: list[str], word: str) -> Iterator[Candidate]:
        """Yield the values of a flag or argument, fixed or of a source."""
        if values[:1] and values[0].startswith(":"):
            yield from dynamic(values[0], word, Source(self.path, self.connection, self.environ))
        else:
            yield from map(Candidate, values)

    def _commands(self, word: str) -> Iterator[Candidate]:
        commands = self.node["commands"]
        for name, command in commands.items():
            full = command.get("alias_of", name)
            if full == name or (word and not full.startswith(word)):
                yield Candidate(name, commands[full.partition(" ")[0]]["help"])
        if not self.path:
            yield from aliases()

    def _flags(self, word: str) -> Iterator[Candidate]:
        # A type has hundreds of hidden flags, too many for the screen.
        for names, text, _, hidden in self._rows():
            if not hidden or len(word) >= HIDDEN_FLAGS_FROM:
                yield Candidate(names.partition(" ")[0], text)

    def _values(self, word: str) -> list[str] | None:
        """The values of the flag `word`; None if it takes none, or already has one after `=`."""
        if "=" in word:
            return None
        for names, _, values, _ in self._rows():
            if word in names.split():
                return values
        if "commands" in self.node:
            return None
        # The file omits the flags of related objects, because there are thousands.
        flag = self._command().derived().get(word)
        return values_of(flag) if flag else None

    def _rows(self) -> Iterator[Row]:
        for number in self.node["flags"]:
            yield from self.tables[number]

    def _command(self) -> StashCommand:
        node: Any = self.root()
        for name in self.path:
            node = node.entries[name].load(name)
        found: StashCommand = node
        return found


def render_completion_tree(root: LazyGroup) -> str:
    """The text of `completion_tree.json`: the tables of flags, and each command with its tables."""
    tables: dict[str, int] = {}
    node = _node(root, tables, ())
    commands = [f"{_dump(name)}: {_dump(facts)}" for name, facts in node["commands"].items()]
    return (
        f'{{"tables": [\n{_lines(tables)}\n],\n'
        f'"root": {{"flags": {node["flags"]}, "commands": {{\n{_lines(commands)}\n}}}}}}\n'
    )


def _node(node: Any, tables: dict[str, int], path: tuple[str, ...]) -> dict[str, Any]:
    from stash_cli.commands.argv.command import StashCommand
    from stash_cli.commands.argv.flags import global_flags

    if not isinstance(node, StashCommand):
        commands = {name: _entry(node, name, tables, path) for name in node.entries}
        return {"commands": commands, "flags": _numbers(tables, _global_rows(node.options()))}
    derived = [_row(flag) for flag in node.derived().rows()]
    own = list(_own_rows(node, path))
    found: dict[str, Any] = {"flags": _numbers(tables, own, derived, _global_rows(global_flags()))}
    arguments = [param for param in node.params if param.param_type_name == "argument"]
    source = next((each for param in arguments if (each := _source(param.metavar, path))), None)
    if source is not None:
        found["words"] = source
    elif type(node).complete_argument is not StashCommand.complete_argument:
        found["words"] = True
    return found


def _entry(group: LazyGroup, name: str, tables: dict[str, int], path: tuple[str, ...]) -> dict[str, Any]:
    entry = group.entries[name]
    if entry.alias_of:
        return {"alias_of": entry.alias_of}
    return {"help": entry.help, **_node(entry.load(name), tables, (*path, name))}


def _numbers(tables: dict[str, int], *found: list[Row]) -> list[int]:
    """The index of each table in `tables`; equal tables are stored once."""
    texts = (f"[\n{_lines(map(_dump, rows))}\n]" for rows in found if rows)
    return [tables.setdefault(text, len(tables)) for text in texts]


def _own_rows(command: StashCommand, path: tuple[str, ...]) -> Iterator[Row]:
    """Yield the options that are declared to Typer."""
    _, valued = command.own_names()
    for param in command.params:
        for name in param.opts if param.param_type_name == "option" else ():
            source = _source(param.metavar, path, name)
            values = [source] if source else []
            yield name, getattr(param, "help", None) or "", values if name in valued else None, False


def _global_rows(table: FlagTable) -> list[Row]:
    return [*(_row(flag) for flag in table.rows()), ("--help -h", "show this help", None, False)]


def _row(flag: Flag) -> Row:
    return f"{flag.name} {flag.short}".strip(), flag.long_help or flag.help, values_of(flag), flag.hidden


def values_of(flag: Flag) -> list[str] | None:
    """The values of a flag, or their source; None if it takes no value."""
    if not flag.metavar:
        return None
    if flag.target:
        return [f":names {flag.target}"]
    source = _GLOBAL.get(flag.dest) or _source(flag.metavar, ())
    return [source] if source else list(flag.choices)


_GLOBAL = {
    "fields": ":fields",
    "profile": ":profiles",
    "sources": ":names sources",
    "stash_box_endpoint": ":names endpoints",
}
"""Destinations of flags that Typer does not declare -> the source of their values."""
_OF_SERVER = {"SCRAPER": "scrapers", "PLUGIN": "plugins", "STASHBOX": "boxes"}
"""Words of metavars -> kinds of names on the server."""


def _source(metavar: str | None, path: tuple[str, ...], flag: str = "") -> str | None:
    """The source of values for a metavar in the command at `path`; None without one."""
    from stash_cli.core.types.entities import NOUNS

    words = metavar or ""
    if any(word in words for word in ("FILE", "PATH")):
        return FILES
    entity = NOUNS.get(path[0]) if path else None
    kind = next((kind for word, kind in _OF_SERVER.items() if re.search(rf"\b{word}\b", words)), None)
    if kind is not None:
        return f":names {entity.type}.{kind}" if entity and kind == "scrapers" else f":names {kind}"
    if entity is not None:
        return _of_entity(words, entity, flag)
    if path[:1] == ("filters",) and words == "NAME|ID":
        return ":names filters"
    return ":profiles" if path[:1] in (("profile",), ("auth",)) and "NAME" in words else None


def _of_entity(words: str, entity: Entity, flag: str) -> str | None:
    """The source of values for a metavar in a command of a noun."""
    if flag == "--saved":
        return f":names {entity.type}.filters"
    if "QUERY" in words:
        return f":{'query' if '[' in words else 'where'} {entity.type}"
    if "KEY" in words and flag == "--sort":
        return f":sorts {entity.type}"
    return f":names {entity.type}" if "NAME" in words else None


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _lines(items: Iterable[str]) -> str:
    return ",\n".join(items)
