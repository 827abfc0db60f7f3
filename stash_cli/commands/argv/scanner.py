"""The scanner of a command line: assigns each flag to its table, and leaves other words to Typer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashInputError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from stash_cli.commands.argv.flags import Flag, FlagTable


QUERY_WORD = "\0"
"""Prefix of a query word that begins with a dash, so that Typer parses it as an argument."""


class ArgvScanner:
    """One pass over the arguments; a flag belongs to the first table that has it.

    `values` has one dict per table. `rest` has the words for Typer. `own` are Typer's options, and `valued`
    those with a value, which stays with the option even if it looks like a flag. `is_query` is a predicate:
    whether a word with a dash belongs to a query.
    """

    def __init__(
        self,
        tables: list[FlagTable],
        own: Collection[str] = (),
        valued: Collection[str] = (),
        is_query: Callable[[str], bool] | None = None,
    ) -> None:
        self.tables = tables
        self.own = own
        self.valued = valued
        self.is_query = is_query
        self.values: list[dict[str, Any]] = [{} for _ in tables]
        self.rest: list[str] = []
        self._queue: list[str] = []

    def scan(self, args: list[str], *, prefix_only: bool = False) -> ArgvScanner:
        """Consume `args`; with `prefix_only` stop at the first word that is not a flag."""
        self._queue = list(args)
        while self._queue:
            word = self._queue.pop(0)
            # Words after `--` are never flags.
            if word == "--" or (prefix_only and not word.startswith("-")):
                self._queue.insert(0, word)
                break
            if self.is_query and word.startswith("-") and self.is_query(word):
                self.rest.append(f"{QUERY_WORD}{word}")
            elif not self._long(word) and not self._short(word):
                self._keep(word)
        self.rest += self._queue
        return self

    def refuse_unknown(self, nearest: Callable[[str, Iterable[str]], str] = did_you_mean) -> None:
        """Raise StashInputError for the first remaining flag that neither Typer nor a table has.

        `nearest` receives the unknown name and all known names, and returns a suggestion.
        """
        words = iter(self.rest)
        for word in words:
            if word == "--":
                return
            if word in self.valued:
                next(words, None)
            elif not self._is_known(word):
                name = word.partition("=")[0]
                known = [*self.own, *(known for table in self.tables for known in table.names())]
                near = (
                    nearest(name, known) if word.startswith("--") else "Put words that begin with - after --."
                )
                raise StashInputError(f"no such option: {name}. {near}".rstrip(" ."))

    def _is_known(self, word: str) -> bool:
        """Whether a word is not a flag, or one of Typer's."""
        if not word.startswith("-") or word == "-" or word.partition("=")[0] in self.own:
            return True
        # `-5` is a value, and `-L5` is an option of Typer with its value.
        return _is_number(word) or (word[:2] in self.own and not word.startswith("--"))

    def _keep(self, word: str) -> None:
        # The value of a Typer option stays with it, even if it looks like a flag of a table.
        self.rest.append(word)
        if word in self.valued and self._queue:
            self.rest.append(self._queue.pop(0))

    def _find(self, name: str) -> tuple[int, Flag] | None:
        for index, table in enumerate(self.tables if name not in self.own else ()):
            if name.startswith("-") and (flag := table.get(name)):
                return index, flag
        return None

    def _long(self, word: str) -> bool:
        name, equals, text = word.partition("=")
        found = self._find(name) if word.startswith("--") else None
        if not found:
            return False
        index, flag = found
        if equals and not flag.metavar:
            raise StashInputError(f"{name} takes no value")
        self._store(index, flag, text if equals else None)
        return True

    def _short(self, word: str) -> bool:
        """Scan `-q`, `-vv`, `-ojson`, and clusters such as `-q0`; Typer gets the rest of a cluster."""
        if len(word) < 2 or word[0] != "-" or word[1] == "-":  # noqa: PLR2004 - a dash and a letter
            return False
        found = self._find(word[:2])
        if not found:
            return False
        index, flag = found
        tail = word[2:]
        if flag.metavar:
            self._store(index, flag, tail.removeprefix("=") or None)
            return True
        self._store(index, flag, None)
        # Put back with a dash: the next letter of the cluster may be Typer's, or take a value.
        if tail:
            self._queue.insert(0, f"-{tail}")
        return True

    def _store(self, index: int, flag: Flag, text: str | None) -> None:
        value = flag.const
        if flag.metavar:
            value = flag.read(self._next(flag) if text is None else text)
        values = self.values[index]
        if flag.many:
            values.setdefault(flag.dest, []).append(value)
        # The last value wins, but opposites such as --organized --no-organized are an error.
        elif flag.clashes and values.get(flag.dest, value) != value:
            raise StashInputError(f"{flag.name} and {flag.clashes} cannot be used together")
        else:
            values[flag.dest] = value

    def _next(self, flag: Flag) -> str:
        # A flag is never a value: in `--title --json` the value is missing.
        if not self._queue or self._find(self._queue[0].partition("=")[0]):
            raise StashInputError(f"{flag.name} needs a value: {flag.metavar}")
        return self._queue.pop(0)


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
