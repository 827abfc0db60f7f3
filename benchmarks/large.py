"""100,000 scenes in process: `python benchmarks/large.py [scenes]`.

Budgets: made in two minutes; the first page by any sort key, common filters, a tag with everything below
it, a text search and the count in 150 ms each.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

from library import make_library

from stash_cli.embedded import Library, open_library
from stash_cli.embedded.search.sorts import SORTS

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
    **{f"by {key}": f'findScenes(filter: {{sort: "{key}"}}) {{ scenes {{ id }} }}' for key in SORTS["Scene"]},
    **{
        name: f'findScenes(filter: {{sort: "{key}"}}, scene_filter: {{{given}}}) {{ scenes {{ id }} }}'
        for name, key, given in (
            ("rating range, by date", "date", "rating100: {value: 40, value2: 80, modifier: BETWEEN}"),
            ("performer, by date", "date", 'performers: {value: ["5"], modifier: INCLUDES}'),
            ("studio with depth", "title", 'studios: {value: ["5"], modifier: INCLUDES, depth: -1}'),
            ("without tags", "title", "tags: {modifier: IS_NULL}"),
            ("path contains", "path", 'path: {value: "777", modifier: INCLUDES}'),
            ("path is", "path", 'path: {value: "/media/777.mp4", modifier: EQUALS}'),
            ("codec", "title", 'video_codec: {value: "h264", modifier: EQUALS}'),
            ("resolution, nothing", "title", "resolution: {value: FOUR_K, modifier: EQUALS}"),
            ("without performers", "date", 'is_missing: "performers"'),
        )
    },
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
