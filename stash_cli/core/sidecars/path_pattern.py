"""Facts in the path of a file, extracted by a pattern such as `{studio}/{date} - {title}` or a regex."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from string import Formatter
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashInputError, did_you_mean
from stash_cli.core.sidecars.record import GroupPlace, Sidecar
from stash_cli.core.sidecars.text import date_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    Known = Callable[[str, str], bool]
    """Predicate: whether the library has an object with this name for a field such as performers."""

NAMED = ("studio", "performers", "tags", "groups")
"""Fields of names; if only a space separates one from a text, known names decide where it ends."""
_ALIASES = {"performer": "performers", "tag": "tags", "group": "groups", "rating": "rating100", "_": ""}
_TEXTS = ("title", "code", "details", "director", "photographer")
_SHAPES = {
    "date": r"\d{4}-\d\d(?:-\d\d)?|\d{8}|(?:19|20)\d\d",  # 0012 and 1080 are no years
    "year": r"(?:19|20)\d\d",
    "month": r"0?[1-9]|1[0-2]",
    "day": r"0?[1-9]|[12]\d|3[01]",
    "rating100": r"100|[1-9]?\d",
    "index": r"\d{1,4}",
}
"""Fields with their own expression; all others match any text without a slash."""
FIELDS = (*_TEXTS, *NAMED, *_SHAPES)
_DIRECTIVES = {
    "Y": r"\d{4}",
    "y": r"\d\d",
    "m": r"\d{1,2}",
    "d": r"\d{1,2}",
    "b": r"[^\W\d_]{3}",
    "B": r"[^\W\d_]{3,12}",
    "%": "%",
}
"""Directives of a date format, as in strftime."""
_WORD = "word"
"""Format of a part that matches one word."""
_BETWEEN_NAMES = re.compile(r"\s*[,;+&]\s*|\s+and\s+", re.IGNORECASE)
_BETWEEN_TAGS = re.compile(r"\s*[,;]\s*")
_CONJUNCTIONS = frozenset((",", "&", "+", "and", "-"))


class NoMatch(Exception):  # noqa: N818 - an expected result for a path, not an error
    """The reason why a path does not match a pattern."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A field of a pattern; a date has a format."""

    name: str
    form: str = ""

    @property
    def shape(self) -> str:
        if self.name == "date" and self.form:
            return _shape_of(self.form)
        return r"[^/\s]+" if self.is_word else _SHAPES.get(self.name, "[^/]+?")

    @property
    def is_word(self) -> bool:
        """Whether it matches a single word: a code, or an ignored field next to only a space."""
        return self.name == "code" or self.form == _WORD

    @property
    def is_open(self) -> bool:
        """Whether it matches arbitrary text, of one word or several."""
        return self.name not in _SHAPES

    @property
    def is_free(self) -> bool:
        """Whether it matches any text, including spaces."""
        return self.is_open and not self.is_word


@dataclass(frozen=True)
class PathPattern:
    """A compiled pattern. Each group of `regex` has the parts in `groups`: one, or two adjacent ones.

    `segments` is the number of names at the end of a path to match; 0 is the whole path. `blanks` are
    characters of paths that count as spaces.
    """

    text: str
    regex: re.Pattern[str]
    groups: tuple[tuple[_Part, ...], ...]
    segments: int = 0
    blanks: str = ""
    fields: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def parse(cls, text: str, known: Collection[str] = FIELDS, *, blanks: str = "") -> PathPattern:
        """Compile a pattern; `known` are the allowed fields. Raises StashInputError."""
        tokens = [*_tokens(text, known)]
        parts = [each for each in tokens if isinstance(each, _Part)]
        _check_parts(text, parts, "--pattern")
        expression, groups = _expression(text, tokens)
        fields = frozenset(part.name for part in parts) - {""}
        return cls(text, re.compile(expression, re.IGNORECASE), groups, text.count("/") + 1, blanks, fields)

    @classmethod
    def of_regex(
        cls, text: str, known: Collection[str] = FIELDS, *, date_format: str = "", blanks: str = ""
    ) -> PathPattern:
        """Compile a regular expression with named groups, which is searched in the whole path."""
        try:
            compiled = re.compile(text)
        except re.error as error:
            place = f" at character {error.pos + 1}" if error.pos is not None else ""
            raise StashInputError(f"--regex: {error.msg}{place} of {text!r}") from None
        names = sorted(compiled.groupindex, key=compiled.groupindex.__getitem__)
        if not names:
            hint = "Write (?P<title>...) around what is to be taken."
            raise StashInputError(f"--regex: {text!r} has no named group", hint=hint)
        parts = [_part(name, date_format if name == "date" else "", known, "--regex") for name in names]
        _check_parts(text, parts, "--regex")
        groups: list[tuple[_Part, ...]] = [(_Part(""),)] * compiled.groups
        for name, part in zip(names, parts, strict=True):
            groups[compiled.groupindex[name] - 1] = (part,)
        fields = frozenset(part.name for part in parts) - {""}
        return cls(text, compiled, tuple(groups), 0, blanks, fields)

    def read(self, path: str, known: Known = lambda _, __: False, *, is_folder: bool = False) -> Sidecar:
        """Extract the facts in a path; `known` is the predicate for names of the library. Raises NoMatch."""
        match = self._match(_normalize(path, self.blanks), is_folder=is_folder)
        texts: list[tuple[_Part, str]] = []
        for parts, text in zip(self.groups, match.groups(), strict=True):
            if text is not None:
                texts += _split_text(parts, text, known) if len(parts) > 1 else [(parts[0], text.strip())]
        return _sidecar([(part, text) for part, text in texts if part.name and text], known)

    def _match(self, path: str, *, is_folder: bool) -> re.Match[str]:
        if not self.segments:
            match = self.regex.search(path)
        else:
            names = path.strip("/").split("/")
            if not is_folder:
                names[-1] = _stem(names[-1])
            match = self.regex.fullmatch("/".join(names[-self.segments :]))
        if match is None:
            raise NoMatch("does not match")
        return match


def _tokens(text: str, known: Collection[str]) -> Iterator[_Part | str]:
    """The literal texts and the fields of a pattern."""
    try:
        parsed = list(Formatter().parse(text))
    except ValueError as error:
        hint = "A field is written {title}; a brace of its own is written twice: {{ or }}."
        raise StashInputError(f"--pattern: {text!r}: {_brace_error(error)}", hint=hint) from None
    for literal, name, form, conversion in parsed:
        if literal:
            yield literal
        if conversion:
            raise StashInputError(f"--pattern: !{conversion} has no meaning in {text!r}")
        if name is not None:
            yield _part(name, form or "", known, "--pattern")


def _brace_error(error: ValueError) -> str:
    return "a } without its {" if "'}' encountered" in str(error) else "a { without its }"


def _part(name: str, form: str, known: Collection[str], flag: str) -> _Part:
    name = name.strip()
    name = "" if name.startswith("_") else _ALIASES.get(name, name)
    if name == "ext":
        hint = "The ending of a file's name is not part of the pattern: leave it out."
        raise StashInputError(f"{flag}: {{ext}} is no field", hint=hint)
    if name and name not in known:
        hint = f"Fields: {', '.join(known)}; {{_}} is any text that is not used."
        suggestion = did_you_mean(name, known)
        raise StashInputError(f"{flag}: no such field: {name}. {suggestion}".rstrip(), hint=hint)
    if form and name != "date":
        raise StashInputError(f"{flag}: only a date has a format: {{date:%d.%m.%Y}}, not {{{name}:{form}}}")
    if form:
        _shape_of(form)
    return _Part(name, form)


def _shape_of(form: str) -> str:
    """The regular expression of a date format. Raises StashInputError."""
    directives = re.findall(r"%(.?)", form)
    unknown = next((each for each in directives if each not in _DIRECTIVES), None)
    if unknown is not None:
        hint = f"Known are {', '.join('%' + each for each in _DIRECTIVES)}."
        raise StashInputError(f"date format {form!r}: %{unknown} is not known", hint=hint)
    if not set(directives) & {"Y", "y"} or ("d" in directives and not set(directives) & {"m", "b", "B"}):
        raise StashInputError(f"date format {form!r}: it needs a year, and a month where it has a day")
    pieces = re.split(r"%(.)", form)
    return "".join(_DIRECTIVES[each] if number % 2 else re.escape(each) for number, each in enumerate(pieces))


def _check_parts(text: str, parts: Sequence[_Part], flag: str) -> None:
    """Raise StashInputError for a pattern without fields, with a field twice, or a day without a month."""
    names = [part.name for part in parts if part.name]
    repeated = next((name for name in names if names.count(name) > 1 and name not in NAMED[1:]), None)
    problem = ""
    if not names:
        problem = "it has no field that is used, such as title"
    elif repeated:
        problem = f"{repeated} stands in it twice"
    elif ("day" in names and "month" not in names) or ("month" in names and "year" not in names):
        problem = "a day needs its month, and a month its year"
    elif "index" in names and "groups" not in names:
        problem = "index is the place in a group, which it does not name"
    if problem:
        raise StashInputError(f"{flag}: {text!r}: {problem}")


def _expression(text: str, tokens: Sequence[_Part | str]) -> tuple[str, tuple[tuple[_Part, ...], ...]]:
    """The regular expression of a pattern, and the parts in each of its groups."""
    pieces: list[str] = []
    groups: list[tuple[_Part, ...]] = []
    tokens = [
        _as_word(each, tokens[index - 1 : index], tokens[index + 1 : index + 2])
        for index, each in enumerate(tokens)
    ]
    for index, each in enumerate(tokens):
        before = tokens[max(0, index - 2) : index]
        if isinstance(each, str):
            pieces.append(_literal(each))
        elif merged := _neighbour(each, before, groups, text):
            del pieces[-2:]
            groups[-1] = (merged, each)
            pieces.append("([^/]+)")
        else:
            groups.append((each,))
            pieces.append(f"({each.shape})")
    return "".join(pieces), tuple(groups)


def _as_word(
    each: _Part | str, before: Sequence[_Part | str], following: Sequence[_Part | str]
) -> _Part | str:
    """Return the part; an ignored field next to only a space is limited to one word."""
    is_beside = any(isinstance(text, str) and text.isspace() for text in (*before, *following))
    return replace(each, form=_WORD) if isinstance(each, _Part) and not each.name and is_beside else each


def _neighbour(
    part: _Part, before: Sequence[_Part | str], groups: Sequence[tuple[_Part, ...]], text: str
) -> _Part | None:
    """The preceding part if only a space separates the two, so that known names have to split them."""
    if not before or not part.is_open:
        return None
    last = before[-1]
    if isinstance(last, _Part):
        if last.is_open:
            names = f"{{{last.name or '_'}}} and {{{part.name or '_'}}}"
            raise StashInputError(f"--pattern: nothing stands between {names} in {text!r}")
        return None
    if not part.is_free:
        return None
    if last.strip() or "/" in last or not isinstance(before[0], _Part) or not before[0].is_free:
        return None
    if len(groups[-1]) > 1 or not ({part.name, before[0].name} & set(NAMED)):
        hint = "Put a sign such as - between them, or use --regex."
        names = f"{{{before[0].name}}} and {{{part.name}}}"
        raise StashInputError(f"--pattern: a space does not tell {names} apart in {text!r}", hint=hint)
    return before[0]


def _literal(text: str) -> str:
    return "".join(r"\s+" if piece.isspace() else re.escape(piece) for piece in re.split(r"(\s+)", text))


def _normalize(path: str, blanks: str) -> str:
    """Normalize a path: slashes as separators, and spaces for `blanks`."""
    text = path if "/" in path else path.replace("\\", "/")
    if not blanks:
        return text
    head, slash, name = text.rpartition("/")
    stem = _stem(name)
    return (head + slash + stem).translate(dict.fromkeys(map(ord, blanks), " ")) + name[len(stem) :]


def _stem(name: str) -> str:
    stem, dot, _ = name.rpartition(".")
    return stem if dot and stem.strip(".") else name


def _split_text(parts: Sequence[_Part], text: str, known: Known) -> list[tuple[_Part, str]]:
    """Split the text of two parts with only a space between them by known names. Raises NoMatch."""
    first, second = parts
    words = text.split()
    if first.name in NAMED:
        names, rest = _known_names(first.name, words, known)
        if names and rest:
            return [*((first, name) for name in names), (second, " ".join(rest))]
        raise NoMatch(f"no known {first.name} at the start of {text!r}")
    names, rest = _known_names(second.name, words[::-1], known, reverse=True)
    if names and rest:
        return [(first, " ".join(rest[::-1])), *((second, name) for name in names[::-1])]
    raise NoMatch(f"no known {second.name} at the end of {text!r}")


def _known_names(
    name: str, words: Sequence[str], known: Known, *, reverse: bool = False
) -> tuple[list[str], Sequence[str]]:
    """Match consecutive known names, the longest first; return them and the remaining words."""
    names: list[str] = []
    end = 0
    while end < len(words) and not (names and name == "studio"):
        start = end + 1 if names and words[end] in _CONJUNCTIONS else end
        texts = (
            (stop, _join_words(words[start:stop], reverse=reverse)) for stop in range(len(words), start, -1)
        )
        longest = next(((stop, text) for stop, text in texts if known(name, text)), None)
        if longest is None:
            break
        end = longest[0]
        names.append(longest[1])
    return names, words[end:]


def _join_words(words: Sequence[str], *, reverse: bool) -> str:
    return " ".join(words[::-1] if reverse else words).strip(",&+ ")


def split_names(name: str, text: str, known: Known) -> list[str]:
    """Split the names in a text at separators such as commas, except within a known name."""
    pattern = _BETWEEN_TAGS if name == "tags" else _BETWEEN_NAMES
    ends = [(found.start(), found.end()) for found in pattern.finditer(text)]
    starts, stops = [0, *(end for _, end in ends)], [*(start for start, _ in ends), len(text)]
    found: list[str] = []
    place = 0
    while place < len(starts):
        wholes = range(len(stops) - 1, place, -1)
        last = next((each for each in wholes if known(name, text[starts[place] : stops[each]])), place)
        found.append(text[starts[place] : stops[last]].strip())
        place = last + 1
    return [each for each in found if each]


def _sidecar(texts: Sequence[tuple[_Part, str]], known: Known) -> Sidecar:
    """Build a sidecar from captured texts. Raises NoMatch for an invalid date."""
    texts_by_field = {part.name: text for part, text in texts if part.name not in NAMED[1:]}
    lists = {
        name: tuple(
            dict.fromkeys(
                n for part, text in texts if part.name == name for n in split_names(name, text, known)
            )
        )
        for name in NAMED[1:]
    }
    index = int(texts_by_field["index"]) if texts_by_field.get("index", "").isdecimal() else None
    rating = texts_by_field.get("rating100", "")
    plain: dict[str, Any] = {
        name: texts_by_field[name] for name in (*_TEXTS, "studio") if name in texts_by_field
    }
    return Sidecar(
        **plain,
        performers=lists["performers"],
        tags=lists["tags"],
        groups=tuple(GroupPlace(name, index) for name in lists["groups"]),
        rating100=int(rating) or None if rating.isdecimal() and int(rating) <= 100 else None,  # noqa: PLR2004
        date=_date(texts, texts_by_field),
    )


def _date(texts: Sequence[tuple[_Part, str]], texts_by_field: dict[str, str]) -> str:
    """The date of a path. Raises NoMatch."""
    form = next((part.form for part, _ in texts if part.name == "date"), "")
    if "date" not in texts_by_field:
        numbers = [texts_by_field.get(name, "") for name in ("year", "month", "day")]
        text = "-".join(each.zfill(2) for each in numbers if each)
    elif form:
        text = _parse_date(texts_by_field["date"], form)
    else:
        text = texts_by_field["date"]
    if text and not (date := date_of(text)):
        raise NoMatch(f"{text} is no date that is clear")
    return date if text else ""


def _parse_date(text: str, form: str) -> str:
    """Convert a date in a format to YYYY-MM-DD, or to YYYY-MM or YYYY for a less precise format."""
    try:
        day = datetime.strptime(text, form).date().isoformat()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        raise NoMatch(f"{text} is no date by {form}") from None
    directives = set(re.findall(r"%(.)", form))
    return day if "d" in directives else day[:7] if directives & {"m", "b", "B"} else day[:4]
