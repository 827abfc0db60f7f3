"""Request logging: operation names, types and harmless values; never a secret."""

from __future__ import annotations

import io
import logging
from pathlib import Path
from typing import Any

import pytest
from client_server import RESET, error_response, http_response, session_with
from support import run
from table_tests import table_test

from stash_cli.core.errors import StashError
from stash_cli.core.log import configure_logging, trace_of
from stash_cli.core.log.requests import secrets_of, shown_document, shown_variables

SECRET = "HuNtEr2-pass-word"
INPUT = "configureGeneral(input: {username: $u, password: %s}) { username }"
HIDDEN: dict[str, tuple[str, dict[str, Any]]] = {
    "a string": ("mutation { " + INPUT % f'"{SECRET}"' + " }", {}),
    "a block string": ("mutation { " + INPUT % f'"""{SECRET}"""' + " }", {}),
    "a word": ("mutation { " + INPUT % SECRET.replace("-", "_") + " }", {}),
    "a list": (f'query {{ a(names: ["{SECRET}"], modes: [A {SECRET.replace("-", "_")}]) }}', {}),
    "a default": (f'mutation ($pw: String = "{SECRET}") {{ {INPUT % "$pw"} }}', {}),
    "a default object": (f'query ($f: F = {{sort: "{SECRET}", id: "{SECRET}"}}) {{ a(f: $f) }}', {}),
    "a comment": (f"# {SECRET}\nmutation {{ a }}", {}),
    "a comment inside": (f"query {{ # {SECRET}\r a }}", {}),
    "a directive": (f'query {{ a @x(id: "{SECRET}") }}', {}),
    "no document": (f"{SECRET} and more", {}),
    "no string": (f'query {{ a(b: "{SECRET}) }}', {}),
    "words": (SECRET.replace("-", "_"), {}),
    "a variable": ("mutation ($p: String) { " + INPUT % "$p" + " }", {"p": SECRET}),
    "a nested variable": ("query { a }", {"input": {"boxes": [{"key": SECRET}]}}),
    "a harmless name": ("query { a }", {"id": SECRET, "sort": SECRET, "page": SECRET, "modifier": SECRET}),
    "a key": ("query { a }", {"custom_fields": {SECRET: 1}}),
    "a list of ids": ("query { a }", {"ids": ["1", SECRET]}),
    "another type": ("query { a }", {"file": Path(SECRET)}),
}


@table_test("case", HIDDEN)
@table_test("fault", ["500", "echo", "reset", "refused"])
def test_values_are_not_logged_or_reported(case: str, fault: str, tmp_path: Path) -> None:
    document, variables = HIDDEN[case]
    quoted = case not in ("a variable", "a string", "a block string", "a default")
    output = "no" if quoted else f'got "{SECRET}"'
    answers = {
        "500": http_response(500, ""),
        "echo": http_response(500, output),
        "reset": RESET,
        "refused": error_response(output, "a"),
    }
    stream = io.StringIO()
    handler = configure_logging(2, stream)

    async def main() -> StashError:
        async with session_with(lambda _: answers[fault], tmp_path) as (session, _):
            with pytest.raises(StashError) as caught:
                await session.execute(document, {k: v for k, v in variables.items() if k != "file"})
            return caught.value

    try:
        error = run(main())
    finally:
        logging.getLogger("stash_cli").removeHandler(handler)
    texts = f"{stream.getvalue()} {shown_variables(variables)} {error} {error.hint} {trace_of(error)}"
    assert SECRET not in texts
    assert SECRET.replace("-", "_") not in texts


def test_values_shown() -> None:
    variables = {
        "filter": {"page": 2, "per_page": 40, "sort": "created_at", "direction": "DESC", "q": "beach"},
        "ids": ["1", 2],
        "scene_filter": {"rating100": {"value": 80, "modifier": "GREATER_THAN"}, "organized": True},
        "a0_input": {"id": "7", "title": "x", "date": None, "pin": 1234, "ratio": 1.5},
        "many": list(range(30)),
    }
    text = shown_variables(variables)
    for part in (
        "{page: 2, per_page: 40, sort: created_at, direction: DESC, q: <String, 5 characters>}",
        "ids: [1, 2]",
        "{rating100: {value: 80, modifier: GREATER_THAN}, organized: true}",
        "{id: 7, title: <String, 1 characters>, date: null, pin: <Int>, ratio: <Float>}",
        "... 10 more]",
    ):
        assert part in text
    document = 'query Q($n: [Int!] = [1]) { a(page: 3, ids: ["4"], on: true, d: ASC) { b } } # end'
    assert shown_document(document) == (
        'query Q($n: [Int!] = [<Int>]) { a(page: 3, ids: ["4"], on: true, d: <a word>) { b } }'
    )


def test_secrets_of_a_request() -> None:
    document = 'mutation ($p: String, $q: String = "dd") { a(password: $p, x: {token: "tt"}) b(api_key: $q) }'
    variables = {"p": "pp", "input": {"cookies": [{"value": "cc"}], "title": "t"}, "n": 1}
    assert secrets_of(document, variables) == {"pp", "dd", "tt", "cc"}


def test_tracebacks_contain_no_values() -> None:
    class DriverError(Exception):
        pass

    first = DriverError(f"wrong \"x\" [SQL: UPDATE]\n[parameters: ('{SECRET}',)]")
    with pytest.raises(ValueError, match="got") as caught:
        raise ValueError(f"got '{SECRET}' from https://me:{SECRET}@host/?apikey={SECRET}") from first
    text = trace_of(caught.value)
    assert SECRET not in text
    assert "DriverError: wrong" in text
    assert "in test_tracebacks_contain_no_values" in text
    assert text.index("DriverError") < text.index("ValueError")
