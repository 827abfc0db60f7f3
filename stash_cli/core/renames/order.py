"""The order of moves: a file is moved to a path only after the file there was moved away."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


def ordered(waits: Mapping[int, Iterable[int]]) -> Iterator[tuple[int, bool]]:
    """Yield (move, is_temporary) in order; `waits` maps each move to those it has to wait for.

    A cycle is broken by a move to a temporary name (True); that move is yielded again, with False, when its
    path is free. Values that are not keys of `waits` count as done.
    """
    order = _Order(waits)
    yield from order.free()
    for each in waits:
        while each in order.pending:
            broken = order.find_cycle_member(each)
            yield broken, True
            order.release(broken)
            yield from order.free()


class _Order:
    """The remaining moves (`pending`), with those that each still waits for."""

    def __init__(self, waits: Mapping[int, Iterable[int]]) -> None:
        self.pending = {each: set(others).intersection(waits) for each, others in waits.items()}
        self.followers: dict[int, list[int]] = {}
        for each, others in self.pending.items():
            for other in others:
                self.followers.setdefault(other, []).append(each)
        self.ready = deque(each for each, others in self.pending.items() if not others)

    def free(self) -> Iterator[tuple[int, bool]]:
        """Yield the moves whose paths are free, including those that become free by earlier ones."""
        while self.ready:
            each = self.ready.popleft()
            del self.pending[each]
            yield each, False
            self.release(each)

    def release(self, moved: int) -> None:
        """Mark the old path of a move as free."""
        for each in self.followers.pop(moved, ()):
            self.pending[each].discard(moved)
            if not self.pending[each]:
                self.ready.append(each)

    def find_cycle_member(self, start: int) -> int:
        """Find a move on a cycle that `start` depends on."""
        seen: set[int] = set()
        while start not in seen:
            seen.add(start)
            start = min(self.pending[start])
        return start
