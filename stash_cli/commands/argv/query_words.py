"""Arguments of the command line as a query: words, flags, `--where`, `--saved` and `--where-json` together.

The shell has removed the quotes of arguments. So each of *several* query words is one term with all its white
space, unless it begins with a parenthesis or a quote. A *single* query word is query text; it is one term if
nothing after its first term is recognised. `--where` is query text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial, reduce
from operator import and_
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import CommandOptions
from stash_cli.commands.argv.scanner import QUERY_WORD
from stash_cli.core.errors import StashUsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from stash_cli.core.query.language.query import Query
    from stash_cli.core.query.q import Q

_DASHED = (
    r"""(?i:-(?:[("]|(?:is|no|has|missing):|[^\W\d][\w.]+(?:\.(?:"[^"]*"|'[^']*'))?\s*(?::|!=|!~|[<>=~])))"""
)
"""Pattern of words that may be terms after a dash; compiled only when needed."""
_AS_TEXT = ("(", "-(", "^(", '"', "'", '-"', '^"')
"""Prefixes of an argument that is query text even among several arguments."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class WhereOptions(CommandOptions):
    """The options that select objects by a query."""

    where: Annotated[
        list[str] | None, typer.Option("--where", metavar="QUERY", help="a query: see `stash help query`")
    ] = None
    saved: Annotated[
        list[str] | None, typer.Option("--saved", metavar="NAME|ID", help="a saved filter's criteria")
    ] = None
    where_json: Annotated[
        str | None, typer.Option("--where-json", metavar="JSON", help="a filter in the API's own shape")
    ] = None


def is_query_word(type_name: str, word: str) -> bool:
    """Whether a word with a dash is a term of a query for `type_name`: `-tag:Outdoor`, `-is:organized`.

    An unknown name before a colon counts as a term, so that it is reported as an unknown field.
    """
    if word.startswith("--"):
        return False
    match = re.match(_DASHED, word)
    if not match or match[0].endswith(("(", '"', ":")):
        return match is not None
    from stash_cli.core.query.language.fields import target
    from stash_cli.core.query.language.scan import Source

    head = Source(word).head(1)
    return head is not None and target(type_name, head[0]) is not None


def query_words(type_name: str) -> Callable[[str], bool]:
    """`is_query_word` for one type, as a command's `is_query`."""
    return partial(is_query_word, type_name)


def query_from_argv(
    type_name: str,
    words: Sequence[str] = (),
    flags: Mapping[str, Any] | None = None,
    *,
    where: Sequence[str] = (),
    saved: Sequence[str] = (),
    where_json: str | None = None,
    to_server: Callable[[str], str] = str,
) -> Query:
    """Build the query of the arguments; its `where` is None without conditions.

    `flags` are lookups with their values, `to_server` maps a path of this machine to the server's. Raises
    StashQueryError for errors in words and texts, StashUsageError for others.
    """
    from stash_cli.core.query.language.query import Query, parse_query, parse_source

    query = Query("", type_name)
    if words:
        query = parse_source(source_of(type_name, words), type_name, to_server=to_server)
        query.doubts += _second_terms(type_name, words)
    for text in where:
        if not text.strip():
            raise StashUsageError("--where is empty.", hint="Leave it out to mean all objects.")
        query = _both(query, parse_query(text, type_name, to_server=to_server))
    more = [_of_saved(name) for name in saved]
    more += [_of_flags(type_name, flags)] if flags else []
    more += [_of_json(type_name, where_json)] if where_json is not None else []
    return replace(query, where=_all_of([query.where, *more]))


def source_of(type_name: str, words: Sequence[str]) -> Any:
    """Join the words into one source text that records where each argument ends."""
    from stash_cli.core.query.language.scan import Source

    plain = [word.removeprefix(QUERY_WORD) for word in words]
    for word in plain:
        if not word.strip():
            raise StashUsageError("An empty word is no query.", hint="Is a variable of the shell unset?")
    # A single argument is a whole quoted query; several arguments are terms that the shell has split.
    if len(plain) == 1 and not _is_one_value(type_name, plain[0]):
        return Source(plain[0])
    text, arguments, at = " ".join(plain), dict[int, int](), 0
    for word in plain:
        if not word.startswith(_AS_TEXT):
            arguments[at] = at + len(word)
        at += len(word) + 1
    return Source(text, arguments)


def _is_one_value(type_name: str, word: str) -> bool:
    """Whether a single argument is one term with white space in its value: `title:red head`."""
    from stash_cli.core.query.language.fields import target
    from stash_cli.core.query.language.scan import Source

    start = 1 if word[:1] in "-^" else 0
    head = Source(word).head(start)
    if head is None or (head[0] != "saved" and target(type_name, head[0]) is None):
        return False
    rest = word[head[2] :]
    return re.search(r"\s", rest) is not None and not _has_further_term(type_name, rest)


def _has_further_term(type_name: str, rest: str) -> bool:
    """Whether a first term is followed by query syntax: a term, a keyword, a quote or a group."""
    if rest[:1] in "\"'(":
        return True
    _, *following = re.split(r"[ \t\n\r\f\v]+", rest)
    return any(_is_known(type_name, part) for part in following)


def _is_known(type_name: str, part: str) -> bool:
    from stash_cli.core.query.language.fields import WORD_FIELDS, target
    from stash_cli.core.query.language.scan import Source
    from stash_cli.core.query.language.tree import KEYWORDS

    bare = part[1:] if part[:1] in "-^" else part
    if not bare or bare[0] in "\"'()" or part.lower() in KEYWORDS or part.endswith(")"):
        return bool(bare)
    head = Source(bare).head(0)
    return head is not None and (head[0].lower() in WORD_FIELDS or target(type_name, head[0]) is not None)


def _second_terms(type_name: str, words: Sequence[str]) -> list[str]:
    """Warnings about arguments whose value contains what looks like another term."""
    if len(words) == 1:
        return []
    plain = [word.removeprefix(QUERY_WORD) for word in words]
    return [
        f"{word!r} is read as one term, though its value holds what looks like another; give each as a word"
        for word in plain
        if not word.startswith(_AS_TEXT) and _is_one_term(type_name, word) and _contains_term(type_name, word)
    ]


def _is_one_term(type_name: str, word: str) -> bool:
    return _is_known(type_name, word) and re.search(r"\s", word) is not None


def _contains_term(type_name: str, word: str) -> bool:
    from stash_cli.core.query.language.scan import Source

    term = word.lstrip("-^")
    head = Source(term).head(0)
    if head is not None and term[head[2] :].startswith("(") and term.endswith(")"):
        return False  # the value is a group of terms about the related object
    _, *following = re.split(r"[ \t\n\r\f\v]+", word)
    return any(Source(part.lstrip("-^")).head(0) and _is_known(type_name, part) for part in following)


def _both(left: Query, right: Query) -> Query:
    """Combine two queries with AND; sort, limit and page of the second take precedence."""
    return replace(
        right,
        text=" ".join(filter(None, [left.text, right.text])),
        tree=_both_trees(left, right),
        where=_all_of([left.where, right.where]),
        sort=right.sort or left.sort,
        limit=left.limit if right.limit is None else right.limit,
        page=left.page if right.page is None else right.page,
        notes=[*left.notes, *right.notes],
        doubts=[*left.doubts, *right.doubts],
    )


def _both_trees(left: Query, right: Query) -> Any:
    from stash_cli.core.query.language.tree import And

    trees = tuple(tree for tree in (left.tree, right.tree) if tree is not None)
    return And(trees) if len(trees) > 1 else trees[0] if trees else None


def _all_of(parts: Sequence[Q | None]) -> Q | None:
    present = [part for part in parts if part is not None]
    return reduce(and_, present) if present else None


def _of_saved(name: str) -> Q:
    from stash_cli.core.query.language.tree import quote
    from stash_cli.core.query.q import SAVED, Q

    if not name.strip():
        raise StashUsageError("--saved is empty.", hint="`stash filters list` shows the names.")
    q = Q(**{SAVED: name})
    q.text = f"saved:{quote(name)}"
    return q


def _of_flags(type_name: str, flags: Mapping[str, Any]) -> Q:
    """The lookups of flags as a `Q`."""
    from stash_cli.commands.argv.filter_flags import lookup_values, relation_type
    from stash_cli.core.query.model import Reference
    from stash_cli.core.query.q import Q

    values = lookup_values(dict(flags))
    for dest, value in values.items():
        if relation_type(type_name, dest):
            # Digits may be an id or a name, such as a tag named 2024: the resolver looks up both.
            values[dest] = list(dict.fromkeys(map(Reference, value)))
    return Q(**values)


@dataclass(frozen=True, slots=True, eq=False)
class RawCriterion:
    """A criterion in the API's own shape, sent unchanged."""

    value: Any

    def to_graphql(self) -> Any:
        return self.value


def _of_json(type_name: str, text: str) -> Q:
    """Parse a filter in the API's own shape into a `Q`. Raises StashUsageError."""
    import json

    try:
        filter_json = json.loads(text)
    except ValueError as error:
        raise StashUsageError(f"--where-json: not JSON: {error}") from None
    if not isinstance(filter_json, dict) or not filter_json:
        raise StashUsageError("--where-json takes a JSON object: {FIELD: CRITERION, ...}.")
    return _raw(type_name, filter_json)


def _raw(type_name: str, criteria: Mapping[str, Any]) -> Q:
    from stash_cli.core.query.q import Q

    # Criteria are sent unchanged; only AND, OR and NOT become operators of the query.
    own = {name: RawCriterion(value) for name, value in criteria.items() if name not in ("AND", "OR", "NOT")}
    parts = [Q(**own)] if own else []
    q = Q(*parts)
    if "AND" in criteria:
        q &= _raw(type_name, criteria["AND"])
    if "OR" in criteria:
        q |= _raw(type_name, criteria["OR"])
    if "NOT" in criteria:
        q &= ~_raw(type_name, criteria["NOT"])
    return q
