"""RE2 patterns give the same matches in Python as on the server."""

from __future__ import annotations

import time
from random import Random

import pytest
from support import fresh_python
from table_tests import table_test

from stash_cli.core.types.re2 import ExpressionError
from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.library.functions import compare_naturally, compile_pattern, phash_distance


@table_test(
    ("pattern", "text", "found"),
    [
        (r"(?i)^\Qa.b\E$", "A.B", True),
        (r"(?i)^\Qa.b\E$", "axb", False),
        (r"\Qopen (", "an open ( bracket", True),
        ("a(?i)b", "aB", True),
        ("a(?i)b", "AB", False),
        ("a(?i)b|c", "C", True),
        ("(a(?i)b)c", "aBC", False),
        ("x$", "x\n", False),
        ("(?m)x$", "x\ny", True),
        (r"^[[:alpha:]]+$", "abc", True),
        (r"^[[:^alpha:]x-]+$", "abc", False),
        (r"^\d$", "٣", False),
        (r"[^\d]", "5", False),
        (r"^[\D]+$", "aé", True),
        (r"^[^\W]+$", "é", False),
        (r"\bÜ", "Ü", False),
        ("[]a]", "]", True),
        ("[^]a]", "]", False),
        ("[(?i)]", "?", True),
        (r"\x{1F600}", "\U0001f600", True),
        (r"end\z", "the end", True),
        ("(?P<year>[0-9]{4})", "in 2024", True),
        ("(?i)über", "ÜBER", True),
    ],
)
def test_patterns_match_as_in_re2(pattern: str, text: str, found: bool) -> None:
    assert compile_pattern(pattern).matches(text) is found


@table_test("pattern", ["[", "a(?=b)", "(?<!x)y", r"(a)\1", "a**", "[[:nonsense:]]"])
def test_invalid_patterns_are_rejected(pattern: str) -> None:
    with pytest.raises(Refused, match="error parsing regexp"):
        compile_pattern(pattern)


def test_natural_order() -> None:
    from functools import cmp_to_key

    names = ["a10", "A2", "a1b", "b", "a", "a02", "1", "Z9"]
    assert sorted(names, key=cmp_to_key(compare_naturally)) == [
        "1",
        "a",
        "a1b",
        "A2",
        "a02",
        "a10",
        "b",
        "Z9",
    ]


def test_phash_distance_counts_bits_of_signed_integers() -> None:
    assert phash_distance(-1, 0) == 64
    assert phash_distance(5, 4) == 1
    assert phash_distance(None, 4) is None


@table_test(
    ("pattern", "worded"),
    [
        ("[a", "missing closing ]: `[a`"),
        ("(", "missing closing ): `(`"),
        ("a)", "unexpected ): `a)`"),
        ("*", "missing argument to repetition operator: `*`"),
        ("a**", "invalid nested repetition operator: `**`"),
        ("x{2000}", "invalid repeat count: `{2000}`"),
        ("a(?=b)", "invalid or unsupported Perl syntax: `(?=`"),
        ("a\\", "trailing backslash at end of expression: `\\`"),
    ],
)
def test_syntax_errors_are_worded_as_on_the_server(pattern: str, worded: str) -> None:
    with pytest.raises(Refused) as refusal:
        compile_pattern(pattern)
    assert refusal.value.message.startswith(f"error parsing regexp: {worded[:-2]}")


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "^(a|a)*$", "(?i)^(a*)*(a*)*$", "^(?:a?){200}(?:a){200}$", "(.*a){20}$"]
)
def test_matching_takes_linear_time(pattern: str) -> None:
    began = time.monotonic()
    assert not compile_pattern(pattern).matches("a" * 3000 + "b")
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("pattern", ["(?i)" + "a" * 5000 + "b", "(x{500}){2}" * 20, "[a-z]{1000}" * 300])
def test_oversized_pattern_is_reported(pattern: str) -> None:
    expression = compile_pattern(pattern)
    assert not expression.matches("a" * 100)
    with pytest.raises(ExpressionError, match="too large for a text of 1000000 characters"):
        expression.matches("a" * 1_000_000)


WITHOUT_LIBRARY = """
import sys
sys.modules["re2"] = None
from stash_cli.core.errors import StashConfigurationError
from stash_cli.core.types.re2 import compile_pattern
print(compile_pattern("(?i)^(a|b)$").matches("B"), compile_pattern(r"x\\.y").matches("x.y"))
try:
    compile_pattern("a+").matches("a")
except StashConfigurationError as error:
    print(error.message, error.hint)
"""


def test_without_re2_only_plain_text_is_matched() -> None:
    output = fresh_python(WITHOUT_LIBRARY)
    assert output.splitlines()[0] == "True True"
    assert "RE2, which is not installed. Install it: pip install google-re2" in output


def test_plain_text_matches_equally_with_and_without_re2() -> None:
    texts = ["a.b", "A.B", "xa.b", "a.bx", "axb", "a.b\n", ""]
    for plain, other in (
        (r"a\.b", r"(?:a)\.b"),
        (r"(?i)^a\.b$", r"(?i)^(?:a)\.b$"),
        (r"^(a|x)", r"^(?:(a|x))"),
    ):
        fits = [compile_pattern(plain).matches(text) for text in texts]
        assert fits == [compile_pattern(other).matches(text) for text in texts]


@pytest.mark.parametrize("start", ["", "^", "(?i)", "(?s)", r"\b"])
@table_test("atom", ["a", "/", ".", r"\d", "[^a]", "(a|b)", r"\pL", "é", "(?:(a|b)*a(a|b){15})"])
@table_test("end", ["", "*", "{2}", "$", "|b$", r"\B"])
def test_pattern_set_agrees_with_search(start: str, atom: str, end: str) -> None:
    """Also on texts that exhaust the memory limit of RE2."""
    compiled = compile_pattern(start + atom + end)
    random = Random(5)
    texts = ["".join(random.choices("ab/é1\nA ", k=size)) for size in (0, 1, 2, 3, 5, 9) * 4]
    texts.append("".join(random.choices("ab", k=2000)))
    for text in texts:
        assert compiled.matches(text) == (compiled.groups(text) is not None), text


def test_pattern_too_large_for_a_set_is_searched_singly() -> None:
    compiled = compile_pattern(r"(\d|[a-f]){900}")
    assert compiled.matches("x" + "a1" * 450)
    assert not compiled.matches("x" + "a1" * 449)
