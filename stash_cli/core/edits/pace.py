"""Request sizes that adapt to the server's time per object.

A server answers a mutation after the hooks of its plugins, which may take a second per object. A proxy with a
time limit would cut off a longer request, and the outcome of everything in it would be unknown.
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
"""Target duration of a request."""
GROWTH = 4
"""Maximum factor by which a request may be larger than the one before."""
_INSTANT = 0.001


@dataclass(slots=True)
class Pace:
    """The size of the next request: `size` objects."""

    size: int = START

    def note(self, count: int, seconds: float) -> None:
        """Adapt the size after a request with `count` objects took `seconds`."""
        fitting = round(max(1, count) * SECONDS / max(seconds, _INSTANT))
        self.size = max(1, min(fitting, self.size * GROWTH, CHUNK))


def requests_of(sizes: Iterable[int]) -> int:
    """Number of requests for runs of `sizes` objects, on a server that responds instantly."""
    pace, count = Pace(), 0
    for size in sizes:
        remaining = size
        while remaining > 0:
            sent = min(remaining, pace.size)
            remaining, count = remaining - sent, count + 1
            pace.note(sent, 0)
    return count


def in_rounds(operations: Iterable[Operation]) -> list[Operation]:
    """Order operations so that those of one object are far apart; their relative order stays.

    A server may answer an operation with data that it loaded for an earlier one of the same request.
    """
    round_of: dict[str, int] = {}
    rounds: list[tuple[int, Operation]] = []
    for each in operations:
        number = max((round_of.get(one, 0) for one in each.ids), default=0)
        round_of |= dict.fromkeys(each.ids, number + 1)
        rounds.append((number, each))
    return [each for _, each in sorted(rounds, key=lambda pair: pair[0])]
