"""Flags that are derived from the API, and the global ones: taken out of argv before Typer parses the rest.

A filter type has hundreds of flags; declaring each to Typer would cost more than the request that follows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashInputError, StashUsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag. Without `metavar` it takes no value and stands for `const`."""

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
    """For lists of all flags, where `help` speaks of several at once or is empty."""
    hidden: bool = False
    """Left out of help: a line of another flag speaks for it."""
    suffixes: tuple[str, ...] = ()
    """Endings that make further flags of this one: `-gte`."""
    clashes: str = ""
    """Flags of one such set exclude each other: `--organized` and `--no-organized`."""

    def read(self, text: str) -> Any:
        """The value of `text`; raises StashInputError that names the flag."""
        try:
            return self.parse(text)
        except (StashUsageError, ValueError) as error:
            raise StashInputError(f"{self.name}: {error}", hint=getattr(error, "hint", None)) from None


class FlagTable:
    """Flags by name."""

    title = ""

    def __init__(self, flags: Iterable[Flag] = ()) -> None:
        self.flags: dict[str, Flag] = {}
        for flag in flags:
            self.flags.setdefault(flag.name, flag)
            if flag.short:
                self.flags.setdefault(flag.short, flag)

    def get(self, name: str) -> Flag | None:
        return self.flags.get(name)

    def names(self) -> Collection[str]:
        """All names for completion and near matches."""
        return self.flags.keys()

    def rows(self) -> Iterator[Flag]:
        """Each flag once."""
        yield from dict.fromkeys(self.flags.values())


class LateTable(FlagTable):
    """A table that is made when a flag is looked for that nothing else knows."""

    def __init__(self, make: Callable[[], FlagTable]) -> None:
        self._make = make

    @cached_property
    def made(self) -> FlagTable:
        return self._make()

    def get(self, name: str) -> Flag | None:
        return self.made.get(name)

    def names(self) -> Collection[str]:
        return self.made.names()

    def rows(self) -> Iterator[Flag]:
        return self.made.rows()


class Taker:
    """Walks argv once and gives each flag to the first table that knows it.

    `values` has one dict per table; `rest` is what Typer parses: its `own` options, of which the `valued`
    ones take a value, so that a value which looks like a flag stays with them.
    """

    def __init__(
        self, tables: list[FlagTable], own: Collection[str] = (), valued: Collection[str] = ()
    ) -> None:
        self.tables = tables
        self.own = own
        self.valued = valued
        self.values: list[dict[str, Any]] = [{} for _ in tables]
        self.rest: list[str] = []
        self._queue: list[str] = []

    def take(self, args: list[str], *, prefix_only: bool = False) -> Taker:
        """Consume `args`; with `prefix_only` stop at the first word that is no flag."""
        self._queue = list(args)
        while self._queue:
            word = self._queue.pop(0)
            if word == "--" or (prefix_only and not word.startswith("-")):
                self._queue.insert(0, word)
                break
            if not self._long(word) and not self._short(word):
                self._leave(word)
        self.rest += self._queue
        return self

    def _leave(self, word: str) -> None:
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
        """`-q`, `-vv`, `-ojson`, and clusters such as `-q0`; what is left of one goes to Typer."""
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
        elif flag.clashes and values.get(flag.dest, value) != value:
            raise StashInputError(f"{flag.name} and {flag.clashes} exclude each other")
        else:
            values[flag.dest] = value

    def _next(self, flag: Flag) -> str:
        if not self._queue or self._find(self._queue[0].partition("=")[0]):
            raise StashInputError(f"{flag.name} needs a value: {flag.metavar}")
        return self._queue.pop(0)


def refuse_unknown(
    rest: list[str],
    own: Collection[str],
    valued: Collection[str],
    tables: list[FlagTable],
    nearest: Callable[[str, Iterable[str]], str] = did_you_mean,
) -> None:
    """Raise for the first flag in `rest` that neither Typer (`own`) nor a table knows.

    `nearest` makes the advice from the unknown name and all known ones.
    """
    words = iter(rest)
    for word in words:
        if word == "--":
            return
        if word in valued:
            next(words, None)
            continue
        name = word.partition("=")[0]
        if not word.startswith("-") or word == "-" or name in own or _is_number(word):
            continue
        if word[:2] in own and not word.startswith("--"):
            continue
        known = [*own, *(known for table in tables for known in table.names())]
        near = nearest(name, known) if word.startswith("--") else "Words that begin with - go after --."
        raise StashInputError(f"no such option: {name}. {near}".rstrip(" ."))


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
