"""What may stand for an unfinished word of a command line.

The scripts of the shells ask by setting `_STASH_COMPLETE`; the words follow, the last one unfinished.
Answered from `completion_tree.json`, which is written from the commands (`outline`): loading Typer and deriving
hundreds of flags would cost more than a person who pressed Tab should wait. What only a command itself
knows is asked of it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stash_cli.commands.argv.command import LazyGroup, StashCommand
    from stash_cli.output.streams import Streams

ALL_FLAGS_FROM = 4
"""Typed characters from which hidden flags are offered, too: `--ra`."""

Candidate = tuple[str, str]
Row = tuple[str, str, list[str] | None, bool]
"""A flag, as `outline` writes it."""


def complete(words: list[str], streams: Streams, root: Callable[[], LazyGroup]) -> int:
    """Print what may stand for the last of `words`: a candidate and its help per line."""
    *before, word = words or [""]
    place = Place(root)
    for each in before:
        place.step(each)
    for value, text in place.candidates(word):
        if value.startswith(word):
            streams.data(f"{value}\t{text}\n")
    return 0


class Place:
    """Where finished words lead: a command, and the values that its last flag waits for, if it does."""

    def __init__(self, root: Callable[[], LazyGroup]) -> None:
        known = json.loads(Path(__file__).with_name("completion_tree.json").read_text(encoding="utf-8"))
        self.tables: list[list[Row]] = known["tables"]
        self.node: dict[str, Any] = known["root"]
        self.path: list[str] = []
        self.waiting: list[str] | None = None
        self.root = root

    def step(self, word: str) -> None:
        """Go on by one finished word."""
        commands = self.node.get("commands", {})
        if self.waiting is not None:
            self.waiting = None
        elif word.startswith("-"):
            self.waiting = self._values(word)
        elif word in commands:
            self.path.append(commands[word].get("alias_of", word))
            self.node = commands[self.path[-1]]

    def candidates(self, word: str) -> Iterator[Candidate]:
        """All that may stand here, with help; `word` is what is typed of it."""
        if self.waiting is not None:
            yield from ((value, "") for value in self.waiting)
        elif word.startswith("-"):
            yield from self._flags(word)
        elif "commands" in self.node:
            yield from self._commands(word)
        elif self.node.get("words"):
            yield from self._live().words(word)

    def _commands(self, word: str) -> Iterator[Candidate]:
        commands = self.node["commands"]
        for name, command in commands.items():
            full = command.get("alias_of", name)
            if full == name or (word and not full.startswith(word)):
                yield name, commands[full]["help"]

    def _flags(self, word: str) -> Iterator[Candidate]:
        for names, text, _, hidden in self._rows():
            if not hidden or len(word) >= ALL_FLAGS_FROM:
                yield names.partition(" ")[0], text

    def _values(self, word: str) -> list[str] | None:
        """The values that flag `word` takes; None when it takes none or has it already."""
        if "=" in word:
            return None
        for names, _, values, _ in self._rows():
            if word in names.split():
                return values
        if "commands" in self.node:
            return None
        # Flags of related objects are too many to be listed.
        flag = self._live().derived().get(word)
        return list(flag.choices) if flag and flag.metavar else None

    def _rows(self) -> Iterator[Row]:
        """The flags that are known here."""
        for number in self.node["flags"]:
            yield from self.tables[number]

    def _live(self) -> StashCommand:
        """The command itself."""
        node: Any = self.root()
        for name in self.path:
            node = node.entries[name].load(name)
        found: StashCommand = node
        return found
