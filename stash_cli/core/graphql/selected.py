"""The fields that a document of this library selects, for the check that an answer has them."""

from __future__ import annotations

from functools import lru_cache

from stash_cli.core.syntax.tokens import Token, tokens

Tree = dict[str, "Tree | None"]
"""Response key -> what is selected below it; `...Type` -> what is selected of that type only."""

_FRAGMENT = "..."


@lru_cache(maxsize=64)
def selected(document: str) -> Tree:
    """The selection of a document with one operation and no named fragments or directives."""
    parts = list(tokens(document))
    position = 0
    while parts[position].text != "{":
        position = _after_group(parts, position)
    return _tree(parts, position + 1)[0]


def for_type(tree: Tree, names: frozenset[str]) -> Tree:
    """What `tree` selects of an object whose type and interfaces are `names`."""
    found: Tree = {}
    for key, below in tree.items():
        if not key.startswith(_FRAGMENT):
            found[key] = below
        elif below and key.removeprefix(_FRAGMENT) in names:
            found |= for_type(below, names)
    return found


def _tree(parts: list[Token], position: int) -> tuple[Tree, int]:
    """The selection that begins at `position`, and the position after its brace."""
    tree: Tree = {}
    while parts[position].text != "}":
        key = parts[position].text
        if key == _FRAGMENT:
            key, position = f"{key}{parts[position + 2].text}", position + 3
        elif parts[position + 1].text == ":":
            position += 3
        else:
            position += 1
        if parts[position].text == "(":
            position = _after_group(parts, position)
        tree[key] = None
        if parts[position].text == "{":
            tree[key], position = _tree(parts, position + 1)
    return tree, position + 1


def _after_group(parts: list[Token], position: int) -> int:
    """The position after one token, or after the parenthesis that closes the one at `position`."""
    depth = 0
    while True:
        depth += {"(": 1, ")": -1}.get(parts[position].text, 0)
        position += 1
        if depth == 0:
            return position
