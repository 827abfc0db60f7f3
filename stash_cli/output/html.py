"""Rows as one self-contained HTML page: a sortable table, or a card for one object.

Pictures are embedded if requested.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from stash_cli.output.card import label
from stash_cli.output.formats import Row, Writer, first
from stash_cli.output.table import cell
from stash_cli.output.values import Column, one_line, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stash_cli.output.streams import Streams

PICTURE = "\0picture"
"""The key of a row for its picture as a data: URI; no field of the API can have this name."""

_SHORT = 20
"""Maximum length of values that are not wrapped, such as dates."""
_HEAD = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 15px/1.45 system-ui, sans-serif; margin: 1.5rem; }}
h1 {{ font-size: 1.3rem; margin: 0 0 1rem; }}
table {{ border-collapse: collapse; }}
th, td {{ padding: .35rem .75rem; text-align: left; vertical-align: top; border-bottom: 1px solid #8884; }}
th {{ position: sticky; top: 0; background: Canvas; white-space: nowrap; }}
th button {{ all: unset; cursor: pointer; font-weight: 600; }}
th button:focus-visible {{ outline: 2px solid Highlight; outline-offset: 2px; }}
th[aria-sort="ascending"] button::after {{ content: " \\25b2"; }}
th[aria-sort="descending"] button::after {{ content: " \\25bc"; }}
tbody tr:hover {{ background: #8881; }}
.w {{ white-space: nowrap; }}
.n {{ white-space: nowrap; text-align: right; font-variant-numeric: tabular-nums; }}
img {{ display: block; max-width: 200px; max-height: 150px; border-radius: 4px; }}
tbody th {{ position: static; font-weight: 600; }}
</style>
</head>
<body>
<h1>{title}</h1>
"""
_TABLE = """\
<table>
<thead><tr>{headings}</tr></thead>
<tbody>
"""
_FOOT = """\
</tbody>
</table>
<p id="count">{count}</p>
<script>
document.querySelectorAll("th button").forEach(button => button.addEventListener("click", () => {{
  const th = button.parentNode, row = th.parentNode, at = [...row.children].indexOf(th);
  const down = th.getAttribute("aria-sort") === "ascending";
  [...row.children].forEach(other => other.removeAttribute("aria-sort"));
  th.setAttribute("aria-sort", down ? "descending" : "ascending");
  const key = tr => tr.children[at].dataset.sort ?? tr.children[at].textContent;
  const order = (a, b) => {{
    const x = key(a), y = key(b);
    if (x === "" || y === "") return (x === "") - (y === "");
    const numbers = x !== "" && y !== "" && !isNaN(x) && !isNaN(y);
    return (down ? -1 : 1) * (numbers ? x - y : x.localeCompare(y, undefined, {{numeric: true}}));
  }};
  const body = document.querySelector("tbody");
  body.append(...[...body.children].sort(order));
}}));
</script>
</body>
</html>
"""


class HtmlWriter(Writer):
    """A table; the head is written with the first row, so that an earlier error leaves no page."""

    def __init__(
        self,
        streams: Streams,
        columns: Sequence[Column],
        title: str,
        link: Callable[[Row], str],
        *,
        pictures: bool = False,
    ) -> None:
        self.streams, self.columns, self.title, self.link = streams, columns, title, link
        self.pictures = pictures
        self.count = 0
        self._started = False

    def row(self, row: Row) -> None:
        self._start()
        self.count += 1
        cells = [self._cell(row, column) for column in self.columns]
        if self.pictures:
            cells.insert(0, self._picture(row))
        self.streams.data(f"<tr>{''.join(cells)}</tr>\n")

    def finish(self) -> None:
        self._start()
        self.streams.data(_FOOT.format(count=f"{self.count} in all" if self.count else "nothing found"))

    def _start(self) -> None:
        if self._started:
            return
        self._started = True
        headings = [_heading(column) for column in self.columns]
        if self.pictures:
            headings.insert(0, "<th></th>")
        self.streams.data(_HEAD.format(title=_text(self.title)) + _TABLE.format(headings="".join(headings)))

    def _cell(self, row: Row, column: Column) -> str:
        shown = _text(cell(row, column))
        # Sorted by the value, because texts such as 1:02:03 and 1.4 GB do not sort by size.
        value = first(row, column)
        value = value[0] if isinstance(value, list) and value else value
        key = f' data-sort="{_text(plain(value))}"' if isinstance(value, int | float) else ""
        short = ' class="w"' if len(shown) <= _SHORT else ""
        right = ' class="n"' if column.right else short
        address = self.link(row) if column.main else ""
        inside = f'<a href="{_text(address)}">{shown or "(no name)"}</a>' if address else shown
        return f"<td{right}{key}>{inside}</td>"

    @staticmethod
    def _picture(row: Row) -> str:
        return f"<td>{_image(row)}</td>"


class HtmlCard(HtmlWriter):
    """One object: a label and a value per line, without empty values, below its picture."""

    def row(self, row: Row) -> None:
        found = [column for column in self.columns if cell(row, column)]
        cells = [(label(column), self._cell(row, column._replace(right=False))) for column in found]
        lines = [f'<tr><th scope="row">{_text(name)}</th>{value}</tr>\n' for name, value in cells]
        picture = f"<p>{_image(row)}</p>\n" if self.pictures else ""
        name = next((cell(row, column) for column in found if column.main), self.title)
        head = _HEAD.format(title=_text(name))
        self.streams.data(f"{head}{picture}<table>\n<tbody>\n{''.join(lines)}</tbody>\n</table>\n")

    def finish(self) -> None:
        self.streams.data("</body>\n</html>\n")


def _image(row: Row) -> str:
    source = row.get(PICTURE)
    return f'<img src="{_text(source)}" alt="">' if source else ""


def _heading(column: Column) -> str:
    right = ' class="n"' if column.right else ""
    return f'<th scope="col"{right}><button type="button">{_text(column.header)}</button></th>'


def _text(value: Any) -> str:
    """Escape a value as HTML text, on one line and without control characters."""
    return escape(one_line(str(value)))
