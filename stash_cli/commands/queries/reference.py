"""Reference of the query language: the guide, the tables of `stash help query`, `stash explain --query`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.query.language.reference import OPERATORS, TERMS, VALUES, QueryName, query_names
from stash_cli.core.texts import wrapped
from stash_cli.core.types.entities import ENTITIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

GUIDE = """\
# The query language

A query is a text that selects objects. Give it to `find` and `count` as words, to `--where` as one text, and
to Python as `Q.parse(text, "Scene")`. `str(q)` returns the text of a parsed query.

```sh
stash scenes find rating:80.. tag:Outdoor -tag:'To sort' studio.name:acme date:2023..2024 sort:-date
stash scenes count '(is:organized or no:title) rating:..20'
stash performers find country:JP scenes.tag:Outdoor
stash scenes find 'performers:(country:JP age:30..)'
```

Words without a field search the text, as in the web interface. A term is a field, an operator and a
value. An object must match all terms. Write `or` between alternatives, and `not` or a dash before a term
to exclude what it matches. Parentheses group terms. A negated term also matches objects without a value.

## In a shell

These need no quotes in bash, zsh and fish:

```sh
stash scenes find rating:80.. -tag:Outdoor date:2023..
stash scenes find lake or beach
stash scenes find not tag:Outdoor created:-7d..
stash scenes find url:https://example.com/a path:/media/new/ duration:1:30..
stash scenes find tag:id:12,id:13 -is:organized no:studio
```

Quote a value with a space (`tag:'To sort'`), a group, and the operators `>` and `<`, because they have a
special meaning in a shell. If you give several words, each word is one term, including its spaces. If you
give a single word, it is parsed as a whole query: `'tag:Outdoor or rating:90..'`. To search for a word that
begins with a dash and is not a term, write it after `--`, or write `^` instead of the dash.

## How it is read

- `not` binds closest, then terms next to each other, then `or`. If `or` stands next to several terms without
  parentheses, `find` prints how it has read the query; commands that change anything refuse it.
- `performers.country:JP performers.age:30..` may match two performers, `performers:(country:JP age:30..)`
  must match one. Terms about files (`duration`, `resolution`, `path`, ...) must match the same file.
- If a value is a name, a number, a date or a word of a list, a comma separates alternatives. In texts and
  paths, a comma is an ordinary character.
- Characters in quotes have no special meaning: `tag:"A, B"` is one tag, `tag:"id:12"` is a tag of that
  name. In `"..."` only `\\"` and `\\\\` are escapes; in `'...'` there are no escapes.
- A number for a related object may be a name or an id. If both exist, it is ambiguous (exit 3): write
  `name:2024` or `id:2024`.
- A date means the whole period: `date:2023..2024-03` ends on 31 March. A time without a zone is in the
  time zone of this machine.
- `--explain` shows how a query is read, the ids of its names, what is sent, and what is tested locally. It
  changes nothing.

"""


def guide() -> str:
    """The page `docs/query-language.md`."""
    parts = [
        GUIDE + _table("Operators", ("operator", "means"), OPERATORS),
        _table("Values", ("kind", "example", "values"), ((kind, *facts) for kind, facts in VALUES.items())),
        _table("Terms that compare no field", ("term", "means"), TERMS),
        "## Names\n\n`stash explain Scene --query` prints this list, too.",
        *(_names(name) for name in ENTITIES),
    ]
    return "\n\n".join(parts) + "\n"


def _table(title: str, heading: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    heading = list(heading)
    lines = [f"| {' | '.join(heading)} |", "|---" * len(heading) + "|"]
    lines += [f"| {' | '.join(_cell(cell, first=not at) for at, cell in enumerate(row))} |" for row in rows]
    return "\n".join([f"## {title}", "", *lines])


def _cell(text: str, *, first: bool) -> str:
    shown = text.replace("|", "\\|")
    return f"`{shown}`" if first else shown


def _names(type_name: str) -> str:
    by_kind: dict[str, list[str]] = {}
    for each in query_names(type_name):
        by_kind.setdefault(each.kind, []).append(each.name)
    lines = [f"| {kind} | {' '.join(f'`{name}`' for name in found)} |" for kind, found in by_kind.items()]
    return "\n".join([f"### {ENTITIES[type_name].plural}", "", "| kind | names |", "|---|---|", *lines])


_WIDTH = 84
"""Width of a help topic in characters."""
_GAP = " \N{NO-BREAK SPACE}"


def topic_tables(*, is_broken: bool = True) -> str:
    """The tables of `stash help query`; with `is_broken`, long cells are wrapped to _WIDTH."""
    rows = [(kind, example, forms) for kind, (example, forms) in VALUES.items()]
    return "\n".join(
        [
            *("", "Operators:", *_columns(OPERATORS, is_broken)),
            *("", "Values by kind of field:", *_columns(rows, is_broken)),
            *("", "Other terms:", *_columns(TERMS, is_broken)),
            "",
            "`stash explain Scene --query` lists the names of a type; --explain shows how a query",
            "is read.",
            "",
        ]
    )


def _columns(rows: Iterable[tuple[str, ...]], is_broken: bool) -> Iterator[str]:
    known = list(rows)
    widths = [max(len(row[at]) for row in known) for at in range(len(known[0]) - 1)]
    indent = sum(width + 2 for width in widths) + 2
    for row in known:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        lines = wrapped(one_column(row[-1]), _WIDTH - indent if is_broken else None)
        yield f"  {'  '.join([*cells, (chr(10) + ' ' * indent).join(lines)])}"


def one_column(text: str) -> str:
    """Protect double spaces in a cell, as in `1:30  90m`, which would otherwise separate columns."""
    return text.replace("  ", _GAP)


def _values(name: QueryName) -> str:
    """The choices of a name, or the forms of its values."""
    if name.choices and name.kind != "resolution":
        return " ".join(name.choices).lower()
    return VALUES[name.kind][1] if name.kind in VALUES else name.field


def name_rows(type_name: str) -> list[dict[str, Any]]:
    """A row for each name of a type: its kind, its field, and its choices or forms of values."""
    return [
        {
            "name": each.name,
            "kind": each.kind,
            "field": each.field,
            "values": _values(each),
        }
        for each in query_names(type_name)
    ]
