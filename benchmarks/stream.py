"""Scenes as JSON lines against a hand-written loop: `python benchmarks/stream.py`.

Budgets: wall time at most 1.0 times a sequential `http.client` loop over the same query (the next page
is fetched while this one is written); processor time at most 1.3 times. `flat.py` measures memory.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from flat import synthetic
from library import make_library, served
from timing import STASH, report, side_by_side, usage

FIELDS = "id,title,date,rating100,organized,urls,play_count,studio.id"
BY_HAND = """
import http.client, json, sys
host = sys.argv[1].removeprefix("http://")
query = "query($f: FindFilterType) { findScenes(filter: $f) { scenes { %s } } }"
connection = http.client.HTTPConnection(host)
page = 1
while True:
    variables = {"f": {"per_page": 500, "page": page, "sort": "id"}}
    body = json.dumps({"query": query, "variables": variables})
    connection.request("POST", "/graphql", body, {"content-type": "application/json"})
    rows = json.load(connection.getresponse())["data"]["findScenes"]["scenes"]
    for row in rows:
        sys.stdout.write(json.dumps(row) + "\\n")
    if len(rows) < 500:
        break
    page += 1
""" % FIELDS.replace(",", " ").replace("studio.id", "studio { id }")  # noqa: UP031 - braces all over


def processor_time(rows: int, rounds: int) -> None:
    """Print the processor time of both for so many rows, and the median of the ratios of neighbours.

    The rows are those of `synthetic.py`, so that the server's work does not slow down the machine.
    """
    with synthetic(rows) as url:
        loop = [sys.executable, "-c", BY_HAND, url]
        find = [STASH, "--server", url, "scenes", "find", "--jsonl", "--fields", FIELDS, "--sort", "id"]
        usage(find)
        pairs = [(usage(loop).seconds, usage(find).seconds) for _ in range(rounds)]
    by_hand, ours = (statistics.median(times) for times in zip(*pairs, strict=True))
    ratio = statistics.median(ours / by_hand for by_hand, ours in pairs)
    print(
        f"processor time of {rows:>7,} rows: {by_hand:.3f} s by hand, {ours:.3f} s stash, ratio {ratio:.2f}"
    )


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        served(make_library(Path(folder, "l.sqlite"), scenes=10_000)) as url,
    ):
        find = [STASH, "--server", url, "scenes", "find", "--jsonl", "--fields", FIELDS, "--sort", "id"]
        commands = {"http.client loop": [sys.executable, "-c", BY_HAND, url], "stash scenes find": find}
        report(
            "10,000 scenes", side_by_side(commands, rounds=5), "http.client loop", {"stash scenes find": 1.0}
        )
    processor_time(10_000, 11)
    processor_time(100_000, 5)


if __name__ == "__main__":
    main()
