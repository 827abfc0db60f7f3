"""Compact collections of many ids and keys: a few bytes for each, or a file.

A command may change 100,000 objects. Lists, sets and dictionaries would take 60 to 300 bytes for each id;
`Ids` takes 8 bytes, and `KeyFile` no memory.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, MutableMapping, MutableSequence
from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:
    import sqlite3
    from typing import Self

LINE = "line "
"""Prefix of the placeholder for the id of a new object: the number of its line in a file."""
_MOST = 2**61
"""Numbers from here on are stored as texts: the codes of lines, -2 * number - 2, have to fit into 64 bits."""
_BITS = 64
"""Bits in each integer of a set."""
_CACHE = 500
"""Kilobytes of a file that are cached in memory."""


class Ids(MutableSequence[str]):
    """A list of ids; numbers and lines of files take 8 bytes each."""

    def __init__(self, ids: Iterable[str] = ()) -> None:
        self._codes = array("q")
        self._others: dict[str, int] = {}
        self._texts: list[str] = []
        self.extend(ids)

    def _known_code(self, one: str) -> int | None:
        """The code of an id: a number itself, for a line an even, for other texts an odd negative number.

        None for a text that is not in the list.
        """
        if (number := _number(one)) is not None:
            return number
        line = _number(one.removeprefix(LINE)) if one.startswith(LINE) else None
        return self._others.get(one) if line is None else -2 * line - 2

    def _code(self, one: str) -> int:
        found = self._known_code(one)
        if found is None:
            self._texts.append(one)
            found = self._others[one] = 1 - 2 * len(self._texts)
        return found

    def _text(self, code: int) -> str:
        if code >= 0:
            return str(code)
        return self._texts[-(code + 1) // 2] if code % 2 else f"{LINE}{-(code + 2) // 2}"

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> Self: ...
    def __getitem__(self, at: int | slice) -> str | Self:
        if isinstance(at, slice):
            return type(self)(map(self._text, self._codes[at]))
        return self._text(self._codes[at])

    @overload
    def __setitem__(self, at: int, value: str) -> None: ...
    @overload
    def __setitem__(self, at: slice, value: Iterable[str]) -> None: ...
    def __setitem__(self, at: Any, value: Any) -> None:
        if isinstance(at, slice):
            self._codes[at] = array("q", map(self._code, value))
        else:
            self._codes[at] = self._code(value)

    def __delitem__(self, at: int | slice) -> None:
        del self._codes[at]

    def __len__(self) -> int:
        return len(self._codes)

    def __iter__(self) -> Iterator[str]:
        return map(self._text, self._codes)

    def __contains__(self, one: object) -> bool:
        found = self._known_code(one) if isinstance(one, str) else None
        return found is not None and found in self._codes

    def __repr__(self) -> str:
        return repr([*self])

    def insert(self, index: int, value: str) -> None:
        self._codes.insert(index, self._code(value))

    def append(self, value: str) -> None:
        self._codes.append(self._code(value))

    def remove(self, value: str) -> None:
        self._codes.remove(self._code(value))

    def without(self, others: Iterable[str]) -> Iterator[str]:
        """The ids that are not among `others`."""
        excluded = array("q", sorted(array("q", map(self._code, others))))
        for code in self._codes:
            place = bisect_left(excluded, code)
            if place == len(excluded) or excluded[place] != code:
                yield self._text(code)


def _number(text: str) -> int | None:
    """The number in a text that is written as `str` writes it; None for any other text."""
    if not text.isdecimal() or not text.isascii() or (text[0] == "0" and text != "0"):
        return None
    number = int(text)
    return number if number < _MOST else None


class IdSet:
    """A set of ids: one bit for each number, if there are many close to each other."""

    def __init__(self, ids: Iterable[str] = ()) -> None:
        self._bits: dict[int, int] = {}
        self._others: set[str] = set()
        for one in ids:
            self.is_new(one)

    def __contains__(self, one: object) -> bool:
        number = _number(one) if isinstance(one, str) else None
        if number is None:
            return one in self._others
        return bool(self._bits.get(number // _BITS, 0) >> number % _BITS & 1)

    def is_new(self, one: str) -> bool:
        """Add an id; returns whether it was new."""
        number = _number(one)
        if number is None:
            count = len(self._others)
            self._others.add(one)
            return len(self._others) > count
        place, bit = number // _BITS, 1 << number % _BITS
        bits = self._bits.get(place, 0)
        self._bits[place] = bits | bit
        return not bits & bit


class KeyFile(MutableMapping[str, str]):
    """A dictionary in an unnamed temporary file of this process, which is created with the first key."""

    def __init__(self, items: Iterable[tuple[str, str]] = ()) -> None:
        self._connection: sqlite3.Connection | None = None
        self.update(items)

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            import sqlite3

            connection = sqlite3.connect("", isolation_level=None)  # deleted when it is closed
            connection.execute(f"PRAGMA cache_size = -{_CACHE}")
            connection.execute("PRAGMA journal_mode = OFF")
            connection.execute("CREATE TABLE entries(key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID")
            self._connection = connection
        return self._connection

    def _rows(self, statement: str, *values: str) -> list[tuple[Any, ...]]:
        """The rows of a statement; [] where the file was not created yet."""
        connection = self._connection
        if connection is None:
            return []
        return connection.execute(statement, [*map(_bytes, values)]).fetchall()

    def __getitem__(self, key: str) -> str:
        for (value,) in self._rows("SELECT value FROM entries WHERE key = ?", key):
            return str(value, "utf-8", "surrogatepass")
        raise KeyError(key)

    def __setitem__(self, key: str, value: str) -> None:
        connection = self._opened()
        connection.execute("INSERT OR REPLACE INTO entries VALUES (?, ?)", (_bytes(key), _bytes(value)))

    def __delitem__(self, key: str) -> None:
        if not self._rows("DELETE FROM entries WHERE key = ? RETURNING 1", key):
            raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        rows = self._rows("SELECT key FROM entries")
        return (str(key, "utf-8", "surrogatepass") for (key,) in rows)

    def __len__(self) -> int:
        return sum(count for (count,) in self._rows("SELECT count(*) FROM entries"))

    def __bool__(self) -> bool:
        return bool(self._rows("SELECT 1 FROM entries LIMIT 1"))

    def close(self) -> None:
        """Drop all keys."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __del__(self) -> None:
        self.close()


def _bytes(text: str) -> bytes:
    """The bytes of a text; JSON may contain lone surrogates, which text in SQLite cannot."""
    return text.encode("utf-8", "surrogatepass")
