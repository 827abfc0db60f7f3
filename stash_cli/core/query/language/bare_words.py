"""Diagnosis of bare words that look like a term: an unknown field, a time, a title with a colon."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stash_cli.core.errors import StashLookupError
from stash_cli.core.query.language import fields as names
from stash_cli.core.query.language.problems import Problem
from stash_cli.core.query.language.tree import quote
from stash_cli.core.query.parse_lookup import parse_lookup

if TYPE_CHECKING:
    from stash_cli.core.query.language.scan import Source


def word_problem(
    source: Source, type_name: str, start: int, end: int, limit: int | None = None
) -> Problem | None:
    """The mistake in the bare word from `start` to `end`, or None; `limit` is the end of its argument."""
    text, head = source.text[start:end], source.head(start)
    if head is not None and head[1].startswith(":"):
        return unknown_field(source, type_name, start, end, head[0], limit)
    if ":" in text.rstrip(":") or text.endswith((":", ",")):
        return Problem(start, end, f"{text} is neither a term nor a plain word.", both_quotings(text))
    return _unknown_lookup(type_name, start, head[0]) if head is not None and "__" in head[0] else None


def word_note(type_name: str, text: str) -> str:
    """The note on a word that is the name of a field, or ""."""
    if names.target(type_name, text) is None or names.field_called(type_name, text.lower()) is None:
        return ""
    note = f"{text} is searched for as a text; for the field write {text}:VALUE"
    return f"{note} (a shell takes > for itself, and writes a file)"


def unknown_field(
    source: Source, type_name: str, start: int, end: int, name: str, limit: int | None = None
) -> Problem:
    """The mistake of a name before a colon that is no field, with near names and both quotings."""
    rest = _with_next_word(source, start, end) if limit is None else source.text[start:end]
    message = f"{names.shown_type(type_name)} has no field {name}."
    hint = f"{names.near(type_name, name)} {both_quotings(rest)}".strip()
    return Problem(start, start + len(name), message, hint)


def _unknown_lookup(type_name: str, start: int, name: str) -> Problem | None:
    """The mistake in `title__like=x`, where `title` is a field; None for other words with underscores."""
    if names.target(type_name, name.partition("__")[0]) is None:
        return None
    try:
        parse_lookup(type_name, name)
    except StashLookupError as error:
        return Problem(start, start + len(name), error.message, error.hint or "")
    return None


def _with_next_word(source: Source, start: int, end: int) -> str:
    """The text from `start` to `end`, with the next word where it ends in a colon: `Alien: Covenant`."""
    text, following = source.text, source.skip(end)
    alone = not text[start:end].endswith(":") or following >= len(text)
    if alone or text[following] in "()\"'-^" or source.head(following):
        return text[start:end]
    return text[start : source.value(following, None).span.end]


def to_search_for(word: str) -> str:
    """The hint for a keyword that may be meant as text."""
    return f"Quote it to search for it: {quote(word)}."


def both_quotings(text: str) -> str:
    """The hint that shows a text quoted, in query text and as an argument of a shell."""
    return f"Write {quote(text)} to search for the text (in a shell: '{quote(text)}')."
