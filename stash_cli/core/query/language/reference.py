"""The names, operators and values of the query language as data, for help and documentation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stash_cli.core.query.fields import fields, local_field
from stash_cli.core.query.language import fields as names
from stash_cli.core.query.language.build import YES_NO, flags
from stash_cli.core.query.language.values import WORDS
from stash_cli.core.query.scales import IN_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stash_cli.core.query.model import FilterField

OPERATORS = (
    (":", "contains (text); equal to, in a range or a list (all others)"),
    (":= or =", "exactly this text; case is ignored"),
    (":!= or !=", "not equal; also matches objects without a value"),
    (":> :>= :< :<=", "more, at least, less, at most; also without the colon, quoted for the shell"),
    (":~ or ~", "matches the regular expression (RE2; case-sensitive, (?i) ignores case)"),
    (":!~ or !~", "does not match it; also matches objects without a value"),
    ("__lookup=", "any lookup of the library by its name: rating100__gte=80"),
)
"""Operators and their meanings."""

TERMS = (
    ("is:NAME", "a yes-or-no field is set: is:organized, is:favorite, is:duplicate"),
    ("no:NAME", "without a value, or without related objects"),
    ("has:NAME", "with a value, or with related objects"),
    ("missing:PART", "the server's is_missing; if there is a field, no: means the same"),
    ("FIELD:(a or b)", "one of several values"),
    ("RELATION:(...)", "one related object meets all of it: performers:(country:JP age:30..)"),
    ("RELATION.FIELD:...", "a field of related objects: studio.name:acme"),
    ("custom.NAME:...", 'a custom field; quotes for a name with spaces: custom."Shoot place":Paris'),
    ("id:1,2,3", "these objects"),
    ('saved:"Best of"', "the criteria of a saved filter; its order and page are ignored"),
    ("sort:-rating,date", "the order, - for descending; limit:20 and page:2 likewise; not next to or"),
)
"""Terms that do not compare a field."""

VALUES = {
    "text": ("title:lake", "a part of the text, case ignored; a comma is part of it; * alone for any"),
    "path": ("path:/media/new", "a folder and all below (absolute, or ending in /), wildcards, or a part"),
    "number": ("rating:60..80", "80  60..80  60..  ..80  20,40  * (any)"),
    "length": ("duration:1:30..", "90  1:30  1:02:03  90m  1h30m, as one, a range or a list"),
    "size": ("size:700MB..", "700MB (1000)  1.5GiB (1024), as one, a range or a list"),
    "date": ("date:2023..2024-03", "2023  2024-03  2024-03-15  today  yesterday  -7d.. (s h d w mo y)"),
    "time": ("created:-7d..", "as dates; 2024-03-15T10:30"),
    "related": ('tag:Outdoor,"To sort"', "names, aliases, ids, id:12, name:12; commas for any of them"),
    "levels": ("tag:Outdoor/", "the same; / with all below, /2 two levels below"),
    "yes or no": ("organized:no", "yes  no"),
    "words": ("gender:female,non_binary", "one of a list of words"),
    "resolution": ("resolution:1080p..", "1080p  4k, as one, a range or a list"),
    "custom": ("custom.height:180..", "a number, a range of numbers, or a part of a text"),
    "part": ("missing:cover", "the name of what is missing"),
    "other": ("phash:a1b2c3", "one value"),
}
"""Kind of value -> an example, and the forms of its values."""


@dataclass(frozen=True, slots=True)
class QueryName:
    """A name that terms for a type begin with."""

    name: str
    kind: str
    field: str
    choices: tuple[str, ...] = ()


def query_names(type_name: str) -> Iterator[QueryName]:
    """The names for a type, each in its shortest form, in the order of the API."""
    yield from (_named(field) for field in fields(type_name).values() if not field.deprecated)
    if "rating100" in fields(type_name):
        yield from (QueryName(name, "number", "rating100") for name in names.SCALED)
    for name, kind in (("id", "number"), ("size", "size")):
        if local_field(type_name, name):
            yield QueryName(name, kind, name)
    if known := tuple(flags(type_name)):
        yield QueryName("is", "words", "yes-or-no fields", known)


def _named(field: FilterField) -> QueryName:
    if field.name == "custom_fields":
        return QueryName("custom.NAME", "custom", field.name)
    if not field.lookups:
        return QueryName(f"{field.name.removesuffix('_filter')}.FIELD", "fields", f"of {field.target}")
    if field.name == "is_missing":
        return QueryName("missing", "part", field.name, field.choices)
    return QueryName(names.short_name(field.owner, field.name), kind_of(field), field.name, field.choices)


def kind_of(field: FilterField) -> str:
    """The kind of the values of a field, a key of `VALUES`."""
    if field.target and "includes" in field.lookups:
        return "levels" if "depth" in field.lookups else "related"
    if field.name in names.PATHS or field.name in IN_SECONDS:
        return "path" if field.name in names.PATHS else "length"
    return _KINDS.get(field.kind, "other")


_KINDS = {
    "StringCriterionInput": "text",
    "DateCriterionInput": "date",
    "TimestampCriterionInput": "time",
    "ResolutionCriterionInput": "resolution",
    "IntCriterionInput": "number",
    "FloatCriterionInput": "number",
    **dict.fromkeys(YES_NO, "yes or no"),
    **dict.fromkeys(WORDS, "words"),
}
"""Criterion input type -> the kind of its values."""
