"""Table-driven tests: all rows in one test, because fixtures for each row would cost too much time."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import Any

import pytest

_LONGEST = 1000
"""Maximum length of the message about one row."""


def table_test(
    names: str | Sequence[str], rows: Iterable[Any], ids: Callable[[Any], object] | Iterable[str] = repr
) -> Callable[[Any], Any]:
    """Like pytest.mark.parametrize, as one test that runs all rows and names each that fails.

    Fixtures are set up once for all rows. Without rows the test is skipped.
    """
    keys = names.replace(",", " ").split() if isinstance(names, str) else list(names)
    table = [tuple(row) if len(keys) > 1 else (row,) for row in rows]
    labels = ["-".join(str(ids(each)) for each in row) for row in table] if callable(ids) else list(ids)

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(test)
        def run_all(**fixtures: Any) -> None:
            if not table:
                pytest.skip("there are no rows")
            failed = Failures()
            for label, row in zip(labels, table, strict=True):
                with failed.of(label):
                    test(**fixtures, **dict(zip(keys, row, strict=True)))
            failed.report()

        signature = inspect.signature(test)
        parameters = [each for name, each in signature.parameters.items() if name not in keys]
        run_all.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
        return run_all

    return decorate


class Failures:
    """Collects the rows that failed; `with failures.of(label):` runs one row."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self.rows = 0
        self._label = ""

    def of(self, label: str) -> Failures:
        self._label = label
        self.rows += 1
        return self

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> bool:
        """Suppress test failures, so that the next row runs; an interrupt or a skip ends the test."""
        if not isinstance(error, (Exception, pytest.fail.Exception)):
            return False
        self.messages.append(f"{self._label[:200]}: {type(error).__name__}: {error}"[:_LONGEST])
        return True

    def report(self) -> None:
        """Raise AssertionError unless every row passed."""
        assert not self.messages, f"{len(self.messages)} of {self.rows} rows failed:\n" + "\n".join(
            self.messages
        )
