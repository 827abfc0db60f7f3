"""Request sizes adapted to the time that the server takes for an object.

A server answers a mutation after the hooks of its plugins, which may take a second for each object. Behind a
proxy with a time limit everything in a longer request would be done with an unknown outcome.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stash_cli.core.edits.plan import CHUNK

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stash_cli.core.edits.operation import Operation

START = 10
"""Objects of the first request."""
SECONDS = 3.0
"""Time that a request is meant to take."""
GROWTH = 4
"""A request has at most this many times the objects of the one before."""
_INSTANT = 0.001


@dataclass(slots=True)
class Pace:
    """The size of the next request: `size` objects."""

    size: int = START

    def note(self, count: int, seconds: float) -> None:
        """Note that a request with `count` objects took so long."""
        fitting = round(max(1, count) * SECONDS / max(seconds, _INSTANT))
        self.size = max(1, min(fitting, self.size * GROWTH, CHUNK))


def requests_of(sizes: Iterable[int]) -> int:
    """The number of requests for runs of `sizes` objects, on a server that answers at once."""
    pace, count = Pace(), 0
    for size in sizes:
        left = size
        while left > 0:
            sent = min(left, pace.size)
            left, count = left - sent, count + 1
            pace.note(sent, 0)
    return count


def in_rounds(operations: Iterable[Operation]) -> list[Operation]:
    """Operations so that those of one object are far apart, each object's in their order.

    What a server loaded for one operation it may answer with to the next one of the same request.
    """
    seen: dict[str, int] = {}
    rounds: list[tuple[int, Operation]] = []
    for each in operations:
        number = max((seen.get(one, 0) for one in each.ids), default=0)
        seen |= dict.fromkeys(each.ids, number + 1)
        rounds.append((number, each))
    return [each for _, each in sorted(rounds, key=lambda pair: pair[0])]
