"""Classification of SQL statements as read-only."""

from __future__ import annotations

from table_tests import table_test

from stash_cli.core.sql_statement import only_reads

READING = [
    "SELECT 1",
    " select replace(name, 'a', 'b') from tags; ",
    "SELECT 'x; DELETE FROM tags' FROM tags -- update\n;",
    '/* delete */ SELECT "delete", [update], `insert` FROM t',
    "WITH RECURSIVE n(x) AS (VALUES(1) UNION SELECT x + 1 FROM n LIMIT 9) SELECT x FROM n",
    "VALUES (1), (2)",
    "EXPLAIN QUERY PLAN SELECT * FROM scenes",
    "EXPLAIN DELETE FROM tags",
    "PRAGMA table_info(scenes)",
    "PRAGMA main.index_list('scenes')",
    "pragma user_version",
    "SELECT updated_at, 'it''s' FROM scenes WHERE title = ?",
]
CHANGING = [
    "",
    ";",
    "DELETE FROM tags",
    "-- SELECT\nDELETE FROM tags",
    "/* SELECT */ UPDATE tags SET name = 'x'",
    "SELECT 1; DELETE FROM tags",
    "SELECT ';' ; DROP TABLE tags",
    "WITH t AS (SELECT 1) DELETE FROM tags",
    "with t as (select 1) insert into tags(name) select 'x'",
    "WITH t AS (SELECT 1) REPLACE INTO tags(name) VALUES ('x')",
    "REPLACE INTO tags(name) VALUES ('x')",
    "PRAGMA user_version = 5",
    "PRAGMA user_version(5)",
    "PRAGMA main.journal_mode = delete",
    "PRAGMA optimize",
    "PRAGMA",
    "VACUUM",
    "ATTACH 'x' AS y",
    "BEGIN",
    "SELECT 'open; DELETE FROM tags",
    "/* SELECT 1",
    "CREATE TABLE x AS SELECT 1",
]


@table_test("text", READING)
def test_read_only_statements(text: str) -> None:
    assert only_reads(text)


@table_test("text", CHANGING)
def test_statements_that_may_write(text: str) -> None:
    assert not only_reads(text)
