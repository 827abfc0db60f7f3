"""GraphQL documents, parsed and validated once: the same text is never looked at twice."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    SelectionSetNode,
    parse,
    validate,
)

from stash_cli.embedded.schema import library_schema
from stash_cli.embedded.wording import reword

MAX_DEPTH = 25
"""Levels of selection; recursive relations make every level more expensive than the one before."""
_MAX_BRACKETS = 80
_PARSE, _VALIDATION = "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED"
_STRINGS = re.compile(r'"""(?:\\"""|.)*?"""|"(?:\\.|[^"\\\n])*"|#[^\n]*', re.DOTALL)


@dataclass(frozen=True)
class Document:
    """A parsed document, or the errors that keep it from running."""

    ast: DocumentNode | None
    errors: list[dict[str, Any]] = field(default_factory=list)


@lru_cache(maxsize=500)
def prepare(text: str) -> Document:
    """Parse and validate `text`; also refuses what nests too deep, before it costs anything."""
    if _brackets(text) > _MAX_BRACKETS:
        return Document(
            None, [{"message": f"the document nests deeper than {_MAX_BRACKETS} brackets"} | _code(_PARSE)]
        )
    if not text.strip():
        return Document(None, [{"message": "no operation provided"} | _code(_VALIDATION)])
    try:
        ast = parse(text, no_location=False)
    except GraphQLError as failure:
        return Document(None, [describe(failure, _PARSE)])
    errors = [describe(failure, _VALIDATION) for failure in validate(library_schema(), ast)]
    if not errors and (depth := _depth(ast)) > MAX_DEPTH:
        message = f"the query nests {depth} levels deep, at most {MAX_DEPTH} are answered"
        errors = [{"message": message} | _code(_VALIDATION)]
    return Document(None if errors else ast, errors)


def describe(failure: GraphQLError, code: str = _VALIDATION) -> dict[str, Any]:
    """The error object of a document that is refused: message, locations and a code."""
    shown: dict[str, Any] = {**failure.formatted, "message": reword(failure.message)}
    return {key: shown[key] for key in ("message", "path", "locations") if shown.get(key)} | _code(code)


def _code(code: str) -> dict[str, Any]:
    return {"extensions": {"code": code}}


def _brackets(text: str) -> int:
    """How deep brackets of any kind nest, strings and comments aside."""
    depth = deepest = 0
    for char in _STRINGS.sub("", text):
        if char in "{[(":
            depth += 1
            deepest = max(deepest, depth)
        elif char in "}])":
            depth -= 1
    return deepest


def _depth(document: DocumentNode) -> int:
    """How deep the selections nest, fragments followed."""
    fragments = {
        node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
    }
    known: dict[str, int] = {}

    def of_selections(selections: SelectionSetNode | None) -> int:
        return max(map(of_node, selections.selections), default=0) if selections else 0

    def of_node(node: Any) -> int:
        if isinstance(node, FieldNode):
            return 1 + of_selections(node.selection_set)
        if isinstance(node, FragmentSpreadNode):
            name = node.name.value
            if name not in known:
                known[name] = of_selections(fragments[name].selection_set)
            return known[name]
        return of_selections(node.selection_set)

    return max(
        (of_selections(getattr(node, "selection_set", None)) for node in document.definitions), default=0
    )
