"""The filters of templates: Jinja filters that only compute, and filters for data of a library.

Filters return null for null, so that `opt` can omit missing values.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import wraps
from itertools import islice
from typing import Any, Self

from jinja2 import pass_environment
from jinja2.filters import FILTERS as JINJA

from stash_cli.core.errors import StashTemplateError
from stash_cli.core.templates.sandbox import MAX_WIDTH, Sandbox
from stash_cli.core.texts import basename, label, size
from stash_cli.core.texts import duration as clock_time
from stash_cli.core.types.api import band_label

_PARTIAL = re.compile(r"(\d{4})(?:-(\d\d?))?(?:-(\d\d?))?")
_DIRECTIVE = re.compile(r"%[-#]?(.)")
_DAY, _MONTH = "aAdejuwxcDFUVWGgh", "mbBy"
"""Date directives that need a day, and those that need a month; `%y` needs only a year."""
_MARKS = re.compile("[\u0300-\u036f]")
"""Combining accents, which `slug` drops."""
MAX_PARENTS = 8
"""Maximum number of parent studios in `studio_path`."""


def stem(path: Any) -> str | None:
    """The name of a file without its folder and its ending."""
    name = basename(str(path)) if path else ""
    return name.removesuffix(_ending(name)) or None


def suffix(path: Any) -> str | None:
    """The ending of a file's name, with its dot."""
    return _ending(basename(str(path))) or None if path else None


def _ending(name: str) -> str:
    head, dot, tail = name.rpartition(".")
    return dot + tail if head.strip(".") and tail else ""


def slug(value: Any) -> str | None:
    """Lower case, letters and digits joined by dashes, accents dropped."""
    if value is None:
        return None
    plain = unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFKD", str(value))))
    return "-".join(re.findall(r"[^\W_]+", plain.casefold()))


def on_date(value: Any, form: str = "%Y-%m-%d") -> str | None:
    """A date or time in a format of strftime; nothing where the date is less exact than the format."""
    if not value:
        return None
    found = _PARTIAL.match(str(value))
    if found is None:
        raise StashTemplateError(f"date: {value!r} is not a date.")
    year, month, day = (int(part) if part else 0 for part in found.groups())
    wanted = set(_DIRECTIVE.findall(form))
    if (wanted & set(_DAY) and not day) or (wanted & set(_MONTH) - {"y"} and not month):
        return None
    try:
        moment = datetime.fromisoformat(str(value)) if day and "T" in str(value) else None
        # strftime does not pad years below 1000 with zeros.
        return (moment or date(year, month or 1, day or 1)).strftime(form.replace("%Y", f"{year:04}"))
    except ValueError:
        raise StashTemplateError(f"date: {value!r} does not fit {form!r}.") from None


def resolution(value: Any) -> str | None:
    """The name of a resolution (1080p, 4k) from a file, or from the pixels of its shorter side."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, Mapping):
        sides = [value.get("width"), value.get("height")]
        value = min(sides) if all(sides) else None  # type: ignore[type-var]
    return band_label(int(value)) if value else None


def duration(seconds: Any) -> str | None:
    """Hours, minutes and seconds: 1:02:03."""
    return None if seconds is None else clock_time(float(seconds))


def bytes_as(count: Any) -> str | None:
    """Bytes in decimal units: 1.4 GB."""
    return None if count is None else size(float(count))


class NamePath(str):
    """Names from the outermost to the innermost, printed with slashes between them."""

    __slots__ = ("names",)
    names: tuple[str, ...]

    @classmethod
    def of(cls, names: Sequence[str]) -> Self:
        found = cls("/".join(names))
        found.names = tuple(names)
        return found


def studio_path(value: Any) -> NamePath | None:
    """The names of a studio and of those above it, the outermost first: Network/Acme."""
    names: list[str] = []
    while isinstance(value, Mapping) and value.get("name"):
        if len(names) > MAX_PARENTS:
            raise StashTemplateError(f"studio_path: a studio has more than {MAX_PARENTS} above it.")
        names.insert(0, str(value["name"]))
        value = value.get("parent_studio")
    return NamePath.of(names) if names else None


def first(value: Any) -> Any:
    return next(iter(value), None) if value is not None else None


def last(value: Any) -> Any:
    items = list(value) if value is not None else []
    return items[-1] if items else None


def limit(value: Any, count: int) -> Any:
    """The first items of a list, or the first characters of a text."""
    if count < 0:
        raise StashTemplateError("limit: takes a number from 0 on.")
    return value[:count].rstrip() if isinstance(value, str) else list(islice(value or (), count))


@pass_environment
def opt(env: Sandbox, value: Any, before: str = "", after: str = "") -> str:
    """The value between two texts; nothing at all where it is empty."""
    text = env.text(value)
    return f"{before}{text}{after}" if text else ""


@pass_environment
def join(env: Sandbox, value: Any, between: str = "", attribute: str | None = None) -> str:
    """The items as one text; objects by their label."""
    items = env.getattr(list(value or ()), attribute) if attribute else value or ()
    return _joined(env, [env.text(item) for item in items], str(between))


def _joined(env: Sandbox, texts: list[str], between: str) -> str:
    marks = [between] * (2 * len(texts) - 1)
    marks[::2] = texts
    return str(env.filters["_concat"](marks))


def default(value: Any, other: Any = "", boolean: bool = False) -> Any:
    """Another value in place of null or an empty text, which servers send for it."""
    return other if value is None or value == "" or (boolean and not value) else value


def rounded(value: Any, digits: int = 0) -> Any:
    """A number with so many digits after the point; a whole one without any."""
    if value is None:
        return None
    if not -MAX_WIDTH <= digits <= MAX_WIDTH:
        raise StashTemplateError(f"round: at most {MAX_WIDTH} digits.")
    return round(float(value), digits) if digits > 0 else int(round(float(value), digits))


@pass_environment
def formatted(env: Sandbox, text: str, *args: Any, **kwargs: Any) -> str:
    """`"%02d" | format(number)`, as in C."""
    return env.formatted(str(text), kwargs or args)


@pass_environment
def replace(env: Sandbox, text: Any, old: str, new: str) -> Any:
    return None if text is None else env.replaced(env.text(text), str(old), str(new))


_OF_ITEMS = (
    *("length", "count", "list", "map", "max", "min", "reject", "rejectattr"),
    *("reverse", "select", "selectattr", "sort", "sum", "unique"),
)
"""Filters of Jinja on lists."""
_OF_TEXT = ("capitalize", "e", "escape", "lower", "title", "trim", "truncate", "upper", "wordcount")
"""Filters of Jinja on text."""
_OF_VALUES = ("abs", "float", "int")


def _on_items(inner: Callable[..., Any]) -> Callable[..., Any]:
    """A filter of Jinja on a list; null is an empty one."""
    return _wrapped(inner, lambda value: list(value) if value is not None else ())


def _on_text(inner: Callable[..., Any]) -> Callable[..., Any]:
    """A filter of Jinja on text; an object is its label, and null stays null."""
    return _wrapped(inner, lambda value: label(dict(value)) if isinstance(value, Mapping) else value)


def _wrapped(inner: Callable[..., Any], convert: Callable[[Any], Any]) -> Callable[..., Any]:
    position = 1 if hasattr(inner, "jinja_pass_arg") else 0

    @wraps(inner)
    def found(*args: Any, **kwargs: Any) -> Any:
        value = convert(args[position])
        return None if value is None else inner(*args[:position], value, *args[position + 1 :], **kwargs)

    return found


FILTERS: dict[str, Callable[..., Any]] = {
    **{name: _on_items(JINJA[name]) for name in _OF_ITEMS},
    **{name: _on_text(JINJA[name]) for name in (*_OF_TEXT, *_OF_VALUES)},
    "d": default,
    "date": on_date,
    "default": default,
    "duration": duration,
    "first": first,
    "format": formatted,
    "join": join,
    "last": last,
    "limit": limit,
    "opt": opt,
    "replace": replace,
    "resolution": resolution,
    "round": rounded,
    "size": bytes_as,
    "slug": slug,
    "stem": stem,
    "studio_path": studio_path,
    "suffix": suffix,
}
"""All filters by name."""
