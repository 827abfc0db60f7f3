"""Parsed queries: their condition, how matches are listed, and notes on how the text was read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from stash_cli.core.errors import StashUsageError
from stash_cli.core.query.fields import fields
from stash_cli.core.query.language.build import Builder
from stash_cli.core.query.language.parser import Parser
from stash_cli.core.query.language.problems import Problem, QueryProblem, query_error
from stash_cli.core.query.language.scan import Source
from stash_cli.core.query.language.tree import LISTING, And, Bound, Node, Not, Or, Term, text_of
from stash_cli.core.query.language.values import TermReader
from stash_cli.core.query.local_zone import LOCAL

if TYPE_CHECKING:
    from collections.abc import Callable

    from stash_cli.core.query.q import Q

_STARS = 10
"""The highest rating of other scales; where no rating in a query is above it, a note explains the scale."""
_BESIDE = "With or, write '(a or b) limit:5', or the flags --sort, --limit and --page."
"""Hint for a `limit:` in a group."""


@dataclass
class Query:
    """A parsed query; without terms `where` is None.

    `notes` explain to a person how the text was read; `doubts` are ambiguous readings, with which nothing may
    be changed. `changing` means that the matches are to be changed.
    """

    text: str
    type: str
    tree: Node | None = None
    where: Q | None = None
    sort: tuple[str, ...] = ()
    limit: int | None = None
    page: int | None = None
    notes: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    changing: bool = False

    def __str__(self) -> str:
        return text_of(self.tree) if self.tree else ""

    def only_matches(self) -> Q:
        """The condition; raises StashUsageError for a text that has sort:, limit: or page:."""
        if self.sort or self.limit is not None or self.page is not None:
            raise StashUsageError("sort:, limit: and page: are for commands that list objects.")
        if self.where is None:
            raise StashUsageError("The query is empty.", hint="Without a query all objects are meant.")
        return self.where


def parse_query(text: str, type_name: str, *, to_server: Callable[[str], str] = str) -> Query:
    """Parse a query text; `to_server` turns paths as typed into those of the server.

    Raises StashQueryError that shows each mistake in its place.
    """
    return parse_source(Source(text), type_name, to_server=to_server)


def parse_source(source: Source, type_name: str, *, to_server: Callable[[str], str] = str) -> Query:
    """Parse a source that was joined from arguments of the command line."""
    fields(type_name)  # refuses a type that cannot be filtered
    parser = Parser(source, type_name)
    try:
        tree = parser.parse()
    except QueryProblem as error:
        raise query_error(source.text, [*parser.problems, error.problem]) from None
    found = Query(source.text, type_name, tree, notes=parser.notes)
    reader = TermReader(datetime.now(LOCAL), to_server)
    builder = Builder(reader)
    problems = parser.problems
    rest = _without_listing(found, tree, problems)
    if rest is not None:
        found.where = builder.build(type_name, rest)
    # A term that is wrong for two reasons is reported once.
    problems += [one for one in builder.problems if not any(_overlap(one, known) for known in problems)]
    if problems:
        raise query_error(source.text, problems)
    found.doubts += [_mixed(node) for node in parser.mixed]
    found.notes += _about_ratings(reader.ratings)
    return found


def _overlap(left: Problem, right: Problem) -> bool:
    return left.start <= right.end and right.start <= left.end


def _about_ratings(ratings: list[float]) -> list[str]:
    if ratings and max(ratings) <= _STARS and any(ratings):
        return ["ratings go from 0 to 100; write stars:4.. for stars, decimal:8.5.. for a scale of 10"]
    return []


def _mixed(node: Or) -> str:
    """Both readings of `a or b c`."""
    return (
        f"or without parentheses: read as {_with_groups(node)}; the other reading is {_other_reading(node)}"
    )


def _with_groups(node: Or) -> str:
    return " or ".join(
        f"({text_of(part)})" if isinstance(part, And) else text_of(part) for part in node.parts
    )


def _other_reading(node: Or) -> str:
    rows = [list(part.parts) if isinstance(part, And) else [part] for part in node.parts]
    found: list[str] = []
    chain: list[str] = []
    for number, row in enumerate(rows):
        texts = [f"({text_of(part)})" if isinstance(part, Or | And) else text_of(part) for part in row]
        chain.append(texts[0] if number else texts[-1])
        if not number:
            found += texts[:-1]
        elif len(texts) > 1:
            found.append(f"({' or '.join(chain)})")
            found += texts[1:-1]
            chain = [texts[-1]]
    found.append(f"({' or '.join(chain)})" if len(chain) > 1 else chain[0])
    return " ".join(found)


def _without_listing(query: Query, tree: Node | None, problems: list[Problem]) -> Node | None:
    """The tree without sort:, limit: and page:, which are stored in `query`."""
    if tree is None:
        return None
    parts = tree.parts if isinstance(tree, And) else (tree,)
    others = []
    for part in parts:
        if isinstance(part, Term) and part.path in LISTING:
            _set_listing(query, part, problems)
        else:
            others.append(part)
    problems += [
        Problem(term.span.start, term.span.end, f"{term.path}: stands beside all other terms.", _BESIDE)
        for part in others
        for term in _listing_terms(part)
    ]
    if len(others) < 2:  # noqa: PLR2004 - a conjunction has two parts
        return others[0] if others else None
    return And(tuple(others), tree.span)


def _listing_terms(node: Node) -> list[Term]:
    if isinstance(node, And | Or):
        return [term for part in node.parts for term in _listing_terms(part)]
    if isinstance(node, Not | Bound):
        return _listing_terms(node.inner)
    return [node] if isinstance(node, Term) and node.path in LISTING else []


def _set_listing(query: Query, term: Term, problems: list[Problem]) -> None:
    """Store `sort:-rating,date`, `limit:20` or `page:2` in `query`."""
    text = term.value.text
    span = term.value.span
    if not text:  # the parser has reported it
        return
    if term.path == "sort":
        keys = tuple(part.text for part in term.value.split(","))
        if not all(keys):
            problems.append(Problem(span.start, span.end, "sort: has an empty key between commas."))
        query.sort += keys
        return
    least = 1 if term.path == "page" else 0
    if not (text.isascii() and text.isdecimal() and int(text) >= least):
        problems.append(Problem(span.start, span.end, f"{term.path}: takes a whole number from {least}."))
    elif term.path == "limit":
        query.limit = int(text)
    else:
        query.page = int(text)
