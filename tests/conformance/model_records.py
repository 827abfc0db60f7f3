"""A library of generated objects, created by mutations and available as plain records.

Every record is a dict; relations hold the ids of other records, counted from 1 per type like on a server.
The vocabulary covers edge cases of criteria: letter case, wildcards, digits, null.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from sample_library import SampleLibrary

Record = dict[str, Any]

TEXTS = [
    "amber",
    "Amber Birch",
    "BIRCH",
    "a_ber",
    "100%",
    "coast 2",
    "coast 10",
    "Élan",
    'say "so"',
    None,
    None,
]
DATES = ["2019-12-31", "2020-02-29", "2021", "2021-03", "2021-03-14", None]
RATINGS = [None, 1, 20, 40, 60, 80, 100]
URLS = ["https://a.example/1", "https://b.example/2", "https://B.example/x y"]
COUNTRIES = ["FR", "fr", "DE", None]
GENDERS = ["FEMALE", "MALE", "NON_BINARY", None]
SIZES = [(640, 360), (1280, 720), (1920, 1080), (1080, 1920), (500, 500)]
CUSTOM = [{}, {"mood": "calm"}, {"mood": "Calm day", "n": 5}, {"n": 7, "x": "5"}, {"n": 2.5}]
ENDPOINTS = ["https://one.example", "https://two.example"]


class RecordGenerator:
    """Generates random records, reproducible by seed."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)

    def some(self, upto: int, most: int) -> list[int]:
        return sorted(self._chance.sample(range(1, upto + 1), self._chance.randint(0, most)))

    def maybe(self, upto: int) -> int | None:
        return self._chance.choice([None, *range(1, upto + 1)])

    def one(self, values: Sequence[Any]) -> Any:
        return self._chance.choice(values)

    def urls(self) -> list[str]:
        return self._chance.sample(URLS, self._chance.randint(0, 2))

    def stash_ids(self) -> list[Record]:
        endpoints = self._chance.sample(ENDPOINTS, self._chance.randint(0, 2))
        return [{"endpoint": each, "stash_id": self.one(["id-1", "ID-2"])} for each in endpoints]

    def tag(self, number: int, parents: list[int]) -> Record:
        return {
            "name": f"tag {number}",
            "sort_name": self.one(TEXTS),
            "description": self.one(TEXTS),
            "aliases": [f"alias {number} {part}" for part in range(self.one([0, 1, 2]))],
            "favorite": number % 3 == 0,
            "parents": parents,
        }

    def studio(self, number: int, parent: int | None) -> Record:
        return {
            "name": f"studio {number}",
            "details": self.one(TEXTS),
            "rating100": self.one(RATINGS),
            "favorite": number % 2 == 0,
            "aliases": [f"also {number}"] if number % 2 else [],
            "urls": self.urls(),
            "tags": self.some(9, 2),
            "parent": parent,
            "stash_ids": self.stash_ids(),
        }

    def performer(self, number: int) -> Record:
        return {
            "name": f"performer {number}",
            "disambiguation": self.one(TEXTS),
            "details": self.one(TEXTS),
            "country": self.one(COUNTRIES),
            "gender": self.one(GENDERS),
            "birthdate": self.one(["1980", "1990-05", "1990-05-17", None]),
            "height_cm": self.one([None, 0, 160, 175]),
            "penis_length": self.one([None, 10.5, 12.0]),
            "rating100": self.one(RATINGS),
            "favorite": number % 4 == 0,
            "aliases": self._chance.sample(["Ada", "bee", "see d"], self.one([0, 1, 2])),
            "urls": self.urls(),
            "tags": self.some(9, 3),
            "custom_fields": self.one(CUSTOM),
            "stash_ids": self.stash_ids(),
        }

    def group(self, number: int, containing: list[int]) -> Record:
        return {
            "name": f"group {number}",
            "director": self.one(TEXTS),
            "synopsis": self.one(TEXTS),
            "date": self.one(DATES),
            "rating100": self.one(RATINGS),
            "duration": self.one([None, 0, 59, 3600]),
            "studio": self.maybe(6),
            "tags": self.some(9, 2),
            "urls": self.urls(),
            "containing": containing,
        }

    def gallery(self, number: int) -> Record:
        return {
            "title": self.one(TEXTS) or f"untitled {number}",
            "details": self.one(TEXTS),
            "code": self.one(TEXTS),
            "date": self.one(DATES),
            "rating100": self.one(RATINGS),
            "organized": self.one([True, False, False]),
            "studio": self.maybe(6),
            "tags": self.some(9, 4),
            "performers": self.some(10, 3),
            "urls": self.urls(),
            "photographer": self.one(TEXTS),
        }

    def scene(self, number: int) -> Record:
        shared = self.gallery(number)
        return shared | {
            "director": shared.pop("photographer"),
            "galleries": self.some(12, 2),
            "groups": self.some(5, 2),
            "stash_ids": self.stash_ids(),
            "files": [self.video(number, place) for place in range(self.one([0, 1, 2]))],
            "markers": [self.marker() for _ in range(number % 3)],
            "plays": [f"2024-01-{day:02}T10:00:00Z" for day in range(1, self.one([1, 2, 3, 4]))],
            "os": number % 4,
        }

    def marker(self) -> Record:
        start = self.one([1.0, 2.5, 90.0])
        return {
            "title": self.one(["start", "End", ""]),
            "primary": self.one(range(1, 10)),
            "tags": self.some(9, 2),
            "seconds": start,
            "end_seconds": self.one([None, start, start + 9.5]),
        }

    def video(self, number: int, place: int) -> Record:
        width, height = self.one(SIZES)
        return {
            "path": f"/media/{self.one(['one', 'Two words', 'th_ree'])}/clip {number}.{place}.mp4",
            "width": width,
            "height": height,
            "duration": self.one([59.9, 60.0, 61.5, 3600.0]),
            "frame_rate": self.one([24.99, 25.4, 59.94]),
            "bit_rate": self.one([1000, 2_000_000]),
            "video_codec": self.one(["h264", "hevc"]),
            "audio_codec": self.one(["aac", ""]),
            "oshash": f"{number:08x}{place:08x}",
        }


TAGS_ABOVE = [[], [1], [1], [2, 3], [4], [], [6], [], []]
STUDIO_ABOVE = [None, 1, 2, None, 4, None]
GROUPS_ABOVE = [[], [1], [2], [], [4, 1]]


def make_records(seed: int = 11) -> dict[str, list[Record]]:
    """The records of every type; markers are also listed by themselves."""
    make = RecordGenerator(seed)
    made = {
        "Tag": [make.tag(number, above) for number, above in enumerate(TAGS_ABOVE, 1)],
        "Studio": [make.studio(number, above) for number, above in enumerate(STUDIO_ABOVE, 1)],
        "Performer": [make.performer(number) for number in range(1, 11)],
        "Group": [make.group(number, above) for number, above in enumerate(GROUPS_ABOVE, 1)],
        "Gallery": [make.gallery(number) for number in range(1, 13)],
        "Scene": [make.scene(number) for number in range(1, 41)],
    }
    markers = [marker | {"scene": scene} for scene in made["Scene"] for marker in scene["markers"]]
    for records in (*made.values(), markers):
        for number, record in enumerate(records, 1):
            record["id"] = number
    for marker in markers:
        marker["tags"] = [tag for tag in marker["tags"] if tag != marker["primary"]]
    return made | {"SceneMarker": markers}


_IDS = {
    "studio": "studio_id",
    "parent": "parent_id",
    "tags": "tag_ids",
    "performers": "performer_ids",
    "galleries": "gallery_ids",
    "parents": "parent_ids",
}
_NOT_GIVEN = {"id", "files", "markers", "plays", "os", "groups", "containing", "aliases"}


def create_records(sample: SampleLibrary, records: dict[str, list[Record]]) -> None:
    """Create every record by mutations; files, which need a disk, are inserted into the tables."""
    for type_name, each in records.items():
        for record in each if type_name != "SceneMarker" else []:
            given = {_IDS.get(name, name): value for name, value in record.items() if name not in _NOT_GIVEN}
            if "aliases" in record:
                given["alias_list" if type_name == "Performer" else "aliases"] = record["aliases"]
            if "groups" in record:
                given["groups"] = [{"group_id": group} for group in record["groups"]]
            if "containing" in record:
                given["containing_groups"] = [{"group_id": group} for group in record["containing"]]
            number = sample.create(f"{type_name[0].lower()}{type_name[1:]}Create", **given)
            assert number == str(record["id"])
            if type_name == "Scene":
                _tell_scene(sample, record)


def _tell_scene(sample: SampleLibrary, record: Record) -> None:
    number = str(record["id"])
    for file in record["files"]:
        facts = {name: value for name, value in file.items() if name not in ("path", "oshash")}
        sample.video(file["path"], number, hashes={"oshash": file["oshash"]}, **facts)
    for marker in record["markers"]:
        tags = {"primary_tag_id": marker["primary"], "tag_ids": marker["tags"]}
        facts = {name: marker[name] for name in ("title", "seconds", "end_seconds")}
        sample.create("sceneMarkerCreate", scene_id=number, **tags, **facts)
    times = "mutation($id: ID!, $times: [Timestamp!]) { %s(id: $id, times: $times) { count } }"
    if record["plays"]:
        sample(times % "sceneAddPlay", id=number, times=record["plays"])
    for _ in range(record["os"]):
        sample(times % "sceneAddO", id=number)
