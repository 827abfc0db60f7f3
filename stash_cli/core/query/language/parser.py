r"""The parser of the query language: text to a syntax tree, by recursive descent.

    query    = [ or ] ;
    or       = and { ("or" | "|") and } ;
    and      = not { [ "and" ] not } ;
    not      = [ "not" | "-" | "^" ] primary ;
    primary  = "(" or ")" | term | word ;
    term     = path operator value | path ":" "(" or ")" ;
    path     = name { "." name } ;
    operator = ":" | ":=" | ":!=" | ":>" | ":>=" | ":<" | ":<=" | ":~" | ":!~"
             | "=" | "!=" | ">" | ">=" | "<" | "<=" | "~" | "!~" | "__" lookup "=" ;
    value    = the rest of the term, to white space outside of quotes ;
    word     = bare | '"' { character | \" | \\ } '"' | "'" { character } "'" ;

A name before an operator is a term only where the objects have such a field; before a colon an unknown name
is a mistake. Mistakes in single terms are collected, mistakes in the structure end the parsing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stash_cli.core.query.language import fields as names
from stash_cli.core.query.language import tree
from stash_cli.core.query.language.bare_words import to_search_for, unknown_field, word_note, word_problem
from stash_cli.core.query.language.problems import Problem, QueryProblem
from stash_cli.core.query.language.scan import SPACE, Source, closing_quote, unclosed, unquoted

if TYPE_CHECKING:
    from stash_cli.core.query.language.fields import Target

MAX_LEVELS = 60
"""Nested groups; each takes several calls of the parser and of the compiler."""
MAX_LENGTH = 1_000_000
"""Characters of a query."""
MAX_ITEMS = 10_000
"""Terms and words of a query."""
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)
_ABSOLUTE = re.compile(r"/|~/|[A-Za-z]:[\\/]|\\\\")


@dataclass(slots=True)
class Scope:
    """The context of items: the type that paths belong to, and the path whose values a group lists."""

    type: str
    target: Target | None = None
    values: bool = False
    only_values: bool = False


@dataclass
class Parser:
    """The state of parsing one text.

    `notes` explain to the user how a part was read. `mixed` are disjunctions of conjunctions without
    parentheses, which may be meant otherwise; `groups` are the places of parentheses.
    """

    source: Source
    type: str
    at: int = 0
    level: int = 0
    items: int = 0
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    mixed: list[tree.Or] = field(default_factory=list)
    groups: set[tree.Span] = field(default_factory=set)

    @property
    def text(self) -> str:
        return self.source.text

    def parse(self) -> tree.Node | None:
        """The tree; None for a text without items. Raises QueryProblem for a mistake of the structure."""
        if len(self.text) > MAX_LENGTH:
            raise QueryProblem(0, 1, f"The query has more than {MAX_LENGTH:,} characters.")
        self.at = self.source.skip(0)
        if self.at == len(self.text):
            return None
        found = self._or(Scope(self.type))
        if self.at < len(self.text):
            raise QueryProblem(
                self.at, self.at + 1, "There is no ( for this ).", 'Quote it to search for it: ")".'
            )
        return found

    def _or(self, scope: Scope) -> tree.Node:
        start, parts = self.at, list[tree.Node]()
        while True:
            parts.append(self._and(scope))
            if self._keyword() not in ("or", "|"):
                break
            self._next_operand()
        if len(parts) == 1:
            return parts[0]
        node = tree.Or(_flat(parts, tree.Or), tree.Span(start, self.at))
        if any(isinstance(part, tree.And) and part.span not in self.groups for part in parts):
            self.mixed.append(node)
        return node

    def _and(self, scope: Scope) -> tree.Node:
        start, parts = self.at, [self._not(scope)]
        while self.at < len(self.text) and self.text[self.at] != ")":
            word = self._keyword()
            if word in ("or", "|"):
                break
            if word == "and":
                self._next_operand()
            parts.append(self._not(scope))
        return parts[0] if len(parts) == 1 else tree.And(_flat(parts, tree.And), tree.Span(start, self.at))

    def _next_operand(self) -> None:
        """Step over a keyword to the item that has to follow it."""
        start = self.at
        self.at = self.source.skip(self._bare_end(self.at))
        if self.at >= len(self.text) or self.text[self.at] == ")":
            word = self.text[start : self._bare_end(start)]
            raise QueryProblem(start, start + len(word), f"Nothing follows {word}.", to_search_for(word))

    def _not(self, scope: Scope) -> tree.Node:
        start = self.at
        if self._keyword() == "not":
            self._next_operand()
            self._check_negated_words(start, scope)
        elif self.text[self.at] in "-^" and not self._is_negative_value(scope):
            self._dash(start)
        else:
            return self._primary(scope)
        inner = self._primary(scope)
        return tree.Not(inner, tree.Span(start, self.at))

    def _is_negative_value(self, scope: Scope) -> bool:
        """Whether a dash in a list of values belongs to a number or a time."""
        return scope.only_values and re.match(r"-[\d.]", self.text[self.at : self.at + 2]) is not None

    def _dash(self, start: int) -> None:
        self.at += 1
        mark, following = self.text[start], self.text[self.at : self.at + 1]
        if following and following in "-^":
            raise QueryProblem(start, self.at + 1, "One dash leaves a term out.", "Options stand before --.")
        if not following or following in f"{SPACE})":
            hint = f"Write it before its term, or quote it: {tree.quote(mark)}."
            raise QueryProblem(start, self.at, f"Nothing follows {mark}.", hint)
        if following.isdecimal():
            text = self.text[self.at : self._bare_end(self.at)]
            self.notes.append(
                f"-{text} leaves out the text {text}; write {tree.quote(f'-{text}')} to search for it"
            )

    def _check_negated_words(self, start: int, scope: Scope) -> None:
        """Refuse `not today`: a sentence rather than an operator."""
        if scope.values or self.text[self.at] in "(\"'-^" or self._term_head(scope) is not None:
            return
        word = self.text[self.at : self._bare_end(self.at)]
        both = tree.quote(self.text[start : self.at + len(word)])
        raise QueryProblem(
            start,
            self.at + len(word),
            f"not stands before a term, and {word} is a word.",
            f"Write -{word} to leave it out, or {both} to search for both words.",
        )

    def _keyword(self) -> str:
        """The keyword at the current position, or ""."""
        if self.at >= len(self.text) or self.text[self.at] not in "aAoOnN|":
            return ""
        end = self._bare_end(self.at)
        word = self.text[self.at : end].lower() if end - self.at <= 3 else ""  # noqa: PLR2004 - the longest one
        return word if word in tree.KEYWORDS else ""

    def _bare_end(self, at: int) -> int:
        """The end of a bare item."""
        limit = self.source.arguments.get(at)
        if limit is not None:
            return limit
        return self.source.value(at, None).span.end if self.text[at] not in "\"'" else at + 1

    def _primary(self, scope: Scope) -> tree.Node:
        self.items += 1
        if self.items > MAX_ITEMS:
            raise QueryProblem(self.at, self.at + 1, f"The query has more than {MAX_ITEMS:,} terms.")
        start = self.at
        if self.text[start] == "(" and start not in self.source.arguments:
            return self._group(scope, start)
        self.source.check_first(start)
        if word := self._keyword():
            raise QueryProblem(
                start, start + len(word), f"{word} stands between two terms.", to_search_for(word)
            )
        found = self._item(scope, start)
        self.at = self.source.skip(self.at)
        return found

    def _group(self, scope: Scope, start: int) -> tree.Node:
        self.level += 1
        if self.level > MAX_LEVELS:
            raise QueryProblem(start, start + 1, f"More than {MAX_LEVELS} groups stand within each other.")
        self.at = self.source.skip(start + 1)
        if self.at < len(self.text) and self.text[self.at] == ")":
            raise QueryProblem(start, self.at + 1, "The group is empty.")
        if self.at >= len(self.text):
            raise QueryProblem(start, start + 1, "The group ( is not closed.", "Close it with ).")
        inner = self._or(scope)
        if self.at >= len(self.text):
            raise QueryProblem(start, start + 1, "The group ( is not closed.", "Close it with ).")
        self.level -= 1
        self.at += 1
        end = self.at
        self.groups.add(tree.Span(start, end))
        self.at = self.source.skip(self.at)
        return _with_span(inner, tree.Span(start, end))

    def _term_head(self, scope: Scope) -> tuple[str, str, int, Target | None] | None:
        """Path, operator, position of the value and target of the term at the current position, or None."""
        head = None if scope.only_values else self.source.head(self.at)
        if head is None:
            return None
        path, operator, value = head
        if path.lower() in names.WORD_FIELDS and operator == ":":
            return path.lower(), operator, value, None
        target = names.target(scope.type, path)
        if target is None or (target.lookup and operator != "="):
            return None
        # `path:~/x` is a folder in the user's home, not an expression: no shell expands it in this place.
        if operator == ":~" and self.text[value : value + 1] == "/" and names.is_path(target):
            operator, value = ":", value - 1
        return path, operator, value, target

    def _item(self, scope: Scope, start: int) -> tree.Node:
        head = self._term_head(scope)
        limit = self.source.arguments.get(start)
        if limit is None and start and self.text[start - 1] in "-^":
            limit = self.source.arguments.get(start - 1)
        if head is not None:
            return self._term(scope, head, limit)
        if scope.values:
            return self._value_item(scope, start)
        return self._word(scope, start, limit)

    def _term(self, scope: Scope, head: tuple[str, str, int, Target | None], limit: int | None) -> tree.Node:
        start = self.at
        path, operator, at, target = head
        if operator == ":" and self.text[at : at + 1] == "(" and self._is_bound(limit):
            return self._bound(scope, start, path, at, target)
        listed = names.is_listed(target)
        literal = operator in (":~", "~", ":!~", "!~")
        value = self.source.value(at, limit, listed=listed, literal=literal)
        self.at = value.span.end
        if not value.text.strip():
            self._empty(path, start, at)
        return tree.Term(path, operator, value, listed and not literal, tree.Span(start, self.at))

    def _is_bound(self, limit: int | None) -> bool:
        """Whether a parenthesis after a colon opens a group: in an argument, if it closes at the end."""
        return limit is None or self.text[limit - 1] == ")"

    def _empty(self, path: str, start: int, at: int) -> None:
        name = path.partition("__")[0]
        hint = (
            f"Write no:{name} for objects without it."
            if name not in names.WORD_FIELDS
            else f"Write {name}:NAME."
        )
        self.problems.append(Problem(start, at, f"{path} has no value.", hint))

    def _bound(self, scope: Scope, start: int, path: str, at: int, target: Target | None) -> tree.Node:
        if target is None:
            raise QueryProblem(
                start, at + 1, f"{path}: takes a name, not a group.", f"Write {path}:A or {path}:B."
            )
        self.at = at
        related = target.related or scope.type
        only = target.related is None
        inner = self._group(Scope(related, target, values=True, only_values=only), at)
        return tree.Bound(path, inner, tree.Span(start, self.at))

    def _value_item(self, scope: Scope, start: int) -> tree.Node:
        """A value in a list such as `title:(a or b)`, as a term of the path before the list."""
        head = None if scope.only_values else self.source.head(start)
        if head is not None and head[1] == ":" and head[0].lower() not in ("id", "name"):
            self.at = self.source.value(start, None).span.end
            self.problems.append(unknown_field(self.source, scope.type, start, self.at, head[0]))
            return tree.Word(head[0], span=tree.Span(start, self.at))
        listed = names.is_listed(scope.target)
        value = self.source.value(start, None, listed=listed)
        self.at = value.span.end
        if self.at == start:
            raise QueryProblem(start, start + 1, "A value is expected here.")
        return tree.Term("", ":", value, listed, tree.Span(start, self.at))

    def _word(self, scope: Scope, start: int, limit: int | None) -> tree.Node:
        if self.text[start] in "\"'" and (quoted := self._quoted_word(start, limit)):
            return quoted
        value = self.source.value(start, limit, literal=True)
        self.at = value.span.end
        text = self.text[start : self.at]
        if self.at == start:
            raise QueryProblem(
                start, start + 1, "There is no ( for this ).", 'Quote it to search for it: ")".'
            )
        if _ADDRESS.match(text) and (names.target(scope.type, "url")):
            return tree.Term("url", ":", tree.Value.bare(text, value.span), span=value.span)
        if _ABSOLUTE.match(text) and names.target(scope.type, "path"):
            return tree.Term("path", ":", tree.Value.bare(text, value.span), span=value.span)
        if limit is None or self.source.head(start) is not None:
            problem = word_problem(self.source, scope.type, start, self.at, limit)
            self.problems += [problem] if problem else []
            self.notes += filter(None, [word_note(scope.type, text)])
        return tree.Word(text, span=tree.Span(start, self.at))

    def _quoted_word(self, start: int, limit: int | None) -> tree.Node | None:
        """A quoted word; None for a quote that does not enclose the whole argument."""
        close = closing_quote(self.text, start, len(self.text) if limit is None else limit)
        if limit is not None and close != limit - 1:
            return None
        if close < 0:
            raise unclosed(self.text, start)
        self.at = close + 1
        following = self.text[self.at : self.at + 1]
        if following and following not in f"{SPACE})":
            custom = f"A custom field is custom.{self.text[start : self.at]}."
            hint = custom if following in ":=<>.~" else "Put a space there."
            raise QueryProblem(self.at, self.at + 1, "After a closing quote there must be a space.", hint)
        text = unquoted(self.text[start : self.at])
        if not text.strip():
            raise QueryProblem(start, self.at, "The quotes are empty.")
        return tree.Word(text, quoted=True, span=tree.Span(start, self.at))


def _flat(parts: list[tree.Node], kind: type[tree.And | tree.Or]) -> tuple[tree.Node, ...]:
    """The parts, with groups of the same kind replaced by their parts."""
    return tuple(inner for part in parts for inner in (part.parts if isinstance(part, kind) else (part,)))


def _with_span(node: tree.Node, span: tree.Span) -> tree.Node:
    """The node with the span of the parentheses around it."""
    if isinstance(node, tree.And):
        return tree.And(node.parts, span)
    if isinstance(node, tree.Or):
        return tree.Or(node.parts, span)
    if isinstance(node, tree.Not):
        return tree.Not(node.inner, span)
    return node
