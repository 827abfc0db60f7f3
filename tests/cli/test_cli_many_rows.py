"""Many rows: constant memory, and pages read and written like single rows."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import ROOT, fresh_python
from table_tests import table_test

from stash_cli.core.transport.http import ENOUGH, JsonReader
from stash_cli.output.json_lines import MANY, dump_rows

PEAKS = """
import gc, json, os, sys, tracemalloc
from stash_cli.app import root
from stash_cli.output.streams import Streams
from stash_cli.program import run

def peak(rows, name):
    fields = {"ids": [], "paths": []}.get(name, ["--fields", "id,title"])
    argv = ["--server", url, "scenes", "find", "--output", name, "--limit", str(rows), *fields]
    gc.collect()
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    gc.disable()  # a page that only the collector frees counts as growth
    assert run(argv, Streams(open(os.devnull, "w"), sys.stderr, sys.stdin, os.environ), root) == 0
    gc.enable()
    return tracemalloc.get_traced_memory()[1] - before

url, formats = sys.argv[1], json.loads(sys.argv[2])
tracemalloc.start()
peak(10, "jsonl")  # imports
print(json.dumps({name: peak(many, name) - peak(few, name) for name, (few, many) in formats.items()}))
"""
FEW_AND_MANY = {
    **dict.fromkeys(("jsonl", "json", "csv", "tsv", "md", "table", "ids", "paths"), (1000, 10_000)),
    "yaml": (1000, 3000),  # slow
}


@pytest.fixture(scope="module")
def synthetic() -> Iterator[str]:
    """URL of a server with any number of rows."""
    command = [sys.executable, str(ROOT / "benchmarks" / "synthetic.py"), "1000000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.kill()


@pytest.mark.long
def test_memory_is_constant_in_every_format(synthetic: str) -> None:
    growth = json.loads(fresh_python(PEAKS, synthetic, json.dumps(FEW_AND_MANY)))
    assert growth.keys() == FEW_AND_MANY.keys()
    # One or two more pages may be buffered; ten piled-up pages take 3 MB.
    assert max(growth.values()) < 2_000_000, growth


def test_garbage_is_collected_during_a_command(synthetic: str) -> None:
    code = """
import atexit, gc, sys
from stash_cli.__main__ import main
usual = gc.get_threshold()
looked = lambda: gc.get_stats()[0]["collections"] > 0
atexit.register(lambda: print("", gc.isenabled(), gc.get_threshold() == usual, looked()))
sys.argv = ["stash", "--server", sys.argv[1], "scenes", "find", "--limit", "2000", "--ids"]
main()
"""
    assert fresh_python(code, synthetic).split()[-3:] == ["True", "True", "True"]


def read_early(text: bytes) -> Any:
    return JsonReader().read(text)


def read_late(text: bytes) -> Any:
    """The value, read after many others."""
    reader = JsonReader()
    assert reader.read(b"1" + b" " * ENOUGH) == 1
    return reader.read(text)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(2**80), 2**80)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from(['"\\/"', ', "\\/", ', "\\/", "1e5,", "},{", "\ud800", "\u2028", "é\0\x7f"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=30)
@given(st.lists(st.dictionaries(st.text(), JSON, max_size=5), min_size=1, max_size=5), st.randoms())
def test_page_is_written_like_single_rows(some: list[dict[str, Any]], chance: random.Random) -> None:
    rows = [chance.choice(some) for _ in range(MANY)]
    assert dump_rows(rows, "\n") == "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)


@given(JSON, st.booleans())
def test_responses_are_read_alike_early_and_late(value: Any, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    assert repr(read_early(text)) == repr(read_late(text)) == repr(json.loads(text))


@table_test(
    "text",
    [
        "\ufeff[1]".encode(),
        '{"a": 1, "a": 2}'.encode("utf-16"),
        b'{"a": 1, "a": 2}',
        b"[18446744073709551616, -9223372036854775809, 1e400e, 1]",
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b'"\\ud800"',
        b"[1,]",
        b"[01]",
        b"'a'",
        b"NaN",
        b"-Infinity",
        b"1e400",
        b"[1] 2",
        b"[" * 900 + b"]" * 900,
        b"[" * 100_000,
        b"",
    ],
)
def test_unusual_texts_are_read_alike(text: bytes) -> None:
    def outcome(read: Callable[[bytes], Any]) -> Any:
        try:
            return repr(read(text))
        except (ValueError, RecursionError) as error:
            return type(error)

    assert outcome(read_early) == outcome(read_late)


@table_test("text", [b"NaN", b"[Infinity]", b'{"a": -Infinity}', b"1e400", b"-1e999"])
def test_number_outside_json_is_rejected(text: bytes) -> None:
    for read in (read_early, read_late):
        with pytest.raises(ValueError, match="is not a number of JSON"):
            read(text)


def test_numbers_with_exponents_are_exact() -> None:
    rows = [{"a": 10.0**n, "b": 2.5 * 10.0**-n, "c": -(10**n)} for n in range(MANY)]
    assert dump_rows(rows, ",\n") == ",\n".join(json.dumps(row) for row in rows)
