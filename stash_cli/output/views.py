"""Views: the columns that a table of one kind of object has, and where its file paths are."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One column: its heading, the paths that fill it (the first with a value) and the kind of its values."""

    header: str
    paths: tuple[str, ...]
    kind: str = ""
    right: bool = False

    @classmethod
    def parse(cls, text: str) -> Column:
        """`Heading=path|other.path:kind>`; a bare path is its own heading; `>` aligns right."""
        text, right = text.removesuffix(">"), text.endswith(">")
        header, _, source = text.rpartition("=")
        source, _, kind = source.partition(":")
        return cls(header or source, tuple(source.split("|")), kind, right)


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """The columns and file paths of an API type."""

    type: str = ""
    columns: tuple[Column, ...] = ()
    files: tuple[str, ...] = ()
    """Paths to the file paths of a row; empty for objects without files."""

    @property
    def fields(self) -> list[str]:
        """The fields that fill the columns, each once."""
        return list(dict.fromkeys(path.replace("[0]", "") for each in self.columns for path in each.paths))


def columns(*texts: str) -> tuple[Column, ...]:
    return tuple(map(Column.parse, texts))


def custom(paths: list[str]) -> tuple[Column, ...]:
    """Columns of `--fields`: each path under its own name."""
    return tuple(Column(path, (path,), _guess(path)) for path in paths)


def _guess(path: str) -> str:
    last = path.rpartition(".")[2]
    if last.endswith("_at") or last in ("play_history", "o_history", "mod_time"):
        return "moment"
    return {"duration": "duration", "play_duration": "duration", "size": "size"}.get(last, "")
