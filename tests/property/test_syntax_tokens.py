"""The GraphQL lexer agrees with graphql-core on tokens and operation types."""

from __future__ import annotations

from graphql import GraphQLSyntaxError, Source
from graphql.language import Lexer, OperationDefinitionNode, TokenKind, parse
from hypothesis import given, settings
from hypothesis import strategies as st

from stash_cli.core.syntax import operations
from stash_cli.core.syntax.tokens import NotUnderstoodError, tokens

_VALUES = {"Name", "String", "BlockString", "Int", "Float"}
PIECES = (
    *(
        '"',
        '""',
        '"""',
        '\\"""',
        "\\",
        "\\u",
        "\\u{",
        "1F600}",
        "d83d",
        "\\ud83d\\ude00",
        "\\uD800",
        "110000}",
    ),
    *(
        "0",
        "1",
        "-",
        ".",
        "...",
        "e",
        "E+",
        "#",
        "\n",
        "\r",
        "\r\n",
        "\ufeff",
        ",",
        " ",
        "a",
        "_x",
        "é",
        "😀",
    ),
    *("$", "!", "(", ")", "[", "]", "{", "}", "@", "=", ":", "&", "|", "?", "\x7f", "\u2028", "\ud800", "\t"),
)
WORDS = (
    *(
        "query",
        "mutation",
        "subscription",
        "fragment",
        "on",
        "F",
        "a",
        ": b",
        "...",
        "...F",
        "@skip(if: true)",
    ),
    *("{", "}", "{ a }", "{ b { c } }", "(x: {y: [1]})", "($v: I = 1)", '"d"', '"""d"""', "# x\r", "type T"),
)


def ours(document: str) -> list[tuple[str, int, int]] | None:
    try:
        found = list(tokens(document))[:-1]
    except NotUnderstoodError:
        return None
    return [(kind if kind in _VALUES else text, start, start + len(text)) for kind, text, start in found]


def reference(document: str) -> list[tuple[str, int, int]] | None:
    lexer, found = Lexer(Source(document)), []
    try:
        while (token := lexer.advance()).kind is not TokenKind.EOF:
            found.append((token.kind.value, token.start, token.end))
    except GraphQLSyntaxError:
        return None
    return found


@settings(max_examples=600)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_tokens_equal_graphql_core(document: str) -> None:
    assert ours(document) == reference(document)


@given(st.lists(st.sampled_from(("\x00", "\x0b", "\x1b", *PIECES)), max_size=8).map("".join))
def test_documents_rejected_by_graphql_core_are_rejected(document: str) -> None:
    assert ours(document) in (None, reference(document))


@settings(max_examples=600)
@given(st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join))
def test_operations_equal_graphql_core(document: str) -> None:
    found = operations.parse(document)
    try:
        nodes = parse(document).definitions
    except GraphQLSyntaxError:
        return  # a server rejects it in any case
    expected = [
        (each.operation.value, each.name.value if each.name else "")
        for each in nodes
        if isinstance(each, OperationDefinitionNode)
    ]
    if found is not None:
        assert [(each.kind.value, each.name) for each in found.operations] == expected
