"""The order of responses: the last write or read of each field, while older responses may still arrive.

A response does not change fields that were written, or read by a later request, after its request was sent.
Without an older open request nothing is recorded, because every later response is newer.
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
        self._deleted: dict[tuple[str, str], int] = {}
        self._tidy_above = _FEW
        """Number of records above which outdated ones are removed."""

    def note(
        self, type_name: str, ids: Iterable[str] | None, fields: Iterable[str], number: int | None = None
    ) -> None:
        """Record a write or read of fields of some objects (None: of all of the type).

        `number` is that of the request that read them; None for a write by a mutation whose response has
        just arrived.
        """
        if not self._expects_older(number):
            return
        number = self._record_newest(number)
        names = list(fields)
        for one in [None] if ids is None else ids:
            numbers = self._fields.setdefault((type_name, one), {})
            for name in names:
                numbers[name] = max(numbers.get(name, 0), number)

    def record_deletion(self, type_name: str, ids: Iterable[str]) -> None:
        """Record that objects were deleted: older responses may still contain them."""
        if self._expects_older(None):
            number = self._record_newest(None)
            self._deleted |= {(type_name, one): number for one in ids}

    @property
    def is_empty(self) -> bool:
        """Whether nothing is recorded."""
        return not self._fields and not self._deleted

    def needs_check(self, number: int) -> bool:
        """Whether fields of the response to this request must be checked for being outdated."""
        return self.newest > number or self.requests.oldest() < number

    def is_deleted_after(self, type_name: str, id_: str, number: int) -> bool:
        """Whether an object was deleted after the request with this number was sent."""
        return bool(self._deleted) and number < self._deleted.get((type_name, id_), 0)

    def changed_after(self, type_name: str, id_: str, number: int) -> Callable[[str], bool]:
        """A predicate: whether a field was written or read after the request with this number was sent."""
        own, every = (self._fields.get((type_name, one), {}) for one in (id_, None))
        whole = own.get(WHOLE, 0)
        return lambda name: name != "id" and number < max(own.get(name, 0), every.get(name, 0), whole)

    def _expects_older(self, number: int | None) -> bool:
        """Whether the response to a request before `number` (None: before now) may still arrive."""
        oldest = self.requests.oldest()
        if self._fields or self._deleted:
            self._tidy(oldest)
        return oldest < (self.requests.now() if number is None else number)

    def _record_newest(self, number: int | None) -> int:
        number = self.requests.now() if number is None else number
        self.newest = max(self.newest, number)
        return number

    def _tidy(self, oldest: int) -> None:
        """Remove the records that are older than every open request."""
        if self.newest <= oldest:
            self._fields.clear()
            self._deleted.clear()
        elif len(self._fields) + len(self._deleted) > self._tidy_above:
            self._fields = {
                key: numbers
                for key, numbers in self._fields.items()
                if max(numbers.values(), default=0) > oldest
            }
            self._deleted = {key: number for key, number in self._deleted.items() if number > oldest}
            # Twice the remaining number, so that full scans stay rare however many objects are written.
            self._tidy_above = max(_FEW, 2 * (len(self._fields) + len(self._deleted)))
