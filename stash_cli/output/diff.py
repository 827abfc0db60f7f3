"""Edits for people: a few lines for each object, removed in red and added in green."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stash_cli.output.values import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stash_cli.output.streams import Streams

    Row = tuple[str, Iterable[tuple[str, str]]]
    """A field, and the parts of its line: text and kind ("removed", "added" or "")."""

STYLES = {"removed": "red", "added": "green"}


def show_object(streams: Streams, noun: str, one: str, label: str, rows: Iterable[Row]) -> None:
    """Print the edits of one object: a line with its id and name, and one for each field."""
    if streams.quiet:
        return
    named = f' "{one_line(label)}"' if label else ""
    streams.say(f"{noun} {one}{named}", wrap=False)
    for name, parts in rows:
        streams.say_parts([(f"  {name}: ", ""), *((text, STYLES.get(kind, "")) for text, kind in parts)])
