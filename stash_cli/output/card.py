"""One object for people: a label and a value per line, long values wrapped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.texts import display_width, duration, size, wrapped
from stash_cli.output.table import cell
from stash_cli.output.values import Column, one_line, pick, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stash_cli.output.streams import Streams

LEAST = 20
"""Minimum width to wrap a long value beside its label; with less, it is placed below the label."""
BELOW = " " * 4
"""Indent of a value below its label."""
A_LINE_EACH = ("file", "stash_id", "url", "line")
"""Kinds of values that are printed one per line."""
GROUPS = ("facts", "activity", "record", "files")
"""Groups of a card in their order; separated by an empty line on a terminal."""
_ACTIVITY = frozenset(
    [
        "o_counter",
        "play_count",
        "play_duration",
        "resume_time",
        "last_played_at",
        "last_o_at",
        "play_history",
        "o_history",
    ]
)
_RECORD = frozenset(
    [
        "organized",
        "ignore_auto_tag",
        "interactive",
        "interactive_speed",
        "created_at",
        "updated_at",
        "custom_fields",
        "stash_ids",
    ]
)


class CardWriter:
    """Prints objects as `label: value` lines in groups, without empty values.

    On a terminal, long values are wrapped at words; elsewhere each value is one line.
    """

    def __init__(self, streams: Streams, columns: Sequence[Column]) -> None:
        self.streams, self.columns = streams, columns

    def row(self, row: dict[str, Any]) -> None:
        values = {column: list(lines(row, column)) for column in self.columns}
        width = max((len(label(column)) for column in values if values[column]), default=0) + 2
        groups = [[each for each in values if group_of(each) == name and values[each]] for name in GROUPS]
        for number, group in enumerate(filter(None, groups)):
            if number and self.streams.out_is_terminal:
                self.streams.data("\n")
            for column in group:
                self._values(f"{label(column)}:".ljust(width), values[column])

    def _values(self, heading: str, texts: list[str]) -> None:
        room = self.streams.width - len(heading)
        if self.streams.out_is_terminal and self._stands_below(texts, room):
            self.streams.data(f"{heading.rstrip()}\n")
            heading, room = BELOW, self.streams.width - len(BELOW)
        for text in texts:
            for line in wrapped(text, room) if self.streams.out_is_terminal else [text]:
                self.streams.data(f"{heading}{line}\n")
                heading = " " * len(heading)

    def _stands_below(self, texts: list[str], room: int) -> bool:
        """Whether to print values below their label: too little room beside it, or a path fits only below."""
        if all(display_width(text) <= room for text in texts):
            return False
        longest = max(display_width(word) for text in texts for word in text.split())
        return room < LEAST or room < longest <= self.streams.width - len(BELOW)

    def rows(self, rows: Sequence[dict[str, Any]]) -> None:
        """Print a page."""
        for row in rows:
            self.row(row)

    def finish(self) -> None:
        pass


def group_of(column: Column) -> str:
    """The group in GROUPS for a column, by its field."""
    name = column.paths[0].partition(".")[0]
    if column.kind == "file":
        return "files"
    if name in _RECORD:
        return "record"
    return "activity" if name in _ACTIVITY or name.endswith("_count") else "facts"


LABELS = {
    "alias_list": "aliases",
    "gallery_count": "galleries",
    "height_cm": "height (cm)",
    "mod_time": "modified",
    "o_counter": "o-counter",
    "penis_length": "penis length (cm)",
    "scene_marker_count": "markers",
    "weight": "weight (kg)",
    **{f"{noun}_count": f"{noun}s" for noun in ("scene", "image", "performer", "studio", "group", "tag")},
}
"""Field -> label, where it differs from the name."""


def label(column: Column) -> str:
    """The label of a column: `play_count` is `play count`; dotted names are unchanged."""
    found = LABELS.get(column.header, column.header)
    return found if "." in found else found.replace("_", " ")


def lines(row: dict[str, Any], column: Column) -> Iterator[str]:
    """Yield the values of a column as lines, without empty ones."""
    if column.kind not in A_LINE_EACH:
        text = cell(row, column)
        yield from [text] if text else []
        return
    for path in column.paths:
        value = pick(row, path) if path else row
        for item in value if isinstance(value, list) else [value]:
            if column.kind == "file" and item:
                yield from file_lines(item)
            elif item:
                yield shown(item)


def file_lines(file: dict[str, Any]) -> Iterator[str]:
    """Yield the path of a file, then a line with size, format and duration, then each hash."""
    if file.get("path"):
        yield one_line(str(file["path"]))
    facts = [
        size(file["size"]) if file.get("size") is not None else "",
        f"{file['width']}x{file['height']}" if file.get("width") and file.get("height") else "",
        *(str(file.get(name) or "") for name in ("video_codec", "audio_codec")),
        f"{file['frame_rate']:g} fps" if file.get("frame_rate") else "",
        duration(file["duration"]) if file.get("duration") else "",
    ]
    if text := ", ".join(one_line(fact) for fact in facts if fact):
        yield text
    for each in file.get("fingerprints") or ():
        yield one_line(f"{each['type']} {each['value']}")
