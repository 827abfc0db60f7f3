"""One writer per `--output` format; all but the table print rows as they arrive."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from stash_cli.core.errors import StashTemplateError
from stash_cli.output.card import CardWriter
from stash_cli.output.json_lines import dump, dump_rows
from stash_cli.output.table import TableWriter, cell
from stash_cli.output.values import Column, View, pick, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stash_cli.output.streams import Streams

Row = dict[str, Any]


class Writer(Protocol):
    """Prints rows. `finish` is called only after the last row; an interrupted list stays unclosed."""

    def row(self, row: Row) -> None: ...
    def finish(self) -> None: ...

    def rows(self, rows: Sequence[Row]) -> None:
        """Print a page of rows."""
        for row in rows:
            self.row(row)


class JsonWriter(Writer):
    """One JSON array, a row per line; after an error the closing bracket is missing."""

    def __init__(self, streams: Streams) -> None:
        self.streams = streams
        self.count = 0

    def row(self, row: Row) -> None:
        self.rows([row])

    def rows(self, rows: Sequence[Row]) -> None:
        if rows:
            self.streams.data((",\n" if self.count else "[\n") + dump_rows(rows, ",\n"))
            self.count += len(rows)

    def finish(self) -> None:
        self.streams.data("\n]\n" if self.count else "[]\n")


class ObjectWriter(Writer):
    """A single object, as of `show` and `create`, indented."""

    def __init__(self, streams: Streams) -> None:
        self.streams = streams

    def row(self, row: Row) -> None:
        self.streams.data(json.dumps(row, ensure_ascii=False, indent=2) + "\n")

    def finish(self) -> None:
        pass


class JsonLinesWriter(Writer):
    """One JSON object per line."""

    def __init__(self, streams: Streams) -> None:
        self.streams = streams

    def row(self, row: Row) -> None:
        self.streams.data(dump(row) + "\n")

    def rows(self, rows: Sequence[Row]) -> None:
        if rows:
            self.streams.data(dump_rows(rows, "\n") + "\n")

    def finish(self) -> None:
        pass


class _Lines:
    """A file object for the csv module.

    The module uses CR LF, so that it quotes values with either character; lines are written with LF.
    """

    END = "\r\n"

    def __init__(self, streams: Streams) -> None:
        self.streams = streams

    def write(self, row: str) -> None:
        self.streams.data(row.removesuffix(self.END) + "\n")


class CsvWriter(Writer):
    """Comma-separated values with a header line; lists are joined with "; "."""

    delimiter: ClassVar[str] = ","

    def __init__(self, streams: Streams, columns: Sequence[Column]) -> None:
        import csv

        self.columns = columns
        self._csv = csv.writer(_Lines(streams), delimiter=self.delimiter, lineterminator=_Lines.END)
        self._csv.writerow([column.header for column in columns])

    def row(self, row: Row) -> None:
        self._csv.writerow([self.text(first(row, column)) for column in self.columns])

    def text(self, value: Any) -> str:
        return plain(value)

    def finish(self) -> None:
        pass


class TsvWriter(CsvWriter):
    """Tab-separated values without quotes; tabs and line breaks in a value become spaces."""

    delimiter = "\t"

    def text(self, value: Any) -> str:
        # `cut` and `awk` do not parse quotes, so each row has to be one line.
        text = plain(value)
        return " ".join(text.split()) if any(c in text for c in "\t\r\n") else text

    def __init__(self, streams: Streams, columns: Sequence[Column]) -> None:
        import csv

        super().__init__(streams, columns)
        self._csv = csv.writer(
            _Lines(streams), delimiter="\t", lineterminator=_Lines.END, quoting=csv.QUOTE_NONE, quotechar=None
        )


class YamlWriter(Writer):
    """A YAML list; a single object without the dash."""

    def __init__(self, streams: Streams, *, single: bool) -> None:
        self.streams = streams
        self.single = single
        self.empty = True

    def row(self, row: Row) -> None:
        self.rows([row])

    def rows(self, rows: Sequence[Row]) -> None:
        from stash_cli.output.yaml_text import dump as dump_yaml

        for row in rows:
            self.streams.data(dump_yaml(row if self.single else [row]))
        self.empty = self.empty and not rows

    def finish(self) -> None:
        if self.empty and not self.single:
            self.streams.data("[]\n")


class MarkdownWriter(Writer):
    """A table in GitHub's Markdown."""

    def __init__(self, streams: Streams, columns: Sequence[Column]) -> None:
        self.streams, self.columns = streams, columns
        self._line([column.header for column in columns])
        self._line(["---:" if column.right else "---" for column in columns])

    def row(self, row: Row) -> None:
        self._line([cell(row, column).replace("|", "\\|") for column in self.columns])

    def _line(self, cells: list[str]) -> None:
        self.streams.data(f"| {' | '.join(cells)} |\n")

    def finish(self) -> None:
        pass


class LinesWriter(Writer):
    """Only ids or paths, each ended by a line break or NUL."""

    def __init__(
        self, streams: Streams, paths: Sequence[str], *, nul: bool, form: Callable[[str], str] = str
    ) -> None:
        self.streams, self.paths, self.end, self.form = streams, paths, "\0" if nul else "\n", form

    def row(self, row: Row) -> None:
        # An object without files prints nothing; the next program would read an empty line as a path.
        for path in self.paths:
            value = pick(row, path)
            for item in value if isinstance(value, list) else [value]:
                if item is not None:
                    self.streams.data(f"{self.form(item)}{self.end}")

    def finish(self) -> None:
        pass


class TemplateWriter(Writer):
    """The text that `render` returns for each row, ended by a line break or NUL."""

    def __init__(self, streams: Streams, render: Callable[[Row], str], *, nul: bool) -> None:
        self.streams, self.render, self.end = streams, render, "\0" if nul else "\n"

    def row(self, row: Row) -> None:
        try:
            text = self.render(row)
        except StashTemplateError as error:
            raise StashTemplateError(f"{row.get('id', 'row')}: {error.message}", hint=error.hint) from error
        self.streams.data(f"{text}{self.end}")

    def finish(self) -> None:
        pass


def value_text(value: Any, name: str) -> str:
    """Format a JSON value: one line for jsonl, YAML, or indented JSON."""
    if name == "yaml":
        from stash_cli.output.yaml_text import dump as dump_yaml

        return dump_yaml(value)
    return (dump(value) if name == "jsonl" else json.dumps(value, ensure_ascii=False, indent=2)) + "\n"


def first(row: Row, column: Column) -> Any:
    """The value of the first path of `column` that is not empty; None without one."""
    values = (pick(row, path) for path in column.paths)
    return next((value for value in values if value not in (None, "", [])), None)


def open_writer(
    streams: Streams,
    name: str,
    view: View,
    *,
    single: bool = False,
    nul: bool = False,
    local: Callable[[str], str] = str,
) -> Writer:
    """Return the writer for format `name`; `local` maps a path of the server to this machine."""
    # Factories, because a csv writer prints its header when it is created.
    factories: dict[str, Callable[[], Writer]] = {
        "table": lambda: _for_people(streams, view, single=single),
        "json": lambda: ObjectWriter(streams) if single else JsonWriter(streams),
        "jsonl": lambda: JsonLinesWriter(streams),
        "csv": lambda: CsvWriter(streams, view.columns),
        "tsv": lambda: TsvWriter(streams, view.columns),
        "yaml": lambda: YamlWriter(streams, single=single),
        "md": lambda: MarkdownWriter(streams, view.columns),
        "html": lambda: _page(streams, view),
        "ids": lambda: LinesWriter(streams, ["id"], nul=nul),
        "paths": lambda: LinesWriter(streams, view.files, nul=nul, form=local),
    }
    return factories[name]()


def _for_people(streams: Streams, view: View, *, single: bool) -> Writer:
    if single:
        return CardWriter(streams, view.columns)
    return TableWriter(streams, view.columns, is_chosen=view.is_chosen)


def _page(streams: Streams, view: View) -> Writer:
    """Return the writer of an HTML page without links and pictures."""
    from stash_cli.output.html import HtmlWriter

    return HtmlWriter(streams, view.columns, view.type or "stash", lambda _: "")
