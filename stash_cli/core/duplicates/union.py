"""Metadata of duplicates: its amount, its differences, and its union on the destination."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.edits.drafts.recheck import equal
from stash_cli.core.edits.gallery_contents import is_scanned
from stash_cli.core.edits.merging.combine import RULES, Combination
from stash_cli.core.edits.merging.merge import HISTORIES, Merge
from stash_cli.core.edits.merging.merge import paths_to_read as merged_paths
from stash_cli.core.orm.edit import Edit, key_of
from stash_cli.core.orm.input import before_of
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from stash_cli.core.capabilities import ServerCapabilities
    from stash_cli.core.duplicates.copies import File
    from stash_cli.core.duplicates.decision import Decision

    Row = Mapping[str, Any]
    Rows = Mapping[str, Row]

_COUNTER = "o_counter"
_FLAGS = frozenset({"organized", "resume_time", "play_duration"})
"""Fields that do not count as metadata."""


def paths_to_read(type_name: str, server: ServerCapabilities) -> list[str]:
    """The paths to read for merges and differences."""
    return [*merged_paths(type_name, server), *([_COUNTER] if type_name == "Image" else [])]


def richness(type_name: str, row: Row) -> int:
    """The number of filled fields of an object, plus the items in its lists."""
    values = [before_of(type_name, name, row) for name in RULES[type_name] if name not in _FLAGS]
    lists = [row.get(name) or () for name in ("scene_markers", *HISTORIES)]
    return sum(map(_count_values, [*values, *lists]))


def _count_values(value: Any) -> int:
    if isinstance(value, list | dict | tuple):
        return len(value)
    return 0 if value is UNSET or value in (None, "") else 1


def merge_of(type_name: str, decision: Decision, rows: Rows, server: ServerCapabilities) -> Merge:
    """Build the merge of the other objects into the destination."""
    sources = [rows[id_] for id_ in decision.gone]
    return Merge(Combination(type_name, rows[decision.into], sources), server)


def movable(type_name: str, row: Row, dropped: Collection[str]) -> Row:
    """Copy a row without metadata that is not merged: the tags `dropped`, and scanned galleries.

    Images of galleries of folders and archives cannot be changed.
    """
    copied = {**row}
    if dropped and "tags" in row:
        copied["tags"] = [each for each in row["tags"] or () if str(each["id"]) not in dropped]
    if type_name == "Image" and "galleries" in row:
        copied["galleries"] = [each for each in row["galleries"] or () if not is_scanned(each)]
    return copied


def edits_of(type_name: str, decision: Decision, rows: Rows, server: ServerCapabilities) -> Iterator[Edit]:
    """Yield the edits that merge the `movable` metadata of the others into the destination."""
    yield from merge_of(type_name, decision, rows, server).values()
    if type_name == "Image":
        yield from _counter_edit(decision, rows)
        yield from _cover_edits(decision, rows)


def _counter_edit(decision: Decision, rows: Rows) -> Iterator[Edit]:
    before = rows[decision.into].get(_COUNTER) or 0
    added = sum(rows[id_].get(_COUNTER) or 0 for id_ in decision.gone)
    if added:
        yield Edit("Image", decision.into, _COUNTER, before, before + added)


def _cover_edits(decision: Decision, rows: Rows) -> Iterator[Edit]:
    """Yield edits of galleries whose cover is one of the other images."""
    for id_ in decision.gone:
        for gallery in rows[id_].get("galleries") or ():
            cover = str((gallery.get("cover") or {}).get("id", ""))
            if cover == id_:
                yield Edit("Gallery", str(gallery["id"]), "cover", id_, decision.into)


def differences(type_name: str, decision: Decision, rows: Rows) -> dict[str, tuple[str, ...]]:
    """Map of file id -> fields in which file and object differ from the kept one (the first if none is)."""
    kept = decision.kept or decision.files[0]
    row, values = rows[kept.owner], _values_of(type_name, rows[kept.owner])
    differing = {}
    for file in decision.files:
        if file is not kept:
            names = [*_file_differences(kept, file)]
            if file.owner != kept.owner:
                names += _object_differences(type_name, row, values, rows[file.owner])
            differing[file.id] = tuple(names)
    return differing


def _values_of(type_name: str, row: Row) -> dict[str, Any]:
    return {name: before_of(type_name, name, row) for name in RULES[type_name]}


def _file_differences(kept: File, file: File) -> Iterator[str]:
    facts = {
        "resolution": (kept.width, kept.height) != (file.width, file.height),
        "codec": kept.codec != file.codec,
        "bitrate": kept.bit_rate != file.bit_rate,
        "size": kept.size != file.size,
        "length": round(kept.duration) != round(file.duration),
    }
    yield from (name for name, differs in facts.items() if differs)


def _object_differences(type_name: str, kept: Row, values: Mapping[str, Any], other: Row) -> Iterator[str]:
    """Yield the fields in which an object differs from the kept one, which has `values`."""
    for name, value in values.items():
        other_value = before_of(type_name, name, other)
        if UNSET not in (value, other_value) and not equal(type_name, name, value, other_value):
            yield name
    if _markers(kept) != _markers(other):
        yield "markers"
    if any((kept.get(name) or []) != (other.get(name) or []) for name in HISTORIES):
        yield "histories"


def _markers(row: Row) -> set[tuple[Any, Any]]:
    return {(each["seconds"], each["primary_tag"]["id"]) for each in row.get("scene_markers") or ()}


def missing(type_name: str, decision: Decision, before: Rows, after: Row) -> list[str]:
    """The fields in which the destination lacks values of the others after the merge."""
    lacking = []
    for name in RULES[type_name]:
        value = before_of(type_name, name, after)
        if isinstance(value, list):
            present = {str(key_of(item)) for item in value}
            rows = (before[id_] for id_ in decision.gone)
            items = [item for row in rows for item in before_of(type_name, name, row) or ()]
            lacking += [name] if any(str(key_of(item)) not in present for item in items) else []
    if type_name == "Scene":
        lacking += _missing_parts(decision, before, after)
    return lacking


def _missing_parts(decision: Decision, before: Rows, after: Row) -> Iterator[str]:
    rows = [before[id_] for id_ in decision.gone]
    if not set().union(*map(_markers, rows)) <= _markers(after):
        yield "markers"
    files = {each["id"] for row in rows for each in row.get("files") or ()}
    if not files <= {each["id"] for each in after.get("files") or ()}:
        yield "files"
    for name in HISTORIES:
        times = {time for row in rows for time in row.get(name) or ()}
        if name in after and not times <= set(after[name] or ()):
            yield name
