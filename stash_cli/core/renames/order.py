"""The order of moves: nothing is moved to a path before what is there has left it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


def ordered(waits: Mapping[int, Iterable[int]]) -> Iterator[tuple[int, bool]]:
    """Moves in their order; `waits` names those that each has to wait for.

    A cycle begins with one of its moves to a temporary name, which is told by True beside it; that
    move is told again, with False, when its path is free. Names that are no keys count as done.
    """
    order = _Order(waits)
    yield from order.free()
    for each in waits:
        while each in order.left:
            first = order.on_cycle(each)
            yield first, True
            order.leave(first)
            yield from order.free()


class _Order:
    """The moves that are `left`, with those that each still waits for."""

    def __init__(self, waits: Mapping[int, Iterable[int]]) -> None:
        self.left = {each: set(others).intersection(waits) for each, others in waits.items()}
        self.followers: dict[int, list[int]] = {}
        for each, others in self.left.items():
            for other in others:
                self.followers.setdefault(other, []).append(each)
        self.ready = deque(each for each, others in self.left.items() if not others)

    def free(self) -> Iterator[tuple[int, bool]]:
        """The moves whose paths are free by now, and those that become free by them."""
        while self.ready:
            each = self.ready.popleft()
            del self.left[each]
            yield each, False
            self.leave(each)

    def leave(self, moved: int) -> None:
        """Note that a path is free."""
        for each in self.followers.pop(moved, ()):
            self.left[each].discard(moved)
            if not self.left[each]:
                self.ready.append(each)

    def on_cycle(self, start: int) -> int:
        """A move that waits for itself, by way of others, and that `start` waits for."""
        seen: set[int] = set()
        while start not in seen:
            seen.add(start)
            start = min(self.left[start])
        return start
