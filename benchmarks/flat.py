"""Peak memory of `find` in every format by the number of rows: `python benchmarks/flat.py [ROWS ...]`.

Budget: within 5 MB between 1,000 and 1,000,000 rows.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from timing import STASH, usage

ROWS = ("1000", "100000", "1000000")
FIELDS = ["--fields", "id,title,date,rating100,organized,urls,play_count,studio.id"]
MANY_FIELDS = 100_000
"""Rows up to which all fields are asked for."""
BUDGET = 5.0


@contextmanager
def synthetic(rows: int) -> Iterator[str]:
    """The base URL of a server with that many rows of every kind, in a process of its own."""
    command = [sys.executable, str(Path(__file__).with_name("synthetic.py")), str(rows)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def main() -> None:
    rows = tuple(sys.argv[1:]) or ROWS
    print(f"{'peak memory in MB':24}" + "".join(f"{int(each):>12,}" for each in rows) + "      growth")
    with synthetic(max(map(int, rows))) as url:
        find = [STASH, "--server", url, "scenes", "find"]
        subprocess.run([*find, "--limit", "1"], check=True, capture_output=True)  # learns the schema
        for name in ("jsonl", "json", "csv", "tsv", "md", "table", "ids", "paths", "yaml"):
            chosen = [] if name in ("ids", "paths") else FIELDS
            peaks = [usage([*find, "--output", name, "--limit", each, *chosen]).megabytes for each in rows]
            show(name, peaks)
        some = [each for each in rows if int(each) <= MANY_FIELDS]
        show("jsonl, default fields", [usage([*find, "--jsonl", "--limit", n]).megabytes for n in some])


def show(name: str, peaks: list[float]) -> None:
    growth = max(peaks) - peaks[0]
    over = "  over" if growth > BUDGET else ""
    print(f"{name:24}" + "".join(f"{peak:12.1f}" for peak in peaks) + f"{growth:12.1f}{over}", flush=True)


if __name__ == "__main__":
    main()
