"""A library of a million scenes, written by SQL in two minutes: `python benchmarks/bulk.py FILE [scenes]`.

Sizes follow the number of scenes: half as many images, a twentieth as many galleries. A few tags, performers
and studios have most of the objects, dates and ratings have ties, and each list is missing from some objects.
"""

from __future__ import annotations

import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

from library import STAMP, WORDS

from stash_cli.embedded import open_library
from stash_cli.embedded.library.functions import register, sort_key

TAGS, PERFORMERS, STUDIOS, GROUPS, PER_FOLDER = 2000, 20_000, 1000, 5000, 50
_MOMENT = f"'{STAMP}'"
_COUNTER = "n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {0})"
_NUMBERS = f"WITH RECURSIVE {_COUNTER} INSERT INTO {{1}} SELECT {{2}} FROM n"


def chance(salt: int, most: int, number: str = "i") -> str:
    """SQL for a number from 0 to `most` - 1 that follows from `number`."""
    mixed = f"((({number}) * 2654435761 + {salt * 7919}) & 4294967295)"
    return f"((({mixed} >> 15) + {mixed}) * 1597334677 >> 9) % {most}"


def rarely(salt: int, most: int, number: str = "i") -> str:
    """As `chance`, from 1 to `most`: 1 in a tenth of all cases, high numbers almost never."""
    part = f"({chance(salt, 1_000_000, number)})"
    return f"1 + CAST({most} * 1.0 * {part} * {part} * {part} * {part} / 1e24 AS INTEGER)"


def words(salt: int) -> str:
    picks = (f"(SELECT word FROM words WHERE id = {chance(salt + n, len(WORDS))})" for n in range(3))
    return " || ' ' || ".join(picks)


def day(salt: int) -> str:
    """A date of the last 25 years; none for every tenth."""
    some = f"date('2000-01-01', ({chance(salt, 9000)}) || ' days')"
    return f"CASE WHEN i % 10 THEN {some} END"


def stamp(salt: int) -> str:
    return f"strftime('%Y-%m-%dT%H:%M:%SZ', 1600000000 + {chance(salt, 100_000_000)}, 'unixepoch')"


def rating(salt: int) -> str:
    return f"CASE WHEN ({chance(salt, 3)}) THEN 5 * ({chance(salt + 1, 21)}) END"


def media(table: str, count: int, salt: int) -> str:
    columns = f"{table}(id, title, details, date, rating, organized, studio_id, created_at, updated_at)"
    title = f"CASE WHEN i % 5 THEN {words(salt)} || ' ' || i END"
    studio = f"CASE WHEN i % 8 THEN {rarely(salt, STUDIOS)} END"
    facts = (day(salt + 2), rating(salt + 3), "i % 3 = 0", studio, stamp(salt + 5), stamp(salt + 6))
    return _NUMBERS.format(count, columns, ", ".join(("i", title, words(salt + 4), *facts)))


def links(table: str, owners: int, owner: str, other: str, most: int, each: int) -> str:
    """Up to `each` links of every owner; every twentieth has none."""
    found = ", ".join(f"({each_one})" for each_one in range(each))
    return (
        f"WITH RECURSIVE {_COUNTER.format(owners)}, k(k) AS (VALUES {found})"
        f" INSERT OR IGNORE INTO {table}({owner}, {other}) SELECT i, {rarely(77, most, f'(i * {each} + k)')}"
        f" FROM n, k WHERE i % 20 AND k <= i % {each}"
    )


def objects(scenes: int) -> list[str]:
    """Statements that fill the tables of objects and files, parents first."""
    images, galleries = scenes // 2, scenes // 20
    files = scenes + images
    both = f"{_MOMENT}, {_MOMENT}"
    named = "{0}(id, name, created_at, updated_at)"
    tree = "CASE WHEN i > 10 THEN i / 10 END"
    people = [
        _NUMBERS.format(count, named.format(table), f"i, {words(1)} || ' ' || i, {both}")
        for table, count in (("tags", TAGS), ("performers", PERFORMERS), ("groups", GROUPS))
    ]
    studios = "studios(id, name, parent_id, created_at, updated_at)"
    folders = "folders(id, path, basename, parent_folder_id, mod_time, created_at, updated_at)"
    path = "'/media/' || (i / 100) || '/' || i"
    width = f"CASE ({chance(3, 5)}) WHEN 0 THEN 1280 WHEN 1 THEN 854 ELSE 1920 END"
    height = width.replace("1280", "720").replace("854", "480").replace("1920", "1080")
    video = f"i, ({chance(4, 7200)}) + 0.5, 'h264', 'mp4', 'aac', {width}, {height}, 25, 2000000, 0, NULL"
    file = "files(id, basename, parent_folder_id, size, mod_time, created_at, updated_at)"
    name = f"'clip ' || i || CASE WHEN i > {scenes} THEN '.jpg' ELSE '.mp4' END"
    return [
        *people,
        _NUMBERS.format(STUDIOS, studios, f"i, {words(2)} || ' ' || i, {tree}, {both}"),
        "INSERT INTO tags_relations(parent_id, child_id) SELECT id / 10, id FROM tags WHERE id > 10",
        _NUMBERS.format(files // PER_FOLDER + 1, folders, f"i, {path}, i, NULL, {_MOMENT}, {both}"),
        _NUMBERS.format(
            files, file, f"i, {name}, 1 + i / {PER_FOLDER}, {chance(6, 10**9)}, {stamp(7)}, {both}"
        ),
        _NUMBERS.format(
            scenes,
            "video_files(file_id, duration, video_codec, format, audio_codec, width, height, frame_rate,"
            " bit_rate, interactive, interactive_speed)",
            video,
        ),
        _NUMBERS.format(
            images, "image_files(file_id, format, width, height)", f"i + {scenes}, 'jpeg', 3000, 2000"
        ),
        media("scenes", scenes, 100),
        media("images", images, 200),
        media("galleries", galleries, 300),
    ]


def relations(scenes: int) -> list[str]:
    """Statements that fill the tables of links and values."""
    images, galleries = scenes // 2, scenes // 20
    both = f"{_MOMENT}, {_MOMENT}"
    owners = {
        "scenes": ("scene_id", scenes),
        "images": ("image_id", images),
        "galleries": ("gallery_id", galleries),
    }
    return [
        _NUMBERS.format(scenes, 'scenes_files(scene_id, file_id, "primary")', "i, i, 1"),
        _NUMBERS.format(images, 'images_files(image_id, file_id, "primary")', f"i, i + {scenes}, 1"),
        _NUMBERS.format(
            scenes, "files_fingerprints(file_id, type, fingerprint)", "i, 'oshash', printf('%016x', i * 7919)"
        ),
        _NUMBERS.format(
            scenes // 2, "scene_urls(scene_id, position, url)", "i * 2, 0, 'https://a.test/' || i"
        ),
        _NUMBERS.format(
            scenes // 10, "scenes_o_dates(scene_id, o_date)", f"1 + {chance(8, scenes)}, {stamp(9)}"
        ),
        _NUMBERS.format(
            scenes // 2, "scenes_view_dates(scene_id, view_date)", f"1 + {chance(10, scenes)}, {stamp(11)}"
        ),
        _NUMBERS.format(
            scenes // 20,
            "scene_markers(title, seconds, primary_tag_id, scene_id, created_at, updated_at)",
            f"'', 5, {rarely(12, TAGS)}, 1 + {chance(13, scenes)}, {both}",
        ),
        *(
            links(f"{noun}_tags", count, owner, "tag_id", TAGS, 8 if noun == "scenes" else 4)
            for noun, (owner, count) in owners.items()
        ),
        *(
            links(f"performers_{noun}", count, owner, "performer_id", PERFORMERS, 3)
            for noun, (owner, count) in owners.items()
        ),
        links("performers_tags", PERFORMERS, "performer_id", "tag_id", TAGS, 3),
        links("groups_scenes", scenes // 10, "scene_id", "group_id", GROUPS, 1).replace("k <= i % 1", "1"),
        _NUMBERS.format(images // 2, "galleries_images(gallery_id, image_id)", f"1 + i % {galleries}, i"),
    ]


def derived() -> list[str]:
    """Statements for the values that triggers derive otherwise."""
    return [
        *(
            f"UPDATE {noun}s SET path_key = sort_key(shown.path),"
            " title_key = sort_key(coalesce(title, shown.name))"
            f" FROM (SELECT {noun}_id AS owner, files.basename AS name, path || files.basename AS path"
            f" FROM {noun}s_files JOIN files ON files.id = file_id"
            " JOIN folders ON folders.id = files.parent_folder_id) AS shown"
            f" WHERE shown.owner = {noun}s.id"
            for noun in ("scene", "image")
        ),
        (
            "INSERT INTO scenes_search(rowid, text) SELECT scenes.id, coalesce(title, '') || char(10)"
            " || details || char(10) || path || '/' || files.basename FROM scenes JOIN scenes_files"
            " ON scene_id = scenes.id JOIN files ON files.id = file_id"
            " JOIN folders ON folders.id = files.parent_folder_id"
        ),
    ]


def make(path: Path, scenes: int) -> None:
    """Write the library; triggers and indexes are made when the rows are there."""
    open_library(str(path)).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        register(connection)
        connection.create_function("sort_key", 1, sort_key, deterministic=True)
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-1000000", "foreign_keys=OFF"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("CREATE TEMP TABLE words(id INTEGER PRIMARY KEY, word TEXT)")
        connection.executemany("INSERT INTO words VALUES (?, ?)", enumerate(WORDS))
        later = connection.execute(
            "SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL"
        ).fetchall()
        for kind, name, _ in later:
            connection.execute(f"DROP {kind} {name}")
        connection.execute("BEGIN")
        for statement in (*objects(scenes), *relations(scenes), *derived()):
            timed(connection, statement)
        for _, _, sql in later:
            timed(connection, sql)
        connection.execute("COMMIT")
        connection.execute("ANALYZE")
        connection.execute("PRAGMA journal_mode=WAL")


def timed(connection: sqlite3.Connection, statement: str) -> None:
    start = time.perf_counter()
    connection.execute(statement)
    if (spent := time.perf_counter() - start) > 1:
        print(f"{spent:6.1f} s  {statement[:110]}", flush=True)


if __name__ == "__main__":
    made, start = Path(sys.argv[1]), time.perf_counter()
    make(made, int("".join(sys.argv[2:]) or 1_000_000))
    print(f"made in {time.perf_counter() - start:.0f} s")
