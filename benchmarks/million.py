"""Filters, sorts, pages and counts at a million scenes: `python benchmarks/million.py [FILE] [PATTERN]`.

Budget: a second of processor time each, on the second run. FILE is made in two minutes where it is missing.
"""

from __future__ import annotations

import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bulk import make
from sqlalchemy import event

from stash_cli.embedded import Library, open_library

BUDGET = 1000
_TAGS = "tags: {{value: [{0}], modifier: {1}}}".format
_PEOPLE = "performers: {{value: [{0}], modifier: {1}}}".format
_SHARED = {
    "studio": 'studios: {value: ["5"], modifier: INCLUDES}',
    "studio with depth": 'studios: {value: ["5"], modifier: INCLUDES, depth: -1}',
    "without studio": "studios: {modifier: IS_NULL}",
    "not the studio": 'studios: {value: ["5"], modifier: EXCLUDES}',
    "common tag": _TAGS('"2"', "INCLUDES"),
    "rare tag": _TAGS('"1900"', "INCLUDES"),
    "tag with depth": 'tags: {value: ["2"], modifier: INCLUDES, depth: -1}',
    "all of two tags": _TAGS('"2", "3"', "INCLUDES_ALL"),
    "all of two rare tags": _TAGS('"1500", "1900"', "INCLUDES_ALL"),
    "exactly two tags": _TAGS('"2", "3"', "EQUALS"),
    "not the tag": _TAGS('"2"', "EXCLUDES"),
    "without tags": "tags: {modifier: IS_NULL}",
    "with tags": "tags: {modifier: NOT_NULL}",
    "tag count": "tag_count: {value: 6, modifier: GREATER_THAN}",
    "performer": _PEOPLE('"50"', "INCLUDES"),
    "two performers": _PEOPLE('"1", "2"', "INCLUDES_ALL"),
    "not the performer": _PEOPLE('"1"', "EXCLUDES"),
    "without performers": "performers: {modifier: IS_NULL}",
    "with performers": "performers: {modifier: NOT_NULL}",
    "performer tags": 'performer_tags: {value: ["7"], modifier: INCLUDES}',
    "rating range": "rating100: {value: 40, value2: 80, modifier: BETWEEN}",
    "without rating": "rating100: {value: 0, modifier: IS_NULL}",
    "organized": "organized: true",
    "date range": 'date: {value: "2010-01-01", value2: "2010-12-31", modifier: BETWEEN}',
    "without date": 'is_missing: "date"',
    "created after": 'created_at: {value: "2023-06-01", modifier: GREATER_THAN}',
    "path regex": r'path: {value: "clip 77\\d+7\\.mp4", modifier: MATCHES_REGEX}',
    "path regex, nothing": r'path: {value: "no such \\d+", modifier: MATCHES_REGEX}',
    "path not regex": r'path: {value: "clip \\d+", modifier: NOT_MATCHES_REGEX}',
    "path contains": 'path: {value: "777", modifier: INCLUDES}',
    "path contains, nothing": 'path: {value: "no such", modifier: INCLUDES}',
    "path without": 'path: {value: "clip 1", modifier: EXCLUDES}',
    "title regex, nothing": r'title: {value: "no such \\d+", modifier: MATCHES_REGEX}',
    "title contains": 'title: {value: "fjord", modifier: INCLUDES}',
    "without title": 'title: {value: "", modifier: IS_NULL}',
    "related tags": 'tags_filter: {name: {value: "fjord", modifier: INCLUDES}}',
    "related performers": "performers_filter: {filter_favorites: true}",
    "related studios": 'studios_filter: {name: {value: "fjord", modifier: INCLUDES}}',
    "studio or tag": 'studios: {value: ["5"], modifier: INCLUDES}, OR: {' + _TAGS('"1900"', "INCLUDES") + "}",
}
_SCENES = {
    "resolution": "resolution: {value: STANDARD_HD, modifier: EQUALS}",
    "resolution, nothing": "resolution: {value: FOUR_K, modifier: EQUALS}",
    "orientation": "orientation: {value: [PORTRAIT]}",
    "duration": "duration: {value: 7000, modifier: GREATER_THAN}",
    "codec, nothing": 'video_codec: {value: "av1", modifier: EQUALS}',
    "codec": 'video_codec: {value: "h264", modifier: EQUALS}',
    "bitrate, nothing": "bitrate: {value: 9000000, modifier: GREATER_THAN}",
    "interactive": "interactive: true",
    "framerate, nothing": "framerate: {value: 60, modifier: EQUALS}",
    "captions, nothing": 'captions: {value: "de", modifier: INCLUDES}',
    "group": 'groups: {value: ["7"], modifier: INCLUDES}',
    "without group": "groups: {modifier: IS_NULL}",
    "galleries, none": "galleries: {modifier: IS_NULL}",
    "has markers": 'has_markers: "true"',
    "has no markers": 'has_markers: "false"',
    "play count": "play_count: {value: 2, modifier: GREATER_THAN}",
    "o counter": "o_counter: {value: 1, modifier: GREATER_THAN}",
    "last played": 'last_played_at: {value: "2023-01-01", modifier: GREATER_THAN}',
    "url regex, nothing": r'url: {value: "no such \\d", modifier: MATCHES_REGEX}',
    "without url": 'is_missing: "url"',
    "without phash": 'is_missing: "phash"',
    "without stash id": 'is_missing: "stash_id"',
    "oshash": 'oshash: {value: "00000000000a1b2c", modifier: EQUALS}',
    "duplicated": "duplicated: {duplicated: true}",
    "file count": "file_count: {value: 1, modifier: GREATER_THAN}",
    "performer age": "performer_age: {value: 30, modifier: GREATER_THAN}",
    "performer favorite": "performer_favorite: true",
    "performer count": "performer_count: {value: 2, modifier: GREATER_THAN}",
}
_IMAGES = {"resolution, nothing": _SCENES["resolution, nothing"], "file count": _SCENES["file count"]}
_COUNTED = {
    "Tag": "scene_count, scene_count(depth: -1), image_count(depth: -1), gallery_count(depth: -1)"
    ", performer_count(depth: -1), scene_marker_count(depth: -1)",
    "Studio": "scene_count, scene_count(depth: -1), image_count(depth: -1), gallery_count(depth: -1)"
    ", performer_count(depth: -1), group_count(depth: -1)",
    "Performer": "scene_count, image_count, gallery_count, group_count, performer_count, o_counter",
}
_MEDIA = {
    "Scene": ("scenes", _SHARED | _SCENES, 1_000_000),
    "Image": ("images", _SHARED | _IMAGES, 500_000),
    "Gallery": ("galleries", _SHARED, 50_000),
}
_KEYS = {
    "Scene": "title path date created_at updated_at rating id file_mod_time organized duration filesize"
    " play_count studio tag_count performer_count",
    "Image": "title path date created_at updated_at rating id file_mod_time",
    "Gallery": "title path date created_at updated_at rating id",
}
_OWNER_KEYS = {
    "Tag": "name scenes_count images_count scenes_duration",
    "Studio": "name scenes_count images_count scenes_duration tag_count",
    "Performer": "name scenes_count images_count scenes_duration tag_count play_count",
}


def field(kind: str, find: str, given: str, selected: str) -> str:
    """The root field of a find query."""
    items = _MEDIA[kind][0] if kind in _MEDIA else f"{kind.lower()}s"
    return f"find{items.title()}(filter: {{{find}}}, {kind.lower()}_filter: {{{given}}}) {{ {selected} }}"


def filtered(kind: str) -> dict[str, str]:
    """Every filter: its first page by two keys, and its count."""
    items, filters, _ = _MEDIA[kind]
    shapes = {
        "by date": ('sort: "date", direction: DESC', f"{items} {{ id }}"),
        "by title": ('sort: "title"', f"{items} {{ id }}"),
        "count": ("", "count"),
    }
    return {
        f"{items}: {name}, {shape}": field(kind, find, given, selected)
        for name, given in filters.items()
        for shape, (find, selected) in shapes.items()
    }


def paged(kind: str) -> dict[str, str]:
    """Every sort key: its first page, and one near the end of all."""
    items, _, rows = _MEDIA[kind]
    deep = rows // 25 * 39 // 40
    queries = {
        f"{items}: page {page} by {key} {way}": field(
            kind, f'sort: "{key}", direction: {way}, page: {page}', "", f"{items} {{ id }}"
        )
        for key in _KEYS[kind].split()
        for way in ("ASC", "DESC")
        for page in (1, deep)
    }
    for name in ("organized", "common tag"):
        find = f'sort: "date", page: {rows // 250 if name == "common tag" else rows // 100}'
        queries[f"{items}: deep page of {name} by date"] = field(
            kind, find, _SHARED[name], f"{items} {{ id }}"
        )
    return queries


def counted(kind: str) -> dict[str, str]:
    """Sorts, filters and fields of tags, studios and performers that count what hangs on them."""
    items = f"{kind.lower()}s"
    queries = {
        f"{kind}: by {key}": field(kind, f'sort: "{key}", direction: DESC', "", f"count {items} {{ id }}")
        for key in _OWNER_KEYS[kind].split()
    }
    for count in _COUNTED[kind].split(", "):
        queries[f"{kind}: {count}"] = field(kind, 'sort: "id"', "", f"{items} {{ id {count} }}")
    some = "scene_count: {value: 5000, modifier: GREATER_THAN}"
    queries[f"{kind}: scene_count filter"] = field(kind, "", some, f"count {items} {{ id }}")
    return queries


def asked() -> dict[str, str]:
    """Every query by its name."""
    queries = {
        "scenes: totals": "findScenes { count duration filesize }",
        "scenes: totals of studio": field("Scene", "", _SHARED["studio"], "count duration filesize"),
        "images: totals": "findImages { count megapixels filesize }",
    }
    for kind in _MEDIA:
        queries |= filtered(kind) | paged(kind)
    for kind in _COUNTED:
        queries |= counted(kind)
    return queries


def milliseconds(library: Library, query: str) -> float:
    """The time of the second run, or of the first where that was over the budget."""
    spent = 0.0
    for _ in range(2):
        start = time.process_time()
        outcome = library.execute(f"query {{ {query} }}")
        spent = (time.process_time() - start) * 1000
        if spent > BUDGET:
            break
        assert not outcome.errors, outcome.errors
    return spent


def limit(library: Library, seconds: float = 40) -> None:
    """End statements that run longer than this, so that the table is finished."""

    def prepare(connection: Any, _: Any) -> None:
        connection.set_progress_handler(lambda: time.monotonic() > deadline[0], 100_000)

    def start(*_: Any) -> None:
        deadline[0] = time.monotonic() + seconds

    deadline = [0.0]
    reader = library.database.engines[0]
    event.listen(reader, "connect", prepare)
    event.listen(reader, "before_cursor_execute", start)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(sys.argv[1] if sys.argv[1:] else f"{folder}/million.sqlite")
        if not path.exists():
            make(path, 1_000_000)
        wanted = re.compile("".join(sys.argv[2:]))
        with open_library(str(path)) as library:
            limit(library)
            for name, query in asked().items():
                if wanted.search(name):
                    spent = milliseconds(library, query)
                    print(f"{name:50} {spent:9.1f} ms{'  over' * (spent > BUDGET)}", flush=True)


if __name__ == "__main__":
    main()
