"""Times are compared as instants, whatever the zones of server, rows and user."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from stash_cli.core.client.base import arguments
from stash_cli.core.errors import StashInputError
from stash_cli.core.query.date_parsing import days
from stash_cli.core.query.local_zone import LOCAL
from stash_cli.core.query.lookups import compile as compile_lookups
from stash_cli.core.query.lookups import matches

NOW = datetime(2024, 5, 10, 12, 30, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
SUMMER = datetime(2024, 3, 31, 12, 0, tzinfo=BERLIN)
"""Noon of the day on which the clock was set forward from 2:00 to 3:00."""
WINTER = datetime(2024, 10, 27, 12, 0, tzinfo=BERLIN)
"""Noon of the day on which the clock was set back from 3:00 to 2:00."""


def is_match(asked: dict[str, Any], row: str, now: datetime = NOW) -> bool:
    """Whether a scene with this time matches, by the residual predicate and by the server's filter."""
    compiled = compile_lookups("Scene", asked, now=now)
    matched = matches("Scene", asked, now=now)({"created_at": row})
    assert matched <= all(admits(each, row[:19]) for each in levels(compiled.filter))
    assert compiled.post_filter is not None
    assert compiled.post_filter({"created_at": row}) == matched
    return matched


def levels(level: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "created_at" in level:
        yield level["created_at"]
    if "AND" in level:
        yield from levels(level["AND"])


def admits(criterion: dict[str, Any], wall: str) -> bool:
    """Whether the server's filter, which compares texts, matches."""
    low, high = criterion["value"], criterion.get("value2", "")
    return {
        "GREATER_THAN": wall >= low,
        "LESS_THAN": wall < low,
        "BETWEEN": low <= wall < high,
        "NOT_BETWEEN": not low <= wall < high,
    }[criterion["modifier"]]


@pytest.mark.parametrize("offset", ["Z", "-12:00", "-08:00", "-03:30", "+05:45", "+14:00"])
@pytest.mark.parametrize("lookup", ["eq", "ne", "gt", "gte", "lt", "lte", "in", "between", "not_between"])
def test_equal_instants_match_in_any_zone(lookup: str, offset: str) -> None:
    zone = datetime.fromisoformat(f"2024-01-01T00:00:00{offset}").tzinfo
    instant = datetime(2024, 3, 15, 10, 0, tzinfo=UTC)
    value: Any = instant.isoformat()
    value = {"in": [value], "between": (value, value), "not_between": (value, value)}.get(lookup, value)
    expected = {"eq": "=", "ne": "<>", "gt": ">", "gte": "=>", "lt": "<", "lte": "<=", "in": "="}
    sides = {"<": -1, "=": 0, ">": 1}
    for side, seconds in sides.items():
        row = (instant + timedelta(seconds=seconds)).astimezone(zone).isoformat()
        told = is_match({f"created_at__{lookup}": value}, row)
        assert told == (side in {**expected, "between": "=", "not_between": "<>"}[lookup]), row


@pytest.mark.parametrize("now", [NOW, NOW.astimezone(ZoneInfo("Asia/Kolkata")), SUMMER, WINTER])
def test_relative_times_are_durations_before_now(now: datetime) -> None:
    ago = (now.astimezone(UTC) - timedelta(days=2)).isoformat()
    before = (now.astimezone(UTC) - timedelta(days=2, seconds=1)).isoformat()
    for value in ("-2d", "2 days ago", "-48h", "48 hours ago", timedelta(days=2), timedelta(days=-2)):
        assert is_match({"created_at__gte": value}, ago, now)
        assert not is_match({"created_at__gte": value}, before, now)


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("a minute ago", "-1m"),
        ("3 months ago", "-3mo"),
        ("1 year ago", "-1y"),
        ("5 MINUTES  AGO", "-5m"),
        ("now", "-0s"),
    ],
)
def test_named_times(written: str, means: str) -> None:
    told, meant = (compile_lookups("Scene", {"created_at__gte": each}, now=NOW) for each in (written, means))
    assert told.filter == meant.filter


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        # 23 hours, 25 hours, and a day with the other UTC offset
        ("2024-03-31", "2024-03-30T23:00:00Z", "2024-03-31T21:59:59Z"),
        ("2024-10-27", "2024-10-26T22:00:00Z", "2024-10-27T22:59:59Z"),
        ("2024-01-15", "2024-01-14T23:00:00Z", "2024-01-15T22:59:59Z"),
        (date(2024, 7, 15), "2024-07-14T22:00:00Z", "2024-07-15T21:59:59Z"),
        ("2024-03", "2024-02-29T23:00:00Z", "2024-03-31T21:59:59Z"),
        ("2024-07-15 14:30", "2024-07-15T12:30:00Z", "2024-07-15T12:30:59Z"),
        ("2024-07-15 14:30:07", "2024-07-15T12:30:07Z", "2024-07-15T12:30:07Z"),
        (datetime(2024, 7, 15, 14, 30), "2024-07-15T12:30:00Z", "2024-07-15T12:30:00Z"),  # noqa: DTZ001 - of the user
        ("yesterday", "2024-03-29T23:00:00Z", "2024-03-30T22:59:59Z"),
        ("today", "2024-03-30T23:00:00Z", "2024-03-31T21:59:59Z"),
    ],
)
def test_date_is_a_day_in_the_user_zone(day: Any, first: str, last: str) -> None:
    for row, inside in ((first, True), (last, True), (moved(first, -1), False), (moved(last, 1), False)):
        assert is_match({"created_at": day}, row, SUMMER) == inside
        assert is_match({"created_at__ne": day}, row, SUMMER) != inside
    assert is_match({"created_at__gt": day}, moved(last, 1), SUMMER)
    assert not is_match({"created_at__gt": day}, last, SUMMER)
    assert is_match({"created_at__lt": day}, moved(first, -1), SUMMER)


def moved(text: str, seconds: int) -> str:
    return (datetime.fromisoformat(text) + timedelta(seconds=seconds)).isoformat()


def test_repeated_hour_is_distinguished_by_its_offset() -> None:
    first, second = "2024-10-27T02:30:00+02:00", "2024-10-27T02:30:00+01:00"
    assert is_match({"created_at__gte": second}, second, WINTER)
    assert not is_match({"created_at__gte": second}, first, WINTER)
    assert is_match({"created_at__lt": second}, first, WINTER)


def test_fuzzy_dates_use_calendar_arithmetic() -> None:
    """A date has no time, so a change of the clock does not shift it."""
    just_after_midnight = datetime(2024, 4, 1, 0, 30, tzinfo=BERLIN)
    for value in ("-1d", timedelta(days=1), "yesterday", "1 day ago"):
        assert days(value, just_after_midnight) == (date(2024, 3, 31), date(2024, 3, 31))


@pytest.fixture(params=["Europe/Berlin", "America/Los_Angeles", "Australia/Lord_Howe", "UTC"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[ZoneInfo]:
    """Set the time zone of this process."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield ZoneInfo(request.param)
    time.tzset()


def test_system_zone_rules_apply_to_every_date(zone: ZoneInfo) -> None:
    for hour in range(0, 366 * 24, 5):
        moment = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=hour)
        local, known = moment.astimezone(LOCAL), moment.astimezone(zone)
        assert (local.replace(tzinfo=None), local.fold) == (known.replace(tzinfo=None), known.fold)
        assert local.utcoffset() == known.utcoffset()
    assert matches("Scene", {"created_at": "2024-01-15"})(
        {"created_at": datetime(2024, 1, 15, 23, 59, 59, tzinfo=zone).astimezone(UTC).isoformat()}
    )


def test_server_filter_covers_every_zone() -> None:
    compiled = compile_lookups("Scene", {"created_at": "2024-01-02"}, now=NOW)
    assert compiled.filter["created_at"] == {
        "value": "2024-01-01T12:00:00",
        "value2": "2024-01-03T14:00:00",
        "modifier": "BETWEEN",
    }
    assert "compared as instants here" in compiled.explain()


def test_times_missing_in_rows_are_compared_by_the_server() -> None:
    compiled = compile_lookups("Tag", {"scenes__created_at__gte": "2024-07-01"}, now=SUMMER)
    assert compiled.filter == {
        "scenes_filter": {"created_at": {"value": "2024-07-01T00:00:00", "modifier": "GREATER_THAN"}}
    }
    assert "as if its clock" in compiled.explain()


@pytest.mark.parametrize("value", ["0001", "9999-12-31", "9999", "-9000y", "0001-01-01T00:00:00+14:00"])
def test_calendar_limits_do_not_overflow(value: str) -> None:
    """Limits are compiled or rejected."""
    for lookup in ("eq", "gt", "lte"):
        refusal, compiled = "", None
        try:
            compiled = compile_lookups("Scene", {f"created_at__{lookup}": value})
        except StashInputError as error:
            refusal = error.message
        assert value in refusal if compiled is None else compiled.filter or compiled.post_filter


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("2024-07-15", "2024-07-15T00:00:00+02:00"),
        ("2024-01-15 10:30:00", "2024-01-15T10:30:00+01:00"),
        (datetime(2024, 7, 15, 14), "2024-07-15T14:00:00+02:00"),  # noqa: DTZ001 - a time of the user
        (datetime(2024, 7, 15, 14, tzinfo=UTC), "2024-07-15T14:00:00+00:00"),
        ("2024-07-15T14:00:00Z", "2024-07-15T14:00:00Z"),
        ("<4h", "<4h"),
        ("2024-13-01", "2024-13-01"),
    ],
)
@pytest.mark.parametrize("zone", ["Europe/Berlin"], indirect=True)
def test_sent_times_have_the_user_offset(written: Any, sent: str, zone: ZoneInfo) -> None:
    """Servers read a date, or a time without an offset, as UTC."""
    assert arguments("sceneAddPlay", {"id": 1, "times": [written]})["times"] == [sent]
    scan = arguments("metadataScan", {"input": {"filter": {"minModTime": written}}})
    assert scan["input"]["filter"]["minModTime"] == sent
