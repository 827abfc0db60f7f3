"""The scanner of a command line: assigns each flag to its table and leaves the rest to Typer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashInputError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from stash_cli.commands.argv.flags import Flag, FlagTable


QUERY_WORD = "\0"
"""Stands before a query word that begins with a dash, so that Typer takes it for an argument."""


class ArgvScanner:
    """One pass over the arguments; the first table that has a flag takes it.

    `values` has one dict per table. `rest` is left for Typer. `own` are Typer's options, and `valued` those
    of them that take a value: a value that looks like a flag stays with them. `is_query` tells whether a word
    with a dash is a word of a query.
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
        """Consume `args`; with `prefix_only` stop at the first word that is no flag."""
        self._queue = list(args)
        while self._queue:
            word = self._queue.pop(0)
            # What follows `--` is no flag, whatever it looks like.
            if word == "--" or (prefix_only and not word.startswith("-")):
                self._queue.insert(0, word)
                break
            if self.is_query and word.startswith("-") and self.is_query(word):
                self.rest.append(f"{QUERY_WORD}{word}")
            elif not self._long(word) and not self._short(word):
                self._leave(word)
        self.rest += self._queue
        return self

    def refuse_unknown(self, nearest: Callable[[str, Iterable[str]], str] = did_you_mean) -> None:
        """Raise StashInputError for the first flag left that neither Typer nor a table has.

        `nearest` gets the unknown name and all known names, and returns a suggestion.
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
        """Whether a word is no flag, or one of Typer's."""
        if not word.startswith("-") or word == "-" or word.partition("=")[0] in self.own:
            return True
        # `-5` is a value, and `-L5` an option of Typer with its value.
        return _is_number(word) or (word[:2] in self.own and not word.startswith("--"))

    def _leave(self, word: str) -> None:
        # The value of a Typer option stays behind it, also when it looks like a flag of a table.
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
        """`-q`, `-vv`, `-ojson`, and clusters such as `-q0`; what is left of a cluster goes to Typer."""
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
        # The last value wins, except for opposites: there the user has made a mistake.
        elif flag.clashes and values.get(flag.dest, value) != value:
            raise StashInputError(f"{flag.name} and {flag.clashes} cannot be used together")
        else:
            values[flag.dest] = value

    def _next(self, flag: Flag) -> str:
        # A flag is never a value: in `--title --json` the value was forgotten.
        if not self._queue or self._find(self._queue[0].partition("=")[0]):
            raise StashInputError(f"{flag.name} needs a value: {flag.metavar}")
        return self._queue.pop(0)


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
