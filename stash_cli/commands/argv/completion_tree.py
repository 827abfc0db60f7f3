"""The tree of commands and flags as data, and the completions read from it.

`scripts/generate` renders the tree from the commands to `completion_tree.json`. The completion scripts of
the shells set `_STASH_COMPLETE` and pass the words of the command line, the last one unfinished. They are
answered from that file, because loading Typer and deriving hundreds of flags takes longer than Tab may. A
command is loaded only for what the file lacks: flags of related objects, and completions of an argument.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from stash_cli.commands.argv.command import LazyGroup, StashCommand
    from stash_cli.commands.argv.flags import Flag, FlagTable
    from stash_cli.output.streams import Streams

HIDDEN_FLAGS_FROM = 4
"""Typed characters from which hidden flags are offered: `--ra`."""

FILES = ":files"
"""Printed where the name of a file or folder is wanted, for the shell to complete."""
Completion = tuple[str, str]
"""A value and its help."""
Row = tuple[str, str, list[str] | None, bool]
"""A flag: its names (only the first is offered), help, the values it takes (null: none), if it is hidden."""


def complete(words: list[str], streams: Streams, root: Callable[[], LazyGroup]) -> int:
    """Print the completions of the last word, a value and its help per line."""
    *before, word = words or [""]
    cursor = Cursor(root)
    for each in before:
        cursor.advance(each)
    for value, text in cursor.completions(word):
        if value == FILES or value.startswith(word):
            streams.data(f"{value}\t{text}\n")
    return 0


class Cursor:
    """The position in the tree after the finished words: a command, and the values its last flag takes."""

    def __init__(self, root: Callable[[], LazyGroup]) -> None:
        known = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
        self.tables: list[list[Row]] = known["tables"]
        self.node: dict[str, Any] = known["root"]
        self.path: list[str] = []
        self.expected: list[str] | None = None
        self.root = root

    def advance(self, word: str) -> None:
        """Move past one finished word."""
        commands = self.node.get("commands", {})
        if self.expected is not None:
            self.expected = None
        elif word.startswith("-"):
            self.expected = self._values(word)
        elif word in commands:
            self.path.append(commands[word].get("alias_of", word))
            self.node = commands[self.path[-1]]

    def completions(self, word: str) -> Iterator[Completion]:
        """The completions at this position for the beginning `word`."""
        if self.expected is not None:
            yield from ((value, "") for value in self.expected)
        elif word.startswith("-"):
            yield from self._flags(word)
        elif "commands" in self.node:
            yield from self._commands(word)
        elif self.node.get("words") == FILES:
            yield FILES, ""
        elif self.node.get("words"):
            yield from self._command().complete_argument(word)

    def _commands(self, word: str) -> Iterator[Completion]:
        commands = self.node["commands"]
        for name, command in commands.items():
            full = command.get("alias_of", name)
            if full == name or (word and not full.startswith(word)):
                yield name, commands[full]["help"]

    def _flags(self, word: str) -> Iterator[Completion]:
        # A type has hundreds of hidden flags. A list of all would not fit the screen.
        for names, text, _, hidden in self._rows():
            if not hidden or len(word) >= HIDDEN_FLAGS_FROM:
                yield names.partition(" ")[0], text

    def _values(self, word: str) -> list[str] | None:
        """The values of flag `word`; None when it takes none or has its value already."""
        if "=" in word:
            return None
        for names, _, values, _ in self._rows():
            if word in names.split():
                return values
        if "commands" in self.node:
            return None
        # The file leaves out the flags of related objects: there are thousands.
        flag = self._command().derived().get(word)
        return list(flag.choices) if flag and flag.metavar else None

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
    node = _node(root, tables)
    commands = [f"{_dump(name)}: {_dump(facts)}" for name, facts in node["commands"].items()]
    return (
        f'{{"tables": [\n{_lines(tables)}\n],\n'
        f'"root": {{"flags": {node["flags"]}, "commands": {{\n{_lines(commands)}\n}}}}}}\n'
    )


def _node(node: Any, tables: dict[str, int]) -> dict[str, Any]:
    from stash_cli.commands.argv.command import StashCommand
    from stash_cli.commands.argv.flags import global_flags

    if not isinstance(node, StashCommand):
        commands = {name: _entry(node, name, tables) for name in node.entries}
        return {"commands": commands, "flags": _numbers(tables, _global_rows(node.options()))}
    derived = [_row(flag) for flag in node.derived().rows()]
    own = list(_own_rows(node))
    found: dict[str, Any] = {"flags": _numbers(tables, own, derived, _global_rows(global_flags()))}
    if any(_takes_files(param.metavar) for param in node.params if param.param_type_name == "argument"):
        found["words"] = FILES
    elif type(node).complete_argument is not StashCommand.complete_argument:
        found["words"] = True
    return found


def _entry(group: LazyGroup, name: str, tables: dict[str, int]) -> dict[str, Any]:
    entry = group.entries[name]
    if entry.alias_of:
        return {"alias_of": entry.alias_of}
    return {"help": entry.help, **_node(entry.load(name), tables)}


def _numbers(tables: dict[str, int], *found: list[Row]) -> list[int]:
    """The position of each table among all; equal tables are written once."""
    texts = (f"[\n{_lines(map(_dump, rows))}\n]" for rows in found if rows)
    return [tables.setdefault(text, len(tables)) for text in texts]


def _own_rows(command: StashCommand) -> Iterator[Row]:
    """The options declared to Typer."""
    _, valued = command.own_names()
    files = {name for param in command.params if _takes_files(param.metavar) for name in param.opts}
    for param in command.params:
        for name in param.opts if param.param_type_name == "option" else ():
            yield (
                name,
                getattr(param, "help", None) or "",
                [FILES] if name in files else [] if name in valued else None,
                False,
            )


def _global_rows(table: FlagTable) -> list[Row]:
    return [*(_row(flag) for flag in table.rows()), ("--help -h", "show this help", None, False)]


def _row(flag: Flag) -> Row:
    values = ([FILES] if _takes_files(flag.metavar) else list(flag.choices)) if flag.metavar else None
    return f"{flag.name} {flag.short}".strip(), flag.long_help or flag.help, values, flag.hidden


def _takes_files(metavar: str | None) -> bool:
    """Whether a value is the name of a file or folder."""
    return any(word in (metavar or "") for word in ("FILE", "PATH"))


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _lines(items: Iterable[str]) -> str:
    return ",\n".join(items)
