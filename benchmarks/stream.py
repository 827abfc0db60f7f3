"""10,000 scenes as JSON lines against a hand-written loop: `python benchmarks/stream.py`.

Budgets: wall time at most 1.0 times a sequential `http.client` loop over the same query (the next page
is fetched while this one is written); memory flat in the number of rows.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from library import make_library, served
from timing import STASH, report, side_by_side

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


CHILD = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def peak_megabytes(argv: list[str]) -> float:
    """Peak resident memory of a command (Linux counts kilobytes, macOS bytes)."""
    done = subprocess.run([sys.executable, "-c", CHILD, *argv], capture_output=True, text=True, check=True)
    return int(done.stdout) / (1024**2 if sys.platform == "darwin" else 1024)


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
        for limit in ("100", "1000", "10000"):
            print(f"peak memory for {limit:>6} rows: {peak_megabytes([*find, '--limit', limit]):6.1f} MB")


if __name__ == "__main__":
    main()
