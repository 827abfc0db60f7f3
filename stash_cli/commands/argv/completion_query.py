"""Completion inside words of a query: `tag:Out`, `-tag:A,Out`, `performers.`, `performers:(coun`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stash_cli.commands.argv.completion_values import NAMED, Candidate, Source, names, sort_keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stash_cli.core.query.model import FilterField

_SPECIAL = re.compile(r"[,\"'()|/*^:=<>~!\\]")
"""Characters with a meaning in a query; names that contain one need quotes."""
_WORDS = ("is", "no", "has", "missing", "saved")
"""Keywords that stand before a colon like names of fields."""
_LISTING = ("sort", "limit", "page")


def query_candidates(type_name: str, word: str, source: Source, *, is_text: bool) -> Iterator[Candidate]:
    """Yield candidates for a word of a query; with `is_text` the word is a whole query of several terms."""
    start, owner = _last_term(type_name, word, is_text=is_text)
    is_nested = "(" in word[:start]
    if word[start : start + 1] in ("-", "^"):
        start += 1
    path, colon, value = word[start:].partition(":")
    # In a text of several terms, and in parentheses, white space ends a value.
    term = _Term(owner, source, is_top=not is_nested, ends_at_space=is_text or is_nested)
    before = word[: len(word) - len(value)] if colon else word[:start]
    for each in term.values(path, value) if colon else term.fields(path):
        yield each.with_prefix(before)


def _last_term(type_name: str, word: str, *, is_text: bool) -> tuple[int, str]:
    """Find the start of the last term of `word`, and the type of its fields."""
    from stash_cli.core.query.language.fields import target

    scopes, quote, start = [type_name], "", 0
    for at, char in enumerate(word):
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'" and word[at - 1 : at] in ("", ":", ",", "(", " "):
            quote = char
        elif char == "(":
            head = target(scopes[-1], word[start:at].lstrip("-^").removesuffix(":"))
            scopes.append(head.related if head and head.related else scopes[-1])
            start = at + 1
        elif char == ")" and len(scopes) > 1:
            scopes.pop()
        elif char.isspace() and (is_text or len(scopes) > 1):
            start = at + 1
    return start, scopes[-1]


@dataclass(frozen=True, slots=True)
class _Term:
    """The context of a term: the type of its fields, and whether it is outside of all parentheses."""

    owner: str
    source: Source
    is_top: bool
    ends_at_space: bool

    @property
    def words(self) -> tuple[str, ...]:
        return (*_WORDS, *_LISTING) if self.is_top else _WORDS

    def fields(self, path: str) -> Iterator[Candidate]:
        """Yield names of fields with a colon, and relations with a dot."""
        from stash_cli.core.query.language import fields

        prefix, dot, _ = path.rpartition(".")
        scope = fields.target(self.owner, prefix) if dot else None
        type_name = (scope.related if scope else None) if dot else self.owner
        for name in fields.names(type_name) if type_name else ():
            target = fields.target(type_name or "", name)
            if target is not None and target.field is not None:
                yield Candidate(f"{prefix}{dot}{name}:", _kind(target.field), more=True)
            if target is not None and target.related is not None:
                yield Candidate(f"{prefix}{dot}{name}.", target.related, more=True)
        yield from (Candidate(f"{name}:", more=True) for name in (self.words if not dot else ()))

    def values(self, path: str, value: str) -> Iterator[Candidate]:
        """Yield values after the colon of a field; in a list with commas, for its last item."""
        before, comma, item = value.rpartition(",")
        found = self._of_word(path, item) if path in self.words else self._of_field(path, item)
        for each in found:
            yield each.with_prefix(f"{before}{comma}")

    def _of_field(self, path: str, item: str) -> Iterable[Candidate]:
        from stash_cli.core.query.language import fields

        found = fields.target(self.owner, path)
        field = found.field if found else None
        if field is None:
            return ()
        if field.target in NAMED:
            return self._names(field.target or "", item)
        choices = ("yes", "no") if field.kind == "Boolean" else field.choices
        return map(Candidate, choices)

    def _of_word(self, word: str, item: str) -> Iterable[Candidate]:
        from stash_cli.core.query import fields as filter_fields
        from stash_cli.core.query.language import fields

        known = filter_fields.fields(self.owner)
        if word == "saved":
            return self._names(f"{self.owner}.filters", item)
        if word == "sort":
            return sort_keys(self.owner)
        if word == "missing":
            return map(Candidate, known["is_missing"].choices if "is_missing" in known else ())
        if word == "is":
            flags = (field for field in known.values() if field.kind == "Boolean" and not field.deprecated)
            return (Candidate(fields.short_name(self.owner, field.name)) for field in flags)
        return map(Candidate, fields.names(self.owner) if word in ("no", "has") else ())

    def _names(self, kind: str, item: str) -> Iterator[Candidate]:
        """Yield names as values, in quotes if they contain characters with a meaning in a query."""
        has_quote = item[:1] == '"'
        for each in names(kind, item[1:] if has_quote else item, self.source):
            name = each.value
            if has_quote or is_special(name) or (self.ends_at_space and " " in name):
                quoted = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
                yield Candidate(quoted, each.text, plain=name)
            else:
                yield each


def _kind(field: FilterField) -> str:
    return field.target or field.kind.removesuffix("CriterionInput").lower()


def is_special(name: str) -> bool:
    """Whether a name needs quotes in a query; `name:2024` does not."""
    from stash_cli.core.query.language.tree import KEYWORDS

    number = name.removeprefix("name:")
    bare = number if number.isdecimal() else name
    return bool(_SPECIAL.search(bare)) or any(part.lower() in KEYWORDS for part in bare.split())
