"""Batch sizes adapted to the time a server takes per object."""

from __future__ import annotations

from table_tests import table_test

from stash_cli.core.edits.pace import START, Pace, requests_of


def seconds(count: int, per_object: float, delay: float = 0.0) -> list[float]:
    """Durations of the requests that change `count` objects."""
    pace, found, left = Pace(), [], count
    while left > 0:
        size = min(left, pace.size)
        found.append(delay + size * per_object)
        pace.note(size, found[-1])
        left -= size
    return found


@table_test(("per_object", "delay"), [(1.0, 0.0), (0.5, 1.0), (0.1, 0.0), (0.01, 0.3), (5.0, 0.0)])
def test_only_first_request_may_exceed_the_target_duration(per_object: float, delay: float) -> None:
    first, *others = seconds(200, per_object, delay)
    assert first == delay + START * per_object
    assert max(others) <= max(5.0 + delay, per_object)


def test_fast_server_gets_few_requests_for_1000_objects() -> None:
    assert len(seconds(1000, 0.0)) == requests_of([1000]) == 7
    assert len(seconds(1000, 0.001, 0.01)) <= 9


def test_slowing_server_gets_smaller_batches() -> None:
    pace = Pace()
    for _ in range(4):
        pace.note(pace.size, 0.01)
    assert pace.size == 250
    pace.note(250, 60.0)
    assert pace.size == 12
