"""Flags that Typer does not declare: those derived from the API, and the global options.

A filter type has hundreds of flags. To declare each to Typer would take longer than the request that follows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashInputError, StashUsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator


@dataclass(frozen=True, slots=True, eq=False)
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
    """Help in lists of all flags, where `help` covers several flags or is empty."""
    hidden: bool = False
    """Left out of help, because the line of another flag covers it."""
    suffixes: tuple[str, ...] = ()
    """Endings that make further flags of this one: `-gte`."""
    clashes: str = ""
    """The flag that excludes this one: `--no-organized` for `--organized`."""

    def read(self, text: str) -> Any:
        """Parse a value; raises StashInputError that names the flag."""
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
            # The first flag of a name wins: a field of the type itself comes before derived ones.
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


class LazyFlags(FlagTable):
    """A table that is built when a flag is looked up that no earlier table has."""

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
