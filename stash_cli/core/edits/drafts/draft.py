"""Edits of many objects between reading and sending, in pages of a file, so that memory use is constant."""

from __future__ import annotations

import pickle
from collections import Counter
from dataclasses import dataclass, field, replace
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Any, Generic, TypeVar

from stash_cli.core.edits.diff import list_change
from stash_cli.core.many_keys import LINE
from stash_cli.core.orm.edit import Change, Edit, key_of
from stash_cli.core.orm.relationship import relationships

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


_IN_MEMORY = 1_000_000
"""Maximum size of pages in bytes before they are written to a file."""


@dataclass(frozen=True, slots=True)
class ObjectEdits:
    """The edits of one object; `label` is its name, `times` the histories of its counters.

    With `is_new` the object is to be created, and its id is a placeholder for its origin, such as a line of a
    file. `facts` are further data in the line of a plan.
    """

    id: str
    label: str
    edits: tuple[Edit, ...]
    times: Mapping[str, Sequence[str]] = field(default_factory=dict)
    is_new: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def provisional(self) -> list[str]:
        """Placeholders for ids of new objects that are not created yet: in its edits, and its own id."""
        links = [
            item for edit in self.edits if edit.field in relationships(edit.type) for item in _links(edit)
        ]
        own = [] if self.is_new else [self.id]
        return [one for one in (*own, *links) if isinstance(one, str) and one.startswith(LINE)]

    @property
    def is_link(self) -> bool:
        """Whether these are links of a new object, which are sent after all creations."""
        return not self.is_new and self.id.startswith(LINE)

    def at(self, one: str) -> ObjectEdits:
        """Return the same edits for the object with this id."""
        return replace(self, id=one, edits=tuple(edit.at(one) for edit in self.edits))


def _links(edit: Edit) -> Iterator[Any]:
    """Keys of the items that an edit adds to a relationship."""
    after = edit.after.added if isinstance(edit.after, Change) else edit.after
    yield from map(key_of, after if isinstance(after, list | tuple) else [after])


@dataclass(slots=True)
class Totals:
    """Totals of a draft.

    Numbers of all objects, of new ones, and of those that refer to new ones; number of edits by field and
    kind; numbers of items by field that lists gain, lose, and lose by being replaced.
    """

    objects: int = 0
    new: int = 0
    linked: int = 0
    edits: int = 0
    by_field: Counter[tuple[str, str]] = field(default_factory=Counter)
    added: Counter[str] = field(default_factory=Counter)
    removed: Counter[str] = field(default_factory=Counter)
    replaced: Counter[str] = field(default_factory=Counter)

    def add(self, each: ObjectEdits) -> None:
        """Count the edits of one object; of a new object only the object itself is counted."""
        self.linked += bool(each.provisional)
        if each.is_new:
            self.objects, self.new = self.objects + 1, self.new + 1
        if each.is_new or each.is_link:
            return
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
    """Kind of an edit: set, cleared, replaced, or changed by items or keys."""
    if edit.is_change:
        return "changed"
    if isinstance(edit.after, list) and edit.after:
        return "replaced"
    return "cleared" if edit.after in (None, "", [], {}) else "set"


T = TypeVar("T")


class PageFile(Generic[T]):
    """Pages of items in an unnamed temporary file, which no other process can open."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None

    def append(self, page: T) -> None:
        """Add a page at the end."""
        if self._file is None:
            self._file = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed with the pages
        # Pages may be read while others are added, and reading leaves the position before the end.
        self._file.seek(0, 2)
        pickle.dump(page, self._file)

    def __iter__(self) -> Iterator[T]:
        place = 0
        while self._file is not None:
            self._file.seek(place)
            try:
                page = pickle.load(self._file)  # noqa: S301 - written by this process, and open to no other
            except EOFError:
                return
            place = self._file.tell()
            yield page

    def close(self) -> None:
        """Drop the pages."""
        if self._file is not None:
            self._file.close()
            self._file = None


class Draft:
    """The edits of many objects, in pages; each page with the time at which it was read."""

    def __init__(self) -> None:
        self.totals = Totals()
        self._pages: PageFile[tuple[float, list[ObjectEdits]]] = PageFile()

    def __len__(self) -> int:
        return self.totals.objects

    def add(self, page: Sequence[ObjectEdits], read_at: float) -> None:
        """Add a page that was read at `read_at`, a time of the monotonic clock."""
        for each in page:
            self.totals.add(each)
        if page:
            self._pages.append((read_at, list(page)))

    def pages(self) -> Iterator[tuple[float, list[ObjectEdits]]]:
        """The pages in order, each with the time at which it was read."""
        return iter(self._pages)

    def replace(self, other: Draft) -> None:
        """Replace the pages by those of another draft."""
        self._pages.close()
        self._pages, self.totals = other._pages, other.totals

    def close(self) -> None:
        """Drop the pages."""
        self._pages.close()

    def __iter__(self) -> Iterator[ObjectEdits]:
        for _, page in self.pages():
            yield from page
