"""The operations of a document with their kinds and root fields, parsed by the GraphQL grammar."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from stash_cli.core.syntax import RootField
from stash_cli.core.syntax.tokens import STRINGS, NotUnderstoodError, Token, tokens

if TYPE_CHECKING:
    from collections.abc import Iterator


_CLOSES = {"(": ")", "[": "]", "{": "}"}
_DEEPEST = 50
"""Nesting of inline fragments in a root selection set that is parsed."""
_REMEMBERED = 4096
"""Length in characters up to which a parsed document is cached."""


class Kind(StrEnum):
    """The kind of an operation."""

    QUERY = "query"
    MUTATION = "mutation"
    SUBSCRIPTION = "subscription"


_KEYWORDS = tuple(Kind)


class Operation(NamedTuple):
    """An operation of a document; `spreads` are the unconditional fragments of its root selection set."""

    kind: Kind
    name: str
    fields: list[RootField]
    spreads: list[str]


class ExecutableDocument:
    """The operations of a document and the root fields of its fragments."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self.fragments: dict[str, Operation] = {}

    def chosen(self, name: object) -> list[Operation]:
        """The operations that `name` selects: exactly one, unless the document is invalid."""
        return [each for each in self.operations if not name or each.name == name]

    def root_fields(self, operation: Operation) -> list[RootField]:
        """The root fields of an operation, including those of its fragments."""
        found, seen, left = list(operation.fields), set[str](), list(operation.spreads)
        while left:
            name = left.pop()
            if name in self.fragments and name not in seen:
                seen.add(name)
                found += self.fragments[name].fields
                left += self.fragments[name].spreads
        return found


def kind_of(document: str, name: object = None) -> Kind | None:
    """The kind of the operation that a server executes; None where that is not certain.

    `name` is `operationName`; a document with several operations is certain only with a name.
    """
    parsed = parse(document)
    found = parsed.chosen(name) if parsed else []
    return found[0].kind if len(found) == 1 else None


def root_fields(document: str, name: object = None) -> list[RootField]:
    """The root fields of the operation that a server executes; [] where that is not certain."""
    parsed = parse(document)
    found = parsed.chosen(name) if parsed else []
    return parsed.root_fields(found[0]) if parsed and len(found) == 1 else []


def parse(document: str) -> ExecutableDocument | None:
    """The operations of a document; None for text that cannot be parsed."""
    return _remembered(document) if len(document) <= _REMEMBERED else _parse(document)


def _parse(document: str) -> ExecutableDocument | None:
    try:
        return _Parser(document).document()
    except NotUnderstoodError:
        return None


_remembered = lru_cache(maxsize=64)(_parse)


class _Parser:
    """Recursive descent over the tokens, with one token of lookahead."""

    def __init__(self, document: str) -> None:
        self._tokens: Iterator[Token] = tokens(document)
        self._next = next(self._tokens)

    def document(self) -> ExecutableDocument:
        found = ExecutableDocument()
        while self._next.kind != "End":
            self._definition(found)
        return found

    def _definition(self, found: ExecutableDocument) -> None:
        # The shorthand of a query (section 2.3 of the specification).
        if self._next.text == "{" and self._next.kind == "Punctuator":
            found.operations.append(self._selected(Kind.QUERY, ""))
            return
        if self._next.kind in STRINGS:  # a description, which an anonymous operation cannot have
            self._take()
        keyword = self._name()
        if keyword == "fragment":
            name = self._name()
            if name == "on" or name in found.fragments:
                raise NotUnderstoodError(f"not the name of a fragment: {name}")
            self._arguments()
            if self._name() != "on":
                raise NotUnderstoodError("a fragment without a type")
            self._name()
            self._directives()
            found.fragments[name] = self._selected(Kind.QUERY, name)
        elif keyword in _KEYWORDS:
            name = self._name() if self._next.kind == "Name" else ""
            self._arguments()
            self._directives()
            found.operations.append(self._selected(Kind(keyword), name))
        else:
            raise NotUnderstoodError(f"not an executable definition: {keyword}")

    def _selected(self, kind: Kind, name: str) -> Operation:
        found = Operation(kind, name, [], [])
        self._selection(found, optional=False, depth=0)
        return found

    def _selection(self, found: Operation, *, optional: bool, depth: int) -> None:
        # The parser is recursive, and a document must not be able to exhaust the stack.
        if depth > _DEEPEST:
            raise NotUnderstoodError("fragments too deep in each other")
        self._punctuator("{")
        while not self._at("}"):
            if self._at("..."):
                self._spread(found, optional=optional, depth=depth)
            else:
                found.fields.append(self._field(optional=optional))
        self._take()

    def _spread(self, found: Operation, *, optional: bool, depth: int) -> None:
        self._take()
        name = self._name() if self._next.kind == "Name" else ""
        if name == "on":
            self._name()
        optional = self._directives() or optional
        if self._at("{"):
            self._selection(found, optional=optional, depth=depth + 1)
        # A fragment that a directive may omit does not promise its fields.
        elif not optional:
            found.spreads.append(name)

    def _field(self, *, optional: bool) -> RootField:
        key = name = self._name()
        if self._at(":"):
            self._take()
            name = self._name()
        self._arguments()
        optional = self._directives() or optional
        is_composite = self._at("{")
        if is_composite:
            self._skip_group()
        return RootField(key, name, is_composite, optional)

    def _directives(self) -> bool:
        """Skip directives; whether there were any."""
        found = False
        while self._at("@"):
            found = True
            self._take()
            self._name()
            self._arguments()
        return found

    def _arguments(self) -> None:
        """Skip arguments or variable definitions."""
        if self._at("("):
            self._skip_group()

    def _skip_group(self) -> None:
        """Skip to the bracket that closes the next one."""
        partners = [_CLOSES[self._take().text]]
        while partners:
            token = self._take()
            if token.kind != "Punctuator":
                continue
            if token.text in _CLOSES:
                partners.append(_CLOSES[token.text])
            elif token.text in _CLOSES.values() and token.text != partners.pop():
                raise NotUnderstoodError(f"unbalanced {token.text}")

    def _at(self, punctuator: str) -> bool:
        return self._next.text == punctuator and self._next.kind == "Punctuator"

    def _punctuator(self, text: str) -> None:
        if not self._at(text):
            raise NotUnderstoodError(f"no {text} at character {self._next.start}")
        self._take()

    def _name(self) -> str:
        if self._next.kind != "Name":
            raise NotUnderstoodError(f"no name at character {self._next.start}")
        return self._take().text

    def _take(self) -> Token:
        token = self._next
        if token.kind == "End":
            raise NotUnderstoodError("the document ends too early")
        self._next = next(self._tokens)
        return token
