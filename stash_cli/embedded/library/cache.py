"""A cache that is bounded by what its values weigh."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Cache(Generic[K, V]):
    """Keeps the values used last, up to `most` bytes in all; threads may share it.

    A value of more than an eighth of that is not kept, so that one does not displace all others.
    """

    _ENTRY = 512  # bytes that an entry takes beside its value

    def __init__(self, most: int) -> None:
        self._most = most
        self._size = 0
        self._lock = threading.Lock()
        self._kept: dict[K, tuple[V, int]] = {}

    def get(self, key: K) -> V | None:
        """The value of a key, which counts as used; None when it is not kept."""
        with self._lock:
            found = self._kept.pop(key, None)
            if found is None:
                return None
            self._kept[key] = found
            return found[0]

    def put(self, key: K, value: V, size: int) -> None:
        """Keep `value`, which takes `size` bytes; what was used longest ago goes."""
        size += self._ENTRY
        if size > self._most // 8:
            return
        with self._lock:
            self._size += size - self._kept.pop(key, (value, 0))[1]
            self._kept[key] = value, size
            while self._size > self._most:
                self._size -= self._kept.pop(next(iter(self._kept)))[1]
