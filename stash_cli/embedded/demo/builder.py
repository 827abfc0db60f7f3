"""Rows of the demo library, drawn from one random generator and inserted table by table."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Connection, Table, insert

from stash_cli.embedded import tables as t
from stash_cli.embedded.library import timestamps

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")

_START = datetime(2024, 6, 1, 8, tzinfo=UTC)
_DAY, _YEAR = date(2012, 1, 1), 365


class Builder:
    """Collected rows by table; ids count up from 1 per table."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311 - the demo is to be the same everywhere
        self._rows: dict[Table, list[dict[str, Any]]] = defaultdict(list)
        self._clock = 0
        self._folders: dict[str, int] = {}

    def rows(self, table: Table) -> Sequence[dict[str, Any]]:
        """The rows added to `table` so far."""
        return self._rows[table]

    def add(self, table: Table, **values: Any) -> int:
        """Add a row and return its position, which is the id of an entity."""
        self._rows[table].append(values)
        return len(self._rows[table])

    def entity(self, table: Table, **values: Any) -> int:
        """Add a row with an id and timestamps."""
        stamp = self.next_time()
        number = len(self._rows[table]) + 1
        return self.add(table, id=number, created_at=stamp, updated_at=stamp, **values)

    def next_time(self) -> str:
        """The next timestamp, seven minutes after the last one."""
        self._clock += 1
        return timestamps.utc(_START + timedelta(minutes=7 * self._clock))

    def day(self, years: int = 12) -> str:
        """A random day in the `years` after 2012."""
        return str(_DAY + timedelta(days=self.random.randrange(years * _YEAR)))

    def sample(self, items: Sequence[T], most: int) -> list[T]:
        """A random sample of 0 to `most` items."""
        return self.random.sample(items, self.random.randint(0, min(most, len(items))))

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def rating(self) -> int | None:
        """A random rating: unrated in one of five cases, most others high."""
        if self.chance(0.2):
            return None
        return self.random.choice((20, 40, 45, 55, 60, 60, 65, 70, 75, 80, 80, 85, 90, 95, 100))

    def hexadecimal(self, digits: int) -> str:
        return f"{self.random.getrandbits(4 * digits):0{digits}x}"

    def folder(self, path: str, **values: Any) -> int:
        """The id of a folder below /media, created with its parents on first use."""
        if path not in self._folders:
            parent, _, name = path.rpartition("/")
            parent_id = self.folder(parent) if parent else None
            row = {
                "path": path,
                "basename": name,
                "parent_folder_id": parent_id,
                "zip_file_id": None,
                **values,
            }
            self._folders[path] = self.entity(t.folders, mod_time=self.next_time(), **row)
        return self._folders[path]

    def file(self, folder: int, name: str, size: int, zip_file: int | None = None) -> int:
        times = {"mod_time": self.next_time()}
        row = {"basename": name, "parent_folder_id": folder, "size": size, "zip_file_id": zip_file}
        return self.entity(t.files, **row, **times)

    def hashes(self, file: int, **values: str | int) -> None:
        for kind, value in values.items():
            self.add(t.files_fingerprints, file_id=file, type=kind, fingerprint=value)

    def write(self, connection: Connection) -> None:
        """Insert all rows; foreign keys are checked at the commit, so the order of tables does not matter."""
        # Rows refer to rows of tables that are inserted later.
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        for table, rows in self._rows.items():
            if rows:
                connection.execute(insert(table), rows)
