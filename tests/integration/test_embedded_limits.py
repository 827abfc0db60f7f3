"""Limits of one request: documents, raw SQL and reads; other requests continue."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from contextlib import closing, contextmanager

import httpx
import pytest
from library_client import LibraryClient
from served_library import serve_library
from support import run

from stash_cli.embedded import open_library
from stash_cli.embedded.library.limits import Limits

ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c"
SQL = "mutation($sql: String!) { querySQL(sql: $sql) { rows } }"
EXEC = "mutation($sql: String!) { execSQL(sql: $sql) { rows_affected } }"
COUNT = 'findTags(tag_filter: {name: {value: "(x+x+)+y", modifier: MATCHES_REGEX}}) { count }'
SLOW = "{ " + " ".join(f"a{number}: {COUNT}" for number in range(40)) + " }"
"""Takes seconds on 100,000 tags: each of these counts needs at least 0.1 s."""


@contextmanager
def library_client(folder, *, allow_sql=False, **limits):
    path = str(folder / "library.sqlite")
    with open_library(path, allow_sql=allow_sql, limits=Limits(**limits)) as library:
        yield LibraryClient(library)


def rejection(ask: LibraryClient, document: str) -> tuple[str, str]:
    """Message and code of a rejected document."""
    outcome = ask.library.execute(document)
    assert outcome.data is None
    (error,) = outcome.errors
    return error["message"], error["extensions"]["code"]


def aliased(count: int) -> str:
    return " ".join(f"a{number}: version {{ version }}" for number in range(count))


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{ version { version } } #" + "x" * 5000, "larger than 5000 bytes"),
        ("{ " + "a " * 2000 + "}", "more than 2000 tokens"),
        ("{ " + aliased(41) + " }", "more than 40 fields"),
        ("{ ... on Query { " + aliased(41) + " } }", "more than 40 fields"),
        ("#\r" + "{a" * 90, "deeper than 80 brackets"),
        ("{ version { " + "version " * 300 + "} }", "too many fields share one name"),
        ("{ " + "version { version version } " * 200 + "}", "too many fields share one name"),
    ],
)
def test_documents_over_a_limit_are_rejected_before_execution(tmp_path, document, message):
    with library_client(tmp_path, document_bytes=5000, document_tokens=2000, root_fields=40) as ask:
        if "too many" in message:
            ask.library.documents = type(ask.library.documents)(Limits())
        found, code = rejection(ask, document)
        assert message in found
        assert code in ("GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED")


def test_usual_documents_are_within_the_limits(tmp_path):
    from graphql import get_introspection_query

    with library_client(tmp_path) as ask:
        assert not ask.library.execute(get_introspection_query()).errors
        fields = "id name aliases description parents { id name } children { id name }"
        parts = (f'a{n}: tagCreate(input: {{name: "tag {n}"}}) {{ {fields} }}' for n in range(250))
        made = ask.library.execute("mutation { " + " ".join(parts) + " }")
        assert (len(made.data), made.errors) == (250, [])


def test_documents_are_cached_by_size():
    from stash_cli.embedded.graphql.documents import Documents

    documents = Documents(Limits(), cache_bytes=200_000)
    small, large = "{ version { version } }", "{ version { version } } #" + "x" * 20_000
    assert documents.prepare(small) is documents.prepare(small)
    assert documents.prepare(large) is not documents.prepare(large)


def test_cache_keeps_recently_used_entries_within_its_size():
    from stash_cli.embedded.library.limits import Cache

    cache = Cache(16_000)
    for number in range(10):
        cache.put(number, str(number), 1_000)
        assert cache.get(0) == "0"
    cache.put("large", "x", 10_000)
    assert [key for key in (*range(10), "large") if cache.get(key)] == [0, *range(1, 10)]
    for number in range(10, 14):
        cache.put(number, str(number), 1_000)
    assert len([number for number in range(14) if cache.get(number)]) == 10


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        (
            "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c",
            "more than 100 rows",
        ),
        (
            "SELECT printf('%.*c', 1500, 'x') UNION ALL SELECT printf('%.*c', 1501, 'x')",
            "more than 3000 bytes",
        ),
        ("SELECT zeroblob(3001)", "at most 3000 bytes"),
        ("SELECT replace(hex(zeroblob(1000)), '0', 'xxxx')", "at most 3000 bytes"),
        (ENDLESS, "took longer than 0.2 s"),
    ],
)
def test_raw_sql_is_limited_in_rows_bytes_and_time(tmp_path, sql, message):
    with library_client(tmp_path, sql_rows=100, sql_bytes=3000, sql_seconds=0.2) as ask:
        assert message in ask.error(SQL, sql=sql)


def test_slow_writing_sql_is_rolled_back(tmp_path):
    with library_client(tmp_path, allow_sql=True, sql_seconds=0.2) as ask:
        endless = f"INSERT INTO blobs SELECT x, x FROM ({ENDLESS.replace('max(x)', 'x')})"
        assert "took longer than 0.2 s" in ask.error(EXEC, sql=endless)
        assert ask(SQL, sql="SELECT count(*) FROM blobs") == {"rows": [[0]]}
        ask.create("tagCreate", name="x")


def fill(library, count: int) -> None:
    """Insert many tags with long names, bypassing the API."""
    with closing(sqlite3.connect(library.path)) as connection, connection:
        connection.execute(
            "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < ?)"
            " INSERT INTO tags (name, favorite, ignore_auto_tag, created_at, updated_at)"
            " SELECT printf('%d', x) || printf('%.*c', 400, 'x'), 0, 0, '2024-01-01', '2024-01-01' FROM c",
            [count],
        )


def test_slow_read_is_interrupted(tmp_path):
    with library_client(tmp_path, read_seconds=0.05) as ask:
        fill(ask.library, 60_000)
        for document in (SLOW, "{ findTags(filter: {per_page: -1}) { tags { id name aliases } } }"):
            began = time.monotonic()
            outcome = ask.library.execute(document)
            assert (outcome.data, len(outcome.errors)) == (None, 1)
            assert "took longer than 0.05 s" in outcome.errors[0]["message"]
            assert time.monotonic() - began < 10
        assert ask("{ version { version } }")


def test_mutations_are_not_interrupted(tmp_path):
    with library_client(tmp_path, read_seconds=0.0) as ask:
        assert ask.library.execute('mutation { tagCreate(input: {name: "x"}) { name } }').errors == []


@pytest.fixture
def slow_server(tmp_path):
    with library_client(tmp_path) as ask:
        fill(ask.library, 120_000)
    with serve_library(tmp_path / "library.sqlite") as url:
        yield url


def post(url: str, document: str, timeout: float | httpx.Timeout = 20) -> dict:
    return httpx.post(f"{url}/graphql", json={"query": document}, timeout=timeout).json()


def test_reads_of_disconnected_clients_are_interrupted(slow_server):
    def give_up() -> None:
        with pytest.raises(httpx.ReadTimeout):
            post(slow_server, SLOW, timeout=httpx.Timeout(20, read=0.3))

    readers = [threading.Thread(target=give_up) for _ in range(4)]
    for reader in readers:
        reader.start()
    longest = 0.0
    for number in range(5):
        began = time.monotonic()
        assert "errors" not in post(
            slow_server, f'mutation {{ tagCreate(input: {{name: "n{number}"}}) {{ id }} }}'
        )
        longest = max(longest, time.monotonic() - began)
    for reader in readers:
        reader.join()
    assert longest < 15


def test_cancelled_in_process_caller_does_not_wait(tmp_path):
    with library_client(tmp_path) as ask:
        fill(ask.library, 240_000)

        async def cancelled() -> float:
            transport = httpx.ASGITransport(ask.library.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost:9999") as client:
                work = asyncio.create_task(client.post("/graphql", json={"query": SLOW}))
                await asyncio.sleep(0.05)
                assert not work.done()
                began = time.monotonic()
                work.cancel()
                await asyncio.wait([work])
                return time.monotonic() - began

        assert run(cancelled()) < 5
