"""Operation type of a document; uncertain documents count as mutations."""

from __future__ import annotations

from table_tests import table_test

from stash_cli.core.syntax.operations import Kind, kind_of, root_fields
from stash_cli.core.transport import GraphQLRequest

CERTAIN = {
    "{ version { version } }": Kind.QUERY,
    "query { a }": Kind.QUERY,
    "query Q { a }": Kind.QUERY,
    'query($mutation: Int = 1) { mutation(a: "}") { mutation } }': Kind.QUERY,
    "# mutation { a }\nquery { a }": Kind.QUERY,
    "# mutation { a }\rquery { a }": Kind.QUERY,
    "# mutation { a }\r\n{ a }": Kind.QUERY,
    'query { a(b: """ } mutation { """) }': Kind.QUERY,
    'query { a(b: """ \\""" } mutation { """) }': Kind.QUERY,
    'query { a(b: "\\"} mutation {") }': Kind.QUERY,
    'query { a(b: "\\\\") }': Kind.QUERY,
    'query { a(b: "\\u{1F600}\\ud83d\\ude00") }': Kind.QUERY,
    '"mutation" query Q { a }': Kind.QUERY,
    '"""mutation { a }""" query Q { a }': Kind.QUERY,
    "query Q @d(x: {a: [1]}) { a }": Kind.QUERY,
    "query Q($f: F = {a: {b: [1, 2.5e3]}}) { a(f: $f) }": Kind.QUERY,
    "fragment F on T { a } { ...F }": Kind.QUERY,
    "{ ...F } fragment F on T { mutation }": Kind.QUERY,
    "fragment mutation on T { a } query { ...mutation }": Kind.QUERY,
    "\ufeff{ a }": Kind.QUERY,
    ",,, query,{,a,}": Kind.QUERY,
    "query mutation { a }": Kind.QUERY,
    "query { subscription }": Kind.QUERY,
    "subscription { jobsSubscribe { type } }": Kind.SUBSCRIPTION,
    "# x\rsubscription S { a }": Kind.SUBSCRIPTION,
    "mutation { a }": Kind.MUTATION,
    "# a comment\rmutation { a }": Kind.MUTATION,
    "# a comment\r\nmutation { a }": Kind.MUTATION,
    "\ufeffmutation{a}": Kind.MUTATION,
    ",mutation,M,{a}": Kind.MUTATION,
    "fragment F on T { a } mutation M { b }": Kind.MUTATION,
    '"query" mutation M { a }': Kind.MUTATION,
    'mutation query @x(a: "{") { a }': Kind.MUTATION,
}
UNCERTAIN = (
    "",
    "# nothing",
    "query { a",
    "query { a } }",
    "query { a( }",
    "query { a(b: [1}) }",
    "query",
    "a { b }",
    "{ a } mutation M { b }",
    "query A { a } mutation B { b }",
    "query A { a } query A { b }",
    "fragment F on T { a }",
    "fragment on on T { a } { b }",
    "type Query { a: Int }",
    "schema { query: Q }",
    "extend type Q { a: Int } query { a }",
    "MUTATION { a }",
    "mutatïon { a }",
    '"a description" { a }',
    'query { a(b: "unterminated) }',
    'query { a(b: """unterminated) }',
    'query { a(b: "line\nbreak") }',
    'query { a(b: "\\x") }',
    'query { a(b: "\\ud800") }',
    'query { a(b: "\\u{110000}") }',
    "query { a(b: 01) }",
    "query { a(b: 1a) }",
    "query { a } \x00",
    "# \x0bmutation { a }\n{ a }",
    "query { a } ;",
    "query { .. }",
    "query { a } \ud800",
    "query { a }\u00a0mutation { b }",
    "{" * 100_000,
    "query { " + "... { " * 2000 + "a" + " }" * 2001,
)


@table_test("document", CERTAIN)
def test_certain_operation_types(document: str) -> None:
    assert kind_of(document) is CERTAIN[document]
    assert GraphQLRequest(document).is_mutation is (CERTAIN[document] is Kind.MUTATION)


@table_test("document", UNCERTAIN, ids=lambda text: text[:40].encode("unicode-escape").decode())
def test_uncertain_documents_count_as_mutations(document: str) -> None:
    assert kind_of(document) is None
    assert GraphQLRequest(document).is_mutation


@table_test(
    ("name", "kind"),
    [("A", Kind.QUERY), ("B", Kind.MUTATION), ("C", Kind.SUBSCRIPTION), ("D", None), (None, None), (5, None)],
)
def test_operation_name_selects_among_several(name: str | None, kind: Kind | None) -> None:
    assert kind_of("query A { a } mutation B { b } subscription C { c }", name) is kind


def test_root_fields_and_incomplete_documents() -> None:
    document = """
        query Q($x: Boolean!) { a: one(b: {c: "}"}) { d } two @skip(if: $x) ... on Query { three } ...F }
        fragment F on Query { four ...G ...F } fragment G on Query { five @include(if: $x) }
    """
    found = [(each.key, each.name, each.is_composite, each.is_optional) for each in root_fields(document)]
    assert found == [
        ("a", "one", True, False),
        ("two", "two", False, True),
        ("three", "three", False, False),
        ("four", "four", False, False),
        ("five", "five", False, True),
    ]
