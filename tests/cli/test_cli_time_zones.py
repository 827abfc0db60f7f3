"""A library written in one time zone and queried from another."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from cli_support import Cli

ZONES = [("America/Los_Angeles", "UTC"), ("UTC", "Asia/Kolkata"), ("Pacific/Auckland", "America/New_York")]


@contextmanager
def zone(name: str) -> Iterator[None]:
    """The zone of this process inside the block."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", name)
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(("server", "client"), ZONES)
def test_object_is_found_by_its_own_time(server: str, client: str, cli: Cli) -> None:
    with zone(server):
        made = cli.ok("scene", "create", "--title", "x", "--json").json["created_at"]
    moment = datetime.fromisoformat(made)
    before, after = (moment + timedelta(seconds=each) for each in (-1, 1))

    def ids(*asked: str) -> str:
        return cli.ok("scenes", "find", *asked, "--ids").out.strip()

    with zone(client):
        assert ids("--created-at-gte", made, "--created-at-lt", after.isoformat()) == "1"
        assert ids("--created-at-gte", before.astimezone(UTC).isoformat(), "--created-at-gte=-1h") == "1"
        assert ids("--created-at-lt", made) == ids("--created-at-gt", made) == ""
        assert ids("--created-at-gte", after.astimezone(UTC).isoformat()) == ""
        assert cli.ok("scenes", "count", "--created-at-gte", "5 minutes ago").out == "1\n"
