"""docs/library-lookups.md documents exactly the existing lookups."""

from __future__ import annotations

import ast
import re
from datetime import UTC, datetime
from typing import Any

from support import ROOT
from table_tests import table_test

from stash_cli.core.errors import StashLookupError
from stash_cli.core.query.lookups import compile as compile_lookups
from stash_cli.core.query.lookups import fields
from stash_cli.core.types.entities import ENTITIES

TEXT = (ROOT / "docs" / "library-lookups.md").read_text(encoding="utf-8")
NOW = datetime(2024, 5, 10, tzinfo=UTC)
EXAMPLES = sorted(
    {found for found in re.findall(r"`([^`]+)`", TEXT) if re.match(r"\w+=", found) and "field" not in found}
)
OF_ONE_USE = {"distance", "endpoint", "phash", "url", "stash_id", "title"}
"""Lookups of a single field, documented in its own help."""


def example(text: str) -> dict[str, Any]:
    call = ast.parse(f"dict({text})", mode="eval").body
    assert isinstance(call, ast.Call)
    return {str(word.arg): ast.literal_eval(word.value) for word in call.keywords}


@table_test("text", EXAMPLES)
def test_examples_are_valid_lookups(text: str) -> None:
    lookups = {
        f"rating100__{name}" if name in ("gt", "gte") else name: v for name, v in example(text).items()
    }
    try:
        compiled = compile_lookups("Scene", lookups, now=NOW)
    except StashLookupError:
        compiled = compile_lookups("Performer", lookups, now=NOW)
    assert compiled.filter


def test_guide_has_examples() -> None:
    assert len(EXAMPLES) > 10


def test_every_lookup_is_documented() -> None:
    offered = {name for entity in ENTITIES for field in fields(entity).values() for name in field.lookups}
    assert offered - OF_ONE_USE <= set(re.findall(r"`(\w+)`", TEXT))
