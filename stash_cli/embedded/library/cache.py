"""A least recently used cache with a limit in bytes."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Cache(Generic[K, V]):
    """Thread-safe LRU cache of at most `most` bytes.

    A value larger than an eighth of that is not cached, so that it does not evict all others.
    """

    _ENTRY = 512  # bytes that an entry takes beside its value

    def __init__(self, most: int) -> None:
        self._most = most
        self._size = 0
        self._lock = threading.Lock()
        self._kept: dict[K, tuple[V, int]] = {}

    def get(self, key: K) -> V | None:
        """The value of a key, marked as recently used; None when it is not cached."""
        with self._lock:
            found = self._kept.pop(key, None)
            if found is None:
                return None
            self._kept[key] = found
            return found[0]

    def put(self, key: K, value: V, size: int) -> None:
        """Cache `value` of `size` bytes, evicting the least recently used."""
        size += self._ENTRY
        if size > self._most // 8:
            return
        with self._lock:
            self._size += size - self._kept.pop(key, (value, 0))[1]
            self._kept[key] = value, size
            while self._size > self._most:
                self._size -= self._kept.pop(next(iter(self._kept)))[1]
