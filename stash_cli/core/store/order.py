"""Order of answers: the last request or mutation that determined each field.

An answer does not change fields that were written, or read by a later request, after its request was sent.
Nothing is recorded while no older request is open, because every answer is newer then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from stash_cli.core.client.order import RequestOrder

WHOLE = "*"
"""Stands for all fields of an object but its id."""

_FEW = 1000
"""Number of objects up to which no entry is removed."""


class FieldOrder:
    """Type, id and field -> the number of the last write, or of the latest request that was read.

    The caller holds the lock of the identity map.
    """

    def __init__(self, requests: RequestOrder) -> None:
        self.requests = requests
        self.newest = 0
        """The highest number recorded."""
        self._fields: dict[tuple[str, str | None], dict[str, int]] = {}
        self._gone: dict[tuple[str, str], int] = {}
        self._kept = _FEW

    def note(
        self, type_name: str, ids: Iterable[str] | None, fields: Iterable[str], number: int | None = None
    ) -> None:
        """Record the source of the values of these fields, of some objects or (None) of all of the type.

        `number` is that of the request that read them; None for a mutation that has been answered now.
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
        """Record that these objects are deleted: older answers may still name them."""
        if self._may_be_overtaken(None):
            number = self._noted(None)
            self._gone |= {(type_name, one): number for one in ids}

    @property
    def is_empty(self) -> bool:
        """Whether nothing is recorded."""
        return not self._fields and not self._gone

    def is_open(self, number: int) -> bool:
        """Whether answers may overtake the request with this number."""
        return self.newest > number or self.requests.oldest() < number

    def is_gone(self, type_name: str, id_: str, number: int) -> bool:
        """Whether an object was deleted after the request with this number was sent."""
        return bool(self._gone) and number < self._gone.get((type_name, id_), 0)

    def later(self, type_name: str, id_: str, number: int) -> Callable[[str], bool]:
        """A predicate on fields of an object: whether one was recorded after the request was sent."""
        own, every = (self._fields.get((type_name, one), {}) for one in (id_, None))
        whole = own.get(WHOLE, 0)
        return lambda name: name != "id" and number < max(own.get(name, 0), every.get(name, 0), whole)

    def _may_be_overtaken(self, number: int | None) -> bool:
        """Whether an older answer may come."""
        oldest = self.requests.oldest()
        if self._fields or self._gone:
            self._tidy(oldest)
        return oldest < (self.requests.now() if number is None else number)

    def _noted(self, number: int | None) -> int:
        number = self.requests.now() if number is None else number
        self.newest = max(self.newest, number)
        return number

    def _tidy(self, oldest: int) -> None:
        """Remove entries that are older than every answer that may still come."""
        if self.newest <= oldest:
            self._fields.clear()
            self._gone.clear()
        elif len(self._fields) + len(self._gone) > self._kept:
            self._fields = {
                key: held for key, held in self._fields.items() if max(held.values(), default=0) > oldest
            }
            self._gone = {key: number for key, number in self._gone.items() if number > oldest}
            # Twice as many, so that a long request does not make every note a search for old entries.
            self._kept = max(_FEW, 2 * (len(self._fields) + len(self._gone)))
