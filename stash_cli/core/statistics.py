"""Counts and sums of rows by the values of a field, read page by page.

    tally = Tally("Scene", "studio")
    tally.paths               # the fields that rows need
    tally.add(rows)
    tally.groups              # Group(value="Acme", id="3", count=12, sums={"duration": ..., "size": ...})

Objects with several values, such as tags, count in the group of each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stash_cli.core.errors import StashInputError, StashLookupError, did_you_mean
from stash_cli.core.graphql.selection import is_composite, merge
from stash_cli.core.texts import label
from stash_cli.core.types.api import band_label, describe_api

Row = dict[str, Any]
Read = Callable[[Row], list[Any]]
"""The values of a row, without nulls."""

MEASURES: dict[str, dict[str, tuple[str, ...]]] = {
    "Scene": {"duration": ("files[0].duration",), "size": ("files.size",)},
    "Image": {"size": ("visual_files.size",)},
    "Gallery": {"images": ("image_count",), "size": ("files.size",)},
    "Performer": {"scenes": ("scene_count",), "images": ("image_count",)},
    "Studio": {"scenes": ("scene_count",), "images": ("image_count",)},
    "Tag": {"scenes": ("scene_count",), "images": ("image_count",)},
    "Group": {"scenes": ("scene_count",), "duration": ("duration",)},
    "SceneMarker": {},
}
"""Type -> name of a sum -> the fields that are added up; objects of other types are only counted."""


def measures_of(type_name: str) -> dict[str, tuple[str, ...]]:
    """The sums of a type: name -> the fields that are added up."""
    return MEASURES.get(type_name, {})


_DIGITS = 3
"""Decimals of a sum: milliseconds."""
_FILES = {"Image": "visual_files"}
WORDS: dict[str, dict[str, str]] = {
    "Scene": {"studio": "studio", "tag": "tags", "performer": "performers", "group": "groups.group"},
    "Image": {"studio": "studio", "tag": "tags", "performer": "performers", "gallery": "galleries"},
    "Gallery": {"studio": "studio", "tag": "tags", "performer": "performers"},
    "Performer": {"tag": "tags"},
    "Studio": {"tag": "tags", "parent": "parent_studio"},
    "Tag": {"parent": "parents"},
    "Group": {"studio": "studio", "tag": "tags"},
    "SceneMarker": {"tag": "primary_tag", "scene": "scene"},
}
"""Type -> a word of `--by` for related objects -> the path to them."""
# The first of several files is used, because it is the one that is played.
WORDS["Scene"] |= {"codec": "files[0].video_codec", "rating": "rating100"}
for _type in ("Image", "Gallery", "Performer", "Studio", "Group"):
    WORDS[_type]["rating"] = "rating100"
_DATES = {"Performer": "birthdate", "SceneMarker": ""}
_PERIODS = {"year": 4, "month": 7}
"""A word of `--by` -> the characters of a date that name the period."""
_MANY = 100_000
"""The largest number of groups, to limit memory."""


@dataclass
class Group:
    """The objects with one value; `value` is None for those without any, `id` that of a related object."""

    value: Any
    id: str | None = None
    count: int = 0
    sums: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Key:
    """A grouping of rows: the fields to read, and (value, id) of each group that a row belongs to."""

    paths: tuple[str, ...]
    read: Callable[[Row], list[tuple[Any, str | None]]]
    is_ordered: bool = False
    """Whether the groups have an order of their own, such as years."""
    is_related: bool = False
    """Whether the groups are those of related objects."""


class Tally:
    """Counts and sums of rows by group; without `by` there is only the total."""

    def __init__(self, type_name: str, by: str | None) -> None:
        self.type_name = type_name
        self.key = None if by is None else key_of(type_name, by)
        self.total = Group(None, sums=dict.fromkeys(measures_of(type_name), 0))
        self._groups: dict[Any, Group] = {}
        self.is_shared = False
        """Whether an object was counted in several groups."""

    @property
    def paths(self) -> list[str]:
        measured = [path for paths in measures_of(self.type_name).values() for path in paths]
        keyed = self.key.paths if self.key else ()
        return list(dict.fromkeys(["id", *keyed, *(path.replace("[0]", "") for path in measured)]))

    @property
    def groups(self) -> list[Group]:
        return list(self._groups.values())

    def add(self, rows: Iterable[Row]) -> None:
        for row in rows:
            sums = {name: _sum(row, paths) for name, paths in measures_of(self.type_name).items()}
            _count(self.total, sums)
            if self.key is None:
                continue
            found = dict.fromkeys(self.key.read(row)) or {(None, None): None}
            self.is_shared = self.is_shared or len(found) > 1
            for value, id_ in found:
                _count(self._group(value, id_), sums)

    def _group(self, value: Any, id_: str | None) -> Group:
        known = self._groups.get((value, id_))
        if known is None:
            if len(self._groups) >= _MANY:
                raise StashInputError(
                    f"There are more than {_MANY:,} groups.", hint="Choose a field with fewer values."
                )
            zero = dict.fromkeys(measures_of(self.type_name), 0.0)
            known = self._groups[value, id_] = Group(value, id_, sums=zero)
        return known


def _count(group: Group, sums: Mapping[str, float]) -> None:
    group.count += 1
    for name, amount in sums.items():
        # Sums of floats such as 0.1 + 0.2 end with digits that no file has.
        group.sums[name] = round(group.sums[name] + amount, _DIGITS)


def _sum(row: Row, paths: Sequence[str]) -> float:
    return sum(value for path in paths for value in follow(row, path) if isinstance(value, int | float))


def follow(row: Any, path: str) -> list[Any]:
    """The values at a dotted path without nulls and blanks; `[0]` is the first item of a list."""
    found = [row]
    for step in path.split("."):
        name = step.removesuffix("[0]")
        values = [each.get(name) for each in found if isinstance(each, dict)]
        if step.endswith("[0]"):
            values = [value[0] for value in values if value]
        found = [one for value in values for one in (value if isinstance(value, list) else [value])]
    return [value for value in found if value is not None and value != ""]


def words_of(type_name: str) -> list[str]:
    """The words that `--by` offers beside the fields of a type."""
    special = [*_PERIODS] if _date(type_name) else []
    special += ["resolution"] if type_name in ("Scene", "Image") else []
    return [*WORDS.get(type_name, {}), *special]


def _date(type_name: str) -> str:
    """The field with the date of an object; "" where it has none."""
    name = _DATES.get(type_name, "date")
    return name if name in describe_api().types[type_name].fields else ""


def key_of(type_name: str, word: str) -> Key:
    """The key of `--by`: one of `words_of`, or a path to any field; raises StashLookupError."""
    name = word.replace("-", "_")
    if name in _PERIODS and (date := _date(type_name)):
        length = _PERIODS[name]
        return _plain_key(date, lambda value: str(value)[:length] if len(str(value)) >= length else None)
    if name == "resolution" and type_name in ("Scene", "Image"):
        return _resolution_key(_FILES.get(type_name, "files"))
    path = WORDS.get(type_name, {}).get(name, name)
    try:
        merge(type_name, [path.replace("[0]", "")])
    except StashLookupError as error:
        known = [*words_of(type_name), *describe_api().types[type_name].fields]
        near = did_you_mean(word, known) or f"It takes {', '.join(words_of(type_name))}, or a field."
        raise StashLookupError(f"--by: {type_name} has no field {word!r}. {near}") from error
    return _key_at(type_name, path)


def _key_at(type_name: str, path: str) -> Key:
    """The key for a field; related objects are grouped by id, not by name."""
    target = type_name
    for step in path.split("."):
        owners = [describe_api().types[target]]
        owners += [describe_api().types[name] for name in owners[0].members]
        declared = next(found for owner in owners if (found := owner.field(step.removesuffix("[0]"))))
        target = declared.type.name
    bare = path.replace("[0]", "")
    if not is_composite(target):
        return _plain_key(path, lambda value: value if not isinstance(value, dict) else None)
    described = describe_api().types[target]
    if not described.is_entity or described.is_file:
        raise StashLookupError(
            f"--by: {path} is not one value; choose a field of it, such as {bare}.{_first(target)}."
        )
    # The label of a gallery without a title is its folder or file.
    files = [each for each in ("folder", "files") if described.field(each)]
    wanted = ["id", described.reference[-1], *(f"{each}.path" for each in files)]

    def read(row: Row) -> list[tuple[Any, str | None]]:
        return [(label(one), one["id"]) for one in follow(row, path)]

    return Key(tuple(f"{bare}.{each}" for each in wanted), read, is_related=True)


def _first(type_name: str) -> str:
    plain = (f.name for f in describe_api().types[type_name].fields.values() if not is_composite(f.type.name))
    return next((name for name in plain if name != "id"), "id")


def _plain_key(path: str, form: Callable[[Any], Any]) -> Key:
    def read(row: Row) -> list[tuple[Any, str | None]]:
        found = (form(value) for value in follow(row, path))
        return [(value, None) for value in found if value is not None]

    return Key((path.replace("[0]", ""),), read, is_ordered=path in ("rating100", "date", "birthdate"))


def _resolution_key(files: str) -> Key:
    def read(row: Row) -> list[tuple[Any, str | None]]:
        sizes = [(file.get("width"), file.get("height")) for file in follow(row, f"{files}[0]")]
        return [(band_label(min(size)), None) for size in sizes if all(size)]

    return Key((f"{files}.width", f"{files}.height"), read, is_ordered=True)


def in_order(tally: Tally, sort: str | None) -> list[Group]:
    """The groups by `sort`: value, count or the name of a sum, with `-` in descending order.

    The default depends on the key: years and ratings by value, anything else by descending count. By value,
    the group without a value is last. Raises StashLookupError for an unknown sum.
    """
    key, down = (sort or "").removeprefix("-"), bool(sort) and str(sort).startswith("-")
    known = ["value", "count", *measures_of(tally.type_name)]
    if sort is None:
        key, down = ("value", False) if tally.key and tally.key.is_ordered else ("count", True)
    elif key not in known:
        raise StashLookupError(f"--sort: no such column: {key}. It takes {', '.join(known)}.")
    by_value = sorted(tally.groups, key=_value_order)
    none = [group for group in by_value if group.value is None]
    some = [group for group in by_value if group.value is not None]
    if key == "value":
        return [*(reversed(some) if down else some), *none]
    return sorted(by_value, key=lambda group: _amount(group, key), reverse=down)


def _amount(group: Group, name: str) -> float:
    return group.count if name == "count" else group.sums[name]


def _value_order(group: Group) -> tuple[Any, ...]:
    """Numbers before texts; resolutions by their pixels."""
    value = group.value
    if isinstance(value, bool | int | float):
        return 0, value, ""
    text = str(value)
    number = text.removesuffix("p").removesuffix("k")
    scale = 1000 if text.endswith("k") else 1
    return (1, int(number) * scale, "") if number.isdecimal() and number != text else (2, 0, text.casefold())


def _text(value: Any) -> str:
    return str(value) if not isinstance(value, bool) else "yes" if value else "no"


def distinct(groups: Iterable[Group]) -> Iterator[tuple[Group, str]]:
    """Each group with its value as text; where several objects have the same name, with the id."""
    many = list(groups)
    counts: dict[str, int] = {}
    for group in many:
        counts[str(group.value)] = counts.get(str(group.value), 0) + 1
    for group in many:
        text = "" if group.value is None else _text(group.value)
        yield group, f"{text} ({group.id})" if group.id and counts[text] > 1 else text
