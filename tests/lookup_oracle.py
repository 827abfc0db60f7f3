"""Oracle for lookups: evaluates them in plain Python on the rows of a library."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import lookup_semantics as semantics
from random_rows import Row, Rows, singular

from stash_cli.core.types.api import describe_api

TABLES = {
    "Scene": "scenes",
    "Image": "images",
    "Gallery": "galleries",
    "Performer": "performers",
    "Studio": "studios",
    "Tag": "tags",
    "Group": "groups",
    "Movie": "groups",
    "SceneMarker": "scene_markers",
    "File": "files",
    "Folder": "folders",
}
OBJECT_TYPES = {
    "StringCriterionInput": "text",
    "IntCriterionInput": "number",
    "FloatCriterionInput": "number",
    "DateCriterionInput": "date",
    "TimestampCriterionInput": "time",
    "ResolutionCriterionInput": "band",
    **{f"{name}CriterionInput": "choice" for name in ("Gender", "Circumcision", "Orientation")},
}
RENAMED = {"rating100": "rating", "synopsis": "description", "height_cm": "height"}
RENAMED |= {
    "filter_favorites": "favorite",
    "front_image": "front_image_blob",
    "back_image": "back_image_blob",
}
RENAMED |= {"image": "image_blob", "cover": "cover_blob", "bitrate": "bit_rate"}
WHOLE = {"resume_time", "play_duration", "duration"}
"""Numbers that are compared without their fraction (except a marker's length)."""
OF_FILES = {
    "Scene": "path oshash checksum duration framerate bitrate resolution orientation video_codec audio_codec"
    " phash phash_distance",
    "Image": "path checksum resolution orientation phash_distance",
    "Gallery": "path checksum",
}
"""Fields of files; lookups of several must hold for the same file."""
OF_FIRST_FILE = {"captions", "interactive", "interactive_speed"}
SINGLE = {"studios", "parent_folder", "zip_file"}
MEDIA = ("scenes", "images", "galleries")
NULL_OF = {"stash_id": "stash_id_endpoint", "phash": "phash_distance"}
"""`is_missing` values that mean null of a field which is combined with others."""


class LookupOracle:
    """Evaluates lookups on the rows of a library."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.by_id = {name: {row.get("id"): row for row in many} for name, many in rows.items()}

    def ids(self, type_name: str, holds: Callable[[Row], bool]) -> list[str]:
        return [str(row["id"]) for row in self.rows[TABLES[type_name]] if holds(row)]

    def answer(self, type_name: str, lookups: dict[str, Any]) -> list[str]:
        """The ids of the objects that meet all lookups."""
        return self.ids(type_name, lambda row: self.holds(type_name, row, lookups))

    def holds(self, type_name: str, row: Row, lookups: dict[str, Any]) -> bool:
        """Whether an object meets all lookups; keys are `field__lookup` or `relation__field__lookup`."""
        own: dict[str, semantics.Lookups] = {}
        inner: dict[str, dict[str, Any]] = {}
        for key, value in map(spelt_out, lookups.items()):
            name, _, rest = key.partition("__")
            if "__" in rest or (
                f"{name}_filter" in self.fields(type_name) and name not in self.fields(type_name)
            ):
                inner.setdefault(name, {})[rest] = value
            else:
                own.setdefault(name, {})[rest] = value
        return (
            all(self.field(type_name, name, row, each) for name, each in own.items())
            and self.one_file(type_name, row, own)
            and all(self.some(type_name, name, row, each) for name, each in inner.items())
        )

    def fields(self, type_name: str) -> Any:
        known = describe_api().types
        return known[
            type_name if type_name in known and "Input" in type_name else f"{type_name}FilterType"
        ].fields

    def some(self, type_name: str, name: str, row: Row, lookups: dict[str, Any]) -> bool:
        """Whether one related object meets all lookups."""
        target, many = self.related(type_name, f"{name}_filter", row)
        return any(self.holds(target, one, lookups) for one in many)

    def one_file(self, type_name: str, row: Row, own: dict[str, semantics.Lookups]) -> bool:
        """Whether one file meets all positive lookups of files."""
        names = [n for n in OF_FILES.get(type_name, "").split() if n in own and semantics.is_positive(own[n])]
        if len(names) < 2:
            return True
        files = self.files(type_name, row)
        return any(all(self._of_file(type_name, name, [file], own[name]) for name in names) for file in files)

    def _of_file(self, type_name: str, name: str, files: list[Row], lookups: semantics.Lookups) -> bool:
        if name in ("phash", "phash_distance"):
            return semantics.hashes(self.file_values("phash", files), lookups)
        return semantics.meets(self.kind(type_name, name), self.file_values(name, files), lookups)

    def kind(self, type_name: str, name: str) -> str:
        return OBJECT_TYPES[self.fields(type_name)[name].type.name]

    # one field

    def field(self, type_name: str, name: str, row: Row, lookups: semantics.Lookups) -> bool:
        declared = self.fields(type_name)[name].type.name
        if declared.endswith("MultiCriterionInput"):
            return self._relation(type_name, name, row, lookups)
        if name == "is_missing":
            return all(self.lacks(type_name, row, part) == (name == "eq") for name, part in lookups.items())
        if declared in ("Boolean", "String"):
            return all(self.oracle(type_name, name, row) == (v == (k == "eq")) for k, v in lookups.items())
        if name in SPECIAL:
            return SPECIAL[name](self, type_name, row, lookups)
        return semantics.meets(self.kind(type_name, name), self.values(type_name, name, row), lookups)

    def values(self, type_name: str, name: str, row: Row) -> list[Any]:
        """Values of an object, without nulls and empty texts."""
        if name in OF_FILES.get(type_name, "").split():
            found = self.file_values(name, self.files(type_name, row))
            own = self.by_id["folders"].get(row.get("folder_id")) if name == "path" else None
            return [*found, *([own["path"]] if own else [])]
        if type_name == "Scene" and name in OF_FIRST_FILE:
            return self.file_values(name, self.files(type_name, row)[:1])
        if type_name in ("VideoFileFilterInput", "ImageFileFilterInput"):
            return self.file_values(name, [row])
        found = VALUES[name](self, type_name, row) if name in VALUES else None
        if found is None:
            held = row[RENAMED.get(name, name)]
            found = [int(held) if name in WHOLE and held is not None and type_name != "SceneMarker" else held]
        return [one for one in found if one is not None and one != ""]

    def oracle(self, type_name: str, name: str, row: Row) -> bool:
        if name == "performer_favorite":
            return any(one["favorite"] for one in self.performers(type_name, row))
        if name in OF_FIRST_FILE and type_name == "Scene":
            return any(file["interactive"] for file in self.files(type_name, row)[:1])
        if name == "has_markers":
            return any(one["scene_id"] == row["id"] for one in self.rows["scene_markers"])
        if name == "has_chapters":
            return any(one["gallery_id"] == row["id"] for one in self.rows["galleries_chapters"])
        if name == "is_zip":
            return bool(self.files(type_name, row))
        return bool(row[RENAMED.get(name, name)])

    # files

    def files(self, type_name: str, row: Row) -> list[Row]:
        """Files of an object with their details, the primary file first."""
        if type_name not in OF_FILES:
            return []
        noun = type_name.lower()
        links = [one for one in self.rows[f"{TABLES[type_name]}_files"] if one[f"{noun}_id"] == row["id"]]
        links.sort(key=lambda one: not one["primary"])
        return [self.file(one["file_id"]) for one in links]

    def file(self, number: int) -> Row:
        found = dict(self.by_id["files"][number])
        for table in ("video_files", "image_files"):
            found |= next((one for one in self.rows[table] if one["file_id"] == number), {})
        found["path"] = f"{self.by_id['folders'][found['parent_folder_id']]['path']}/{found['basename']}"
        prints = [one for one in self.rows["files_fingerprints"] if one["file_id"] == number]
        found |= {one["type"]: one["fingerprint"] for one in prints}
        captions = [one for one in self.rows["video_captions"] if one["file_id"] == number]
        return found | {"captions": [one["language_code"] for one in captions]}

    def file_values(self, name: str, files: Iterable[Row]) -> list[Any]:
        return [one for file in files for one in FILE_VALUES[name](file) if one is not None and one != ""]

    # related objects

    def linked(self, left: str, right: str, column: str, number: int) -> list[int]:
        """Ids at the other side of the link table of `left` and `right`."""
        table = f"{left}_{right}"
        other = {singular(left), singular(right)} - {column}
        return [one[other.copy().pop()] for one in self.rows[table] if one[column] == number]

    def performers(self, type_name: str, row: Row) -> list[Row]:
        table = TABLES[type_name]
        found = self.linked("performers", table, singular(table), row["id"])
        return [self.by_id["performers"][one] for one in found]

    def held(self, type_name: str, name: str, row: Row) -> list[int]:
        """Ids of related objects."""
        return list(dict.fromkeys(one for one in RELATIONS[name](self, type_name, row) if one is not None))

    def _relation(self, type_name: str, name: str, row: Row, lookups: semantics.Lookups) -> bool:
        depth = lookups.get("depth", 0)
        upwards = name in ("children", "sub_groups")
        counted = [
            self.counts_as(name, one, depth, upwards=upwards) for one in self.held(type_name, name, row)
        ]
        single = (name in SINGLE and type_name != "Performer") or (type_name, name) in ONE_ONLY
        return semantics.relation(counted, lookups, single=single)

    def counts_as(self, name: str, number: int, depth: int, *, upwards: bool) -> set[int]:
        """Ids of a related object and of its ancestors up to `depth` levels (-1: all)."""
        found, level, near = {number}, 0, {number}
        while near and level != depth:
            near = {one for each in near for one in self.above(name, each, upwards=upwards)} - found
            found |= near
            level += 1
        return found

    def above(self, name: str, number: int, *, upwards: bool) -> list[int]:
        if name in ("studios", "parent_folder"):
            row = self.by_id["studios" if name == "studios" else "folders"][number]
            above = row.get("parent_id") or row.get("parent_folder_id")
            return [above] if above else []
        groups = "group" in name
        table, parent, child = (
            ("groups_relations", "containing_id", "sub_id")
            if groups
            else ("tags_relations", "parent_id", "child_id")
        )
        if upwards:
            parent, child = child, parent
        return [one[parent] for one in self.rows[table] if one[child] == number]

    def related(self, type_name: str, name: str, row: Row) -> tuple[str, list[Row]]:
        """Type and objects that a nested filter applies to."""
        if name in ("video_file_filter", "image_file_filter"):
            kind, source = ("Video", "video_files") if name.startswith("video") else ("Image", "image_files")
            has = any(one["file_id"] == row["id"] for one in self.rows[source])
            return f"{kind}FileFilterInput", [self.file(row["id"])] if has else []
        field = name.removesuffix("_filter")
        target = self.fields(type_name)[name].type.name.removesuffix("FilterType")
        found = self.held(type_name, "scenes" if field == "scene" else field, row)
        return target, [self.by_id[TABLES[target]][one] for one in found]

    def lacks(self, type_name: str, row: Row, part: str) -> bool:
        """`is_missing`."""
        if part in ("galleries", "scenes", "studio", "movie", "group", "performers", "tags"):
            plural = {"studio": "studios", "movie": "movies", "group": "groups"}.get(part, part)
            return not self.held(type_name, plural, row)
        if part == "stash_id":
            return not list(self.boxes(type_name, row))
        if part == "phash":
            return not self.file_values("phash", self.files(type_name, row))
        if part in ("url", "aliases") and not (part == "aliases" and "aliases" in row):
            return not self.values(type_name, part, row)
        return row[RENAMED.get(part, part)] in (None, "")

    def boxes(self, type_name: str, row: Row) -> Iterator[tuple[str, str]]:
        noun = type_name.lower()
        for one in self.rows[f"{noun}_stash_ids"]:
            if one[f"{noun}_id"] == row["id"]:
                yield one["endpoint"], one["stash_id"]


def spelt_out(lookups: tuple[str, Any]) -> tuple[str, Any]:
    """`is_missing` as the null lookup of its field, where it is combined with others of the field."""
    key, value = lookups
    if key.startswith("is_missing__") and value in NULL_OF:
        return f"{NULL_OF[value]}__null", key.endswith("eq")
    return lookups


def _texts(suffix: str, column: str) -> Callable[..., Any]:
    def values(oracle: LookupOracle, type_name: str, row: Row) -> list[Any] | None:
        noun = "group" if type_name == "Movie" else type_name.lower()
        rows = oracle.rows.get(f"{noun}_{suffix}")
        return None if rows is None else [one[column] for one in rows if one[f"{noun}_id"] == row["id"]]

    return values


def _count(relation: str) -> Callable[..., Any]:
    return lambda oracle, type_name, row: [len(oracle.held(type_name, relation, row))]


def _age(born: str | None, at: str | None) -> list[int]:
    """Whole years from one day to another, as the server rounds: towards 0."""
    if not born or not at:
        return []
    first, last = ([int(part) for part in text.split("-")] for text in (born, at))
    years = last[0] - first[0]
    if years > 0 and last[1:] < first[1:]:
        return [years - 1]
    return [years + 1] if years < 0 and last[1:] > first[1:] else [years]


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _plays(oracle: LookupOracle, type_name: str, row: Row) -> list[Any]:
    views = oracle.rows["scenes_view_dates"]
    if type_name == "Scene":
        return [sum(one["scene_id"] == row["id"] for one in views)]
    scenes = oracle.held(type_name, "scenes", row)
    return [len({one["view_date"] for one in views if one["scene_id"] in scenes})]


def _o_counter(oracle: LookupOracle, type_name: str, row: Row) -> list[Any]:
    if type_name == "Image":
        return [row["o_counter"]]
    scenes = [row["id"]] if type_name == "Scene" else oracle.held(type_name, "scenes", row)
    images = oracle.held(type_name, "images", row) if type_name == "Performer" else []
    return [
        sum(one["scene_id"] in scenes for one in oracle.rows["scenes_o_dates"])
        + sum(oracle.by_id["images"][one]["o_counter"] for one in images)
    ]


def _last_played(oracle: LookupOracle, _: str, row: Row) -> list[Any]:
    views = [one["view_date"] for one in oracle.rows["scenes_view_dates"] if one["scene_id"] == row["id"]]
    return [max(views)] if views else []


def _of_scene(column: str) -> Callable[..., Any]:
    return lambda oracle, _, row: [oracle.by_id["scenes"][row["scene_id"]][column]]


def _length(oracle: LookupOracle, type_name: str, row: Row) -> list[Any] | None:
    if type_name != "SceneMarker":
        return None
    return [] if row["end_seconds"] is None else [row["end_seconds"] - row["seconds"]]


def _average(oracle: LookupOracle, _: str, row: Row) -> list[Any]:
    images = [oracle.by_id["images"][one] for one in oracle.held("Gallery", "images", row)]
    files = [file for image in images for file in oracle.files("Image", image)]
    sides = [min(file["width"], file["height"]) for file in files]
    return [sum(sides) / len(sides)] if sides else []


VALUES: dict[str, Callable[..., Any]] = {
    "url": _texts("urls", "url"),
    "aliases": _texts("aliases", "alias"),
    "birth_year": lambda _, __, row: [row["birthdate"] and int(row["birthdate"][:4])],
    "death_year": lambda _, __, row: [row["death_date"] and int(row["death_date"][:4])],
    "age": lambda _, __, row: _age(row["birthdate"], row["death_date"] or _today()),
    "performer_age": lambda oracle, name, row: [
        age for one in oracle.performers(name, row) for age in _age(one["birthdate"], row["date"])
    ],
    "play_count": _plays,
    "o_counter": _o_counter,
    "last_played_at": _last_played,
    "duration": _length,
    "average_resolution": _average,
    "stash_id_count": lambda oracle, name, row: [len(list(oracle.boxes(name, row)))],
    "file_count": lambda oracle, name, row: [len(oracle.files(name, row))],
    "marker_count": _count("markers"),
    "child_count": _count("children"),
    "dir": lambda oracle, _, row: [oracle.by_id["folders"][row["parent_folder_id"]]["path"]],
    "path": lambda oracle, name, row: [oracle.file(row["id"])["path"]] if name == "File" else None,
    **{
        f"{n}_count": _count(f"{n}s")
        for n in ("tag", "performer", "scene", "image", "studio", "group", "parent")
    },
    "movie_count": _count("groups"),
    "gallery_count": _count("galleries"),
    "containing_group_count": _count("containing_groups"),
    "sub_group_count": _count("sub_groups"),
    **{f"scene_{name}": _of_scene(name) for name in ("date", "created_at", "updated_at")},
}
"""Values that are not in a column of the same name; None where they are, for this type."""


def _rounded(rate: float) -> int:
    return int(rate + 0.5)


FILE_VALUES: dict[str, Callable[[Row], list[Any]]] = {
    **{name: lambda file, n=name: [file[RENAMED.get(n, n)]] for name in ("path", "bitrate", "format")},
    **{name: lambda file, n=name: [file[n]] for name in ("video_codec", "audio_codec", "interactive_speed")},
    **{name: lambda file, n=name: [file.get(n)] for name in ("oshash", "phash", "interactive")},
    "checksum": lambda file: [file.get("md5")],
    "duration": lambda file: [int(file["duration"])],
    "framerate": lambda file: [_rounded(file["frame_rate"])],
    "resolution": lambda file: [min(file["width"], file["height"])],
    "orientation": lambda file: [_shape(file["width"], file["height"])],
    "captions": lambda file: file["captions"],
}


def _shape(width: int, height: int) -> str:
    return "SQUARE" if width == height else "LANDSCAPE" if width > height else "PORTRAIT"


def _via(*steps: tuple[str, str]) -> Callable[..., Any]:
    """Ids over link tables: from `left` to `right`, and on from there."""

    def ids(oracle: LookupOracle, row: Row) -> list[int]:
        found = [row["id"]]
        for left, right in steps:
            table = f"{left}_{right}" if f"{left}_{right}" in oracle.rows else f"{right}_{left}"
            sides = (
                table.split("_", 1) if not table.startswith("scene_markers") else ["scene_markers", "tags"]
            )
            found = [other for one in found for other in oracle.linked(*sides, singular(left), one)]
        return found

    return ids


def _link(name: str) -> Callable[..., Any]:
    """Ids of `name` in the one link table with the type's own."""
    return lambda oracle, type_name, row: _via((TABLES[type_name], name))(oracle, row)


def _tags(oracle: LookupOracle, type_name: str, row: Row) -> list[int]:
    own = _link("tags")(oracle, type_name, row)
    return [row["primary_tag_id"], *own] if type_name == "SceneMarker" else own


def _owned(table: str) -> Callable[..., Any]:
    """Ids of rows of `table`, by a link table or by the studio that they name."""

    def ids(oracle: LookupOracle, type_name: str, row: Row) -> list[int]:
        if type_name == "SceneMarker":
            return [row["scene_id"]]
        if type_name == "Studio":
            return [one["id"] for one in oracle.rows[table] if one["studio_id"] == row["id"]]
        if type_name == "File":
            noun, links = singular(table), oracle.rows[f"{table}_files"]
            return [one[noun] for one in links if one["file_id"] == row["id"]]
        if type_name == "Folder":
            return [one["id"] for one in oracle.rows["galleries"] if one["folder_id"] == row["id"]]
        if type_name == "Performer" and table == "groups":
            return _via(("performers", "scenes"), ("scenes", "groups"))(oracle, row)
        return _link(table)(oracle, type_name, row)

    return ids


def _studios(oracle: LookupOracle, type_name: str, row: Row) -> list[int | None]:
    if type_name == "Performer":
        found = [(table, one) for table in MEDIA for one in _link(table)(oracle, type_name, row)]
        return [oracle.by_id[table][one]["studio_id"] for table, one in found]
    return _link("studios")(oracle, type_name, row) if type_name == "Tag" else [row["studio_id"]]


def _performers(oracle: LookupOracle, type_name: str, row: Row) -> list[int]:
    if type_name == "Performer":
        found = [
            other
            for table in MEDIA
            for one in _link(table)(oracle, type_name, row)
            for other in oracle.linked("performers", table, singular(table), one)
        ]
        return [one for one in found if one != row["id"]]
    if type_name in ("Group", "Movie"):
        return _via(("groups", "scenes"), ("scenes", "performers"))(oracle, row)
    if type_name == "SceneMarker":
        return oracle.linked("performers", "scenes", "scene_id", row["scene_id"])
    return _link("performers")(oracle, type_name, row)


def _markers(oracle: LookupOracle, type_name: str, row: Row) -> list[int]:
    markers = oracle.rows["scene_markers"]
    if type_name == "Tag":
        return [one["id"] for one in markers if row["id"] in _tags(oracle, "SceneMarker", one)]
    scenes = [row["id"]] if type_name == "Scene" else oracle.held(type_name, "scenes", row)
    return [one["id"] for one in markers if one["scene_id"] in scenes]


def _files(oracle: LookupOracle, type_name: str, row: Row) -> list[int]:
    if type_name == "Folder":
        return [one["id"] for one in oracle.rows["files"] if one["parent_folder_id"] == row["id"]]
    return [one["id"] for one in oracle.files(type_name, row)]


def _folder(oracle: LookupOracle, type_name: str, row: Row) -> list[int | None]:
    if type_name != "Gallery":
        return [row["parent_folder_id"]]
    own = oracle.by_id["folders"].get(row["folder_id"], {})
    return [own.get("parent_folder_id"), *(one["parent_folder_id"] for one in oracle.files(type_name, row))]


def _ends(table: str, mine: str, theirs: str) -> Callable[..., Any]:
    return lambda oracle, _, row: [one[theirs] for one in oracle.rows[table] if one[mine] == row["id"]]


def _children(oracle: LookupOracle, type_name: str, row: Row) -> list[int]:
    if type_name == "Studio":
        return [one["id"] for one in oracle.rows["studios"] if one["parent_id"] == row["id"]]
    return _ends("tags_relations", "parent_id", "child_id")(oracle, type_name, row)


def _parents(oracle: LookupOracle, type_name: str, row: Row) -> list[int | None]:
    if type_name == "Studio":
        return [row["parent_id"]]
    return _ends("tags_relations", "child_id", "parent_id")(oracle, type_name, row)


RELATIONS: dict[str, Callable[..., Any]] = {
    "tags": _tags,
    "scenes": _owned("scenes"),
    "images": _owned("images"),
    "galleries": _owned("galleries"),
    "groups": _owned("groups"),
    "movies": _owned("groups"),
    "studios": _studios,
    "performers": _performers,
    "markers": _markers,
    "files": _files,
    "folders": lambda _, __, row: [row["folder_id"]],
    "parent_folder": _folder,
    "zip_file": lambda _, __, row: [row["zip_file_id"]],
    "parents": _parents,
    "children": _children,
    "containing_groups": _ends("groups_relations", "sub_id", "containing_id"),
    "sub_groups": _ends("groups_relations", "containing_id", "sub_id"),
    "performer_tags": lambda oracle, name, row: [
        tag for one in oracle.performers(name, row) for tag in _tags(oracle, "Performer", one)
    ],
    "scene_tags": lambda oracle, _, row: _tags(oracle, "Scene", oracle.by_id["scenes"][row["scene_id"]]),
}
ONE_ONLY = {("Studio", "parents"), ("SceneMarker", "scenes")}
"""Relations to one object at most, beside those of `SINGLE`."""


def _custom(oracle: LookupOracle, type_name: str, row: Row, lookups: semantics.Lookups) -> bool:
    noun = type_name.lower()
    rows = oracle.rows[f"{noun}_custom_fields"]
    held = {one["field"]: one["value"] for one in rows if one[f"{noun}_id"] == row["id"]}
    return all(
        semantics.custom(held, lookup, name, wanted)
        for lookup, pairs in lookups.items()
        for name, wanted in pairs.items()
    )


def _stash_id(oracle: LookupOracle, type_name: str, row: Row, lookups: semantics.Lookups) -> bool:
    return semantics.stash_ids(list(oracle.boxes(type_name, row)), lookups)


def _stash_ids(oracle: LookupOracle, type_name: str, row: Row, lookups: semantics.Lookups) -> bool:
    box = lookups.get("endpoint")
    ids = {semantics.fold(stash_id) for at, stash_id in oracle.boxes(type_name, row) if box in (None, at)}
    tests = {
        "eq": lambda wanted: not ids.isdisjoint(map(semantics.fold, wanted)),
        "in": lambda wanted: not ids.isdisjoint(map(semantics.fold, wanted)),
        "excludes": lambda wanted: ids.isdisjoint(map(semantics.fold, wanted)),
        "null": lambda wanted: wanted != bool(ids),
        "endpoint": lambda _: bool(ids) or len(lookups) > 1,
    }
    return all(tests[name](wanted) for name, wanted in lookups.items())


def _phash(oracle: LookupOracle, type_name: str, row: Row, lookups: semantics.Lookups) -> bool:
    return semantics.hashes(oracle.file_values("phash", oracle.files(type_name, row)), lookups)


def _hashes(oracle: LookupOracle, _: str, row: Row, lookups: semantics.Lookups) -> bool:
    held = oracle.file_values("phash", [oracle.file(row["id"])])
    return all(semantics.hashes(held, {"eq": wanted}) for wanted in lookups["eq"].values())


def _duplicated(oracle: LookupOracle, type_name: str, row: Row, lookups: semantics.Lookups) -> bool:
    """Whether another object has the same value, or any other file the same phash; none never matches."""
    every = oracle.file_values("phash", [oracle.file(file["id"]) for file in oracle.rows["files"]])

    def parts(part: str, one: Row) -> set[Any]:
        if part == "stash_id":
            return {stash_id for _, stash_id in oracle.boxes(type_name, one)}
        return set(oracle.values(type_name, part, one))

    def shared(part: str, wanted: bool) -> bool:
        if part in ("eq", "phash"):
            files = [oracle.file(row["id"])] if type_name == "File" else oracle.files(type_name, row)
            return any((every.count(one) > 1) == wanted for one in oracle.file_values("phash", files))
        others = [parts(part, one) for one in oracle.rows[TABLES[type_name]] if one["id"] != row["id"]]
        return any(any(value in other for other in others) == wanted for value in parts(part, row))

    return all(shared(part, wanted) for part, wanted in lookups.items())


SPECIAL: dict[str, Callable[[LookupOracle, str, Row, semantics.Lookups], bool]] = {
    "custom_fields": _custom,
    "stash_id_endpoint": _stash_id,
    "stash_ids_endpoint": _stash_ids,
    "phash": _phash,
    "phash_distance": _phash,
    "hashes": _hashes,
    "duplicated": _duplicated,
}
"""Fields with lookups of their own."""
