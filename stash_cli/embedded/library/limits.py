"""Resource limits and permissions of an open library."""

from __future__ import annotations

from dataclasses import dataclass

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
