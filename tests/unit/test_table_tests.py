"""The decorator for table-driven tests runs all rows and reports every failure."""

from __future__ import annotations

import pytest
from table_tests import table_test


def test_all_rows_run_and_every_failure_is_named() -> None:
    seen = []

    @table_test("a, b", [(1, 2), (2, 1), (3, 3)], ids=["row 1", "row 2", "row 3"])
    def check(a: int, b: int, more: str) -> None:
        seen.append((a, more))
        assert a < b

    with pytest.raises(AssertionError, match=r"2 of 3 rows failed:\nrow 2: [\s\S]*\nrow 3: ") as caught:
        check(more="x")
    assert seen == [(1, "x"), (2, "x"), (3, "x")]
    assert "row 1" not in str(caught.value)


def test_missing_expected_exception_is_a_failure() -> None:
    @table_test("a", [1])
    def check(a: int) -> None:
        with pytest.raises(ValueError, match="x"):
            pass

    with pytest.raises(AssertionError, match="1: Failed: DID NOT RAISE"):
        check()


def test_interrupt_propagates() -> None:
    @table_test("a", [1, 2])
    def check(a: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check()


@pytest.fixture
def doubled() -> int:
    return 2


@pytest.mark.parametrize("factor", [1, 2])
@table_test("a", [1, 2])
@table_test("b", [3, 4])
def test_fixtures_parameters_and_stacked_tables_combine(a: int, b: int, factor: int, doubled: int) -> None:
    assert a * b * factor * doubled >= 6
