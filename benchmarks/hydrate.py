"""Cost of hydration: `python benchmarks/hydrate.py`.

10,000 scenes with ten nested entities each, through the identity map. Budget 100 µs a scene, aim 50.
"""

from __future__ import annotations

import json
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

from stash_cli.core.store.identity import IdentityMap
from stash_cli.core.types import Scene

SCENES = 10_000


def answer(number: int) -> dict[str, Any]:
    """One scene as a server sends it: a studio, four performers, four tags and a gallery."""
    return {
        "id": str(number),
        "title": f"Scene {number}",
        "code": "",
        "details": "about nothing in particular",
        "director": "",
        "urls": [f"https://example.com/{number}"],
        "date": "2024-03-15",
        "rating100": number % 101,
        "organized": False,
        "o_counter": 0,
        "play_count": 0,
        "created_at": "2024-01-02T03:04:05Z",
        "updated_at": "2024-01-02T03:04:05Z",
        "studio": {"id": str(number % 50), "name": "Studio"},
        "performers": [{"id": str((number + n) % 300), "name": "Performer"} for n in range(4)],
        "tags": [{"id": str((number + n) % 200), "name": "Tag"} for n in range(4)],
        "galleries": [{"id": str(number % 400), "title": "Gallery"}],
        "files": [
            {"id": str(number), "path": f"/media/{number}.mp4", "size": 1000 * number, "duration": 60.5}
        ],
    }


def measure(name: str, work: Callable[[], object]) -> None:
    start = time.perf_counter()
    work()
    print(f"{name:34} {(time.perf_counter() - start) / SCENES * 1e6:7.1f} µs a scene")


def main() -> None:
    text = json.dumps([answer(number) for number in range(1, SCENES + 1)])
    rows: list[dict[str, Any]] = []
    measure("parse the JSON", lambda: rows.extend(json.loads(text)))
    identity = IdentityMap(max_objects=10 * SCENES)
    measure("first pass: make objects", lambda: identity.load_all(Scene, rows))
    measure("second pass: merge into them", lambda: identity.load_all(Scene, rows))
    tracemalloc.start()
    held = IdentityMap(max_objects=10 * SCENES).load_all(Scene, rows)
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    print(f"{'peak memory of the objects':34} {peak:7.1f} MB for {len(held)} scenes")


if __name__ == "__main__":
    main()
