"""Counts by time: filtered by the server except near the bounds, and exact for any zone of the rows."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from store_support import RecordingTransport, recorded_store
from support import run

from stash_cli.core.client import BatchOperation
from stash_cli.core.query.lookups import matches, row_of
from stash_cli.core.query.q import Q
from stash_cli.core.store import StashEntityStore
from stash_cli.core.types import Tag

ROW = ("name", "aliases", "created_at", "updated_at")
NOON = datetime(2024, 3, 15, 12, tzinfo=UTC)
OFFSETS = (-12, -8, 0, 5.75, 14)
TIMES = [
    (NOON + timedelta(hours=hours)).astimezone(timezone(timedelta(hours=OFFSETS[number % len(OFFSETS)])))
    for number, hours in enumerate(range(-240, 240, 3))
]
"""Every three hours of twenty days, each written in another zone."""


@asynccontextmanager
async def library(tmp_path: Path) -> AsyncIterator[tuple[StashEntityStore, RecordingTransport]]:
    url = f"embedded:{tmp_path / 'library.sqlite'}"
    async with recorded_store(url) as (store, _):
        made = [BatchOperation("tagCreate", {"input": {"name": f"{n}"}}) for n in range(len(TIMES))]
        assert (await store.client.execute_batch(made)).all_succeeded
    with closing(sqlite3.connect(tmp_path / "library.sqlite")) as file, file:
        stamps = [(time.isoformat(), NOON.isoformat(), id_) for id_, time in enumerate(TIMES, 1)]
        file.executemany("UPDATE tags SET created_at = ?, updated_at = ? WHERE id = ?", stamps)
    async with recorded_store(url) as (store, wire):
        yield store, wire


def rows_read(wire: RecordingTransport) -> int:
    """Number of tag rows in all responses."""
    return sum(len((answer.data or {}).get("findTags", {}).get("tags", ())) for answer in wire.responses)


LATER = NOON + timedelta(days=4)
BAND = 26 // 3 + 1
"""Maximum number of rows with a wall time 12 hours before a bound to 14 hours after it."""
ASKED: list[tuple[int, dict[str, Any], Any]] = [
    (1, {"created_at__gte": NOON}, lambda time: time >= NOON),
    (1, {"created_at__lt": NOON}, lambda time: time < NOON),
    (2, {"created_at__between": (NOON, LATER)}, lambda time: NOON <= time <= LATER),
    (2, {"created_at__not_between": (NOON, LATER)}, lambda time: not NOON <= time <= LATER),
    (1, {"created_at__ne": TIMES[80]}, lambda time: time != TIMES[80]),
    (1, {"created_at__gte": NOON, "name__ne": "99"}, lambda time: time >= NOON and time != TIMES[99]),
    (1, {"created_at__gte": NOON, "updated_at__gte": NOON - timedelta(days=9)}, lambda time: time >= NOON),
]


@pytest.mark.parametrize(("bounds", "lookups", "matches"), ASKED, ids=[str(row[1].keys()) for row in ASKED])
def test_only_uncertain_rows_are_read(
    bounds: int, lookups: dict[str, Any], matches: Any, tmp_path: Path
) -> None:
    async def main() -> None:
        async with library(tmp_path) as (store, wire):
            wire.responses.clear()
            assert await store.count(Tag, **lookups) == sum(map(matches, TIMES))
            assert rows_read(wire) <= bounds * BAND
            assert len(wire.take_documents()) <= 3

    run(main())


IN_DOUBT = [
    Q(created_at=NOON),
    Q(created_at__gte=NOON, updated_at__lte=NOON),
    Q(created_at__gte=NOON) | Q(name="1"),
    ~Q(created_at__gte=NOON, updated_at__gte=NOON),
    Q(created_at__gte=NOON, aliases__ne="x"),
    Q(created_at__in=[NOON, LATER]),
    Q(created_at__gte=NOON, created_at__ne=LATER) & Q(created_at__lt=LATER),
]


@pytest.mark.parametrize("lookups", IN_DOUBT, ids=map(repr, IN_DOUBT))
def test_count_equals_number_of_matches(lookups: Q, tmp_path: Path) -> None:
    async def main() -> None:
        async with library(tmp_path) as (store, _):
            tags = await store.find(Tag)
            expected = [tag for tag in tags if matches("Tag", lookups)(row_of(tag, ROW))]
            assert await store.count(Tag, lookups) == len(expected) == len(await store.find(Tag, lookups))

    run(main())
