"""Edits of many objects between reading and sending: pages in a file, so that memory does not grow."""

from __future__ import annotations

import pickle
from collections import Counter
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING

from stash_cli.core.edits.diff import list_change

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import IO

    from stash_cli.core.orm.edit import Edit

_IN_MEMORY = 8_000_000
"""Bytes of pages up to which no file is made."""


@dataclass(frozen=True, slots=True)
class ObjectEdits:
    """The edits of one object; `label` is its name, `times` the histories of numbers that are counted."""

    id: str
    label: str
    edits: tuple[Edit, ...]
    times: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(slots=True)
class Totals:
    """Numbers of a draft: objects by field and operation, and the items that replaced lists lose."""

    objects: int = 0
    edits: int = 0
    by_field: Counter[tuple[str, str]] = field(default_factory=Counter)
    added: Counter[str] = field(default_factory=Counter)
    removed: Counter[str] = field(default_factory=Counter)
    replaced: Counter[str] = field(default_factory=Counter)

    def add(self, each: ObjectEdits) -> None:
        """Count the edits of one object."""
        self.objects += 1
        for edit in each.edits:
            self.edits += 1
            self.by_field[edit.field, operation_of(edit)] += 1
            change = list_change(edit)
            self.added[edit.field] += len(change.added)
            self.removed[edit.field] += len(change.removed)
            if isinstance(edit.after, list):
                self.replaced[edit.field] += len(change.removed)


def operation_of(edit: Edit) -> str:
    """The kind of an edit: set, cleared, replaced, or changed by parts."""
    if edit.is_change:
        return "changed"
    if isinstance(edit.after, list) and edit.after:
        return "replaced"
    return "cleared" if edit.after in (None, "", [], {}) else "set"


class Draft:
    """The edits of many objects, in pages; each page with the time at which it was read.

    The pages are in an unnamed temporary file of this process, which nobody else can open.
    """

    def __init__(self) -> None:
        self.totals = Totals()
        self._file: IO[bytes] = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed with the draft

    def __len__(self) -> int:
        return self.totals.objects

    def add(self, page: Sequence[ObjectEdits], read_at: float) -> None:
        """Add a page that was read at this time of the monotonic clock."""
        for each in page:
            self.totals.add(each)
        self._file.seek(0, 2)
        if page:
            pickle.dump((read_at, list(page)), self._file)

    def pages(self) -> Iterator[tuple[float, list[ObjectEdits]]]:
        """The pages in order, each with the time at which it was read."""
        place = 0
        while True:
            self._file.seek(place)
            try:
                page = pickle.load(self._file)  # noqa: S301 - written by this process, and open to no other
            except EOFError:
                return
            place = self._file.tell()
            yield page

    def replace(self, other: Draft) -> None:
        """Take the pages of another draft in place of the own ones."""
        self._file.close()
        self._file, self.totals = other._file, other.totals

    def close(self) -> None:
        """Drop the pages."""
        self._file.close()

    def __iter__(self) -> Iterator[ObjectEdits]:
        for _, page in self.pages():
            yield from page
