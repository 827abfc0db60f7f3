"""The order of answers: the last write or read of each field, while older answers may still arrive.

An answer does not change fields that were written, or read by a later request, since its request was sent.
Without an older open request nothing is recorded, because every answer to come is newer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from stash_cli.core.client.locks import RequestOrder

WHOLE = "*"
"""All fields of an object but its id."""

_FEW = 1000
"""Number of objects below which no outdated records are removed."""


class FieldOrder:
    """Type, id and field -> the number of the last write, or of the latest request that was read.

    The caller holds the lock of the identity map.
    """

    def __init__(self, requests: RequestOrder) -> None:
        self.requests = requests
        self.newest = 0
        """The highest number noted."""
        self._fields: dict[tuple[str, str | None], dict[str, int]] = {}
        self._gone: dict[tuple[str, str], int] = {}
        self._kept = _FEW

    def note(
        self, type_name: str, ids: Iterable[str] | None, fields: Iterable[str], number: int | None = None
    ) -> None:
        """Record a write or read of fields of some objects (None: of all of the type).

        `number` is that of the request that read them; None for a write by a mutation
        that is answered now.
        """
        if not self._may_be_overtaken(number):
            return
        number = self._noted(number)
        names = list(fields)
        for one in [None] if ids is None else ids:
            held = self._fields.setdefault((type_name, one), {})
            for name in names:
                held[name] = max(held.get(name, 0), number)

    def note_gone(self, type_name: str, ids: Iterable[str]) -> None:
        """Record that objects were deleted: older answers may still name them."""
        if self._may_be_overtaken(None):
            number = self._noted(None)
            self._gone |= {(type_name, one): number for one in ids}

    @property
    def is_empty(self) -> bool:
        """Whether nothing is recorded."""
        return not self._fields and not self._gone

    def is_open(self, number: int) -> bool:
        """Whether the order of answers matters to the request with this number."""
        return self.newest > number or self.requests.oldest() < number

    def is_gone(self, type_name: str, id_: str, number: int) -> bool:
        """Whether an object was deleted after the request with this number was sent."""
        return bool(self._gone) and number < self._gone.get((type_name, id_), 0)

    def later(self, type_name: str, id_: str, number: int) -> Callable[[str], bool]:
        """A test whether a field was written or read after the request with this number was sent."""
        own, every = (self._fields.get((type_name, one), {}) for one in (id_, None))
        whole = own.get(WHOLE, 0)
        return lambda name: name != "id" and number < max(own.get(name, 0), every.get(name, 0), whole)

    def _may_be_overtaken(self, number: int | None) -> bool:
        """Whether an older answer may still arrive."""
        oldest = self.requests.oldest()
        if self._fields or self._gone:
            self._tidy(oldest)
        return oldest < (self.requests.now() if number is None else number)

    def _noted(self, number: int | None) -> int:
        number = self.requests.now() if number is None else number
        self.newest = max(self.newest, number)
        return number

    def _tidy(self, oldest: int) -> None:
        """Remove the records that are older than every answer to come."""
        if self.newest <= oldest:
            self._fields.clear()
            self._gone.clear()
        elif len(self._fields) + len(self._gone) > self._kept:
            self._fields = {
                key: held for key, held in self._fields.items() if max(held.values(), default=0) > oldest
            }
            self._gone = {key: number for key, number in self._gone.items() if number > oldest}
            # Twice as many as are left: walking through all of them stays rare, however many objects are
            # written.
            self._kept = max(_FEW, 2 * (len(self._fields) + len(self._gone)))
