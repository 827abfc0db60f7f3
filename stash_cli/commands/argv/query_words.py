"""Arguments of the command line as a query: words, flags, `--where`, `--saved` and `--where-json` together.

The shell has taken the quotes of an argument, so one of *several* query words is one term with all its white
space, unless it begins with a parenthesis or a quote. A *single* query word is query text, or one value where
nothing but a first term is recognised in it. `--where` is query text.
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
"""Words that may be terms with a dash before them; compiled when there is such a word."""
_AS_TEXT = ("(", "-(", "^(", '"', "'", '-"', '^"')
"""Beginnings of an argument that is query text among several arguments, too."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class WhereOptions(CommandOptions):
    """The options that choose objects by a query."""

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

    Before a colon an unknown name is one, too, so that its mistake is told.
    """
    if word.startswith("--"):
        return False
    found = re.match(_DASHED, word)
    if not found or found[0].endswith(("(", '"', ":")):
        return found is not None
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
    """The query of arguments; its `where` is None where they choose nothing.

    `flags` are lookups with their values, `to_server` maps a path of this machine to the server's. Raises
    StashQueryError for mistakes in words and texts, StashUsageError for the rest.
    """
    from stash_cli.core.query.language.query import Query, parse_query, parse_source

    found = Query("", type_name)
    if words:
        found = parse_source(source_of(type_name, words), type_name, to_server=to_server)
        found.doubts += _second_terms(type_name, words)
    for text in where:
        if not text.strip():
            raise StashUsageError("--where is empty.", hint="Leave it out to mean all objects.")
        found = _both(found, parse_query(text, type_name, to_server=to_server))
    more = [_of_saved(name) for name in saved]
    more += [_of_flags(type_name, flags)] if flags else []
    more += [_of_json(type_name, where_json)] if where_json is not None else []
    return replace(found, where=_all_of([found.where, *more]))


def source_of(type_name: str, words: Sequence[str]) -> Any:
    """The words as one text, which knows where each of them ends."""
    from stash_cli.core.query.language.scan import Source

    plain = [word.removeprefix(QUERY_WORD) for word in words]
    for word in plain:
        if not word.strip():
            raise StashUsageError("An empty word is no query.", hint="Is a variable of the shell unset?")
    # A single argument is a whole query in quotes; several are terms that the shell has parted already.
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
    return re.search(r"\s", rest) is not None and not _goes_on(type_name, rest)


def _goes_on(type_name: str, rest: str) -> bool:
    """Whether something follows a first term that the language knows: a term, a keyword, a quote, a group."""
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
    """Doubts about arguments whose value holds what looks like another term."""
    if len(words) == 1:
        return []
    plain = [word.removeprefix(QUERY_WORD) for word in words]
    return [
        f"{word!r} is read as one term, though its value holds what looks like another; give each as a word"
        for word in plain
        if not word.startswith(_AS_TEXT)
        and _is_one_term(type_name, word)
        and _goes_on_with_term(type_name, word)
    ]


def _is_one_term(type_name: str, word: str) -> bool:
    return _is_known(type_name, word) and re.search(r"\s", word) is not None


def _goes_on_with_term(type_name: str, word: str) -> bool:
    from stash_cli.core.query.language.scan import Source

    term = word.lstrip("-^")
    head = Source(term).head(0)
    if head is not None and term[head[2] :].startswith("(") and term.endswith(")"):
        return False  # terms about the related object
    _, *following = re.split(r"[ \t\n\r\f\v]+", word)
    return any(Source(part.lstrip("-^")).head(0) and _is_known(type_name, part) for part in following)


def _both(left: Query, right: Query) -> Query:
    """Two queries as one; the second says how to list where both do."""
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
    given = [part for part in parts if part is not None]
    return reduce(and_, given) if given else None


def _of_saved(name: str) -> Q:
    from stash_cli.core.query.language.tree import quote
    from stash_cli.core.query.q import SAVED, Q

    if not name.strip():
        raise StashUsageError("--saved is empty.", hint="`stash filters list` shows the names.")
    found = Q(**{SAVED: name})
    found.text = f"saved:{quote(name)}"
    return found


def _of_flags(type_name: str, flags: Mapping[str, Any]) -> Q:
    """The lookups of flags; digits for a related object may be a name as well as an id."""
    from stash_cli.commands.argv.filter_flags import lookup_values, relation_type
    from stash_cli.core.query.model import Reference
    from stash_cli.core.query.q import Q

    values = lookup_values(dict(flags))
    for dest, value in values.items():
        if relation_type(type_name, dest):
            # Digits may be an id, or the name of a tag such as 2024: the resolver looks for both.
            values[dest] = list(dict.fromkeys(map(Reference, value)))
    return Q(**values)


@dataclass(frozen=True, slots=True, eq=False)
class RawCriterion:
    """A criterion in the API's own shape, which is sent as it is."""

    value: Any

    def to_graphql(self) -> Any:
        return self.value


def _of_json(type_name: str, text: str) -> Q:
    """A filter in the API's own shape as a `Q`."""
    import json

    try:
        given = json.loads(text)
    except ValueError as error:
        raise StashUsageError(f"--where-json: not JSON: {error}") from None
    if not isinstance(given, dict) or not given:
        raise StashUsageError("--where-json takes a JSON object: {FIELD: CRITERION, ...}.")
    return _raw(type_name, given)


def _raw(type_name: str, given: Mapping[str, Any]) -> Q:
    from stash_cli.core.query.q import Q

    # Sent as it is, because it is the API's own language; only the operators become parts of the query.
    own = {name: RawCriterion(value) for name, value in given.items() if name not in ("AND", "OR", "NOT")}
    parts = [Q(**own)] if own else []
    found = Q(*parts)
    if "AND" in given:
        found &= _raw(type_name, given["AND"])
    if "OR" in given:
        found |= _raw(type_name, given["OR"])
    if "NOT" in given:
        found &= ~_raw(type_name, given["NOT"])
    return found
