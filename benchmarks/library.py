"""Libraries of any size for benchmarks, and a server process for them."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Table, insert

from stash_cli.embedded import open_library, tables

Row = dict[str, object]

STAMP = "2024-01-02T03:04:05Z"
MADE = {"created_at": STAMP, "updated_at": STAMP}
WORDS = [
    "amber",
    "birch",
    "coast",
    "delta",
    "ember",
    "fjord",
    "grove",
    "haven",
    "inlet",
    "jetty",
    "knoll",
    "lagoon",
    "meadow",
    "north",
    "orchard",
]
TAGS, PERFORMERS, STUDIOS = 200, 300, 50


def make_library(path: Path, *, scenes: int) -> Path:
    """Write a library of `scenes` scenes with files, studios, four performers and five tags each."""
    library = open_library(str(path))
    chance = random.Random(7)
    with library.database.write() as connection:
        for table, rows in rows_of(chance, scenes):
            connection.execute(insert(table), rows)
        connection.exec_driver_sql("ANALYZE")
    library.close()
    return path


def rows_of(chance: random.Random, scenes: int) -> Iterator[tuple[Table, list[Row]]]:
    """Every table of the library with its rows, parents first."""
    every = range(1, scenes + 1)
    for table, count in ((tables.tags, TAGS), (tables.performers, PERFORMERS), (tables.studios, STUDIOS)):
        yield table, [{"id": n, "name": f"{words(chance)} {n}", **MADE} for n in range(1, count + 1)]
    yield tables.tags_relations, [{"parent_id": n // 4, "child_id": n} for n in range(4, TAGS + 1)]
    yield tables.folders, [{"id": 1, "path": "/media", "basename": "media", "mod_time": STAMP, **MADE}]
    yield tables.files, [file(n) for n in every]
    yield tables.video_files, [video(n) for n in every]
    yield tables.scenes, [scene(chance, n) for n in every]
    yield tables.scenes_files, [{"scene_id": n, "file_id": n, "primary": True} for n in every]
    yield (
        tables.scene_urls,
        [{"scene_id": n, "position": 0, "url": f"https://example.com/{n}"} for n in every],
    )
    yield tables.scenes_tags, list(links(chance, every, "scene_id", "tag_id", TAGS, 5))
    yield tables.performers_scenes, list(links(chance, every, "scene_id", "performer_id", PERFORMERS, 4))


def words(chance: random.Random) -> str:
    return " ".join(chance.choices(WORDS, k=3))


def file(number: int) -> Row:
    facts = {"id": number, "basename": f"{number}.mp4", "parent_folder_id": 1, "size": number * 1000}
    return {**facts, "mod_time": STAMP, **MADE}


def video(number: int) -> Row:
    codecs = {"format": "mp4", "video_codec": "h264", "audio_codec": "aac"}
    rates = {"frame_rate": 25, "bit_rate": 2_000_000}
    return {"file_id": number, "duration": number % 7200, "width": 1920, "height": 1080, **codecs, **rates}


def scene(chance: random.Random, number: int) -> Row:
    return {
        "id": number,
        "title": f"{words(chance)} {number}",
        "details": words(chance),
        "date": f"{2000 + number % 25}-{1 + number % 12:02}-{1 + number % 28:02}",
        "rating": chance.choice([None, *range(0, 101, 5)]),
        "studio_id": chance.randint(1, STUDIOS),
        **MADE,
    }


def links(
    chance: random.Random, owners: range, owner: str, target: str, targets: int, count: int
) -> Iterator[Row]:
    """`count` different targets for every owner."""
    for number in owners:
        for other in chance.sample(range(1, targets + 1), count):
            yield {owner: number, target: other}


@contextmanager
def served(library: Path) -> Iterator[str]:
    """The base URL of `library`, served by a process of its own."""
    serve = ["embedded", "serve", "--library", str(library), "--port", "0"]
    command = [sys.executable, "-m", "stash_cli", *serve]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    line = process.stderr.readline()
    try:
        yield next(word for word in line.split() if word.startswith("http"))
    finally:
        process.terminate()
        process.wait(timeout=10)
