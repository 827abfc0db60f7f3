"""Fuzzy dates: precision, the period they denote, invalid input."""

from __future__ import annotations

from datetime import date

import pytest
from table_tests import table_test

from stash_cli.core.errors import StashIntegrationError
from stash_cli.core.types import DatePrecision, FuzzyDate, normalize_date, validate_fuzzy_date


@pytest.mark.parametrize(
    ("value", "precision", "first", "last"),
    [
        ("2024", DatePrecision.YEAR, date(2024, 1, 1), date(2024, 12, 31)),
        ("2024-02", DatePrecision.MONTH, date(2024, 2, 1), date(2024, 2, 29)),
        ("2024-02-15", DatePrecision.DAY, date(2024, 2, 15), date(2024, 2, 15)),
    ],
)
def test_fuzzy_date_is_a_period(value: str, precision: DatePrecision, first: date, last: date) -> None:
    fuzzy = FuzzyDate(value)
    assert (fuzzy.precision, fuzzy.first_day, fuzzy.last_day) == (precision, first, last)
    assert validate_fuzzy_date(value)


@table_test("value", ["", "24", "2024-13", "2023-02-29", "2024-1-1", "2024-01-01T00:00:00", "x"])
def test_invalid_dates_are_rejected(value: str) -> None:
    assert not validate_fuzzy_date(value)
    with pytest.raises(StashIntegrationError, match="no date"):
        FuzzyDate(value)


def test_normalizing_truncates_or_pads() -> None:
    assert normalize_date("2024-03-15", DatePrecision.YEAR) == "2024"
    assert normalize_date("2024-03", DatePrecision.DAY) == "2024-03-01"
