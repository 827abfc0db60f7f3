"""Columns of tables, and values of a row as text: paths into nested data, and a format for each kind."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from stash_cli.core.texts import basename, bit_rate, duration, label, size

if TYPE_CHECKING:
    from collections.abc import Callable


class Step(NamedTuple):
    """One part of a path: the name of a field, and whether only the first item of its list is selected."""

    name: str
    is_first: bool


@cache
def split(path: str) -> tuple[Step, ...]:
    return tuple(Step(each.removesuffix("[0]"), each.endswith("[0]")) for each in path.split("."))


def pick(row: Any, path: str) -> Any:
    """The value at `path`; lists are flattened to the values of their items, `[0]` selects the first item.

    >>> pick({"files": [{"path": "a"}, {"path": "b"}]}, "files.path")
    ['a', 'b']
    """
    return _follow(row, split(path))


def _follow(value: Any, steps: tuple[Step, ...]) -> Any:
    for index, (name, is_first) in enumerate(steps):
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list):
            rest = steps[index:]
            return _flat([_follow(item, rest) for item in value])
        else:
            return None
        if is_first:
            value = value[0] if value else None
    return value


def _flat(values: list[Any]) -> list[Any]:
    return [item for value in values for item in (value if isinstance(value, list) else [value])]


def plain(value: Any) -> str:
    """Format a value for csv and tsv: unrounded, lists joined with "; ", objects by their label."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "; ".join(plain(item) for item in value if item is not None)
    return plain(label(value)) if isinstance(value, dict) else str(value)


def shown(value: Any, kind: str = "") -> str:
    """Format a value for people on one line: yes/no, 1:02:03, 1.4 GB, a time to the minute."""
    if value is None:
        return ""
    if not kind and isinstance(value, str):
        return one_line(value)
    if isinstance(value, list):
        return ", ".join(shown(item, kind) for item in value if item is not None)
    return one_line(_KINDS.get(kind, _as_text)(value))


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return shown(label(value)) if isinstance(value, dict) else str(value)


def one_line(text: str) -> str:
    """Put `text` on one line, with control characters replaced."""
    # Fast path: nearly every text is printable.
    if text.isprintable():
        return text
    spaced = " ".join(text.split())
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in spaced)


def moment(text: str) -> str:
    """Format a timestamp to the minute."""
    return str(text)[:16].replace("T", " ")


def percent(fraction: float) -> str:
    return f"{fraction:.0%}"


def included(excluded: bool) -> str:
    return "no" if excluded else "yes"


def pairs(values: dict[str, Any]) -> str:
    """Format a map such as custom fields.

    >>> pairs({"height": 180, "eyes": "blue"})
    'height=180, eyes=blue'
    """
    return ", ".join(f"{name}={shown(value)}" for name, value in values.items())


_MODES = {"MOVIES": "groups", "SCENE_MARKERS": "markers"}
"""Modes of saved filters -> the current names of their objects."""
_KINDS: dict[str, Callable[[Any], str]] = {
    "duration": duration,
    "size": size,
    "bit_rate": bit_rate,
    "moment": moment,
    "percent": percent,
    "basename": basename,
    "included": included,
    "pairs": pairs,
    "keys": ", ".join,
    "mode": lambda mode: _MODES.get(mode, str(mode).lower()),
}


class Column(NamedTuple):
    """One column: its heading, its paths (the first with a value is used) and the kind of its values.

    On a narrow terminal, `optional` columns are omitted before others are truncated, and the `main` column,
    which names the object, is truncated last.
    """

    header: str
    paths: tuple[str, ...]
    kind: str = ""
    right: bool = False
    optional: bool = False
    main: bool = False

    @classmethod
    def parse(cls, text: str) -> Column:
        """Parse `Heading=path|other.path:kind>`; a bare path is its own heading; `>` aligns right.

        A final `?` marks an optional column, `!` the main one.
        """
        optional, main, text = text.endswith("?"), text.endswith("!"), text.rstrip("?!")
        text, right = text.removesuffix(">"), text.endswith(">")
        header, _, source = text.rpartition("=")
        source, _, kind = source.partition(":")
        return cls(header or source, tuple(source.split("|")), kind, right, optional, main)


class View(NamedTuple):
    """The columns and file paths of an API type."""

    type: str = ""
    columns: tuple[Column, ...] = ()
    files: tuple[str, ...] = ()
    """Paths to the file paths of a row; empty for objects without files."""
    is_chosen: bool = False
    """Whether the user has chosen the columns, so that none may be omitted."""

    @property
    def fields(self) -> list[str]:
        """The fields of all columns, each once."""
        return list(dict.fromkeys(path.replace("[0]", "") for each in self.columns for path in each.paths))


def columns(*texts: str) -> tuple[Column, ...]:
    return tuple(map(Column.parse, texts))


def custom(paths: list[str]) -> tuple[Column, ...]:
    """Columns of `--fields`, each with its path as heading."""
    return tuple(Column(path, (path,), _guess(path)) for path in paths)


def _guess(path: str) -> str:
    last = path.rpartition(".")[2]
    if last.endswith("_at") or last in ("play_history", "o_history", "mod_time"):
        return "moment"
    return _FIELD_KINDS.get(last, "")


_FIELD_KINDS = {
    "duration": "duration",
    "play_duration": "duration",
    "resume_time": "duration",
    "size": "size",
    "bit_rate": "bit_rate",
    "path": "path",
    "stash_ids": "stash_id",
    "urls": "url",
    "custom_fields": "pairs",
}
"""Field -> the kind of its values."""
