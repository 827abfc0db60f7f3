"""Translation of raw SQLite and Go errors in server messages into plain sentences."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

UNIQUE = {
    "tag_aliases.alias": "the alias is given twice, or another tag has it",
    "studio_aliases.alias": "the alias is given twice, or another studio has it",
    "performer_aliases.performer_id, performer_aliases.alias": "the alias is given twice",
    "tags.name": "another tag has this name",
    "studios.name": "another studio has this name",
    "performers.name": "another performer has this name",
    "performers.name, performers.disambiguation": "another performer has this name and disambiguation",
    "index 'performers_name_unique'": "another performer has this name",
    "index 'performers_name_disambiguation_unique'": "another performer has this name and disambiguation",
    "groups.name": "another group has this name",
    "saved_filters.mode, saved_filters.name": "another filter of this mode has this name",
    "galleries.folder_id": "the folder has a gallery already",
    "folders.path": "the folder is in the library already",
    "files.parent_folder_id, files.basename": "the file is in the library already",
}
"""Unique columns -> sentence for their violation; other columns are described by their names."""


def _unique(found: re.Match[str]) -> str:
    columns = found["columns"].strip()
    named = [part.rpartition(".")[2].replace("'", "").replace("_", " ") for part in columns.split(", ")]
    return UNIQUE.get(columns, f"another object has the same {' and '.join(named)}, or it is given twice")


def _not_null(found: re.Match[str]) -> str:
    return f"{found['column'].replace('_', ' ')} must have a value"


def _number(found: re.Match[str]) -> str:
    value = found["value"]
    if "out of range" in found["why"]:
        return f"{value} is too large a number"
    return f"{value} is not {'true or false' if found['kind'] == 'Bool' else 'a number'}"


_QUOTED = r'"(?:[^"\\]|\\.)*"'
_WHY = "(?P<why>invalid syntax|value out of range)"
_DATES = "write 2024, 2024-05 or 2024-05-31"
_TABLE: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (r"UNIQUE constraint failed: (?P<columns>\w+\.\w+(?:, \w+\.\w+)*|index '\w+')", _unique),
    (r"FOREIGN KEY constraint failed", "it names an object that does not exist, or is still used by another"),
    (r"NOT NULL constraint failed: (?:\w+\.)?(?P<column>\w+)", _not_null),
    (r"CHECK constraint failed(?:: [^;]*)?", "a value is not one that the server can hold"),
    (
        rf"(converting  ?to int: )?strconv\.(Atoi|Parse(?P<kind>\w+)): parsing (?P<value>{_QUOTED}): {_WHY}",
        _number,
    ),
    (
        r"failed to parse date (?P<value>\"(?:[^\"\\]|\\.)*\"|\S+?)(?:: \[.*\]|: .*|$)",
        lambda found: f"{found['value']} is not a date: {_DATES}",
    ),
    (
        r"ParseDateStringAsTime failed: dateString <(?P<value>[^>]*)>",
        lambda found: f'"{found["value"]}" is not a time: write 2024-05-31 or 2024-05-31T12:00:00Z',
    ),
    (
        r"parsing time (?P<value>\"(?:[^\"\\]|\\.)*\")(?: as \"[^\"]*\")?: .*",
        lambda found: f"{found['value']} is not a date or time: {_DATES}",
    ),
    (
        r"time: (?:invalid|unknown unit .* in|missing unit in) duration (?P<value>\"?[^\"]*\"?)",
        lambda found: f"{found['value']} is not a length of time: write 4h, 30m or 1h5s",
    ),
    (r"sql: no rows in result set", "it does not exist"),
    (
        r"no such (?P<kind>column|table|function): (?P<name>\S+)",
        lambda found: f"the server's database has no {found['kind']} {found['name']}",
    ),
    (
        r"Expression tree is too large( \(maximum depth \d+\))?|parser stack overflow|too many SQL variables",
        "the filter or list is too large for the server's database",
    ),
    (r"runtime error: .*|interface conversion: .*", "the server failed internally"),
    (
        r"json: cannot unmarshal (?P<given>\w+) into .*",
        lambda found: f"a value of the wrong type ({found['given']}) was given",
    ),
)
_NOT_FOUND = re.compile(
    r"with id \S+ not found|no rows in result set|does not exist|^(file|folder) not found"
)
_PATTERNS = tuple((re.compile(pattern, re.DOTALL), words) for pattern, words in _TABLE)


def is_not_found(message: str) -> bool:
    """Whether a server's message says that it has no such object."""
    return _NOT_FOUND.search(message) is not None


def plain_message(text: str) -> str:
    """`text` with a raw SQLite or Go error replaced by plain words; the rest is unchanged.

    >>> plain_message('converting ids: strconv.Atoi: parsing "x": invalid syntax')
    'ids: "x" is not a number'
    """
    for pattern, words in _PATTERNS:
        found = pattern.search(text)
        if found:
            plain = words if isinstance(words, str) else words(found)
            before = re.sub(r"\bconverting ", "", text[: found.start()])
            return f"{before}{plain}{text[found.end() :]}"
    return text
