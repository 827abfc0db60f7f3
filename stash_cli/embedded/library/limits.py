"""Resource limits and permissions of an open library, and a cache with a limit in bytes."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Generic, TypeVar

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Permissions and limits of one open library; sizes in bytes, times in seconds.

    `follow_links`: symbolic links out of the library folders are scanned and served.
    `any_folder`: folders of the operating system may be library folders.
    `private_addresses`: pictures may be fetched from loopback and private networks.
    `fetch_bytes`, `fetch_seconds`: of one picture given by URL, redirects included.
    `document_bytes`, `document_tokens`, `root_fields`: of one GraphQL document.
    `sql_rows`, `sql_bytes`, `sql_seconds`: of one querySQL result.
    `read_seconds`: of one query; mutations have no time limit.
    """

    follow_links: bool = False
    any_folder: bool = False
    private_addresses: bool = False
    fetch_bytes: int = 32 * _MIB
    fetch_seconds: float = 60.0
    document_bytes: int = 4 * _MIB
    document_tokens: int = 200_000
    root_fields: int = 5_000
    sql_rows: int = 100_000
    sql_bytes: int = 64 * _MIB
    sql_seconds: float = 30.0
    read_seconds: float = 60.0


DEFAULT_LIMITS = Limits()


K = TypeVar("K")
V = TypeVar("V")


class Cache(Generic[K, V]):
    """Thread-safe LRU cache of at most `max_bytes`.

    A value larger than an eighth of that is not cached, so that it does not evict all others.
    """

    _ENTRY = 512  # bytes of an entry besides its value

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._size = 0
        self._lock = threading.Lock()
        self._entries: dict[K, tuple[V, int]] = {}

    def get(self, key: K) -> V | None:
        """The value of a key, marked as recently used; None when it is not cached."""
        with self._lock:
            entry = self._entries.pop(key, None)
            if entry is None:
                return None
            self._entries[key] = entry
            return entry[0]

    def put(self, key: K, value: V, size: int) -> None:
        """Cache `value` of `size` bytes, evicting the least recently used."""
        size += self._ENTRY
        if size > self._max_bytes // 8:
            return
        with self._lock:
            self._size += size - self._entries.pop(key, (value, 0))[1]
            self._entries[key] = value, size
            while self._size > self._max_bytes:
                self._size -= self._entries.pop(next(iter(self._entries)))[1]
