"""100,000 scenes in process: `python benchmarks/large.py [scenes]`.

Budgets: made in two minutes; the first page by title, a tag with everything below it, a text search and
the count in 150 ms each.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

from library import make_library

from stash_cli.embedded import Library, open_library

BUDGET, ROUNDS = 150, 7
_TAGGED = '{tags: {value: ["2"], modifier: INCLUDES, depth: -1}}'
ASKED = {
    "first page by title": 'findScenes(filter: {sort: "title"}) { scenes { id title } }',
    "last page by title": 'findScenes(filter: {sort: "title", page: 4000}) { scenes { id title } }',
    "tag with depth, by title": f'findScenes(filter: {{sort: "title"}}, scene_filter: {_TAGGED})'
    " { scenes { id title } }",
    "tag with depth, count": f"findScenes(scene_filter: {_TAGGED}) {{ count }}",
    "text search, rare": 'findScenes(filter: {q: "lagoon 777", sort: "title"}) { count scenes { id title } }',
    "text search, common": 'findScenes(filter: {q: "fjord", sort: "title"}) { scenes { id title } }',
    "text search, count": 'findScenes(filter: {q: "fjord -north"}) { count }',
    "count": "findScenes { count }",
}


def milliseconds(library: Library, field: str) -> float:
    """The median time of one query; the first round, which prepares it, does not count."""
    runs = []
    for _ in range(ROUNDS + 1):
        start = time.perf_counter()
        outcome = library.execute(f"query {{ {field} }}")
        runs.append((time.perf_counter() - start) * 1000)
        assert not outcome.errors, outcome.errors
    return statistics.median(runs[1:])


def main() -> None:
    scenes = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        path = make_library(Path(folder, "large.sqlite"), scenes=scenes)
        print(f"{scenes} scenes made in {time.perf_counter() - start:.1f} s, budget 120 s")
        with open_library(str(path)) as library:
            for name, field in ASKED.items():
                print(f"{name:28} {milliseconds(library, field):8.1f} ms, budget {BUDGET} ms")


if __name__ == "__main__":
    main()
