"""One write path: only `core.edits.apply` sends the mutations that change objects."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import ROOT

from stash_cli.core.types.api import describe_api

CORE, COMMANDS = ROOT / "stash_cli" / "core", ROOT / "stash_cli" / "commands"
PATHS = [*(CORE / "edits").rglob("*.py"), *(CORE / "store").glob("*.py"), CORE / "client" / "base.py"]
PATHS += COMMANDS.rglob("*.py")

SENDING = {
    "call",
    "call_all",
    "call_each",
    "execute",
    "execute_batch",
    "call_operation",
    "call_operation_json",
    "mutate",
    "mutate_entity",
}
"""Functions that send their argument."""

PERMITTED = {
    ("apply", "_execute"): "the write path",
    ("apply", "apply_one"): "the write path",
    ("databases", "read_fingerprint"): "three queries",
    ("snapshots", "_references"): "queries for what refers to objects",
    ("moves", "_files_at"): "queries for files at a path",
    ("base", "_call"): "queries; mutations go to `apply_one`",
    ("base", "execute"): "documents of the user",
    ("base", "execute_batch"): "operations of the user",
    ("base", "_destroy"): "by `call_operation`, which takes `_call`",
    ("base", "bulk"): "by `call_operation`, which takes `_call`",
    ("base", "find_entity"): "a query by its type",
    ("api", "work"): "documents of the user",
    ("jobs", "request_stop"): "jobs are no objects",
    ("waiting", "start_job"): "jobs are no objects",
    ("waiting", "_interrupted"): "jobs are no objects",
    ("metadata", "prepare_migrate"): "jobs are no objects",
    ("file_tasks", "copied"): "copies of the database change nothing in it",
    ("file_tasks", "exported"): "an export changes nothing",
    ("system", "work"): "a server without a database has no objects",
    ("sql", "work"): "statements of the user",
    ("calls", "_send_query"): "operations that change no object",
    ("scrapers", "work"): "scraping changes nothing",
    ("scraping", "_submit"): "fingerprints are sent to others and change nothing here",
    ("plugins", "work"): "a plugin that answers is asked by a person",
    ("plugins", "_send_confirmed"): "plugins are no objects",
}
"""Module and function -> why it may send something not recognisable as a query."""


def sends(node: ast.AST, function: str = "") -> Iterator[tuple[str, ast.Call]]:
    """Calls that send something, with their enclosing function."""
    for child in ast.iter_child_nodes(node):
        inside = child.name if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else function
        if isinstance(child, ast.Call):
            method = getattr(child.func, "attr", "")
            is_sql = getattr(getattr(child.func, "value", None), "id", "") == "connection"
            is_named = method == "send" or (method or getattr(child.func, "id", "")) in SENDING
            if is_named and not is_sql:
                yield function, child
        yield from sends(child, inside)


def is_query(call: ast.Call) -> bool:
    """Whether the operation named in the arguments is a query: a string, or an entity's `find`."""
    for argument in call.args[:2]:
        if isinstance(argument, ast.Constant) and argument.value in describe_api().queries:
            return True
        if isinstance(argument, ast.Attribute) and argument.attr == "find":
            return True
    return False


@pytest.mark.parametrize("path", PATHS, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_only_the_write_path_sends_mutations(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = {(path.stem, function) for function, call in sends(tree) if not is_query(call)}
    assert found <= PERMITTED.keys()


def test_every_permission_is_used() -> None:
    trees = {path.stem: ast.parse(path.read_text(encoding="utf-8")) for path in PATHS}
    found = {(stem, name) for stem, tree in trees.items() for name, call in sends(tree) if not is_query(call)}
    assert found == PERMITTED.keys()
