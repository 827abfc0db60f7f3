"""A library that was written in one zone and is asked from another, both ways."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cli_support import real

ZONES = [("America/Los_Angeles", "UTC"), ("UTC", "Asia/Kolkata"), ("Pacific/Auckland", "America/New_York")]


@pytest.mark.parametrize(("server", "client"), ZONES)
def test_an_object_is_found_by_its_own_time(server: str, client: str, tmp_path: Path) -> None:
    url = f"embedded:{tmp_path / 'library.sqlite'}"
    made = real("scene", "create", "--title", "x", "--json", STASH_URL=url, TZ=server).json["created_at"]
    moment = datetime.fromisoformat(made)
    before, after = (moment + timedelta(seconds=each) for each in (-1, 1))

    def ids(*asked: str) -> str:
        done = real("scenes", "find", *asked, "--ids", STASH_URL=url, TZ=client)
        assert done.status == 0, done.err
        return done.out.strip()

    assert ids("--created-at-gte", made, "--created-at-lt", after.isoformat()) == "1"
    assert ids("--created-at-gte", before.astimezone(UTC).isoformat(), "--created-at-gte=-1h") == "1"
    assert ids("--created-at-lt", made) == ids("--created-at-gt", made) == ""
    assert ids("--created-at-gte", after.astimezone(UTC).isoformat()) == ""
    assert real("scenes", "count", "--created-at-gte", "5 minutes ago", STASH_URL=url, TZ=client).out == "1\n"
