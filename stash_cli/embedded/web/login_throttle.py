"""Throttling of wrong passwords and keys, per network address and altogether."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_network
from typing import TYPE_CHECKING

from stash_cli.embedded.web.addresses import parse_address

if TYPE_CHECKING:
    from collections.abc import Callable

FREE = 5
"""Wrong guesses of one address before it has to wait."""
CROWD = 100
"""Wrong guesses of all addresses together from which on each address has one only."""
LONGEST = 300.0  # seconds of a pause
MEMORY = 900.0  # seconds until wrong guesses are forgotten
MOST_PEERS = 4096


@dataclass(slots=True)
class _Record:
    failures: int = 0
    last: float = 0.0


class LoginThrottle:
    """Counts wrong attempts. After `free` of them each has to wait: 1, 2, 4 ... 300 seconds.

    A guess counts as wrong from its start until it turns out right, so that guesses at the same time do not
    slip through. Safe for several threads; remembers at most `MOST_PEERS` addresses. `clock` gives seconds.
    """

    def __init__(self, free: int = FREE, clock: Callable[[], float] = time.monotonic) -> None:
        self._free = free
        self._clock = clock
        self._lock = threading.Lock()
        self._peers: OrderedDict[str, _Record] = OrderedDict()
        self._all = _Record()

    def attempt(self, address: str) -> int:
        """Count a guess of `address` that may be tried now (0), or say how many seconds it has to wait."""
        now, key = self._clock(), _network(address)
        with self._lock:
            record = self._peers.setdefault(key, _Record())
            for known in (record, self._all):
                _forget(known, now)
            wait = record.last + self._pause(record.failures) - now
            if wait > 0:
                return math.ceil(wait)
            self._count(key, record, now)
        return 0

    def fail(self, address: str) -> None:
        """Let the pause begin now: the last guess turned out wrong."""
        with self._lock:
            record = self._peers.get(_network(address))
            if record is not None:
                record.last = self._clock()

    def succeed(self, address: str) -> None:
        """Forget the guesses of `address`: the last one was right."""
        with self._lock:
            record = self._peers.pop(_network(address), None)
            if record is not None:
                self._all.failures = max(self._all.failures - 1, 0)

    def _pause(self, failures: int) -> float:
        free = self._free if self._all.failures < CROWD else 1
        return 0.0 if failures < free else min(2.0 ** min(failures - free, 30), LONGEST)

    def _count(self, key: str, record: _Record, now: float) -> None:
        for known in (record, self._all):
            known.failures += 1
            known.last = now
        self._peers.move_to_end(key)
        while len(self._peers) > MOST_PEERS:
            self._peers.popitem(last=False)


def _forget(record: _Record, now: float) -> None:
    if now - record.last > MEMORY:
        record.failures = 0


def _network(address: str) -> str:
    """What counts as one guesser: an IPv4 address, or the /64 network that one owner of IPv6 has."""
    parsed = parse_address(address)
    if isinstance(parsed, IPv6Address) and not parsed.is_loopback:
        return str(ip_network((parsed, 64), strict=False))
    return str(parsed) if parsed is not None else ""
