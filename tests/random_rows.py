"""Random libraries as plain rows, for tests with an oracle.

Values cover edge cases of filters: null and empty text, LIKE wildcards, case beyond ASCII, fuzzy dates,
extreme floats, deep hierarchies, several files per object, ids at two stash-boxes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from library_client import copy_empty_library

from stash_cli.embedded import Library, open_library
from stash_cli.embedded import tables as t

Row = dict[str, Any]
Rows = dict[str, list[Row]]
"""Table -> its rows."""

WORDS = [
    *("alpha", "Alpha beta", "Beta", "beta gamma", "50%", "5000", "a_c", "abc", "ABC", "back\\slash"),
    *("été", "ÉTÉ", "Straße", "STRAẞE", "ΣΟΦΟΣ", "σοφος", "Σοφός", "ямб", "ЯМБ", "(x)", "x.y", 'say "hi"'),
    *("[a]", "a|b", "line\nbreak", "ends\n", "tab\there", "naïve 🎬", "id:5", "0", "1,2", "^a$", "two  gaps"),
]
LANGUAGES = ["en", "de", "00"]
BOXES = ["https://one.example/graphql", "https://two.example/graphql"]
BOX_IDS = ["aa-1", "AA-1", "bb_2", "bb%2", "cc-3"]
HASHES = [0, 1, 3, 0x0F, 0xA1B2, (1 << 63) - 1, -(1 << 63), -1]
DATES = [
    *(("2019-01-01", 2), ("2020-02-01", 1), ("2020-02-29", 0), ("2020-12-31", 0), ("2021-01-01", 0)),
    *(("2021-01-01", 2), ("2021-06-01", 1), ("2021-06-15", 0), ("2023-12-31", 0), ("1999-05-05", 0)),
]
"""First day, and precision: 0 day, 1 month, 2 year."""
TIMES = [
    *("2023-01-01T00:00:00Z", "2023-06-15T10:20:30Z", "2023-06-15T10:20:59Z", "2023-06-15T23:59:59Z"),
    *("2024-02-29T12:00:00Z", "2024-03-01T00:00:00Z"),
]
RATINGS = [0, 1, 20, 50, 79, 80, 81, 100]
LENGTHS = [0.0, -0.0, 10.0, 12.5, 12.499999999999998, 12.500000000000002, 1e-9, 1e15, 3.1999999999999997]
SECONDS = [0.0, 0.9, 59.999, 60.0, 60.5, 90.0, 3600.25, 12.0]
RATES = [23.976, 24.0, 24.5, 25.5, 29.97, 60.0]
SIDES = [100, 143, 144, 239, 240, 480, 539, 540, 720, 1080, 1440, 1920, 2159, 2160, 2560, 6144, 9999, 10000]
CUSTOM = [0, 1, 2, 2.5, -1, 10, "x", "X y", "50%", "1", "é", "É", "", 1234567890123]

OWNERS = {
    "scene": "scenes",
    "image": "images",
    "gallery": "galleries",
    "performer": "performers",
    "studio": "studios",
    "tag": "tags",
    "group": "groups",
}


class RowGenerator:
    """Generates the rows of one library; ids start at 1 in every table."""

    def __init__(self, rng: Random, size: int) -> None:
        self.rng = rng
        self.size = size
        self.rows: Rows = {table.name: [] for table in t.metadata.tables.values()}

    def library(self) -> Rows:
        for make in (self._places, self._people, self._media, self._lists, self._files, self._relations):
            make()
        return self.rows

    # values

    def maybe(self, choices: list[Any], share: float = 0.7) -> Any:
        return self.rng.choice(choices) if self.rng.random() < share else None

    def text(self) -> str | None:
        return self.rng.choice([None, "", *self.rng.sample(WORDS, 8)])

    def texts(self, names: str) -> Row:
        return {name: self.text() for name in names.split()}

    def flags(self, names: str) -> Row:
        return {name: self.rng.random() < 0.4 for name in names.split()}

    def dates(self, names: str) -> Row:
        found: Row = {}
        for name in names.split():
            found[name], found[f"{name}_precision"] = self.maybe(DATES) or (None, None)
        return found

    def some(self, table: str, most: int = 3) -> list[int]:
        """Ids of a few rows."""
        many = len(self.rows[table])
        return self.rng.sample(range(1, many + 1), min(self.rng.randint(0, most), many))

    def one(self, table: str) -> int | None:
        return self.maybe(list(range(1, len(self.rows[table]) + 1)))

    # rows

    def add(self, table: str, **values: Any) -> int:
        """Add a row with key and timestamps; return its id."""
        stored = t.metadata.tables[table]
        row = dict(values)
        if "id" in stored.c:
            row["id"] = len(self.rows[table]) + 1
        for name in ("created_at", "updated_at", "mod_time"):
            if name in stored.c:
                row.setdefault(name, self.rng.choice(TIMES))
        self.rows[table].append(row)
        return int(row.get("id", 0))

    def times(self) -> Iterator[int]:
        yield from range(self.size)

    def _places(self) -> None:
        roots = ["/a", "/B_b", "/c%"]
        paths = [*roots, "/a/été", "/a/été/x", "/B_b/deep", "/B_b/deep/er", "/zips"]
        for path in paths:
            parent = path.rpartition("/")[0]
            above = paths.index(parent) + 1 if parent else None
            basename = path.rpartition("/")[2]
            self.add("folders", path=path, basename=basename, parent_folder_id=above, zip_file_id=None)

    def _people(self) -> None:
        for number in self.times():
            name = f"{self.rng.choice(WORDS)} {number}"
            more = {**self.flags("favorite ignore_auto_tag"), "image_blob": self.maybe(["sum"])}
            self.add("tags", name=name, **self.texts("sort_name description"), **more)
            self.add(
                "studios",
                name=name,
                parent_id=self.maybe(list(range(1, number + 1))) if number else None,
                details=self.text(),
                rating=self.maybe(RATINGS),
                **self.flags("organized"),
                **more,
            )
            self._performer(name, more)
            self.add(
                "groups",
                name=name,
                duration=self.maybe([0, 60, 5400]),
                rating=self.maybe(RATINGS),
                studio_id=self.one("studios"),
                **self.texts("aliases director description"),
                **self.dates("date"),
                **{f"{side}_image_blob": self.maybe(["sum"]) for side in ("front", "back")},
            )
        for parent, child in self._below("tags"):
            self.add("tags_relations", parent_id=parent, child_id=child)
        for place, (above, below) in enumerate(self._below("groups")):
            self.add("groups_relations", containing_id=above, sub_id=below, order_index=place, description="")

    def _performer(self, name: str, more: Row) -> None:
        self.add(
            "performers",
            name=name,
            gender=self.maybe(["MALE", "FEMALE", "NON_BINARY", "INTERSEX"]),
            circumcised=self.maybe(["CUT", "UNCUT"]),
            height=self.maybe([150, 170, 180]),
            weight=self.maybe([50, 60, 70]),
            penis_length=self.maybe(LENGTHS),
            rating=self.maybe(RATINGS),
            **self.texts("disambiguation ethnicity country eye_color hair_color measurements fake_tits"),
            **self.texts("career_length tattoos piercings details"),
            **self.dates("birthdate death_date career_start career_end"),
            **more,
        )

    def _below(self, table: str) -> Iterator[tuple[int, int]]:
        """(parent, child) pairs, several levels deep and without cycles."""
        many = len(self.rows[table])
        for below in range(2, many + 1):
            near = range(max(1, below - 3), below)
            yield from ((above, below) for above in near if self.rng.random() < 0.4)

    def _media(self) -> None:
        for number in self.times():
            common = {"studio_id": self.one("studios"), **self.flags("organized"), **self.dates("date")}
            names = "title code details"
            self.add(
                "scenes",
                **self.texts(f"{names} director"),
                rating=self.maybe(RATINGS),
                resume_time=self.rng.choice(SECONDS),
                play_duration=self.rng.choice(SECONDS),
                cover_blob=self.maybe(["sum"]),
                **common,
            )
            more = {**self.texts(f"{names} photographer"), "rating": self.maybe(RATINGS)} | common
            self.add("images", o_counter=self.rng.randint(0, 3), **more)
            own = number + 1 if number < 4 else None
            self.add("galleries", folder_id=own, **more)
        for scene in self.rows["scenes"]:
            for table, column in (("scenes_view_dates", "view_date"), ("scenes_o_dates", "o_date")):
                for when in self.rng.sample(TIMES, self.rng.randint(0, 2)):
                    self.add(table, scene_id=scene["id"], **{column: when})
        self._parts()

    def _parts(self) -> None:
        for _ in self.times():
            start = self.rng.choice(SECONDS)
            self.add(
                "scene_markers",
                title=self.rng.choice(WORDS),
                seconds=start,
                end_seconds=self.maybe([start, start + 3.2, start + 60.0, 1.1]),
                primary_tag_id=self.one("tags") or 1,
                scene_id=self.one("scenes") or 1,
            )
        for gallery in self.some("galleries", 5):
            self.add("galleries_chapters", title="x", image_index=1, gallery_id=gallery)

    def _lists(self) -> None:
        for noun, target in OWNERS.items():
            for owner in range(1, len(self.rows[target]) + 1):
                self._values(noun, f"{noun}_id", owner)

    def _values(self, noun: str, column: str, owner: int) -> None:
        if f"{noun}_urls" in self.rows:
            for place, url in enumerate(self.rng.sample(["", *WORDS], self.rng.choice([0, 0, 1, 2, 3]))):
                self.add(f"{noun}_urls", **{column: owner}, position=place, url=url)
        if f"{noun}_aliases" in self.rows:
            for word in self.rng.sample(["", *WORDS], self.rng.choice([0, 1, 2])):
                alias = word if noun == "performer" else f"{word} {owner}"
                self.add(f"{noun}_aliases", **{column: owner}, alias=alias)
        if f"{noun}_stash_ids" in self.rows:
            for box in self.rng.sample(BOXES, self.rng.choice([0, 0, 1, 2])):
                stash_id = self.rng.choice(BOX_IDS)
                self.add(f"{noun}_stash_ids", **{column: owner}, endpoint=box, stash_id=stash_id)
        for name in self.rng.sample(["a", "b", "Größe"], self.rng.choice([0, 1, 2])):
            self.add(f"{noun}_custom_fields", **{column: owner}, field=name, value=self.rng.choice(CUSTOM))

    def _files(self) -> None:
        for noun, kind in (("scene", "video"), ("image", "image"), ("gallery", "zip")):
            for owner in self.rows[OWNERS[noun]]:
                least = 1 if noun == "image" else 0  # images exist only with files
                several = 0 if owner.get("folder_id") else max(least, self.rng.choice([0, 1, 1, 2, 3]))
                for place in range(several):
                    self._file(noun, owner["id"], kind, first=place == 0)

    def _file(self, noun: str, owner: int, kind: str, *, first: bool) -> None:
        number = len(self.rows["files"]) + 1
        file = self.add(
            "files",
            basename=f"{self.rng.choice(WORDS).replace('/', '')}-{number}.{kind}",
            parent_folder_id=self.rng.randint(1, len(self.rows["folders"])),
            zip_file_id=self.maybe(list(range(1, number)), 0.3) if number > 1 else None,
            size=self.rng.choice([1, 1000, 5_000_000_000]),
        )
        link = {f"{noun}_id": owner, "file_id": file, "primary": first}
        self.add("scenes_files" if noun == "scene" else f"{OWNERS[noun]}_files", **link)
        # Image sizes are multiples of 12, so that their averages are integers.
        known = [12 * round(side / 12) for side in SIDES] if kind == "image" else SIDES
        sides = {"width": self.rng.choice(known), "height": self.rng.choice(known)}
        if kind == "video":
            self._video(file, sides)
        if kind == "image":
            self.add("image_files", file_id=file, format=self.rng.choice(["png", "jpeg", ""]), **sides)
        for name, values in (("oshash", ["ab12", "CD34"]), ("md5", ["11ff", "22ee"]), ("phash", HASHES)):
            if (kept := self.maybe(values)) is not None:
                self.add("files_fingerprints", file_id=file, type=name, fingerprint=kept)

    def _video(self, file: int, sides: Row) -> None:
        self.add(
            "video_files",
            file_id=file,
            duration=self.rng.choice(SECONDS),
            video_codec=self.rng.choice(["h264", "HEVC", "av1"]),
            audio_codec=self.rng.choice(["aac", "opus", ""]),
            format=self.rng.choice(["mp4", "matroska", ""]),
            frame_rate=self.rng.choice(RATES),
            bit_rate=self.rng.choice([0, 1000, 2500]),
            interactive=self.rng.random() < 0.4,
            interactive_speed=self.maybe([0, 50, 100]),
            **sides,
        )
        for language in self.rng.sample(LANGUAGES, self.rng.choice([0, 0, 1, 2])):
            self.add(
                "video_captions", file_id=file, language_code=language, filename="x.srt", caption_type="srt"
            )

    def _relations(self) -> None:
        links = [
            *(("scenes", "tags"), ("images", "tags"), ("galleries", "tags"), ("performers", "tags")),
            *(("studios", "tags"), ("groups", "tags"), ("performers", "scenes"), ("performers", "images")),
            *(("performers", "galleries"), ("scenes", "galleries"), ("galleries", "images")),
            *(("groups", "scenes"), ("scene_markers", "tags")),
        ]
        for left, right in links:
            columns = [singular(left), singular(right)]
            more = {"cover": False} if (left, right) == ("galleries", "images") else {}
            for row in self.rows[left]:
                for other in self.some(right):
                    self.add(f"{left}_{right}", **{columns[0]: row["id"], columns[1]: other}, **more)


def singular(table: str) -> str:
    """`galleries` -> `gallery_id`."""
    return {"galleries": "gallery_id"}.get(table, f"{table.removesuffix('s')}_id")


def rows_of(seed: int, size: int = 8) -> Rows:
    """The rows of the random library of `seed`, with about `size` objects of each kind."""
    return RowGenerator(Random(seed), size).library()


def write(path: Path, rows: Rows) -> Library:
    """A library in a new file that holds `rows`; the caller closes it."""
    library = open_library(str(copy_empty_library(path)))
    with library.database.write() as connection:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        for table in t.metadata.tables.values():
            stamped = [_complete(table, row) for row in rows[table.name]]
            if stamped:
                connection.execute(table.insert(), stamped)
    return library


def _complete(table: Any, row: Row) -> Row:
    return {"updated_at": TIMES[0], **row} if "updated_at" in table.c else row
