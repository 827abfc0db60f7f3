"""Parquet files, with PyArrow if it is installed; a row group for each page of rows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashInputError, StashUsageError
from stash_cli.core.records.reading import Record, Records

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import BinaryIO

_ROWS = 1000
"""Number of rows that are read together."""


def _pyarrow() -> Any:
    """Import PyArrow. Raises StashUsageError if it is not installed."""
    try:
        import pyarrow as pa
        import pyarrow.parquet
    except ImportError:
        raise StashUsageError(
            "parquet files need PyArrow, which is not installed.",
            hint='Install it with: pip install "stash-cli[parquet]"',
        ) from None
    return pa


def read_parquet(stream: BinaryIO, name: str) -> Records:
    """Open the rows of a parquet file."""
    arrow = _pyarrow()
    try:
        file = arrow.parquet.ParquetFile(stream)
    except (arrow.ArrowException, OSError) as error:
        raise StashInputError(f"{name} is not a parquet file: {error}") from None
    return Records(name, tuple(file.schema_arrow.names), _rows(file))


def _rows(file: Any) -> Iterator[Record]:
    number = 0
    for batch in file.iter_batches(_ROWS):
        for values in batch.to_pylist():
            number += 1
            yield Record(number, values)


class ParquetRecords:
    """Rows in a parquet file. `kinds` are columns with their types: str, int, float, bool or list (of texts).

    Values of any other shape are written as JSON.
    """

    def __init__(self, out: BinaryIO, kinds: Mapping[str, type]) -> None:
        self._arrow = _pyarrow()
        arrow = self._arrow
        types = {
            int: arrow.int64(),
            float: arrow.float64(),
            bool: arrow.bool_(),
            list: arrow.list_(arrow.string()),
        }
        self._kinds = kinds
        self._schema = arrow.schema([(name, types.get(kind, arrow.string())) for name, kind in kinds.items()])
        self._writer = arrow.parquet.ParquetWriter(out, self._schema)

    def rows(self, rows: Sequence[dict[str, Any]]) -> None:
        if not rows:
            return
        columns = {name: [_value(row.get(name), kind) for row in rows] for name, kind in self._kinds.items()}
        self._writer.write_table(self._arrow.table(columns, schema=self._schema))

    def finish(self) -> None:
        self._writer.close()


def _value(value: Any, kind: type) -> Any:
    if value is None or isinstance(value, kind):
        return value
    if kind is float and isinstance(value, int):
        return float(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
