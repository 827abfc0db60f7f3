"""oshash and md5, compared with independently computed values."""

from __future__ import annotations

import hashlib
import io
import struct

import pytest
from table_tests import table_test

from stash_cli.embedded.scan.content import md5, oshash

CHUNK = 65536


def reference_oshash(data: bytes) -> str:
    length = min(len(data), CHUNK) // 8 * 8
    total = len(data)
    for part in (data[:length], data[len(data) - length :]):
        total += sum(struct.unpack(f"<{length // 8}Q", part))
    return f"{total % 2**64:016x}"


@table_test("size", [8, 9, 15, 100, CHUNK - 1, CHUNK, CHUNK + 3, 2 * CHUNK, 5 * CHUNK + 1])
def test_oshash_of_any_size(size: int) -> None:
    data = bytes((7 * n + n // 256) % 256 for n in range(size))
    assert oshash(io.BytesIO(data), size) == reference_oshash(data)


def test_oshash_wraps_at_64_bits_and_keeps_leading_zeros() -> None:
    assert oshash(io.BytesIO(b"\xff" * 16), 16) == f"{(16 - 4) % 2**64:016x}"
    assert oshash(io.BytesIO(bytes(8)), 8) == "0000000000000008"


@table_test("size", range(8))
def test_file_shorter_than_a_word_has_no_oshash(size: int) -> None:
    with pytest.raises(ValueError, match="too short"):
        oshash(io.BytesIO(bytes(size)), size)


def test_md5_reads_all_blocks_and_checks_for_cancellation() -> None:
    data = bytes(3 * 1024 * 1024 + 5)
    calls: list[None] = []
    assert md5(io.BytesIO(data), lambda: calls.append(None)) == hashlib.md5(data).hexdigest()
    assert len(calls) == 4


def test_md5_stops_when_cancelled() -> None:
    def stop() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        md5(io.BytesIO(bytes(10)), stop)
