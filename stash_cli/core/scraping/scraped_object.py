"""Results of scrapers, as the API declares them (ScrapedScene, ...), parsed into values of the fields."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from stash_cli.core.errors import StashIntegrationError
from stash_cli.core.orm.input import attributes
from stash_cli.core.types.api import describe_api
from stash_cli.core.types.fuzzy_date import parse_date_precision

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stash_cli.core.capabilities import ServerCapabilities

    Row = Mapping[str, Any]

SCRAPED = ("Scene", "Performer", "Gallery", "Group", "Studio", "Tag", "Image")
"""Types of objects that servers scrape."""
_RENAMED = {
    ("Scene", "image"): "cover_image",
    ("Performer", "images"): "image",
    ("Performer", "height"): "height_cm",
    ("Performer", "aliases"): "alias_list",
    ("Studio", "parent"): "parent_studio",
    ("Tag", "alias_list"): "aliases",
    ("Tag", "parent"): "parents",
}
"""(Type, field of a result) -> the attribute, if the names differ."""
_OLDER_FIELDS = {
    "urls": ("url", "twitter", "instagram"),
    "images": ("image",),
    "groups": ("movies",),
}
"""Field -> older fields with the same meaning, used if it is empty."""
_NOT_FIELDS = {"stored_id", "remote_site_id", "fingerprints", "file", "rating"}
"""Fields of results that are not fields of the object."""
PICTURES = frozenset({"cover_image", "image", "front_image", "back_image"})
"""Input fields for pictures."""
_DATES = frozenset({"date", "birthdate", "death_date", "career_start", "career_end"})
_LINKS = {f"Scraped{name}": name for name in ("Studio", "Tag", "Performer", "Group")}
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_SITES = {"twitter": "https://twitter.com/", "instagram": "https://www.instagram.com/"}
_REFERENCE_FIELDS = (
    *("stored_id", "remote_site_id", "name", "disambiguation", "aliases", "gender", "url", "urls"),
    *("birthdate", "death_date", "country", "ethnicity", "eye_color", "hair_color", "details"),
)
"""Requested fields of referenced objects, if their types have them; without pictures."""


class Target(NamedTuple):
    """A field of a result: its attribute, and the referenced type ("" for none)."""

    name: str
    attr: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class ScrapedReference:
    """An object that a result names: its name, the id matched by the server, and its id at the source."""

    type: str
    name: str
    stored_id: str = ""
    site_id: str = ""
    disambiguation: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict, compare=False, hash=False)
    """Further values by attribute."""

    @property
    def label(self) -> str:
        """The name with its disambiguation."""
        return f"{self.name} ({self.disambiguation})" if self.disambiguation else self.name


@dataclass(frozen=True, slots=True)
class ScrapedObject:
    """One result for an object of a type.

    `values` has texts, numbers and lists of texts for the update input, `links` the named objects, `pictures`
    URLs or data URIs, each by attribute. `unused` has messages about invalid values.
    """

    type: str
    label: str = ""
    site_id: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    links: Mapping[str, tuple[ScrapedReference, ...]] = field(default_factory=dict)
    pictures: Mapping[str, str] = field(default_factory=dict)
    unused: tuple[str, ...] = ()

    @property
    def fields(self) -> list[str]:
        """The attributes with a value."""
        return [*self.values, *self.links, *self.pictures]


@cache
def targets(type_name: str) -> tuple[Target, ...]:
    """The fields of a result that fill attributes of a type."""
    known_attrs = {*attributes(type_name).values(), *describe_api().types[f"{type_name}UpdateInput"].fields}
    declared = describe_api().types[f"Scraped{type_name}"].fields
    older = {other for name, others in _OLDER_FIELDS.items() if name in declared for other in others}
    targets_of_type = []
    for each in declared.values():
        attr = _RENAMED.get((type_name, each.name), each.name)
        if each.name not in _NOT_FIELDS | older and attr in known_attrs:
            targets_of_type.append(Target(each.name, attr, _LINKS.get(each.type.name, "")))
    return tuple(targets_of_type)


def result_paths(type_name: str, server: ServerCapabilities, *, with_pictures: bool = True) -> list[str]:
    """Paths of a result to request, as far as the server has them."""
    answer, paths = f"Scraped{type_name}", ["stored_id", "remote_site_id"]
    for each in targets(type_name):
        names = (each.name, *_OLDER_FIELDS.get(each.name, ()))
        if each.attr in PICTURES and not with_pictures:
            continue
        # Requesting groups under both names would return them twice.
        names = names[:1] if each.link and server.has_path(answer, each.name) else names
        paths += [f"{name}.{inner}" for name in names for inner in _REFERENCE_FIELDS] if each.link else names
    if type_name == "Scene":
        paths += ["duration", *(f"fingerprints.{name}" for name in ("algorithm", "hash", "duration"))]
    return [
        path for path in dict.fromkeys(paths) if _is_declared(answer, path) and server.has_path(answer, path)
    ]


def _is_declared(type_name: str, path: str) -> bool:
    """Whether the API's description has a path; older servers have additional fields."""
    name, _, rest = path.partition(".")
    field = describe_api().types[type_name].fields.get(name)
    return field is not None and (not rest or _is_declared(field.type.name, rest))


def parse_scraped(type_name: str, row: Row) -> ScrapedObject:
    """Parse one row of the server."""
    parser = _Parser(type_name, row)
    for target in targets(type_name):
        parser.parse_field(target)
    label = str(row.get("title") or row.get("name") or row.get("code") or "")
    site_id = str(row.get("remote_site_id") or "")
    return ScrapedObject(
        type_name, label, site_id, parser.values, parser.links, parser.pictures, tuple(parser.unused)
    )


class _Parser:
    """Collects the values of a result."""

    def __init__(self, type_name: str, row: Row) -> None:
        self.type, self.row = type_name, row
        self.values: dict[str, Any] = {}
        self.links: dict[str, tuple[ScrapedReference, ...]] = {}
        self.pictures: dict[str, str] = {}
        self.unused: list[str] = []

    def parse_field(self, target: Target) -> None:
        """Parse one field of the result."""
        value = _value_of(self.row, target.name)
        if value is None:
            return
        if target.link:
            items = value if isinstance(value, list) else [value]
            links = [_reference(target.link, item) for item in items if (item or {}).get("name")]
            self.links |= {target.attr: tuple(dict.fromkeys(links))} if links else {}
        elif target.attr in PICTURES:
            self.pictures[target.attr] = next(iter(value)) if isinstance(value, list) else value
        else:
            self._parse_value(target.attr, value)

    def _parse_value(self, attr: str, raw: Any) -> None:
        try:
            value = parse(self.type, attr, raw)
        except ValueError as error:
            self.unused.append(f"{attr} {raw!r}: {error}")
            return
        if value not in (None, "", []):
            self.values[attr] = value


def _value_of(row: Row, name: str) -> Any:
    """The value of a field in a row, or of an older field with the same meaning; None without one."""
    value = row.get(name)
    if value not in (None, "", []):
        return value
    older_values = [(other, row.get(other)) for other in _OLDER_FIELDS.get(name, ())]
    filled = [(other, value) for other, value in older_values if value not in (None, "", [])]
    if not filled:
        return None
    if name in ("urls", "images"):
        return [_url_of(other, value) for other, value in filled]
    return filled[0][1]


def _url_of(name: str, value: str) -> str:
    """A URL; the name of an account becomes its URL."""
    site = _SITES.get(name)
    return value if site is None or "/" in value else f"{site}{value.removeprefix('@')}"


def _reference(type_name: str, item: Row) -> ScrapedReference:
    """Parse a referenced object of a result."""
    facts = _Parser(type_name, item)
    for target in targets(type_name):
        if target.name in _REFERENCE_FIELDS and target.name not in ("name", "aliases", "disambiguation"):
            facts.parse_field(target)
    names = ("name", "stored_id", "remote_site_id", "disambiguation")
    name, stored, site, disambiguation = (str(item.get(key) or "").strip() for key in names)
    return ScrapedReference(type_name, name, stored, site, disambiguation, facts.values)


def parse(type_name: str, attr: str, given: Any) -> Any:
    """Convert a value for the update input; None for an empty one. Raises ValueError for an invalid one."""
    kind = describe_api().types[f"{type_name}UpdateInput"].fields[attr].type
    if kind.is_list:
        items = given if isinstance(given, list) else re.split(r"\s*[,;\n]\s*", given)
        return list(dict.fromkeys(text for item in items if (text := str(item).strip())))
    text = str(given).strip()
    if not text:
        return None
    if attr in _DATES:
        return _date(text)
    if (type_name, attr) == ("Group", "duration"):
        return _seconds(text)
    if kind.name in ("Int", "Float"):
        return _number(text, whole=kind.name == "Int")
    return _enum_value(kind.name, text) if describe_api().types[kind.name].kind == "ENUM" else text


def _date(text: str) -> str:
    """Validate a date, without a time after it. Raises ValueError."""
    date = re.sub(r"[T ]\d\d:.*$", "", text)
    try:
        parse_date_precision(date)
    except StashIntegrationError:
        raise ValueError("not a date such as 2024-05-31") from None
    return date


def _number(text: str, *, whole: bool) -> float:
    match = _NUMBER.match(text)
    if match is None:
        raise ValueError("not a number")
    value = float(match[0].replace(",", "."))
    return round(value) if whole else value


def _seconds(text: str) -> int:
    """Seconds of `1:02:03`, `62:03` or `3723`."""
    parts = text.split(":")
    if not all(part.strip().isdecimal() for part in parts):
        raise ValueError("not a duration such as 1:02:03")
    total = 0
    for part in parts:
        total = total * 60 + int(part)
    return total


def _enum_value(name: str, text: str) -> str:
    """Convert a text to a value of an enum, ignoring case, spaces and dashes. Raises ValueError."""
    value = re.sub(r"[\s-]+", "_", text).upper()
    values = describe_api().types[name].values
    if value not in values:
        raise ValueError(f"not one of {', '.join(values)}")
    return value
