"""Edits for people: a few lines for each object, removed in red and added in green."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from stash_cli.core.texts import ARROW
from stash_cli.output.values import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from stash_cli.output.streams import Streams

    Styled = tuple[str, str]
    """A text, and the style that it is printed in or ""."""

    Row = tuple[str, Iterable[tuple[str, str]]]
    """A field, and the parts of its line: text and kind ("removed", "added" or "")."""

STYLES = {"removed": "red", "added": "green"}
HANGING = " " * 4
"""Indent of continuation lines."""


def show_object(streams: Streams, noun: str, one: str, label: str, rows: Iterable[Row]) -> None:
    """Print the edits of one object: a line with its id and name, and one for each field."""
    if streams.quiet:
        return
    streams.say(f"{noun} {named(one, label)}", wrap=False)
    for name, parts in rows:
        line = [(f"  {name}: ", ""), *((text, STYLES.get(kind, "")) for text, kind in parts)]
        for each in broken(line, streams.width) if streams.err_is_terminal else [line]:
            streams.say_parts(each)


def named(one: str, name: str) -> str:
    """Text such as `12 "A"`; the id alone without a name."""
    return f'{one} "{one_line(name)}"' if name else one


def show_line(streams: Streams, text: str) -> None:
    """Print the line of one edit."""
    for each in broken_text(text, streams.width) if streams.err_is_terminal else [text]:
        if not streams.quiet:
            streams.say(each, wrap=False)


def broken_text(text: str, width: int) -> Iterator[str]:
    """Wrap the line of one edit into lines of at most `width` characters."""
    before, arrow, after = text.partition(ARROW)
    for each in broken([("", ""), (before, ""), (arrow, ""), (after, "")], width):
        yield "".join(part for part, _ in each)


def broken(line: Sequence[Styled], width: int) -> Iterator[list[Styled]]:
    """Wrap a line into lines of at most `width` characters; continuation lines are indented.

    Breaks only at spaces, preferably before the arrow between two values.
    """
    text = "".join(part for part, _ in line)
    arrow = sum(len(part) for part, _ in takewhile(lambda each: each[0] != ARROW, line))
    begin, indent = 0, ""
    # The heading is never wrapped.
    heading = len(line[0][0]) - 1
    while len(indent) + len(text) - begin > width:
        limit = begin + width - len(indent)
        end = arrow if begin < arrow <= limit else text.rfind(" ", max(begin, heading), limit + 1)
        end = end if end > begin else text.find(" ", max(begin + 1, heading))
        if end < 0:
            break
        yield [(indent, ""), *_part(line, begin, end)]
        begin, indent = end + 1, HANGING
    yield [(indent, ""), *_part(line, begin, len(text))]


def _part(line: Iterable[Styled], begin: int, end: int) -> Iterator[Styled]:
    """Yield the parts of a line between two offsets."""
    offset = 0
    for text, style in line:
        if visible := text[max(0, begin - offset) : max(0, end - offset)]:
            yield visible, style
        offset += len(text)
